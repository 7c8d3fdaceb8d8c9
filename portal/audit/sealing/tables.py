"""Tables of the seals, both insert-only by trigger. The application's role may only read them."""

import sqlalchemy as sa

from portal.database import Instant, metadata

audit_seals = sa.Table(
    "audit_seals",
    metadata,
    # 1, 2, 3 …: a number that is missing was taken away.
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("sealed_at", Instant, nullable=False),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("head", sa.LargeBinary(32), nullable=False),
)
audit_leaves = sa.Table(
    "audit_leaves",
    metadata,
    # No foreign keys: what was taken away must be missed here, not refused there.
    sa.Column("seal", sa.BigInteger, nullable=False),
    sa.Column("event_id", sa.BigInteger, nullable=False, unique=True),
    sa.Column("leaf", sa.LargeBinary(32), nullable=False),
    sa.PrimaryKeyConstraint("seal", "event_id"),
)
