"""`python -m tests.bench [NAME …]`: measure everything, or what is named, and print one line for each figure."""

import argparse
import sys
from collections.abc import Callable, Iterable

from tests.bench import (
    agent,
    audit,
    certificates,
    identity,
    importing,
    issuing,
    register,
    revocation,
    tap_to_ticket,
)
from tests.bench.figures import Figure

# A measurement is one line here: its name on the command line, and the function that yields its figures.
MEASUREMENTS: dict[str, Callable[[], Iterable[Figure]]] = {
    "tap_to_ticket": tap_to_ticket.measure,
    "issuing": issuing.measure,
    "identity": identity.measure,
    "revocation": revocation.measure,
    "certificates": certificates.measure,
    "audit": audit.measure,
    "importing": importing.measure,
    "register": register.measure,
    "agent": agent.measure,
}


def main(arguments: list[str] | None = None) -> int:
    """Measure; the exit code is 0 when every figure could be taken."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASUREMENTS)} (default: all)")
    names = parser.parse_args(arguments).names or list(MEASUREMENTS)
    unknown = set(names) - set(MEASUREMENTS)
    if unknown:
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    for name in names:
        for figure in MEASUREMENTS[name]():
            print(figure.line(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
