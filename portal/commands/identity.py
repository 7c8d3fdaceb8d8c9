"""`python -m portal identity …`: link cards to residents from a list of the 既存住基, stop cards, free them again.

The list of `link FILE` is a CSV file (UTF-8) with the columns `certificate` (path of a certificate in DER, relative
to the list) and `resident_number` (宛名番号). All rows are linked, or none. `stop` and `lift` are for the hours in
which nobody sits at the desk: they name the cards by their holder's resident number, or one by its certificate.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from portal import database, identity, register
from portal.audit import Actor, ActorKind
from portal.ground import Ground
from portal.identity import IdentityError, StopReason, link_recorded

_ACTOR = Actor(ActorKind.SYSTEM, "identity.link")
_STOPPER = Actor(ActorKind.SYSTEM, "identity.stop")
_COLUMNS = {"certificate", "resident_number"}


class _RowRefused(Exception):
    """Raised when a row of the list cannot be linked; the text names the row and the cause, no person."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the topic `identity`."""
    actions = subparsers.add_parser("identity", help="cards of residents").add_subparsers(required=True)
    link = actions.add_parser("link", help="link cards to residents, all rows of a list or none")
    link.add_argument("file", type=Path, help="CSV with the columns certificate, resident_number")
    link.set_defaults(run=_link)
    stop = actions.add_parser("stop", help="stop cards at once, and end every session they have opened")
    stop.add_argument("--reason", required=True, type=StopReason, choices=list(StopReason))
    stop.set_defaults(run=_stop)
    lift = actions.add_parser("lift", help="let stopped cards be used again")
    lift.set_defaults(run=_lift)
    for action in (stop, lift):
        which = action.add_mutually_exclusive_group(required=True)
        which.add_argument("--resident-number", metavar="NUMBER", help="all cards of this resident (宛名番号)")
        which.add_argument("--certificate", type=Path, metavar="FILE", help="the card with this certificate (DER)")


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


def _stop(arguments: argparse.Namespace, ground: Ground) -> int:
    def stop(connection: sa.Connection, link_id: UUID) -> bool:
        return identity.stop_certificate(
            connection, link_id, arguments.reason, actor=_STOPPER, now=ground.clock.now()
        )

    return _each_card(arguments, ground, stop, "stopped")


def _lift(arguments: argparse.Namespace, ground: Ground) -> int:
    def lift(connection: sa.Connection, link_id: UUID) -> bool:
        return identity.lift_stop(connection, link_id, actor=_STOPPER, now=ground.clock.now())

    return _each_card(arguments, ground, lift, "lifted")


def _each_card(
    arguments: argparse.Namespace, ground: Ground, act: Callable[[sa.Connection, UUID], bool], done: str
) -> int:
    try:
        with database.transaction(ground.engine) as connection:
            links = _named(connection, ground, arguments)
            changed = sum(act(connection, link_id) for link_id in links)
    except OSError as error:
        print(f"the certificate cannot be read ({type(error).__name__}), nothing was changed", file=sys.stderr)
        return 1
    except register.UnknownResident:
        print("unknown resident, nothing was changed", file=sys.stderr)
        return 1
    except IdentityError as error:
        print(f"{type(error).__name__}, nothing was changed", file=sys.stderr)
        return 1
    print(f"{done} {changed} of {len(links)}")
    return 0 if links else 1


def _named(connection: sa.Connection, ground: Ground, arguments: argparse.Namespace) -> list[UUID]:
    """The links of the cards that the command line names."""
    if arguments.certificate is not None:
        certificate: Path = arguments.certificate
        return [identity.link_of_certificate(connection, ground, certificate.read_bytes(), now=ground.clock.now())]
    resident_id = register.resident_id_of(connection, arguments.resident_number)
    return [card.id for card in identity.cards_of(connection, ground, resident_id) if card.ended_at is None]


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
        link_recorded(connection, ground, certificate, resident_id, actor=_ACTOR, now=ground.clock.now())
    except register.UnknownResident as error:
        raise _RowRefused(f"row {number}: unknown resident") from error
    except IdentityError as error:
        raise _RowRefused(f"row {number}: {type(error).__name__}") from error
