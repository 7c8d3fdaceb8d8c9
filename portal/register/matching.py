"""Does a person of exactly these 基本4情報 live here? The question tells its asker ids and nothing of any record."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal import audit
from portal.audit import Action, Actor
from portal.register.model import LIVING_HERE, ResidentStatus, Sex, UnknownResident
from portal.register.tables import protections, residents

_LIVING = residents.c.status.in_(LIVING_HERE)
_FITTING = sa.select(
    residents.c.id,
    _LIVING.label("living"),
    sa.exists()
    .where(protections.c.resident_id == residents.c.id, protections.c.ended_at.is_(None))
    .correlate(residents)
    .label("protected"),
).where(
    residents.c.name == sa.bindparam("exact_name"),
    residents.c.birth_date == sa.bindparam("exact_birth_date"),
    residents.c.sex.is_not_distinct_from(sa.bindparam("exact_sex", type_=residents.c.sex.type)),
    residents.c.address == sa.bindparam("exact_address"),
)
_STATUS = sa.select(residents.c.status).where(residents.c.id == sa.bindparam("resident"))


@dataclass(frozen=True)
class Fit:
    """A record with exactly the items asked for: does the person live here, and under protection (支援措置)?"""

    resident_id: UUID
    living: bool
    protected: bool


def fitting(
    connection: sa.Connection,
    *,
    name: str,
    birth_date: str,
    sex: Sex | None,
    address: str,
    reader: Actor,
    why: str,
    now: datetime,
) -> tuple[Fit, ...]:
    """Every record with exactly these code points of name and address, this birth date and this sex.

    One statement and one audit event, whatever is found: what it takes tells nobody whether such a person exists.
    """
    rows = connection.execute(
        _FITTING,
        {"exact_name": name, "exact_birth_date": birth_date, "exact_sex": sex, "exact_address": address},
    )
    found = tuple(Fit(row.id, row.living, row.protected) for row in rows)
    audit.record(
        connection,
        at=now,
        actor=reader,
        action=Action.RECORD_SEARCHED,
        detail={"why": why, "by": "four_items", "found": len(found)},
    )
    return found


def gone(connection: sa.Connection, resident_id: UUID) -> ResidentStatus | None:
    """REMOVED or DECEASED; None while the person lives here (転出予定者 do until 消除). Raises UnknownResident."""
    stored = connection.execute(_STATUS, {"resident": resident_id}).scalar_one_or_none()
    if stored is None:
        raise UnknownResident(str(resident_id))
    status = ResidentStatus(stored)
    return None if status in LIVING_HERE else status
