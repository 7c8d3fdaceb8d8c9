"""What of a file is already so, what is wholly new, and what has to be written household by household.

Most of a daily feed is as it stands, and most of a first one is new: both are told apart in bulk, by reading only.
What is neither, or cannot be told for certain, is left to the `Writer`, which locks and looks again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa

from portal.keys import FieldCipher
from portal.register.changes import differing_fields
from portal.register.importing.households import Household, Member
from portal.register.importing.writing import hold_source, record_from
from portal.register.model import ResidentRecord
from portal.register.records import RECORD_COLUMNS, record_of
from portal.register.seals.tables import seals
from portal.register.tables import holds, households, resident_numbers, residents
from portal.register.taxes.tables import tax_records

_WANTED = sa.func.any(sa.bindparam("wanted", type_=sa.ARRAY(sa.Text)))
_IDS = sa.func.any(sa.bindparam("ids", type_=sa.ARRAY(sa.Uuid)))
_INDEXES = sa.func.any(sa.bindparam("indexes", type_=sa.ARRAY(sa.LargeBinary)))
_HOMES = sa.select(households).where(households.c.number == _WANTED)
_RECORDS = sa.select(*RECORD_COLUMNS).where(residents.c.number == _WANTED)
_NUMBERS = sa.select(
    resident_numbers.c.resident_id,
    resident_numbers.c.individual_number_index,
    resident_numbers.c.resident_code_index,
).where(resident_numbers.c.resident_id == _IDS)
_TAKEN = sa.select(
    sa.exists().where(
        sa.or_(
            resident_numbers.c.individual_number_index == _INDEXES, resident_numbers.c.resident_code_index == _INDEXES
        )
    )
)
_HELD = sa.select(holds.c.resident_id, holds.c.source).where(holds.c.resident_id == _IDS, holds.c.lifted_at.is_(None))
_ATTACHED = sa.union(
    sa.select(seals.c.resident_id).where(seals.c.resident_id == _IDS),
    sa.select(tax_records.c.resident_id).where(tax_records.c.resident_id == _IDS),
)

Unit = Sequence[Household]


@dataclass
class Sifted:
    """Units by what there is to do: nothing; enter all of it; look closely."""

    same: list[Unit] = field(default_factory=list)
    new: list[Unit] = field(default_factory=list)
    other: list[Unit] = field(default_factory=list)


@dataclass(frozen=True)
class _Standing:
    """What the register holds of everybody that some units name."""

    homes: dict[str, tuple[UUID, str | None, str]]
    records: dict[str, ResidentRecord]
    numbers: dict[UUID, tuple[bytes, bytes]]
    held: frozenset[UUID]
    attached: frozenset[UUID]


def indexes_of(fields: FieldCipher, member: Member) -> tuple[bytes, bytes]:
    """The blind indexes of both numbers of a row."""
    return (
        fields.blind_index(member.row.text("individual_number"), column="individual_number"),
        fields.blind_index(member.row.text("resident_code"), column="resident_code"),
    )


def sift(connection: sa.Connection, fields: FieldCipher, units: Sequence[Unit]) -> Sifted:
    """Tell the units apart as the register stands now. Locks nothing: who changes a record meanwhile comes after."""
    standing = _standing(connection, [household for unit in units for household in unit])
    sifted = Sifted()
    for unit in units:
        if all(_is_new(household, standing) for household in unit):
            sifted.new.append(unit)
        elif all(_is_so(household, standing, fields) for household in unit):
            sifted.same.append(unit)
        else:
            sifted.other.append(unit)
    if _any_taken(connection, fields, sifted.new):
        # Whose number it is, and which row falls with it, is for the writer to say.
        sifted.other += sifted.new
        sifted.new = []
    return sifted


def _standing(connection: sa.Connection, named: Sequence[Household]) -> _Standing:
    places = [household.number for household in named]
    people = [member.number for household in named for member in household.members]
    records = {row.number: record_of(row) for row in connection.execute(_RECORDS, {"wanted": people})}
    ids = {"ids": [record.id for record in records.values()]}
    return _Standing(
        homes={
            row.number: (row.id, row.postal_code, row.address)
            for row in connection.execute(_HOMES, {"wanted": places})
        },
        records=records,
        numbers={
            row.resident_id: (bytes(row.individual_number_index), bytes(row.resident_code_index))
            for row in connection.execute(_NUMBERS, ids)
        },
        held=frozenset(
            row.resident_id
            for row in connection.execute(_HELD, ids)
            if row.source == hold_source(row.resident_id)
        ),
        attached=frozenset(connection.execute(_ATTACHED, ids).scalars()),
    )  # fmt: skip


def _is_new(household: Household, standing: _Standing) -> bool:
    return household.number not in standing.homes and not any(
        member.number in standing.records for member in household.members
    )


def _is_so(household: Household, standing: _Standing, fields: FieldCipher) -> bool:
    home = standing.homes.get(household.number)
    row = household.row
    if home is None or home[1:] != (row.optional_text("postal_code"), row.text("address")):
        return False
    return all(_member_is_so(member, home[0], standing, fields) for member in household.members)


def _member_is_so(member: Member, household_id: UUID, standing: _Standing, fields: FieldCipher) -> bool:
    present = standing.records.get(member.number)
    if present is None or any(member.attached.values()) or (member.attached and present.id in standing.attached):
        # Seals, taxes and protections are compared one by one.
        return False
    return (
        not differing_fields(present, record_from(member.row, present.id, household_id))
        and standing.numbers.get(present.id) == indexes_of(fields, member)
        and member.row.flag("change_in_progress") == (present.id in standing.held)
    )


def _any_taken(connection: sa.Connection, fields: FieldCipher, units: Iterable[Unit]) -> bool:
    indexes = [
        index
        for unit in units
        for household in unit
        for member in household.members
        for index in indexes_of(fields, member)
    ]
    return bool(indexes) and bool(connection.execute(_TAKEN, {"indexes": indexes}).scalar_one())
