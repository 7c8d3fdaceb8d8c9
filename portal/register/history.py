"""The history of a resident's record: every version with its day, its reason and what it changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portal import audit
from portal.audit import Action, Actor
from portal.register.model import ChangeReason, ResidentRecord, ResidentStatus, Sex, UnknownResident
from portal.register.tables import resident_history

_HISTORY = (
    sa.select(resident_history)
    .where(resident_history.c.resident_id == sa.bindparam("resident"))
    .order_by(resident_history.c.version)
)
_DAYS = frozenset(
    {"became_resident_on", "address_since", "notified_on", "stay_expires_on", "planned_departure_on", "ended_on"}
)
_IDS = frozenset({"id", "household_id"})
_FIELDS = tuple(field.name for field in fields(ResidentRecord))


@dataclass(frozen=True, repr=False)
class Version:
    """One version of a record: from which day it holds, when it was written down, why, and what it changed."""

    number: int
    valid_from: date
    known_from: datetime
    reason: ChangeReason
    changed: frozenset[str]
    record: ResidentRecord


def history_of(
    connection: sa.Connection,
    resident_id: UUID,
    *,
    reader: Actor,
    why: str,
    now: datetime,
    audit_to: sa.Connection | None = None,
) -> tuple[Version, ...]:
    """Every version in the order in which they were written down; one audit event. Raises UnknownResident.

    `audit_to` takes the event where `connection` is a read-only snapshot.
    """
    rows = connection.execute(_HISTORY, {"resident": resident_id}).all()
    if not rows:
        raise UnknownResident(str(resident_id))
    audit.record(
        audit_to or connection,
        at=now,
        actor=reader,
        action=Action.RECORD_READ,
        subject=resident_id,
        detail={"why": why, "history": len(rows)},
    )
    return tuple(
        Version(
            number=row.version,
            valid_from=row.valid_from,
            known_from=row.known_from,
            reason=ChangeReason(row.reason),
            changed=frozenset(json.loads(row.changes)),
            record=_record(json.loads(row.record)),
        )
        for row in rows
    )


def _record(values: Mapping[str, Any]) -> ResidentRecord:
    # A version older than a field does not name it.
    return ResidentRecord(**{name: _value(name, values.get(name)) for name in _FIELDS})


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _DAYS:
        return date.fromisoformat(value)
    if name in _IDS:
        return UUID(value)
    match name:
        case "status":
            return ResidentStatus(value)
        case "sex":
            return Sex(value)
    return value
