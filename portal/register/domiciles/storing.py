"""Storing family registers, under the locks of every resident in them (which a release takes) and of the register."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa

from portal import audit
from portal.audit import Action, Actor
from portal.register.data_versions import next_version
from portal.register.domiciles.model import FamilyRegister, MemberEntry
from portal.register.domiciles.reading import family_register
from portal.register.domiciles.tables import (
    domicile_entries,
    family_members,
    family_registers,
    usage_registrations,
)
from portal.register.restrictions import lock

_BY_NUMBER = sa.select(family_registers).where(family_registers.c.number == sa.bindparam("wanted"))
_LOCKED = _BY_NUMBER.with_for_update(key_share=True)
_OTHERS = sa.select(family_registers.c.number).where(
    family_registers.c.number != sa.func.all(sa.bindparam("numbers", type_=sa.ARRAY(sa.Text)))
)
_ELSEWHERE = sa.and_(
    family_members.c.resident_id == sa.func.any(sa.bindparam("anybody", type_=sa.ARRAY(sa.Uuid))),
    family_members.c.register_id != sa.bindparam("register"),
)
_LEAVING = sa.select(family_members.c.id, family_members.c.register_id).where(_ELSEWHERE)
_PRESENT = sa.select(family_members).where(family_members.c.register_id == sa.bindparam("register"))
_MEMBERS_OF = sa.select(family_members.c.id).where(family_members.c.register_id == sa.bindparam("register"))
_CLEAR, _LEAVE = (
    (
        sa.delete(domicile_entries).where(domicile_entries.c.member_id.in_(whom)),
        sa.delete(usage_registrations).where(usage_registrations.c.member_id.in_(whom)),
        sa.delete(family_members).where(family_members.c.id.in_(whom)),
    )
    for whom in (_MEMBERS_OF, sa.select(family_members.c.id).where(family_members.c.id == sa.bindparam("member")))
)
_UPDATE = family_registers.update().where(family_registers.c.id == sa.bindparam("register"))
_INSERT = family_registers.insert()
_REMOVE = sa.delete(family_registers).where(family_registers.c.id == sa.bindparam("register"))
_INSERT_MEMBER = family_members.insert()
_INSERT_ENTRY = domicile_entries.insert()
_INSERT_USAGE = usage_registrations.insert()
_Identity = tuple[int, str, str]
_ENTERED = tuple(field.name for field in fields(MemberEntry))


def store(
    connection: sa.Connection,
    number: str,
    *,
    domicile: str,
    family_head: str,
    members: Sequence[MemberEntry],
    actor: Actor,
    now: datetime,
) -> bool:
    """Make this the family register of that number, its members in order; returns whether anything changed.

    Members whom another register still holds leave it by this. Raises UnknownResident.
    """
    row, present = _taken(connection, number, _residents(members))
    if present is not None and _same(present, domicile, family_head, members):
        return False
    ids: dict[_Identity, UUID] = {}
    version = next_version(connection)
    if row is None:
        register_id = uuid4()
        values = {"id": register_id, "number": number, "version": version}
        connection.execute(_INSERT, {**values, "domicile": domicile, "family_head": family_head})
    else:
        register_id = row.id
        # A person keeps their id over a change, and nobody else ever gets it: a paper on its way names them by it.
        stored = connection.execute(_PRESENT, {"register": register_id})
        ids = {(member.place, member.name, member.birth_date): member.id for member in stored}
        _clear(connection, register_id)
        values = {"domicile": domicile, "family_head": family_head, "version": version}
        connection.execute(_UPDATE, {"register": register_id, **values})
    _leave_others(connection, register_id, _residents(members))
    for place, member in enumerate(members, 1):
        member_id = ids.get((place, member.name, member.birth_date)) or uuid4()
        _insert(connection, register_id, member_id, place, member)
    before = () if present is None else _residents(present.members)
    _audited(connection, {*before, *_residents(members)}, "stored", actor, now)
    return True


def forget_others(connection: sa.Connection, numbers: Collection[str], *, actor: Actor, now: datetime) -> int:
    """Remove every family register but those of these numbers; returns how many."""
    others = connection.execute(_OTHERS, {"numbers": list(numbers)}).scalars().all()
    for number in others:
        row, present = _taken(connection, number, ())
        if row is not None and present is not None:
            _clear(connection, row.id)
            connection.execute(_REMOVE, {"register": row.id})
            _audited(connection, set(_residents(present.members)), "removed", actor, now)
    return len(others)


def _taken(
    connection: sa.Connection, number: str, newcomers: Collection[UUID]
) -> tuple[sa.Row[tuple[object, ...]] | None, FamilyRegister | None]:
    """The register as it stands, with it and the residents before and after locked."""
    row = connection.execute(_BY_NUMBER, {"wanted": number}).one_or_none()
    before = () if row is None else _residents(family_register(connection, row).members)
    lock(connection, {*before, *newcomers})
    row = connection.execute(_LOCKED, {"wanted": number}).one_or_none()
    return row, None if row is None else family_register(connection, row)


def _residents(members: Sequence[MemberEntry]) -> tuple[UUID, ...]:
    return tuple(member.resident_id for member in members if member.resident_id is not None)


def _same(present: FamilyRegister, domicile: str, family_head: str, members: Sequence[MemberEntry]) -> bool:
    entered = [tuple(getattr(member, name) for name in _ENTERED) for member in present.members]
    wanted = [tuple(getattr(member, name) for name in _ENTERED) for member in members]
    return (present.domicile, present.family_head, entered) == (domicile, family_head, wanted)


def _clear(connection: sa.Connection, register_id: UUID) -> None:
    for statement in _CLEAR:
        connection.execute(statement, {"register": register_id})


def _leave_others(connection: sa.Connection, register_id: UUID, newcomers: Collection[UUID]) -> None:
    leaving = connection.execute(_LEAVING, {"anybody": list(newcomers), "register": register_id}).all()
    for member in leaving:
        for statement in _LEAVE:
            connection.execute(statement, {"member": member.id})
        connection.execute(_UPDATE, {"register": member.register_id, "version": next_version(connection)})


def _insert(connection: sa.Connection, register_id: UUID, member_id: UUID, place: int, member: MemberEntry) -> None:
    connection.execute(
        _INSERT_MEMBER,
        {
            "id": member_id,
            "register_id": register_id,
            "place": place,
            "resident_id": member.resident_id,
            "name": member.name,
            "birth_date": member.birth_date,
            "sex": member.sex,
            "protected": member.protected,
        },
    )
    for sequence, entry in enumerate(member.entries, 1):
        values = {"member_id": member_id, "sequence": sequence, "address": entry.address, "since": entry.since}
        connection.execute(_INSERT_ENTRY, values)
    if member.usage is not None:
        usage = {"asked_on": member.usage.asked_on, "completed_on": member.usage.completed_on}
        connection.execute(_INSERT_USAGE, {"member_id": member_id, **usage})


def _audited(connection: sa.Connection, about: set[UUID], what: str, actor: Actor, now: datetime) -> None:
    for subject in sorted(about) or (None,):
        audit.record(
            connection, at=now, actor=actor, action=Action.RECORD_CHANGED, subject=subject,
            detail={"fields": "family_registers", "reason": what},
        )  # fmt: skip
