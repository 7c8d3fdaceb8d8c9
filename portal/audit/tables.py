"""Table of the audit. Insert-only by trigger (see the first migration)."""

import sqlalchemy as sa

from portal.database import Instant, metadata

audit_events = sa.Table(
    "audit_events",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor_kind", sa.String(16), nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("subject", sa.Uuid, nullable=True, index=True),
    # Canonical text, not JSONB: JSONB reorders keys, and these bytes will be hashed.
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index("ix_audit_events_at", "at", "id"),
    sa.Index("ix_audit_events_actor", "actor_id", "at", "id"),
)
