"""Table of the outbox."""

import sqlalchemy as sa

from portal.database import Instant, enumeration, metadata
from portal.exchange.kinds import MessageKind

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("counterpart", sa.String(64), nullable=False),
    sa.Column("kind", enumeration(MessageKind, "kind"), nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    # No foreign key: filings live on a higher floor.
    sa.Column("filing_id", sa.Uuid, nullable=False),
    sa.Column("posted_at", Instant, nullable=False),
    sa.Column("delivered_at", Instant, nullable=True),
    sa.UniqueConstraint("filing_id", "kind", "counterpart", name="uq_outbox_once"),
    sa.Index("ix_outbox_waiting", "posted_at", postgresql_where=sa.text("delivered_at IS NULL")),
)
