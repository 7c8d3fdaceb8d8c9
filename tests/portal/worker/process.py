"""A worker process under test: `python -m tests.portal.worker.process SETTINGS [never-finishes]`."""

import logging
import sys
import time
from pathlib import Path

from portal import settings
from portal.certificates.press import Press
from portal.ground import open_ground
from portal.jobs import Queue
from portal.worker import work


def _never(*_: object) -> None:
    print("typesetting", flush=True)
    time.sleep(600)


def main(arguments: list[str]) -> None:
    """Serve all queues; with `never-finishes`, stay inside the first certificate for ever."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    if "never-finishes" in arguments:
        Press.warm_up = lambda *_: None  # type: ignore[method-assign]
        Press.print = _never  # type: ignore[method-assign, assignment]
    work(open_ground(settings.load(Path(arguments[0]))), list(Queue))


if __name__ == "__main__":
    main(sys.argv[1:])
