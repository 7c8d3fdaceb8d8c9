"""Looking into the book of who looked, newest first, page by page. That is an event itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

import sqlalchemy as sa

from portal.audit.events import Action, Actor, ActorKind, record
from portal.audit.tables import audit_events
from portal.clock import JAPAN

_NEWEST_FIRST = sa.select(audit_events).order_by(audit_events.c.at.desc(), audit_events.c.id.desc())


@dataclass(frozen=True)
class Sought:
    """Which events: days in Japan, first and last included; and, each if given, who, about whom, what."""

    first: date
    last: date
    actor_id: str | None = None
    subject: UUID | None = None
    action: str | None = None


@dataclass(frozen=True)
class Place:
    """Where a page ends: the next one begins with what is older."""

    at: datetime
    id: int


@dataclass(frozen=True, repr=False)
class Entry:
    """One event. `action` is of `Action`, or a word from before or after this version's vocabulary."""

    id: int
    at: datetime
    actor: Actor
    action: str
    subject: UUID | None
    detail: Mapping[str, str | int | bool | None]


def entries(
    connection: sa.Connection, sought: Sought, *, after: Place | None, limit: int, reader: Actor, now: datetime
) -> tuple[Entry, ...]:
    """At most `limit` events, newest first, from behind `after`. Writes one event that says what was sought."""
    event = audit_events.c
    statement = _NEWEST_FIRST.where(event.at >= _begin(sought.first), event.at < _begin(sought.last, days=1))
    if sought.actor_id is not None:
        statement = statement.where(event.actor_id == sought.actor_id)
    if sought.subject is not None:
        statement = statement.where(event.subject == sought.subject)
    if sought.action is not None:
        statement = statement.where(event.action == sought.action)
    if after is not None:
        statement = statement.where(sa.tuple_(event.at, event.id) < sa.tuple_(after.at, after.id))
    rows = connection.execute(statement.limit(limit)).all()
    record(
        connection, at=now, actor=reader, action=Action.AUDIT_READ, subject=sought.subject,
        detail={
            "first": sought.first.isoformat(),
            "last": sought.last.isoformat(),
            "who": sought.actor_id,
            "action": sought.action,
            "events": len(rows),
        },
    )  # fmt: skip
    return tuple(
        Entry(
            row.id, row.at, Actor(ActorKind(row.actor_kind), row.actor_id), row.action, row.subject, _said(row.detail)
        )
        for row in rows
    )


def _begin(day: date, days: int = 0) -> datetime:
    """The first moment of a day in Japan, or of one some days later."""
    return datetime.combine(day + timedelta(days=days), time(), JAPAN)


def _said(detail: str) -> Mapping[str, str | int | bool | None]:
    said: Mapping[str, str | int | bool | None] = json.loads(detail)
    return said
