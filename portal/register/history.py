"""The history of a resident's record: every version with its day, its reason and what it changed.

Two axes of time: from which day a version is true of the person (`valid_from`), and since when the register knows it
(`known_from`). A version says something about its own day and every later one; what was written down later is the
better knowledge, so that it stands over what earlier versions say about those days, in the fields that it changed.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
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
    return tuple(map(_version, rows))


def state_on(
    connection: sa.Connection,
    resident_id: UUID,
    day: date,
    *,
    known_at: datetime | None = None,
    reader: Actor,
    why: str,
    now: datetime,
    audit_to: sa.Connection | None = None,
) -> ResidentRecord | None:
    """The record as it was true on `day`, as the register knew it at `known_at` (now, if not given).

    None when it had not begun by then. One audit event either way. Raises UnknownResident; `audit_to` as above.
    """
    rows = connection.execute(_HISTORY, {"resident": resident_id}).all()
    if not rows:
        raise UnknownResident(str(resident_id))
    audit.record(
        audit_to or connection, at=now, actor=reader, action=Action.RECORD_READ, subject=resident_id,
        detail={
            "why": why,
            "as_of": day.isoformat(),
            "known_at": None if known_at is None else known_at.isoformat(),
        },
    )  # fmt: skip
    return as_of(map(_version, rows), day, known_at)


def as_of(versions: Iterable[Version], day: date, known_at: datetime | None = None) -> ResidentRecord | None:
    """What `versions`, in the order in which they were written down, say about `day`, as known at `known_at`.

    On a day on which every version is valid this is the present record. Its `version` is the last that had a say.
    """
    state: ResidentRecord | None = None
    for version in versions:
        if version.valid_from > day or (known_at is not None and version.known_from > known_at):
            continue
        if version.number == 1:
            state = version.record
        elif state is not None:
            said = {name: getattr(version.record, name) for name in version.changed}
            state = replace(state, version=version.number, **said)
    return state


def _version(row: sa.Row[tuple[object, ...]]) -> Version:
    values = row._asdict()
    return Version(
        number=values["version"],
        valid_from=values["valid_from"],
        known_from=values["known_from"],
        reason=ChangeReason(values["reason"]),
        changed=frozenset(json.loads(values["changes"])),
        record=_record(json.loads(values["record"])),
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
