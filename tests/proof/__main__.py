"""`python -m tests.proof`: run campaigns on one worker and on several, print what was injected and what was found.

The exit code is 0 only if nothing was found.
"""

import argparse
import logging
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.proof.campaign import Report, run
from tests.proof.plan import Break, Plan
from tests.proof.world import World
from tests.world.city import CHECKOUT


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parser.add_argument("--deliveries", type=int, default=300, help="documents delivered in each campaign")
    parser.add_argument("--minutes", type=float, help="go on for this long instead of counting deliveries")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 4], help="one campaign for each number")
    parser.add_argument("--faces", type=int, default=2)
    parser.add_argument("--kiosks", type=int, default=6)
    parser.add_argument("--households", type=int, default=120)
    parser.add_argument("--between-wrecks", type=int, help="visits from one wreck to the next")
    parser.add_argument("--broken", type=Break, choices=list(Break), help="a deliberate break that must be found")
    asked = parser.parse_args(arguments)
    logging.basicConfig(level=logging.ERROR)
    plan = Plan(
        seed=asked.seed,
        deliveries=asked.deliveries,
        minutes=asked.minutes,
        faces=asked.faces,
        kiosks=asked.kiosks,
        households=asked.households,
        visits_between_wrecks=asked.between_wrecks or min(40, max(8, asked.deliveries // 12)),
        broken=asked.broken,
    )
    folder = CHECKOUT / ".state" / f"proof-{os.getpid()}"
    clean = True
    for report in campaigns(folder, plan, asked.workers):
        _tell(report)
        clean = clean and report.clean
    if not clean:
        print(f"the logs are in {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if clean else 1


def campaigns(folder: Path, plan: Plan, workers: list[int]) -> Iterator[Report]:
    """The plan once for each number of workers."""
    world = World(folder)
    try:
        world.start()
        for number in workers:
            yield run(world, replace(plan, workers=number))
    finally:
        world.stop()


def _tell(report: Report) -> None:
    for line in report.lines():
        print(line, flush=True)
    for example in report.findings.examples:
        print(f"found: {example}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
