"""`python -m portal reconcile [--day DAY]`: requests, renderings, deliveries, outcomes and money side by side."""

import argparse
from datetime import date

from portal import certificates, database
from portal.clock import local_date
from portal.ground import Ground


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the topic `reconcile`."""
    topic = subparsers.add_parser(
        "reconcile",
        help="compare requests, renderings, deliveries, outcomes and money of one day",
        description="One line for each gap, then the fees kept on that day by kind. Exit code 1 when there is a gap.",
    )
    topic.add_argument("--day", type=date.fromisoformat, help="YYYY-MM-DD in Japan (default: today)")
    topic.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, ground: Ground) -> int:
    day: date = arguments.day or local_date(ground.clock.now())
    found = certificates.reconcile(ground, day)
    for each in found:
        print(f"gap {each.issuance} {each.issue_number} {each.terminal_id} {each.gap.value}")
    with database.transaction(ground.engine) as connection:
        lines = certificates.fees(connection, day)
    print("day        kind                        papers        yen")
    for line in lines:
        print(f"{line.day} {line.kind:<26} {line.papers:>7} {line.yen:>10}")
    total_papers, total_yen = sum(line.papers for line in lines), sum(line.yen for line in lines)
    print(f"{day} {'total':<26} {total_papers:>7} {total_yen:>10}")
    print(f"{len(found)} gaps")
    return 1 if found else 0
