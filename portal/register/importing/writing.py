"""Writing households that belong together into the register, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid4

import sqlalchemy as sa

from portal.audit import Actor
from portal.clock import local_date
from portal.keys import FieldCipher
from portal.register.changes import change, differing_fields, enter, present_record
from portal.register.importing.attachments import write_attachments
from portal.register.importing.households import Household, Member
from portal.register.importing.parsing import Row
from portal.register.importing.report import Difference, DifferenceKind, ImportReport, RefusalCode, WriteRefused
from portal.register.model import LIVING_HERE, ChangeReason, HoldReason, ResidentRecord, ResidentStatus, Sex
from portal.register.numbers import NumberTaken, store_numbers
from portal.register.restrictions import lift_hold, lock_with_households, place_hold
from portal.register.tables import households, residents

# Status goes only forward by an import: what was decided here is not undone because 既存住基 lags behind.
_STANDING = {
    ResidentStatus.RESIDENT: 0,
    ResidentStatus.PLANNED_DEPARTURE: 1,
    ResidentStatus.REMOVED: 2,
    ResidentStatus.DECEASED: 2,
}

_HOUSEHOLD = sa.select(households).where(households.c.number == sa.bindparam("wanted"))
_PLACES = sa.select(households.c.id).where(
    households.c.number == sa.func.any(sa.bindparam("places", type_=sa.ARRAY(sa.Text)))
)
_ENTER_HOUSEHOLD = households.insert()
_UPDATE_HOUSEHOLD = households.update().where(households.c.id == sa.bindparam("household"))
_KNOWN = sa.select(residents.c.number, residents.c.id).where(
    residents.c.number == sa.func.any(sa.bindparam("numbers", type_=sa.ARRAY(sa.Text)))
)
_TWO_HEADS = (
    sa.select(residents.c.household_id)
    .where(
        residents.c.household_id == sa.func.any(sa.bindparam("written", type_=sa.ARRAY(sa.Uuid))),
        residents.c.is_head,
        residents.c.status.in_(LIVING_HERE),
    )
    .group_by(residents.c.household_id)
    .having(sa.func.count() > 1)
    .limit(1)
)


@dataclass(frozen=True)
class Writer:
    """One import run: who runs it, when, with which cipher."""

    connection: sa.Connection
    fields: FieldCipher
    actor: Actor
    now: datetime

    def write(self, unit: Sequence[Household]) -> ImportReport:
        """Write all of these households. Raises WriteRefused."""
        numbers = [member.number for household in unit for member in household.members]
        known = {row.number: row.id for row in self.connection.execute(_KNOWN, {"numbers": numbers})}
        places = [household.row.text("household_number") for household in unit]
        lock_with_households(
            self.connection, known.values(), self.connection.execute(_PLACES, {"places": places}).scalars().all()
        )
        written = ImportReport()
        ids = []
        for household in unit:
            household_id = self._household(household.row)
            ids.append(household_id)
            for member in household.members:
                self._member(member, household_id, known.get(member.number), written)
        if self.connection.execute(_TWO_HEADS, {"written": ids}).first() is not None:
            raise WriteRefused(unit[0].row.refusal("household_number", RefusalCode.SEVERAL_HEADS))
        return written

    def _household(self, row: Row) -> UUID:
        values = {"postal_code": row.optional_text("postal_code"), "address": row.text("address")}
        found = self.connection.execute(_HOUSEHOLD, {"wanted": row.text("household_number")}).one_or_none()
        if found is None:
            household_id = uuid4()
            self.connection.execute(
                _ENTER_HOUSEHOLD, {"id": household_id, "number": row.text("household_number"), **values}
            )
            return household_id
        if (found.postal_code, found.address) != (values["postal_code"], values["address"]):
            self.connection.execute(_UPDATE_HOUSEHOLD, {"household": found.id, **values})
        return UUID(str(found.id))

    def _member(self, member: Member, household_id: UUID, known: UUID | None, written: ImportReport) -> None:
        resident_id = known or uuid4()
        wanted = record_from(member.row, resident_id, household_id)
        fields = self._enter(member, wanted) if known is None else self._update(member, wanted, written)
        changed = [*fields, *self._beside(member, resident_id, written)]
        if known is None:
            written.added += 1
            written.differences.append(Difference(member.number, DifferenceKind.ADDED))
        elif changed:
            written.changed += 1
            written.differences.append(Difference(member.number, DifferenceKind.CHANGED, tuple(changed)))
        else:
            written.unchanged += 1

    def _enter(self, member: Member, wanted: ResidentRecord) -> list[str]:
        enter(
            self.connection,
            wanted,
            valid_from=valid_from(member.row, wanted.became_resident_on, self.now),
            actor=self.actor,
            reason=ChangeReason.IMPORT,
            now=self.now,
        )
        return []

    def _update(self, member: Member, wanted: ResidentRecord, written: ImportReport) -> list[str]:
        present = present_record(self.connection, wanted.id)
        if _STANDING[wanted.status] < _STANDING[present.status]:
            written.differences.append(Difference(member.number, DifferenceKind.STATUS_KEPT, ("status",)))
            wanted = replace(
                wanted,
                status=present.status,
                planned_departure_on=present.planned_departure_on,
                destination=present.destination,
                ended_on=present.ended_on,
            )
        changes = differing_fields(present, wanted)
        if changes:
            change(
                self.connection,
                wanted.id,
                changes,
                valid_from=valid_from(member.row, None, self.now),
                actor=self.actor,
                reason=ChangeReason.IMPORT,
                filing_id=None,
                now=self.now,
            )
        return sorted(changes)

    def _beside(self, member: Member, resident_id: UUID, written: ImportReport) -> list[str]:
        """Everything about a resident that is not the record itself; returns what changed."""
        row = member.row
        try:
            renumbered = store_numbers(
                self.connection, self.fields, resident_id, row.text("individual_number"), row.text("resident_code"),
                actor=self.actor, now=self.now,
            )  # fmt: skip
        except NumberTaken as error:
            raise WriteRefused(row.refusal("individual_number", RefusalCode.NUMBER_TAKEN)) from error
        source = hold_source(resident_id)
        if row.flag("change_in_progress"):
            place_hold(
                self.connection,
                [resident_id],
                reason=HoldReason.IMPORT,
                source=source,
                actor=self.actor,
                now=self.now,
            )
        else:
            lift_hold(self.connection, source=source, actor=self.actor, now=self.now)
        attached = write_attachments(
            self.connection, self.fields, resident_id, member.attached, actor=self.actor, now=self.now
        )
        if attached.kept:
            written.differences.append(Difference(member.number, DifferenceKind.STATUS_KEPT, tuple(attached.kept)))
        return [*(["numbers"] if renumbered else []), *attached.changed]


def hold_source(resident_id: UUID) -> str:
    """Under which name an import holds a resident's issuances."""
    return f"import:{resident_id}"


def valid_from(row: Row, otherwise: date | None, now: datetime) -> date:
    """From when the state of a row holds: as it says, else `otherwise`, else the day of the import."""
    return row.day("valid_from") or otherwise or local_date(now)


def record_from(row: Row, resident_id: UUID, household_id: UUID) -> ResidentRecord:
    """The record that a row asks for, as the first version."""
    sex = row.optional_text("sex")
    nationality = row.optional_text("nationality")
    return ResidentRecord(
        id=resident_id,
        household_id=household_id,
        number=row.text("resident_number"),
        version=1,
        status=ResidentStatus(row.text("status")),
        name=row.text("name"),
        reading=row.optional_text("reading"),
        reading_registered=row.flag("reading_registered"),
        former_surname=row.optional_text("former_surname"),
        common_name=row.optional_text("common_name"),
        birth_date=row.text("birth_date"),
        sex=None if sex is None else Sex(sex),
        relationship=row.text("relationship"),
        is_head=row.flag("is_head"),
        address=row.text("address"),
        became_resident_on=row.day("became_resident_on"),
        address_since=row.day("address_since"),
        notified_on=row.day("notified_on"),
        previous_address=row.optional_text("previous_address"),
        domicile=row.optional_text("domicile"),
        family_head=row.optional_text("family_head"),
        foreign=nationality is not None,
        nationality=nationality,
        residence_status=row.optional_text("residence_status"),
        period_of_stay=row.optional_text("period_of_stay"),
        stay_expires_on=row.day("stay_expires_on"),
        residence_card_number=row.optional_text("residence_card_number"),
        planned_departure_on=row.day("planned_departure_on"),
        destination=row.optional_text("destination"),
        ended_on=row.day("ended_on"),
    )
