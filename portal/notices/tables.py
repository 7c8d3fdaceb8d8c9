"""Table of the notices."""

import sqlalchemy as sa

from portal.database import Instant, enumeration, metadata
from portal.notices.kinds import NoticeKind

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("resident_id", sa.Uuid, sa.ForeignKey("residents.id"), nullable=False),
    sa.Column("kind", enumeration(NoticeKind, "kind"), nullable=False),
    # No foreign key: filings live on a higher floor.
    sa.Column("filing_id", sa.Uuid, nullable=True),
    sa.Column("told_at", Instant, nullable=False),
    sa.Index("ix_notices_inbox", "resident_id", "told_at"),
)
