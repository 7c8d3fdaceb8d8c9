"""Reading the family register somebody stands in. Every person whose addresses are read has an audit event."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal import audit
from portal.audit import Action, Actor
from portal.register.domiciles.model import DomicileEntry, FamilyMember, FamilyRegister, UsageRegistration
from portal.register.domiciles.tables import (
    domicile_entries,
    family_members,
    family_registers,
    usage_registrations,
)
from portal.register.model import LIVING_HERE, Sex
from portal.register.tables import holds, protections, residents

_REGISTER_OF = sa.select(family_registers).where(
    family_registers.c.id
    == sa.select(family_members.c.register_id)
    .where(family_members.c.resident_id == sa.bindparam("resident"))
    .scalar_subquery()
)
_OPEN_PROTECTION = (
    sa.exists()
    .where(protections.c.resident_id == family_members.c.resident_id, protections.c.ended_at.is_(None))
    .correlate(family_members)
)
_OPEN_HOLD = (
    sa.exists()
    .where(holds.c.resident_id == family_members.c.resident_id, holds.c.lifted_at.is_(None))
    .correlate(family_members)
)
_MEMBERS = (
    sa.select(
        family_members,
        residents.c.status,
        # The status of a record is no matter here: a victim who has moved away is as protected as before.
        sa.or_(family_members.c.protected, _OPEN_PROTECTION, _OPEN_HOLD).label("stopped"),
        usage_registrations.c.asked_on,
        usage_registrations.c.completed_on,
    )
    .join(residents, residents.c.id == family_members.c.resident_id, isouter=True)
    .join(usage_registrations, usage_registrations.c.member_id == family_members.c.id, isouter=True)
    .where(family_members.c.register_id == sa.bindparam("register"))
    .order_by(family_members.c.place)
)
_ENTRIES = (
    sa.select(domicile_entries)
    .join(family_members, family_members.c.id == domicile_entries.c.member_id)
    .where(family_members.c.register_id == sa.bindparam("register"))
    .order_by(domicile_entries.c.member_id, domicile_entries.c.sequence)
)


def family_register_of(
    connection: sa.Connection,
    resident_id: UUID,
    *,
    reader: Actor,
    why: str,
    now: datetime,
    audit_to: sa.Connection | None = None,
) -> FamilyRegister | None:
    """The family register of this municipality that the resident stands in; None where their 本籍 is elsewhere.

    Whoever changes a register locks the rows of all its residents: under the lock of one of them it stands still.
    `audit_to` takes the events where `connection` is a read-only snapshot.
    """
    row = connection.execute(_REGISTER_OF, {"resident": resident_id}).one_or_none()
    found = None if row is None else family_register(connection, row)
    about = [resident_id] if found is None else [member.resident_id for member in found.members]
    for subject in about:
        audit.record(
            audit_to or connection, at=now, actor=reader, action=Action.RECORD_READ, subject=subject,
            detail={"why": why, "of": "family_registers", "version": 0 if found is None else found.version},
        )  # fmt: skip
    return found


def family_register(connection: sa.Connection, row: sa.Row[tuple[object, ...]]) -> FamilyRegister:
    """Everything of the register that a row of `family_registers` begins."""
    entries: dict[UUID, list[DomicileEntry]] = defaultdict(list)
    for entry in connection.execute(_ENTRIES, {"register": row.id}):
        entries[entry.member_id].append(DomicileEntry(entry.address, entry.since))
    members = tuple(
        _member(member, tuple(entries[member.id])) for member in connection.execute(_MEMBERS, {"register": row.id})
    )
    return FamilyRegister(row.number, row.domicile, row.family_head, row.version, members)


def _member(row: sa.Row[tuple[object, ...]], entries: tuple[DomicileEntry, ...]) -> FamilyMember:
    return FamilyMember(
        ref=row.resident_id or row.id,
        resident_id=row.resident_id,
        name=row.name,
        birth_date=row.birth_date,
        sex=None if row.sex is None else Sex(row.sex),
        protected=row.protected,
        usage=None if row.asked_on is None else UsageRegistration(row.asked_on, row.completed_on),
        entries=entries,
        lives_here=row.status in LIVING_HERE,
        stopped=row.stopped,
    )
