"""The city as files: municipality.toml, the CSV files of the import, and cards.csv for the world."""

import csv
import random
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from tests.world.demo_city.cast import add_cast
from tests.world.demo_city.city import (
    Card,
    City,
    DomicileEntry,
    FamilyMember,
    FamilyRegister,
    Household,
    Person,
    Protection,
    Seal,
    Tax,
    columns,
)
from tests.world.demo_city.municipality import MUNICIPALITY_TOML
from tests.world.demo_city.ordinary import add_ordinary
from tests.world.demo_city.papers import add_papers

DEFAULT_SEED = 7


def make_city(*, seed: int, today: date) -> City:
    """The city as of `today`. The same seed and day make the same city."""
    city = City()
    add_cast(city, random.Random(f"cast {seed}"), today)
    add_ordinary(city, random.Random(f"ordinary {seed}"), today)
    add_papers(city, random.Random(f"papers {seed}"), today)
    return city


def write_city(city: City, folder: Path) -> None:
    """Write all files into `folder`, replacing those of an earlier run."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "municipality.toml").write_text(MUNICIPALITY_TOML, encoding="utf-8")
    _write(folder / "households.csv", Household, city.households)
    _write(folder / "residents.csv", Person, city.people)
    _write(folder / "seals.csv", Seal, city.seals)
    _write(folder / "tax.csv", Tax, city.taxes)
    _write(folder / "family_registers.csv", FamilyRegister, city.family_registers)
    _write(folder / "family_members.csv", FamilyMember, city.family_members)
    _write(folder / "domicile.csv", DomicileEntry, city.domicile_entries)
    _write(folder / "protections.csv", Protection, city.protections)
    _write(folder / "cards.csv", Card, city.cards)


def _write(path: Path, kind: type, rows: Sequence[object]) -> None:
    names = columns(kind)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([_cell(getattr(row, name)) for name in names] for row in rows)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return value.isoformat() if isinstance(value, date) else str(value)
