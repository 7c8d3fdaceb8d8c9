"""What each device last said about itself, its lock, and the commands that wait for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa

from portal import audit
from portal.keys import Purpose, SigningKeys
from portal.terminals.commands import sign_overdue
from portal.terminals.errors import TerminalUnknown
from portal.terminals.tables import CommandKind, UnlockAnswer, device_commands, terminals

# A device may be switched off over a long holiday before it can fetch its command.
COMMAND_LIFETIME = timedelta(days=14)
_COMMAND_KIND = "device-command"
# Only a device that says what its printer does shows that a lock is gone; "offline" shows nothing.
_UNLOCKED = frozenset({"ready", "printing", "blocked"})


@dataclass(frozen=True)
class Heard:
    """One heartbeat: state of the reader, status of the print agent as it gave it, version of the kiosk program."""

    reader_state: str
    printer: Mapping[str, object]
    version: str


@dataclass(frozen=True)
class TerminalStatus:
    """A device as the operators see it."""

    id: str
    name: str
    place: str
    revoked_at: datetime | None
    last_seen_at: datetime | None
    reader_state: str | None
    printer: Mapping[str, object] | None
    version: str | None
    locked_order: UUID | None
    stopped: bool


_HEAR = (
    sa.update(terminals)
    .where(terminals.c.id == sa.bindparam("which"))
    .values(
        last_seen_at=sa.bindparam("at"),
        reader_state=sa.bindparam("said_reader"),
        printer=sa.bindparam("said_printer", type_=terminals.c.printer.type),
        version=sa.bindparam("said_version"),
    )
    .returning(terminals.c.locked_order)
)
_SET_LOCK = (
    sa.update(terminals)
    .where(terminals.c.id == sa.bindparam("which"))
    .values(locked_order=sa.bindparam("locking", type_=sa.Uuid))
)
_CLEAR_LOCK = (
    sa.update(terminals)
    .where(terminals.c.id == sa.bindparam("which"), terminals.c.locked_order == sa.bindparam("gone"))
    .values(locked_order=None)
)
_ADD_COMMAND = device_commands.insert()
_DONE = (
    sa.update(device_commands)
    .where(
        device_commands.c.terminal_id == sa.bindparam("which"),
        device_commands.c.order_id == sa.bindparam("gone"),
        device_commands.c.command == CommandKind.UNLOCK.value,
        device_commands.c.done_at.is_(None),
    )
    .values(done_at=sa.bindparam("at"))
)
_OPEN = (
    sa.select(device_commands.c.jws)
    .where(
        device_commands.c.terminal_id == sa.bindparam("which"),
        device_commands.c.done_at.is_(None),
        device_commands.c.expires_at > sa.bindparam("at"),
    )
    .order_by(device_commands.c.issued_at)
)
_BOARD = sa.select(terminals).order_by(terminals.c.id)


_HEARD_LATELY = timedelta(seconds=30)
_WITHOUT_READER = "no_reader"
_HERE = sa.select(terminals.c.place).where(terminals.c.id == sa.bindparam("but")).scalar_subquery()
_ELSEWHERE = (
    sa.select(terminals.c.name, terminals.c.place, terminals.c.reader_state, terminals.c.printer)
    .where(
        terminals.c.id != sa.bindparam("but"),
        terminals.c.revoked_at.is_(None),
        terminals.c.stopped_at.is_(None),
        terminals.c.locked_order.is_(None),
        terminals.c.last_seen_at > sa.bindparam("since"),
    )
    .order_by(terminals.c.place != _HERE, terminals.c.id)
)


@dataclass(frozen=True)
class Place:
    """A device that could serve somebody now."""

    name: str
    place: str


def elsewhere(connection: sa.Connection, terminal_id: str, *, now: datetime, most: int) -> tuple[Place, ...]:
    """Other devices that can read cards and print at this moment: those at the same place first."""
    rows = connection.execute(_ELSEWHERE, {"but": terminal_id, "since": now - _HEARD_LATELY})
    able = [row for row in rows if (row.printer or {}).get("able") is True and row.reader_state != _WITHOUT_READER]
    return tuple(Place(row.name, row.place) for row in able[:most])


def heard(connection: sa.Connection, terminal_id: str, status: Heard, *, now: datetime) -> UUID | None:
    """Keep what a device says; returns the order that locks it, or None.

    The lock goes when staff have answered for it *and* the device itself shows that it has obeyed.
    Raises TerminalUnknown.
    """
    row = connection.execute(
        _HEAR,
        {
            "which": terminal_id,
            "at": now,
            "said_reader": status.reader_state,
            "said_printer": dict(status.printer),
            "said_version": status.version,
        },
    ).one_or_none()
    if row is None:
        raise TerminalUnknown
    locked: UUID | None = row.locked_order
    if locked is None or status.printer.get("state") not in _UNLOCKED:
        return locked
    if connection.execute(_DONE, {"which": terminal_id, "gone": locked, "at": now}).rowcount == 0:
        return locked
    connection.execute(_CLEAR_LOCK, {"which": terminal_id, "gone": locked})
    return None


def lock(connection: sa.Connection, terminal_id: str, order: UUID) -> None:
    """Close the device to everybody until staff have answered what became of `order`. Raises TerminalUnknown."""
    if connection.execute(_SET_LOCK, {"which": terminal_id, "locking": order}).rowcount == 0:
        raise TerminalUnknown


def command_unlock(
    connection: sa.Connection,
    keys: SigningKeys,
    terminal_id: str,
    order: UUID,
    answer: UnlockAnswer | str,
    *,
    actor: audit.Actor,
    now: datetime,
) -> UUID:
    """Sign the command that frees a device locked by `order`; heartbeats carry it out. Returns its id."""
    command_id, expires = uuid4(), now + COMMAND_LIFETIME
    found = UnlockAnswer(answer)
    payload = {
        "v": 1,
        "id": str(command_id),
        "terminal": terminal_id,
        "command": "unlock",
        "order": str(order),
        "answer": found.value,
        "issued": int(now.timestamp()),
        "expires": int(expires.timestamp()),
    }
    connection.execute(
        _ADD_COMMAND,
        {
            "id": command_id,
            "terminal_id": terminal_id,
            "order_id": order,
            "command": CommandKind.UNLOCK,
            "answer": found,
            "jws": keys.jws(Purpose.DEVICE_COMMAND, _COMMAND_KIND, payload),
            "issued_at": now,
            "expires_at": expires,
            "done_at": None,
        },
    )
    audit.record(
        connection,
        at=now,
        actor=actor,
        action=audit.Action.TERMINAL_COMMANDED,
        detail={"terminal": terminal_id, "command": str(command_id), "order": str(order), "answer": found.value},
    )
    return command_id


def open_commands(connection: sa.Connection, keys: SigningKeys, terminal_id: str, *, now: datetime) -> list[str]:
    """The signed commands (JWS) that the device has not yet shown to have obeyed, oldest first."""
    sign_overdue(connection, keys, terminal_id, now=now)
    return list(connection.execute(_OPEN, {"which": terminal_id, "at": now}).scalars())


def board(connection: sa.Connection) -> tuple[TerminalStatus, ...]:
    """Every device that was ever enrolled, for the operators."""
    return tuple(
        TerminalStatus(
            row.id,
            row.name,
            row.place,
            row.revoked_at,
            row.last_seen_at,
            row.reader_state,
            row.printer,
            row.version,
            row.locked_order,
            row.stopped_at is not None,
        )
        for row in connection.execute(_BOARD)
    )
