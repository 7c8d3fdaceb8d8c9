"""Online checks of issued paper: each is kept, and shown to the resident whose certificate it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa

from portal.certificates.papers.tables import CheckResult, paper_checks
from portal.certificates.tables import issuances

_INSERT = paper_checks.insert()
_OF_RESIDENT = (
    sa.select(paper_checks.c.issuance_id, paper_checks.c.checked_at, paper_checks.c.result)
    .join(issuances)
    .where(issuances.c.resident_id == sa.bindparam("of_resident"))
    .order_by(paper_checks.c.checked_at.desc(), paper_checks.c.id)
    .limit(500)
)


@dataclass(frozen=True)
class Check:
    """Somebody who held the paper has checked it. Who it was is not known, and not asked."""

    at: datetime
    result: CheckResult


def record(connection: sa.Connection, issuance_id: UUID, result: CheckResult, now: datetime) -> None:
    """Keep one check in the caller's transaction."""
    connection.execute(_INSERT, {"id": uuid4(), "issuance_id": issuance_id, "checked_at": now, "result": result})


def of_resident(connection: sa.Connection, resident_id: UUID) -> Mapping[UUID, tuple[Check, ...]]:
    """The checks of every paper issued to a resident by its issuance, newest first (at most 500 in all)."""
    found: dict[UUID, tuple[Check, ...]] = {}
    for row in connection.execute(_OF_RESIDENT, {"of_resident": resident_id}):
        found[row.issuance_id] = (*found.get(row.issuance_id, ()), Check(row.checked_at, CheckResult(row.result)))
    return found
