"""The bridge's own reader process: one at a time, of the token that is needed now."""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from kiosk.bridge.operation import LIFETIME_S
from kiosk.card.client import Reader
from kiosk.card.tokens import TokenKind

_PAUSE_S = 1.0
_STARTING_S = 6.0


class ReaderProcess:
    """The child process: started again when it dies, ended with the bridge however that ends.

    OpenSC reads its configuration when it is loaded, so another token means another process. Each token has its own
    socket: nothing that was meant for one can reach the other.
    """

    def __init__(self, folder: Path) -> None:
        self._readers = {kind: Reader(folder / f"{kind}.sock", token=kind) for kind in TokenKind}
        self._files = {kind: folder / f"{kind}.toml" for kind in TokenKind}
        for kind, file in self._files.items():
            file.write_text(f'socket = "{kind}.sock"\ntoken = "{kind}"\n', encoding="utf-8")
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._wanted = TokenKind.AUTHENTICATION
        self._wanted_until = 0.0
        self._switched = time.monotonic()
        self._child: subprocess.Popen[bytes] | None = None
        self._watch = threading.Thread(target=self._keep_alive, daemon=True)
        self._watch.start()

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[Self]:
        """A reader process with sockets in a folder of its own, for as long as the block lasts."""
        # A folder that only this user can enter: whoever reaches the socket can use the reader.
        with tempfile.TemporaryDirectory(prefix="bridge-") as folder:
            started = cls(Path(folder))
            try:
                yield started
            finally:
                started.stop()

    def of(self, kind: TokenKind) -> Reader:
        """The reader of this token. Its process takes the other's place, which needs a second or two."""
        with self._lock:
            self._wanted_until = time.monotonic() + LIFETIME_S
            self._want(kind)
        return self._readers[kind]

    def starting(self) -> bool:
        """Whether a process has taken the other's place so recently that its silence means nothing yet."""
        return time.monotonic() - self._switched < _STARTING_S

    def back(self) -> None:
        """The 署名用 token is no longer needed."""
        with self._lock:
            self._want(TokenKind.AUTHENTICATION)

    def stop(self) -> None:
        """End the child and do not start another."""
        with self._lock:
            self._over.set()
            if self._child is not None:
                self._child.terminate()
        self._watch.join()

    def _want(self, kind: TokenKind) -> None:
        if kind is self._wanted:
            return
        self._wanted, self._switched = kind, time.monotonic()
        if self._child is not None:
            self._child.terminate()

    def _keep_alive(self) -> None:
        while (started := self._start()) is not None:
            child, kind = started
            with child:
                while child.poll() is None:
                    self._wait(child)
            if kind is self._wanted:
                self._over.wait(_PAUSE_S)

    def _start(self) -> tuple[subprocess.Popen[bytes], TokenKind] | None:
        with self._lock:
            if self._over.is_set():
                return None
            kind = self._wanted
            command = [sys.executable, "-m", "kiosk.card", "--settings", str(self._files[kind])]
            # The pipe is its lifeline: it closes even when the bridge is killed.
            self._child = subprocess.Popen([*command, "--until-stdin-closes"], stdin=subprocess.PIPE)
            return self._child, kind

    def _wait(self, child: subprocess.Popen[bytes]) -> None:
        """Until the child ends or, once in a while, to see that nobody asks for the 署名用 token any more."""
        try:
            child.wait(_PAUSE_S)
        except subprocess.TimeoutExpired:
            if time.monotonic() > self._wanted_until:
                self.back()
