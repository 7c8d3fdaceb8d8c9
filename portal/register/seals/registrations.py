"""Reading, storing and cancelling the registration of a seal.

Whoever changes one takes the lock of the resident's row, and so does the release of a certificate: a seal cancelled
before the release is never printed after it (incidents of Niigata, Saitama and Kumamoto, 2020–2023).
"""

from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from portal import audit
from portal.audit import Action, Actor
from portal.keys import FieldCipher
from portal.register.data_versions import next_version
from portal.register.restrictions import lock
from portal.register.seals.model import SealNumberTaken, SealRegistration
from portal.register.seals.tables import seals

_TABLE, _COLUMN = "seals", "picture"
_OF_RESIDENT = sa.select(seals).where(seals.c.resident_id == sa.bindparam("resident"))
_TAKEN = sa.select(seals.c.resident_id).where(
    seals.c.seal_number == sa.bindparam("wanted"), seals.c.resident_id != sa.bindparam("resident")
)
_STORE = insert(seals)
_STORE = _STORE.on_conflict_do_update(
    index_elements=["resident_id"],
    set_={column.name: _STORE.excluded[column.name] for column in seals.c if column.name != "resident_id"},
)
_REMOVE = sa.delete(seals).where(seals.c.resident_id == sa.bindparam("resident"))
_CANCEL = (
    seals.update()
    .where(seals.c.resident_id == sa.bindparam("resident"), seals.c.cancelled_on.is_(None))
    .returning(seals.c.seal_number)
)


class Kept(StrEnum):
    """What storing a seal did: nothing, a change, or a cancelled seal kept cancelled against what it was told."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    STILL_CANCELLED = "still_cancelled"


def seal_of(
    connection: sa.Connection,
    fields: FieldCipher,
    resident_id: UUID,
    *,
    reader: Actor,
    why: str,
    now: datetime,
    audit_to: sa.Connection | None = None,
) -> SealRegistration | None:
    """The resident's seal, cancelled or not; None where none is registered. One audit event, whatever is found.

    `audit_to` takes the event where `connection` is a read-only snapshot.
    """
    found = _present(connection, fields, resident_id)
    audit.record(
        audit_to or connection, at=now, actor=reader, action=Action.RECORD_READ, subject=resident_id,
        detail={"why": why, "of": _TABLE, "version": 0 if found is None else found.version},
    )  # fmt: skip
    return found


def store(
    connection: sa.Connection,
    fields: FieldCipher,
    resident_id: UUID,
    wanted: SealRegistration | None,
    *,
    actor: Actor,
    now: datetime,
) -> Kept:
    """Make `wanted` the resident's seal; None removes it. Raises UnknownResident, SealNumberTaken.

    A cancelled registration never comes to life again: the same number stays cancelled whatever `wanted` says of it.
    """
    lock(connection, [resident_id])
    present = _present(connection, fields, resident_id)
    kept = Kept.CHANGED
    if wanted is not None and present is not None and _revives(present, wanted):
        wanted, kept = replace(wanted, cancelled_on=present.cancelled_on), Kept.STILL_CANCELLED
    if wanted == present:
        return kept if kept is Kept.STILL_CANCELLED else Kept.UNCHANGED
    if wanted is None:
        connection.execute(_REMOVE, {"resident": resident_id})
    else:
        _write(connection, fields, resident_id, wanted)
    _audited(connection, resident_id, "stored", actor, now)
    return kept


def cancel(connection: sa.Connection, resident_id: UUID, *, on: date, actor: Actor, now: datetime) -> bool:
    """廃印: cancel the resident's seal for good; returns whether there was one to cancel. Raises UnknownResident."""
    lock(connection, [resident_id])
    cancelled = connection.execute(
        _CANCEL, {"resident": resident_id, "cancelled_on": on, "version": next_version(connection)}
    ).first()
    if cancelled is not None:
        _audited(connection, resident_id, "cancelled", actor, now)
    return cancelled is not None


def _revives(present: SealRegistration, wanted: SealRegistration) -> bool:
    return present.number == wanted.number and present.cancelled_on is not None and wanted.cancelled_on is None


def _present(connection: sa.Connection, fields: FieldCipher, resident_id: UUID) -> SealRegistration | None:
    row = connection.execute(_OF_RESIDENT, {"resident": resident_id}).one_or_none()
    if row is None:
        return None
    return SealRegistration(
        number=row.seal_number,
        registered_on=row.registered_on,
        cancelled_on=row.cancelled_on,
        picture=fields.decrypt(row.picture, table=_TABLE, row=str(resident_id), column=_COLUMN),
        version=row.version,
    )


def _write(connection: sa.Connection, fields: FieldCipher, resident_id: UUID, wanted: SealRegistration) -> None:
    if connection.execute(_TAKEN, {"wanted": wanted.number, "resident": resident_id}).first() is not None:
        raise SealNumberTaken
    connection.execute(
        _STORE,
        {
            "resident_id": resident_id,
            "seal_number": wanted.number,
            "registered_on": wanted.registered_on,
            "cancelled_on": wanted.cancelled_on,
            "picture": fields.encrypt(wanted.picture, table=_TABLE, row=str(resident_id), column=_COLUMN),
            "version": next_version(connection),
        },
    )


def _audited(connection: sa.Connection, resident_id: UUID, what: str, actor: Actor, now: datetime) -> None:
    audit.record(
        connection, at=now, actor=actor, action=Action.RECORD_CHANGED, subject=resident_id,
        detail={"fields": _TABLE, "reason": what},
    )  # fmt: skip
