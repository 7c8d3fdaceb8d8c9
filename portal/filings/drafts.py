"""Drafts (下書き): one per resident and kind, saved at every page, found again on any device."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from portal.filings.moving_out import Answers
from portal.filings.tables import FilingKind, drafts

_SELECT = sa.select(drafts).where(
    drafts.c.resident_id == sa.bindparam("of_resident"), drafts.c.kind == sa.bindparam("of_kind")
)
_CREATE = postgresql.insert(drafts).on_conflict_do_nothing()
_UPDATE = (
    sa.update(drafts)
    .where(drafts.c.resident_id == sa.bindparam("of_resident"), drafts.c.kind == sa.bindparam("of_kind"))
    .values(answers=sa.bindparam("new_answers"), saved_at=sa.bindparam("new_saved_at"), version=drafts.c.version + 1)
)
_DELETE = sa.delete(drafts).where(
    drafts.c.resident_id == sa.bindparam("of_resident"), drafts.c.kind == sa.bindparam("of_kind")
)


@dataclass(frozen=True)
class Draft:
    """A filing being written. `version` grows with every saved page."""

    answers: Answers
    version: int
    submission_key: UUID
    saved_at: datetime


def load(connection: sa.Connection, *, resident_id: UUID, kind: FilingKind) -> Draft | None:
    """The draft of this person and kind, if there is one."""
    row = connection.execute(_SELECT, {"of_resident": resident_id, "of_kind": kind}).one_or_none()
    if row is None:
        return None
    return Draft(Answers.load(row.answers), row.version, row.submission_key, row.saved_at)


def save(connection: sa.Connection, *, resident_id: UUID, kind: FilingKind, answers: Answers, now: datetime) -> None:
    """Merge the answers of one page into the draft, so that a second tab never erases another page's answer."""
    place = {"of_resident": resident_id, "of_kind": kind}
    connection.execute(
        _CREATE,
        {
            "resident_id": resident_id,
            "kind": kind,
            "submission_key": uuid.uuid4(),
            "version": 0,
            "answers": Answers().dump(),
            "saved_at": now,
        },
    )
    row = connection.execute(_SELECT.with_for_update(), place).one()
    merged = Answers.load(row.answers).merged(answers)
    connection.execute(_UPDATE, {**place, "new_answers": merged.dump(), "new_saved_at": now})


def discard(connection: sa.Connection, *, resident_id: UUID, kind: FilingKind) -> None:
    """Delete the draft, if there is one."""
    connection.execute(_DELETE, {"of_resident": resident_id, "of_kind": kind})
