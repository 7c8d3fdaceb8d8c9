"""`python -m portal worker`: the process behind the scenes."""

import argparse

from portal.ground import Ground
from portal.jobs import Queue


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the topic `worker`."""
    parser = subparsers.add_parser("worker", help="take jobs: render certificates, keep house")
    parser.add_argument(
        "--queue",
        action="append",
        type=Queue,
        choices=list(Queue),
        dest="queues",
        help="queue to take from, repeatable (default: all)",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, ground: Ground) -> int:
    # Imported here: WeasyPrint and its libraries are the worker's alone.
    from portal.worker import work  # noqa: PLC0415

    work(ground, arguments.queues or list(Queue))
    return 0
