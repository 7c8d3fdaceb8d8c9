"""`python -m tests.world.demo_city OUT_FOLDER --seed 7 --today 2026-11-24`."""

import argparse
from datetime import date
from pathlib import Path

from tests.world.demo_city.writing import DEFAULT_SEED, make_city, write_city


def main() -> None:
    """Write the demo city's files."""
    parser = argparse.ArgumentParser(prog="python -m tests.world.demo_city", description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--today", type=date.fromisoformat, required=True, help="YYYY-MM-DD; all dates lie before it")
    arguments = parser.parse_args()
    city = make_city(seed=arguments.seed, today=arguments.today)
    write_city(city, arguments.folder)
    print(f"{len(city.people)} residents in {len(city.households)} households, {len(city.cards)} cards")


if __name__ == "__main__":
    main()
