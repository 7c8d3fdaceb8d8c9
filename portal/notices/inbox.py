"""Telling a resident something, and their inbox."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa

from portal.notices.kinds import NoticeKind
from portal.notices.tables import notices

_LONGEST_INBOX = 100

_TELL = notices.insert()
_INBOX = (
    sa.select(notices)
    .where(notices.c.resident_id == sa.bindparam("resident"))
    .order_by(notices.c.told_at.desc(), notices.c.id)
    .limit(_LONGEST_INBOX)
)


@dataclass(frozen=True)
class Notice:
    """One notice. It says what happened to which filing; it holds no personal data."""

    id: UUID
    resident_id: UUID
    kind: NoticeKind
    filing_id: UUID | None
    told_at: datetime


def tell(
    connection: sa.Connection, resident_id: UUID, *, kind: NoticeKind, filing_id: UUID | None, now: datetime
) -> UUID:
    """Put a notice into the resident's inbox, in the caller's transaction; returns its id."""
    notice_id = uuid4()
    connection.execute(
        _TELL,
        {"id": notice_id, "resident_id": resident_id, "kind": kind, "filing_id": filing_id, "told_at": now},
    )
    return notice_id


def inbox(connection: sa.Connection, resident_id: UUID) -> tuple[Notice, ...]:
    """The resident's latest notices, newest first."""
    return tuple(
        Notice(row.id, row.resident_id, NoticeKind(row.kind), row.filing_id, row.told_at)
        for row in connection.execute(_INBOX, {"resident": resident_id})
    )
