"""`python -m tests.bench`: start a house, measure, print one line for each figure."""

import os
import shutil
import statistics
import sys

from tests.bench.identity import report_identity
from tests.bench.tap_to_ticket import tap_to_ticket
from tests.world import city, ports
from tests.world.city import CHECKOUT
from tests.world.house import House, Options
from tests.world.runtime import runtime_folder

ISSUANCES = 60


def main() -> int:
    """Measure everything; the exit code is 0 when every figure could be taken."""
    state = CHECKOUT / ".state"
    report_identity(report)
    prepared = city.ready(state)
    house = House(
        state / f"bench-{os.getpid()}",
        runtime_folder(),
        prepared,
        ports=ports.free(),
        options=Options(page_seconds=0),
    )
    with house:
        taken = tap_to_ticket(house, ISSUANCES)
    print(f"measured {len(taken)} issuances", file=sys.stderr)
    report("tap_to_ticket_ms_p50", statistics.median(taken), "ms")
    report("tap_to_ticket_ms_p95", statistics.quantiles(taken, n=20)[-1], "ms")
    shutil.rmtree(house.folder, ignore_errors=True)
    return 0


def report(name: str, value: float, unit: str) -> None:
    """One line that other programs read; its form never changes."""
    print(f"bench: {name} {value:.{1 if value >= 10 else 3}f} {unit}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
