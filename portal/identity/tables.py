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


class StopReason(StrEnum):
    """Why a certificate is on the municipality's own stop list, which acts before the authority's answer does."""

    LOST = "lost"
    STOLEN = "stolen"
    MISUSE = "misuse"
    OFFICER = "officer"


class LinkRequestState(StrEnum):
    """Where a request stands to link a card whose 署名用 certificate did not fit exactly one living resident."""

    OPEN = "open"
    LINKED = "linked"
    REFUSED = "refused"


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

certificate_stops = sa.Table(
    "certificate_stops",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("issuer_sha256", sa.LargeBinary(32), nullable=False),
    sa.Column("serial", sa.Text, nullable=False),
    sa.Column("reason", enumeration(StopReason, "reason"), nullable=False),
    sa.Column("stopped_at", Instant, nullable=False),
    sa.Column("lifted_at", Instant, nullable=True),
    sa.Index(
        "uq_certificate_stops_open",
        "issuer_sha256",
        "serial",
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    ),
)

link_requests = sa.Table(
    "link_requests",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("issuer_sha256", sa.LargeBinary(32), nullable=False),
    sa.Column("serial", sa.Text, nullable=False),
    # 利用者証明用 certificate in DER: what will be linked. It carries no personal data.
    sa.Column("certificate", sa.LargeBinary, nullable=False),
    # 基本4情報 of the 署名用 certificate, encrypted; the officer compares them with the register.
    sa.Column("four_items", sa.LargeBinary, nullable=False),
    sa.Column("state", enumeration(LinkRequestState, "state"), nullable=False),
    sa.Column("made_at", Instant, nullable=False, index=True),
    sa.Column("decided_at", Instant, nullable=True),
    sa.Column("decided_by", sa.Uuid, sa.ForeignKey("staff_accounts.id"), nullable=True),
    sa.Column("link_id", sa.Uuid, sa.ForeignKey("serial_links.id"), nullable=True),
    sa.Index(
        "uq_link_requests_open",
        "issuer_sha256",
        "serial",
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    ),
)

device_logins = sa.Table(
    "device_logins",
    metadata,
    # The token in the QR code, as a hash: whoever reads the table cannot answer for anybody.
    sa.Column("token_sha256", sa.LargeBinary(32), primary_key=True),
    # The browser session that waits; no other one is logged in by the answer.
    sa.Column("asker", sa.Text, nullable=False, index=True),
    sa.Column("code", sa.String(8), nullable=False),
    sa.Column("expires_at", Instant, nullable=False, index=True),
    sa.Column("claimed_at", Instant, nullable=True),
    sa.Column("answered_at", Instant, nullable=True),
    # The name of the refusal (its exception class), or a card with its resident and link, or, where it is
    # nobody's, with its certificate.
    sa.Column("refusal", sa.Text, nullable=True),
    sa.Column("resident_id", sa.Uuid, sa.ForeignKey("residents.id"), nullable=True),
    sa.Column("link_id", sa.Uuid, sa.ForeignKey("serial_links.id"), nullable=True),
    sa.Column("certificate", sa.LargeBinary, nullable=True),
    sa.Column("fingerprint", sa.String(16), nullable=True),
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
