"""Changing a record: every change is a new version with a row of history and an audit event."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from portal import audit, database
from portal.audit import Action, Actor, ActorKind
from portal.clock import local_date
from portal.register.characters import CharacterRefused, as_registered
from portal.register.model import LIVING_HERE, ChangeReason, ResidentRecord, ResidentStatus, UnknownResident
from portal.register.records import RECORD_COLUMNS, record_of
from portal.register.restrictions import lock, lock_with_households
from portal.register.seals import cancel as cancel_seal
from portal.register.search_keys import address_key, name_key
from portal.register.tables import resident_history, residents

FieldValue = str | bool | date | UUID | None

_FIXED = frozenset({"id", "number", "version"})
_CHANGEABLE = frozenset(column.name for column in RECORD_COLUMNS) - _FIXED
_CURRENT = sa.select(*RECORD_COLUMNS).where(residents.c.id == sa.bindparam("resident"))
_ENTER = residents.insert()
_UPDATE = residents.update().where(
    residents.c.id == sa.bindparam("resident"), residents.c.version == sa.bindparam("seen_version")
)
_REMEMBER = resident_history.insert()
_DEPARTED = (
    sa.select(residents.c.id)
    .where(
        residents.c.status == ResidentStatus.PLANNED_DEPARTURE,
        residents.c.planned_departure_on <= sa.bindparam("today"),
    )
    .order_by(residents.c.id)
)


class FieldUnchangeable(Exception):
    """Raised when a change names a field that no record has, or that never changes."""


class DepartureImpossible(Exception):
    """Raised when a departure is planned or cancelled for someone whose status does not allow it."""


def enter(
    connection: sa.Connection, record: ResidentRecord, *, valid_from: date, actor: Actor, reason: ChangeReason,
    now: datetime,
) -> None:  # fmt: skip
    """Put a new record into the register as its version 1 (記載). Takes the locks of those who live there already.

    Raises CharacterRefused.
    """
    lock_with_households(connection, (), {record.household_id})
    enter_all(connection, [(record, valid_from)], actor=actor, reason=reason, now=now)


def enter_all(
    connection: sa.Connection,
    entries: Iterable[tuple[ResidentRecord, date]],
    *,
    actor: Actor,
    reason: ChangeReason,
    now: datetime,
) -> None:
    """Records with their valid_from, into households that nobody lives in yet or that the caller has locked.

    Raises CharacterRefused.
    """
    firsts = [
        (replace(record, version=1, **_registered(vars(record))), valid_from)  # type: ignore[arg-type]
        for record, valid_from in entries
    ]
    database.copy_in(connection, residents, (_row(first) for first, _ in firsts))
    database.copy_in(
        connection, resident_history,
        (
            _version(
                first, {name: value for name, value in vars(first).items() if name in _CHANGEABLE},
                valid_from=valid_from, actor=actor, reason=reason, filing_id=None, now=now,
            )
            for first, valid_from in firsts
        ),
    )  # fmt: skip
    audit.record_all(
        connection, at=now, actor=actor, action=Action.RECORD_IMPORTED,
        events=((first.id, {"version": 1}) for first, _ in firsts),
    )  # fmt: skip


def change(
    connection: sa.Connection,
    resident_id: UUID,
    changes: Mapping[str, FieldValue],
    *,
    valid_from: date,
    actor: Actor,
    reason: ChangeReason,
    filing_id: UUID | None,
    now: datetime,
) -> int:
    """The one way a record changes. Returns the version after it; nothing is written when nothing differs.

    Takes the lock of the resident's row, and of everybody in the household that it moves into.
    Raises UnknownResident, FieldUnchangeable, CharacterRefused.
    """
    if not changes.keys() <= _CHANGEABLE:
        raise FieldUnchangeable(", ".join(sorted(changes.keys() - _CHANGEABLE)))
    changes = {**changes, **_registered(changes)}
    joined = changes.get("household_id")
    lock_with_households(connection, [resident_id], {joined} if isinstance(joined, UUID) else ())
    before = present_record(connection, resident_id)
    different = {name: value for name, value in changes.items() if getattr(before, name) != value}
    if not different:
        return before.version
    after = replace(before, version=before.version + 1, **different)  # type: ignore[arg-type]
    if after.status not in LIVING_HERE:
        # 職権廃印: whoever comes back registers anew.
        cancel_seal(connection, resident_id, on=valid_from, actor=actor, now=now)
    connection.execute(_UPDATE, {**_row(after), "resident": resident_id, "seen_version": before.version})
    version = _version(
        after, different, valid_from=valid_from, actor=actor, reason=reason, filing_id=filing_id, now=now
    )
    connection.execute(_REMEMBER, version)
    audit.record(
        connection, at=now, actor=actor, action=Action.RECORD_CHANGED, subject=resident_id,
        detail={
            "version": after.version,
            "reason": reason.value,
            "fields": ",".join(sorted(different)),
            "filing": None if filing_id is None else str(filing_id),
        },
    )  # fmt: skip
    return after.version


def plan_departure(
    connection: sa.Connection,
    resident_ids: Collection[UUID],
    *,
    planned_date: date,
    destination: str,
    filing_id: UUID,
    actor: Actor,
    now: datetime,
) -> None:
    """Make these residents 転出予定者. They stay residents until 消除 on the planned date.

    Raises UnknownResident; DepartureImpossible when one of them is not a plain resident – then nobody is changed.
    """
    _require(connection, resident_ids, ResidentStatus.RESIDENT)
    for resident_id in sorted(set(resident_ids)):
        change(
            connection,
            resident_id,
            {
                "status": ResidentStatus.PLANNED_DEPARTURE,
                "planned_departure_on": planned_date,
                "destination": destination,
            },
            valid_from=local_date(now),
            actor=actor,
            reason=ChangeReason.MOVING_OUT,
            filing_id=filing_id,
            now=now,
        )


def cancel_departure(
    connection: sa.Connection, resident_ids: Collection[UUID], *, filing_id: UUID, actor: Actor, now: datetime
) -> None:
    """Make 転出予定者 plain residents again (転出取消). Raises UnknownResident, DepartureImpossible."""
    _require(connection, resident_ids, ResidentStatus.PLANNED_DEPARTURE)
    for resident_id in sorted(set(resident_ids)):
        change(
            connection,
            resident_id,
            {"status": ResidentStatus.RESIDENT, "planned_departure_on": None, "destination": None},
            valid_from=local_date(now),
            actor=actor,
            reason=ChangeReason.MOVING_OUT_CANCELLED,
            filing_id=filing_id,
            now=now,
        )


def remove_departed(connection: sa.Connection, *, today: date, now: datetime) -> tuple[UUID, ...]:
    """消除: remove every 転出予定者 whose planned date has come. Returns who was removed.

    The caller ends what hangs on them (serial links) in the same transaction.
    """
    due = connection.execute(_DEPARTED, {"today": today}).scalars().all()
    lock(connection, due)
    removed = []
    for resident_id in due:
        record = present_record(connection, resident_id)
        # Read again under the lock: an officer may have cancelled in between.
        if record.status is not ResidentStatus.PLANNED_DEPARTURE or record.planned_departure_on is None:
            continue
        if record.planned_departure_on > today:
            continue
        change(
            connection,
            resident_id,
            {"status": ResidentStatus.REMOVED, "ended_on": record.planned_departure_on},
            valid_from=record.planned_departure_on,
            actor=Actor(ActorKind.SYSTEM, "register.remove_departed"),
            reason=ChangeReason.REMOVAL,
            filing_id=None,
            now=now,
        )
        removed.append(resident_id)
    return tuple(removed)


def present_record(connection: sa.Connection, resident_id: UUID) -> ResidentRecord:
    """The record as it stands, for deciding a change; nobody is shown it, so no event. Raises UnknownResident."""
    row = connection.execute(_CURRENT, {"resident": resident_id}).one_or_none()
    if row is None:
        raise UnknownResident(str(resident_id))
    return record_of(row)


def differing_fields(present: ResidentRecord, wanted: ResidentRecord) -> dict[str, FieldValue]:
    """The changes that make `present` say what `wanted` says."""
    return {name: getattr(wanted, name) for name in _CHANGEABLE if getattr(wanted, name) != getattr(present, name)}


def canonical(values: Mapping[str, object]) -> str:
    """`values` as canonical JSON: sorted keys, no spaces, characters as they are."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def _registered(values: Mapping[str, object]) -> dict[str, str]:
    """The texts among `values` as the register holds them. Raises CharacterRefused with the name of the field."""
    texts = {
        name: value for name, value in values.items() if isinstance(value, str) and not isinstance(value, StrEnum)
    }
    held = {}
    for name, text in texts.items():
        try:
            held[name] = as_registered(text)
        except CharacterRefused as refused:
            raise refused.of(name) from None
    return held


def _plain(value: object) -> str:
    match value:
        case StrEnum():
            return value.value
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a record")


def _require(connection: sa.Connection, resident_ids: Collection[UUID], status: ResidentStatus) -> None:
    lock(connection, resident_ids)
    for resident_id in resident_ids:
        if present_record(connection, resident_id).status is not status:
            raise DepartureImpossible(str(resident_id))


def _row(record: ResidentRecord) -> dict[str, object]:
    optional = (record.former_surname, record.common_name, record.reading)
    former, common, reading = (None if text is None else name_key(text) for text in optional)
    return {
        **vars(record),
        "name_key": name_key(record.name),
        "former_surname_key": former,
        "common_name_key": common,
        "reading_key": reading,
        "address_key": address_key(record.address),
    }


def _version(
    record: ResidentRecord,
    changes: Mapping[str, object],
    *,
    valid_from: date,
    actor: Actor,
    reason: ChangeReason,
    filing_id: UUID | None,
    now: datetime,
) -> dict[str, object]:
    return {
        "resident_id": record.id,
        "version": record.version,
        "valid_from": valid_from,
        "known_from": now,
        "actor_kind": actor.kind.value,
        "actor_id": actor.id,
        "reason": reason,
        "filing_id": filing_id,
        "changes": canonical(changes),
        "record": canonical(vars(record)),
    }
