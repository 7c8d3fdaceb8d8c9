"""Reading the present record of a resident or a household. Every record shown writes its audit event."""

from collections.abc import Collection
from dataclasses import fields
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal import audit
from portal.audit import Action, Actor
from portal.register.model import LIVING_HERE, HouseholdRecord, ResidentRecord, ResidentStatus, Sex, UnknownResident
from portal.register.tables import households, residents

RECORD_COLUMNS = tuple(residents.c[field.name] for field in fields(ResidentRecord))

_RESIDENT = sa.select(*RECORD_COLUMNS).where(residents.c.id == sa.bindparam("resident"))
_HOUSEHOLD = sa.select(households).where(
    households.c.id
    == sa.select(residents.c.household_id).where(residents.c.id == sa.bindparam("resident")).scalar_subquery()
)
_MEMBERS = (
    sa.select(*RECORD_COLUMNS)
    .where(residents.c.household_id == sa.bindparam("household"), residents.c.status.in_(LIVING_HERE))
    .order_by(residents.c.is_head.desc(), residents.c.birth_date, residents.c.number)
)
_NUMBERS = sa.select(residents.c.id, residents.c.number).where(
    residents.c.id == sa.func.any(sa.bindparam("wanted", type_=sa.ARRAY(sa.Uuid)))
)
_BY_NUMBER = sa.select(residents.c.id).where(residents.c.number == sa.bindparam("number"))


def resident(
    connection: sa.Connection,
    resident_id: UUID,
    *,
    reader: Actor,
    why: str,
    now: datetime,
    audit_to: sa.Connection | None = None,
) -> ResidentRecord:
    """The resident's present record; one audit event. `why` is a code, not a sentence. Raises UnknownResident.

    `audit_to` takes the event where `connection` is a read-only snapshot.
    """
    row = connection.execute(_RESIDENT, {"resident": resident_id}).one_or_none()
    if row is None:
        raise UnknownResident(str(resident_id))
    record = record_of(row)
    _audited(audit_to or connection, record, reader, why, now)
    return record


def household_of(
    connection: sa.Connection,
    resident_id: UUID,
    *,
    reader: Actor,
    why: str,
    now: datetime,
    audit_to: sa.Connection | None = None,
) -> HouseholdRecord:
    """The household the resident belongs to (or last belonged to); one audit event for each member.

    Raises UnknownResident. `audit_to` takes the events where `connection` is a read-only snapshot.
    """
    row = connection.execute(_HOUSEHOLD, {"resident": resident_id}).one_or_none()
    if row is None:
        raise UnknownResident(str(resident_id))
    members = tuple(record_of(member) for member in connection.execute(_MEMBERS, {"household": row.id}))
    for member in members:
        _audited(audit_to or connection, member, reader, why, now)
    head = next((member for member in members if member.is_head), None)
    return HouseholdRecord(id=row.id, number=row.number, address=row.address, head=head, members=members)


def resident_id_of(connection: sa.Connection, number: str) -> UUID:
    """The id that belongs to a 宛名番号. Tells nothing about the person. Raises UnknownResident."""
    found: UUID | None = connection.execute(_BY_NUMBER, {"number": number}).scalar_one_or_none()
    if found is None:
        raise UnknownResident("no resident has this number")
    return found


def numbers_of(connection: sa.Connection, resident_ids: Collection[UUID]) -> dict[UUID, str]:
    """The 宛名番号 of those among `resident_ids` who have a record. Tells nothing else about anybody."""
    rows = connection.execute(_NUMBERS, {"wanted": list(resident_ids)})
    return {row.id: row.number for row in rows}


def record_of(row: sa.Row[tuple[object, ...]]) -> ResidentRecord:
    """The record held by a row of RECORD_COLUMNS."""
    values = row._asdict()
    values["status"] = ResidentStatus(values["status"])
    values["sex"] = None if values["sex"] is None else Sex(values["sex"])
    return ResidentRecord(**values)


def _audited(connection: sa.Connection, record: ResidentRecord, reader: Actor, why: str, now: datetime) -> None:
    audit.record(
        connection,
        at=now,
        actor=reader,
        action=Action.RECORD_READ,
        subject=record.id,
        detail={"why": why, "version": record.version},
    )
