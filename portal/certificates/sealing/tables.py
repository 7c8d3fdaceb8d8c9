"""Keys that seal certificates, as anyone may know them: published with the time in which each was in use."""

import sqlalchemy as sa

from portal.database import Instant, metadata

seal_keys = sa.Table(
    "seal_keys",
    metadata,
    # SHA-256 of the SubjectPublicKeyInfo, first 16 hex digits, as `portal.keys` names keys.
    sa.Column("key_id", sa.String(16), primary_key=True),
    sa.Column("purpose", sa.String(40), nullable=False),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    # DER; only keys that sign whole documents have one, others find it NULL.
    sa.Column("certificate", sa.LargeBinary, nullable=True),
    sa.Column("valid_from", Instant, nullable=False),
    # Set when a newer key took over; what was sealed before stays genuine.
    sa.Column("retired_at", Instant, nullable=True),
    # Set when the key may have been misused: nothing it sealed counts from then on.
    sa.Column("revoked_at", Instant, nullable=True),
)
