"""Which devices are ours: enrolment by staff, withdrawal, look-up."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from sqlalchemy.dialects.postgresql import insert

from portal import audit
from portal.terminals.errors import EnrolmentRefused, TerminalRevoked, TerminalUnknown
from portal.terminals.tables import terminals

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")


@dataclass(frozen=True)
class Terminal:
    """An enrolled device as a request needs it."""

    id: str
    name: str
    public_key: str
    locked_order: UUID | None
    stopped: bool


_ADD = insert(terminals).on_conflict_do_nothing(index_elements=[terminals.c.id]).returning(terminals.c.id)
_BY_ID = sa.select(terminals).where(terminals.c.id == sa.bindparam("which"))
_STOP = (
    sa.update(terminals)
    .where(
        terminals.c.id == sa.bindparam("which"),
        terminals.c.stopped_at.is_(None) == sa.bindparam("wished", type_=sa.Boolean),
    )
    .values(stopped_at=sa.bindparam("at", type_=terminals.c.stopped_at.type))
    .returning(terminals.c.id)
)
_REVOKE = (
    sa.update(terminals)
    .where(terminals.c.id == sa.bindparam("which"), terminals.c.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("at"))
)


def enrol(
    connection: sa.Connection,
    *,
    terminal_id: str,
    name: str,
    place: str,
    public_key: str,
    actor: audit.Actor,
    now: datetime,
) -> None:
    """Enrol a device by its Ed25519 public key (PEM). Raises EnrolmentRefused for an unfit or taken id, or a key that
    is not Ed25519. The id of a revoked device is not given out again."""
    if not _ID.fullmatch(terminal_id):
        raise EnrolmentRefused("the id must be 1 to 32 small letters, digits and inner hyphens")
    added = connection.execute(
        _ADD,
        {
            "id": terminal_id,
            "name": name,
            "place": place,
            "public_key": _normalised(public_key),
            "enrolled_at": now,
        },
    ).scalar_one_or_none()
    if added is None:
        raise EnrolmentRefused("the id is taken")
    _record(connection, terminal_id, "enrolled", actor=actor, now=now)


def revoke(connection: sa.Connection, *, terminal_id: str, actor: audit.Actor, now: datetime) -> None:
    """Withdraw a device's enrolment: its next request is refused. Raises TerminalUnknown or TerminalRevoked."""
    if connection.execute(_REVOKE, {"which": terminal_id, "at": now}).rowcount == 0:
        terminal(connection, terminal_id)
    _record(connection, terminal_id, "revoked", actor=actor, now=now)


def stop(connection: sa.Connection, *, terminal_id: str, stopped: bool, actor: audit.Actor, now: datetime) -> None:
    """Let nothing new begin at this device, or again. Said twice it changes nothing. Raises TerminalUnknown."""
    row = connection.execute(_STOP, {"which": terminal_id, "at": now if stopped else None, "wished": stopped}).first()
    if row is None:
        terminal(connection, terminal_id)
        return
    _record(connection, terminal_id, "stopped" if stopped else "resumed", actor=actor, now=now)


def terminal(connection: sa.Connection, terminal_id: str) -> Terminal:
    """The device of that id. Raises TerminalUnknown or TerminalRevoked."""
    row = connection.execute(_BY_ID, {"which": terminal_id}).one_or_none()
    if row is None:
        raise TerminalUnknown
    if row.revoked_at is not None:
        raise TerminalRevoked
    return Terminal(row.id, row.name, row.public_key, row.locked_order, row.stopped_at is not None)


def _normalised(pem: str) -> str:
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise EnrolmentRefused("the public key is not PEM") from error
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise EnrolmentRefused("the public key is not Ed25519")
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(encoding, form).decode("ascii")


def _record(connection: sa.Connection, terminal_id: str, change: str, *, actor: audit.Actor, now: datetime) -> None:
    audit.record(
        connection,
        at=now,
        actor=actor,
        action=audit.Action.TERMINAL_ENROLLED,
        detail={"terminal": terminal_id, "change": change},
    )
