"""Tables of identity. Tokens and nonces are kept as hashes only."""

from enum import StrEnum

import sqlalchemy as sa

from portal.database import Instant, enumeration, metadata


class Role(StrEnum):
    """What a member of staff may do (職員の権限)."""

    REVIEWER = "reviewer"
    DESK = "desk"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class LinkEnd(StrEnum):
    """Why a serial link (シリアル番号の紐付け) ended."""

    MOVED_OUT = "moved_out"
    DECEASED = "deceased"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    OFFICER = "officer"


class Scope(StrEnum):
    """Whose attempts are counted."""

    ASKER = "asker"
    ADDRESS = "address"
    CARD = "card"
    STAFF_LOGIN = "staff_login"
    STAFF_ADDRESS = "staff_address"


challenges = sa.Table(
    "challenges",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("nonce_sha256", sa.LargeBinary(32), nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("asker", sa.Text, nullable=False),
    sa.Column("expires_at", Instant, nullable=False, index=True),
)

serial_links = sa.Table(
    "serial_links",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    # SHA-256 over name and public key of the authority: its generations share one name.
    sa.Column("issuer_sha256", sa.LargeBinary(32), nullable=False),
    sa.Column("issuer", sa.LargeBinary, nullable=False),
    sa.Column("serial", sa.Text, nullable=False),
    sa.Column("resident_id", sa.Uuid, sa.ForeignKey("residents.id"), nullable=False, index=True),
    sa.Column("algorithm", sa.Text, nullable=False),
    sa.Column("supersedes", sa.Uuid, sa.ForeignKey("serial_links.id"), nullable=True),
    sa.Column("valid_from", Instant, nullable=False),
    sa.Column("ended_at", Instant, nullable=True),
    sa.Column("ended_reason", enumeration(LinkEnd, "ended_reason"), nullable=True),
    sa.CheckConstraint("(ended_at IS NULL) = (ended_reason IS NULL)", name="end_has_reason"),
    sa.Index(
        "uq_serial_links_open",
        "issuer_sha256",
        "serial",
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("scope", enumeration(Scope, "scope"), primary_key=True),
    # Blind index of terminal, card, address or login: the table names nobody.
    sa.Column("subject", sa.LargeBinary(32), primary_key=True),
    sa.Column("window_start", Instant, nullable=False, index=True),
    sa.Column("count", sa.Integer, nullable=False),
)

kiosk_sessions = sa.Table(
    "kiosk_sessions",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("token_sha256", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("terminal_id", sa.Text, sa.ForeignKey("terminals.id"), nullable=False, index=True),
    sa.Column("resident_id", sa.Uuid, sa.ForeignKey("residents.id"), nullable=False),
    sa.Column("link_id", sa.Uuid, sa.ForeignKey("serial_links.id"), nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("closed_at", Instant, nullable=True),
)

staff_accounts = sa.Table(
    "staff_accounts",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("login", sa.Text, nullable=False, unique=True),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("totp_secret", sa.LargeBinary, nullable=False),
    sa.Column("totp_step", sa.BigInteger, nullable=True),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)

staff_roles = sa.Table(
    "staff_roles",
    metadata,
    sa.Column("account_id", sa.Uuid, sa.ForeignKey("staff_accounts.id"), primary_key=True),
    sa.Column("role", enumeration(Role, "role"), primary_key=True),
)
