"""`python -m portal identity link FILE`: link cards to residents from a list of the 既存住基.

The list is a CSV file (UTF-8) with the columns `certificate` (path of a certificate in DER, relative to the list)
and `resident_number` (宛名番号). All rows are linked, or none.
"""

import argparse
import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from portal import database, register
from portal.audit import Actor, ActorKind
from portal.ground import Ground
from portal.identity import IdentityError, link_card

_ACTOR = Actor(ActorKind.SYSTEM, "identity.link")
_COLUMNS = {"certificate", "resident_number"}


class _RowRefused(Exception):
    """Raised when a row of the list cannot be linked; the text names the row and the cause, no person."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the topic `identity`."""
    actions = subparsers.add_parser("identity", help="cards of residents").add_subparsers(required=True)
    link = actions.add_parser("link", help="link cards to residents, all rows of a list or none")
    link.add_argument("file", type=Path, help="CSV with the columns certificate, resident_number")
    link.set_defaults(run=_link)


def _link(arguments: argparse.Namespace, ground: Ground) -> int:
    file: Path = arguments.file
    linked = 0
    try:
        with database.transaction(ground.engine) as connection:
            for number, row in _rows(file):
                _link_row(connection, ground, file.parent, number, row)
                linked += 1
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        print(f"{file.name}: cannot be read ({type(error).__name__}), nothing was linked", file=sys.stderr)
        return 1
    except _RowRefused as error:
        print(f"{file.name}: {error}, nothing was linked", file=sys.stderr)
        return 1
    print(f"linked {linked}")
    return 0


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        table = csv.DictReader(lines, strict=True)
        if not _COLUMNS.issubset(table.fieldnames or ()):
            raise _RowRefused("the columns certificate and resident_number are needed")
        yield from enumerate(table, start=2)


def _link_row(connection: sa.Connection, ground: Ground, folder: Path, number: int, row: dict[str, str]) -> None:
    if not row["certificate"] or not row["resident_number"]:
        raise _RowRefused(f"row {number}: a value is missing")
    certificate = (folder / row["certificate"]).read_bytes()
    try:
        resident_id = register.resident_id_of(connection, row["resident_number"])
        link_card(connection, ground, certificate, resident_id, actor=_ACTOR, now=ground.clock.now())
    except register.UnknownResident as error:
        raise _RowRefused(f"row {number}: unknown resident") from error
    except IdentityError as error:
        raise _RowRefused(f"row {number}: {type(error).__name__}") from error
