"""A worker process under test: `python -m tests.portal.worker.process SETTINGS START [never-finishes] [processes=N]`.

Its clock begins at START, as that of the test does: a request made on another day would be overdue for it.
"""

import logging
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from portal import settings
from portal.certificates.press import Press
from portal.ground import open_ground
from portal.jobs import Queue
from portal.worker import work


def _never(*_: object) -> None:
    print("typesetting", flush=True)
    time.sleep(600)


class ClockFrom:
    """A clock that was set by hand and runs."""

    def __init__(self, start: datetime) -> None:
        self._ahead = start - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


def main(arguments: list[str]) -> None:
    """Serve all queues; with `never-finishes`, stay inside the first certificate for ever."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    if "never-finishes" in arguments:
        Press.warm_up = lambda *_: None  # type: ignore[method-assign]
        Press.print = _never  # type: ignore[method-assign, assignment]
    ground = open_ground(settings.load(Path(arguments[0])))
    processes = next((int(option.partition("=")[2]) for option in arguments if option.startswith("processes=")), 1)
    work(replace(ground, clock=ClockFrom(datetime.fromisoformat(arguments[1]))), list(Queue), processes)


if __name__ == "__main__":
    main(sys.argv[1:])
