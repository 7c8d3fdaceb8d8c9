"""Entering whole new households many at a time. Nobody can be issued a paper about them yet, so nobody waits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa

from portal import audit, database
from portal.audit import Action, Actor
from portal.keys import FieldCipher
from portal.register.changes import enter_all
from portal.register.importing.attachments import write_attachments
from portal.register.importing.households import Member
from portal.register.importing.report import Difference, DifferenceKind, ImportReport
from portal.register.importing.sifting import Unit, indexes_of
from portal.register.importing.writing import hold_source, record_from, valid_from
from portal.register.model import ChangeReason, HoldReason, ResidentRecord
from portal.register.restrictions import place_hold
from portal.register.tables import households, resident_numbers


def enter_units(
    connection: sa.Connection, fields: FieldCipher, units: Sequence[Unit], *, actor: Actor, now: datetime
) -> ImportReport:
    """Enter all of these units, which `sift` has found to be new. Raises WriteRefused."""
    homes = [(uuid4(), household) for unit in units for household in unit]
    database.copy_in(
        connection, households,
        (
            {
                "id": home, "number": household.number, "postal_code": household.row.optional_text("postal_code"),
                "address": household.row.text("address"),
            }
            for home, household in homes
        ),
    )  # fmt: skip
    people: list[tuple[Member, ResidentRecord]] = [
        (member, record_from(member.row, uuid4(), home)) for home, household in homes for member in household.members
    ]
    enter_all(
        connection, [(record, valid_from(member.row, record.became_resident_on, now)) for member, record in people],
        actor=actor, reason=ChangeReason.IMPORT, now=now,
    )  # fmt: skip
    database.copy_in(connection, resident_numbers, (_numbers(fields, member, record.id) for member, record in people))
    audit.record_all(
        connection, at=now, actor=actor, action=Action.NUMBER_STORED, events=[(record.id, {}) for _, record in people]
    )
    written = ImportReport(
        added=len(people), differences=[Difference(member.number, DifferenceKind.ADDED) for member, _ in people]
    )
    for member, record in people:
        _beside(connection, fields, member, record.id, written, actor=actor, now=now)
    return written


def _beside(
    connection: sa.Connection, fields: FieldCipher, member: Member, resident_id: UUID, written: ImportReport, *,
    actor: Actor, now: datetime,
) -> None:  # fmt: skip
    if member.row.flag("change_in_progress"):
        place_hold(
            connection, [resident_id], reason=HoldReason.IMPORT, source=hold_source(resident_id), actor=actor, now=now
        )
    if any(member.attached.values()):
        attached = write_attachments(connection, fields, resident_id, member.attached, actor=actor, now=now)
        if attached.kept:
            written.differences.append(Difference(member.number, DifferenceKind.STATUS_KEPT, tuple(attached.kept)))


def _numbers(fields: FieldCipher, member: Member, resident_id: UUID) -> dict[str, object]:
    indexes = dict(zip(("individual_number", "resident_code"), indexes_of(fields, member), strict=True))
    row: dict[str, object] = {"resident_id": resident_id}
    for column, index in indexes.items():
        plain = member.row.text(column).encode("ascii")
        row[column] = fields.encrypt(plain, table=resident_numbers.name, row=str(resident_id), column=column)
        row[f"{column}_index"] = index
    return row
