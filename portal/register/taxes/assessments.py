"""Reading and storing assessments. Whoever changes one takes the lock of the resident's row, as a release does."""

from collections.abc import Collection
from dataclasses import asdict, fields
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal import audit
from portal.audit import Action, Actor
from portal.register.data_versions import next_version
from portal.register.restrictions import lock
from portal.register.taxes.model import TaxAssessment
from portal.register.taxes.tables import tax_records

_COLUMNS = tuple(tax_records.c[field.name] for field in fields(TaxAssessment))
_ALL = sa.select(*_COLUMNS).where(tax_records.c.resident_id == sa.bindparam("resident"))
_OF_YEAR = _ALL.where(tax_records.c.fiscal_year == sa.bindparam("year"))
_REMOVE = sa.delete(tax_records).where(
    tax_records.c.resident_id == sa.bindparam("resident"), tax_records.c.fiscal_year == sa.bindparam("year")
)
_INSERT = tax_records.insert()


def tax_of(
    connection: sa.Connection,
    resident_id: UUID,
    fiscal_year: int | None,
    *,
    reader: Actor,
    why: str,
    now: datetime,
    audit_to: sa.Connection | None = None,
) -> TaxAssessment | None:
    """The resident's assessment of a fiscal year, if there is one. One audit event, whatever is found.

    `audit_to` takes the event where `connection` is a read-only snapshot.
    """
    row = connection.execute(_OF_YEAR, {"resident": resident_id, "year": fiscal_year}).one_or_none()
    found = None if row is None else TaxAssessment(**row._asdict())
    audit.record(
        audit_to or connection, at=now, actor=reader, action=Action.RECORD_READ, subject=resident_id,
        detail={"why": why, "of": "tax_records", "version": 0 if found is None else found.version},
    )  # fmt: skip
    return found


def store(
    connection: sa.Connection, resident_id: UUID, wanted: Collection[TaxAssessment], *, actor: Actor, now: datetime
) -> bool:
    """Make `wanted` all assessments of the resident; returns whether anything changed. Raises UnknownResident."""
    lock(connection, [resident_id])
    rows = connection.execute(_ALL, {"resident": resident_id})
    present = {assessment.fiscal_year: assessment for assessment in (TaxAssessment(**row._asdict()) for row in rows)}
    by_year = {assessment.fiscal_year: assessment for assessment in wanted}
    differing = [year for year in present.keys() | by_year.keys() if present.get(year) != by_year.get(year)]
    for year in sorted(differing):
        connection.execute(_REMOVE, {"resident": resident_id, "year": year})
        if year in by_year:
            row = asdict(by_year[year]) | {"resident_id": resident_id, "version": next_version(connection)}
            connection.execute(_INSERT, row)
    if differing:
        audit.record(
            connection, at=now, actor=actor, action=Action.RECORD_CHANGED, subject=resident_id,
            detail={"fields": "tax_records", "reason": "stored"},
        )  # fmt: skip
    return bool(differing)
