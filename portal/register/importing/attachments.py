"""What hangs on a resident besides the record: seals (印鑑登録), assessments of tax, protection (支援措置)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal.audit import Actor
from portal.keys import FieldCipher
from portal.register import seals, taxes
from portal.register.importing.columns import PROTECTIONS, SEALS, TAX
from portal.register.importing.parsing import Row
from portal.register.importing.report import RefusalCode, WriteRefused
from portal.register.restrictions import protect
from portal.register.seals import Kept, SealNumberTaken, SealRegistration
from portal.register.taxes import TaxAssessment

_AMOUNTS = tuple(field.name for field in fields(TaxAssessment) if field.name.endswith("_yen"))


@dataclass
class Attached:
    """The names of the tables that changed for a resident, and of those that were kept against the file."""

    changed: list[str]
    kept: list[str]


def write_attachments(
    connection: sa.Connection,
    cipher: FieldCipher,
    resident_id: UUID,
    attached: Mapping[str, Sequence[Row]],
    *,
    actor: Actor,
    now: datetime,
) -> Attached:
    """Make the tables say what the files that were given say. Raises WriteRefused.

    What is no longer in its file is gone: cancelled seals that stayed on record made three cities issue wrong
    certificates. A seal that was cancelled here stays cancelled, and no file ends a protection.
    """
    written = Attached([], [])
    if SEALS.name in attached:
        _write_seal(connection, cipher, resident_id, attached[SEALS.name], written, actor=actor, now=now)
    if TAX.name in attached:
        wanted = [_assessment(row) for row in attached[TAX.name]]
        if taxes.store(connection, resident_id, wanted, actor=actor, now=now):
            written.changed.append("tax_records")
    for row in attached.get(PROTECTIONS.name, ()):
        starts_on, ends_on = row.required_day("starts_on"), row.required_day("ends_on")
        if protect(connection, resident_id, starts_on=starts_on, ends_on=ends_on, actor=actor, now=now):
            written.changed.append("protections")
    return written


def _write_seal(
    connection: sa.Connection,
    cipher: FieldCipher,
    resident_id: UUID,
    rows: Sequence[Row],
    written: Attached,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    wanted = next((_seal(row) for row in rows), None)
    try:
        kept = seals.store(connection, cipher, resident_id, wanted, actor=actor, now=now)
    except SealNumberTaken as error:
        raise WriteRefused(rows[0].refusal("seal_number", RefusalCode.NUMBER_TAKEN)) from error
    if kept is Kept.CHANGED:
        written.changed.append("seals")
    elif kept is Kept.STILL_CANCELLED:
        written.kept.append("seals")


def _seal(row: Row) -> SealRegistration:
    return SealRegistration(
        number=row.text("seal_number"),
        registered_on=row.required_day("registered_on"),
        cancelled_on=row.day("cancelled_on"),
        picture=row.data("picture"),
    )


def _assessment(row: Row) -> TaxAssessment:
    return TaxAssessment(
        fiscal_year=row.amount("fiscal_year"),
        filed_on=row.required_day("filed_on"),
        **{name: row.amount(name) for name in _AMOUNTS},
    )
