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
    parser.add_argument(
        "--processes",
        type=_count,
        default=1,
        help="how many to fork after the warm-up, one for each core that is to print (default: 1, without a fork)",
    )
    parser.add_argument(
        "--prepare", action="store_true", help="compile the forms of all certificates, as after an update, and end"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, ground: Ground) -> int:
    # Imported here: WeasyPrint and its libraries are the worker's alone.
    from portal.worker import prepare, work  # noqa: PLC0415

    if arguments.prepare:
        prepare(ground)
        return 0
    work(ground, arguments.queues or list(Queue), arguments.processes)
    return 0


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError(text)
    return count
