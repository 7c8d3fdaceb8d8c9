"""Keeping a worker at work: warm-up, one shift after another while the process lives, housekeeping, clean stop."""

import asyncio
import gc
import logging
import signal
import time
from collections.abc import Callable, Collection

import procrastinate
import psycopg
import sqlalchemy as sa

from portal import certificates, running
from portal.certificates.press import Press
from portal.certificates.seal import all_seals
from portal.ground import Ground
from portal.jobs import Queue
from portal.worker.processes import keep
from portal.worker.shift import shift
from portal.worker.tasks import forget_sessions, functions, remove_departed_residents

_HOUSEKEEPING_EVERY = 30.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 3.0
_LASTED = 10.0
_LOGGER = logging.getLogger(__name__)


def work(ground: Ground, queues: Collection[Queue], processes: int = 1) -> None:
    """Serve `queues` and keep house every half minute, until SIGTERM or SIGINT. Prints `ready` once warm.

    More than one process are forked from this one after the warm-up, so that forms and font are in memory once; this
    one then only watches over them. Raises FontMissing, SubsetterMissing, TaskUnbound before the first job.
    """
    press = prepare(ground)
    if processes == 1:
        asyncio.run(_work(ground, press, queues, _say_ready))
        return

    def serve(started: Callable[[], None]) -> None:
        # Nothing that the parent may have open belongs to the child as well.
        ground.engine.dispose(close=False)
        asyncio.run(_work(ground, press, queues, started))

    gc.collect()
    gc.freeze()
    keep(processes, serve, _say_ready)


def prepare(ground: Ground) -> Press:
    """A press with all forms compiled; they are kept under the state folder, so that the next one takes them up.

    Raises FontMissing, SubsetterMissing, FormBroken.
    """
    # WeasyPrint tells every step of every layout.
    logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)
    press = Press(ground.settings.state_dir / "press")
    press.warm_up(all_seals())
    return press


def _say_ready() -> None:
    print("ready", flush=True)


async def _work(ground: Ground, press: Press, queues: Collection[Queue], started: Callable[[], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    started()
    shifts = asyncio.create_task(_shifts(ground, press, queues, stop))
    housekeeping = asyncio.create_task(_housekeeping(ground, stop))
    # Whichever breaks unexpectedly takes the process down with its traceback; a supervisor starts it anew.
    await asyncio.gather(shifts, housekeeping)


async def _shifts(ground: Ground, press: Press, queues: Collection[Queue], stop: asyncio.Event) -> None:
    url = ground.engine.url.render_as_string(hide_password=False)
    bound = functions(ground, press)
    pause = _FIRST_PAUSE
    while not stop.is_set():
        began = time.monotonic()
        try:
            await shift(url, bound, queues, stop)
        except (procrastinate.exceptions.ConnectorException, psycopg.OperationalError, OSError) as lost:
            _LOGGER.warning("the database is out of reach (%s)", type(lost).__name__)
        if time.monotonic() - began > _LASTED:
            pause = _FIRST_PAUSE
        if not stop.is_set():
            _LOGGER.warning("the worker begins anew in %.1f s", pause)
        await _pause(stop, pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def _housekeeping(ground: Ground, stop: asyncio.Event) -> None:
    voice = running.Voice(ground, running.Name.WORKER)
    while not stop.is_set():
        try:
            await asyncio.to_thread(voice.say)
            await asyncio.to_thread(certificates.sweep, ground)
            await asyncio.to_thread(remove_departed_residents, ground)
            await asyncio.to_thread(forget_sessions, ground)
            await asyncio.to_thread(certificates.reconcile_by_night, ground)
        except sa.exc.OperationalError as lost:
            _LOGGER.warning("housekeeping waits for the database (%s)", type(lost).__name__)
        await _pause(stop, _HOUSEKEEPING_EVERY)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
