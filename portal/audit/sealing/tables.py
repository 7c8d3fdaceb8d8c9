"""Tables of the seals, all insert-only by trigger. The application's role may only read them."""

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
    # Where the sealer goes on (see `chain`). Not under the head: whoever changes them leaves events unsealed, which
    # is found as such. Empty in seals from before migration 0009.
    sa.Column("last_event", sa.BigInteger, nullable=True),
    sa.Column("next_transaction", sa.BigInteger, nullable=True),
    sa.Column("settled", sa.BigInteger, nullable=True),
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
audit_anchors = sa.Table(
    "audit_anchors",
    metadata,
    # 1, 2, 3 …: the order of the lines that were written into the file of anchors.
    sa.Column("serial", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seal", sa.BigInteger, nullable=False),
    sa.Column("at", Instant, nullable=False),
    # The line itself: one that is missing outside is missed here, and the other way round.
    sa.Column("line", sa.Text, nullable=False),
)
audit_verifications = sa.Table(
    "audit_verifications",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("events", sa.BigInteger, nullable=False),
    sa.Column("seals", sa.BigInteger, nullable=False),
    sa.Column("faults", sa.Integer, nullable=False),
)
