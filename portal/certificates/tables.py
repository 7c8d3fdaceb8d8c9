"""Tables of the certificates: one row an issuance, and apart from it the encrypted document while there is one."""

from enum import StrEnum

import sqlalchemy as sa

from portal.database import Instant, enumeration, metadata


class State(StrEnum):
    """Where an issuance stands. See `states` for the whole table."""

    REQUESTED = "requested"
    RENDERING = "rendering"
    READY = "ready"
    AUTHORISED = "authorised"
    RELEASED = "released"
    PRINTED = "printed"
    NOT_PRINTED = "not_printed"
    UNKNOWN = "unknown"
    SETTLED = "settled"
    FAILED = "failed"
    EXPIRED = "expired"


class Event(StrEnum):
    """What can happen to an issuance."""

    CLAIM = "claim"
    PUBLISH = "publish"
    REFUSE = "refuse"
    BREAK = "break"
    REPEAT = "repeat"
    AUTHORISE = "authorise"
    RELEASE = "release"
    REPORT_PRINTED = "report_printed"
    REPORT_NOT_PRINTED = "report_not_printed"
    REPORT_UNKNOWN = "report_unknown"
    SETTLE = "settle"
    EXPIRE = "expire"
    ABANDON = "abandon"


class RefusalCode(StrEnum):
    """Why no paper is issued, in the words a terminal may know. 支援措置 has none of its own: it is `in_progress`."""

    HOURS = "hours"
    OFFICE_HOURS = "office_hours"
    MAINTENANCE = "maintenance"
    STOPPED = "stopped"
    NOT_HERE = "not_here"
    MOVED_OUT = "moved_out"
    MOVING = "moving"
    IN_PROGRESS = "in_progress"
    DECEASED = "deceased"
    UNDER_AGE = "under_age"
    NO_SEAL = "no_seal"
    SEAL_CANCELLED = "seal_cancelled"
    NO_TAX_DATA = "no_tax_data"
    REGISTRATION_PENDING = "registration_pending"
    DOMICILE_ELSEWHERE = "domicile_elsewhere"
    NO_FAMILY_REGISTER = "no_family_register"
    TOO_LONG = "too_long"
    CHARACTER = "too_long_character"
    RECORD_CHANGED = "record_changed"


class Answer(StrEnum):
    """What a member of staff established about the paper. That a later attempt worked is no answer (足立区, 2023)."""

    PRINTED = "printed"
    NOT_PRINTED = "not_printed"
    PARTLY_PRINTED = "partly_printed"


issuances = sa.Table(
    "issuances",
    metadata,
    # Random, made by the server, never derived from time, terminal or person (incident of Kawasaki, 2023-05-02).
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("terminal_id", sa.String(64), nullable=False),
    sa.Column("request_key", sa.Uuid, nullable=False),
    sa.Column("session", sa.String(64), nullable=False),
    sa.Column("resident_id", sa.Uuid, sa.ForeignKey("residents.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("scope", sa.String(16), nullable=False),
    sa.Column("persons", sa.ARRAY(sa.Uuid), nullable=False),
    sa.Column("items", sa.ARRAY(sa.String(40)), nullable=False),
    sa.Column("copies", sa.SmallInteger, nullable=False),
    sa.Column("fee", sa.Integer, nullable=False),
    sa.Column("state", enumeration(State, "state"), nullable=False),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("attempts", sa.SmallInteger, nullable=False),
    sa.Column("repeated", sa.Boolean, nullable=False),
    sa.Column("refusal", enumeration(RefusalCode, "refusal"), nullable=True),
    sa.Column("issue_number", sa.String(24), nullable=False, unique=True),
    # Canonical JSON text, {"<resident id>": version}: what the document was made from, compared again at release.
    sa.Column("record_versions", sa.Text, nullable=True),
    sa.Column("sha256", sa.String(64), nullable=True),
    sa.Column("pages", sa.SmallInteger, nullable=True),
    sa.Column("ticket", sa.Text, nullable=True),
    sa.Column("sheets", sa.SmallInteger, nullable=True),
    sa.Column("sheets_expected", sa.SmallInteger, nullable=True),
    sa.Column("detail", sa.String(120), nullable=True),
    sa.Column("answer", enumeration(Answer, "answer"), nullable=True),
    sa.Column("statement", sa.Text, nullable=True),
    sa.Column("settled_by", sa.String(64), nullable=True),
    sa.Column("requested_at", Instant, nullable=False),
    sa.Column("ready_at", Instant, nullable=True),
    sa.Column("released_at", Instant, nullable=True),
    sa.Column("ended_at", Instant, nullable=True),
    sa.Column("settled_at", Instant, nullable=True),
    # When the sweep ends what nobody has brought further.
    sa.Column("due_at", Instant, nullable=False),
    sa.UniqueConstraint("terminal_id", "request_key", name="uq_issuances_request"),
    sa.Index(
        "ix_issuances_due",
        "due_at",
        postgresql_where=sa.text("state IN ('requested', 'rendering', 'ready', 'authorised', 'released')"),
    ),
    # The rate of rendering is measured with it.
    sa.Index("ix_issuances_ready", "ready_at"),
    sa.Index("ix_issuances_waiting", "state", postgresql_where=sa.text("state IN ('requested', 'rendering')")),
    sa.Index(
        "ix_issuances_open_cases",
        "ended_at",
        postgresql_where=sa.text("state = 'unknown' OR (state = 'failed' AND refusal IS NULL)"),
    ),
)

issuance_documents = sa.Table(
    "issuance_documents",
    metadata,
    sa.Column("issuance_id", sa.Uuid, sa.ForeignKey("issuances.id"), primary_key=True),
    sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    # Canonical JSON text: hash of every page's content, in order.
    sa.Column("page_hashes", sa.Text, nullable=False),
    sa.Column("stored_at", Instant, nullable=False),
)
