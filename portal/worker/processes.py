"""Several processes forked from a warm one: those that die are replaced, all end together."""

import ctypes
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress

_WATCHED = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT}
_PR_SET_PDEATHSIG = 1
_TOO_SOON, _PAUSE = 10.0, 1.0
_LOGGER = logging.getLogger(__name__)


class NoStart(Exception):
    """Raised when a process ends before it has said that it has started."""


def keep(count: int, serve: Callable[[Callable[[], None]], None], ready: Callable[[], None]) -> None:
    """Keep `count` processes in `serve` until SIGTERM or SIGINT, which is passed on; returns when all have ended.

    `serve` is handed what it calls once it has started; `ready` is called here when all have. Raises NoStart.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    born: dict[int, float] = {}
    try:
        for _ in range(count):
            born[_fork(serve)] = time.monotonic()
        ready()
        while signal.sigwait(_WATCHED) == signal.SIGCHLD:
            for pid in [pid for pid in born if _ended(pid)]:
                if time.monotonic() - born.pop(pid) < _TOO_SOON and _told_to_stop_within(_PAUSE):
                    return
                born[_fork(serve)] = time.monotonic()
    finally:
        for pid in born:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        for pid in born:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _fork(serve: Callable[[Callable[[], None]], None]) -> int:
    """A new process in `serve`; returns its id once it has started."""
    parent = os.getpid()
    heard, said = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(heard)
        _serve(serve, said, parent)
    os.close(said)
    with os.fdopen(heard, "rb") as answer:
        if not answer.read(1):
            os.waitpid(pid, 0)
            raise NoStart
    return pid


def _serve(serve: Callable[[Callable[[], None]], None], said: int, parent: int) -> None:
    """What the child does; never returns."""
    status = 1
    try:
        # A parent that is killed takes its processes with it: nobody would watch over them.
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == parent:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
            serve(lambda: _say(said))
            status = 0
    except BaseException:  # noqa: BLE001  # the traceback is told and the exit status says so; the parent replaces us
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _say(said: int) -> None:
    os.write(said, b"1")
    os.close(said)


def _ended(pid: int) -> bool:
    gone, status = os.waitpid(pid, os.WNOHANG)
    if gone:
        _LOGGER.warning(
            "worker process %d ended with status %d and is replaced", pid, os.waitstatus_to_exitcode(status)
        )
    return bool(gone)


def _told_to_stop_within(seconds: float) -> bool:
    return signal.sigtimedwait(_WATCHED - {signal.SIGCHLD}, seconds) is not None
