"""Tables of filings (届出): the filing, its events, who moves, and drafts."""

from enum import StrEnum

import sqlalchemy as sa

from portal.database import Instant, enumeration, metadata
from portal.filings.states import FilingEvent, FilingState


class FilingKind(StrEnum):
    """What is filed."""

    MOVING_OUT = "moving_out"
    """転出届"""


class Proof(StrEnum):
    """How the person who files (届出人) was known."""

    LOG_IN = "log_in"
    """By the card's 利用者証明用 certificate at log-in only: the filing is not electronically signed."""


filings = sa.Table(
    "filings",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    # A sequence, not a counter row: two submissions never wait for each other's commit.
    sa.Column("number", sa.BigInteger, sa.Identity(always=False), nullable=False, unique=True),
    sa.Column("receipt_number", sa.String(32), nullable=False, unique=True),
    sa.Column("submission_key", sa.Uuid, nullable=False, unique=True),
    sa.Column("kind", enumeration(FilingKind, "kind"), nullable=False),
    sa.Column("state", enumeration(FilingState, "state"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("resident_id", sa.Uuid, sa.ForeignKey("residents.id"), nullable=False, index=True),
    # As registered at submission, so that a queue can be shown without reading the register.
    sa.Column("applicant_name", sa.Text, nullable=False),
    sa.Column("applicant_reading", sa.Text, nullable=True),
    sa.Column("proof", enumeration(Proof, "proof"), nullable=False),
    # Canonical text, not JSONB: these bytes are what will be signed.
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("submitted_at", Instant, nullable=False),
    sa.Column("promised_on", sa.Date, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("claimed_by", sa.Uuid, nullable=True),
    sa.Column("claimed_by_name", sa.Text, nullable=True),
    sa.Column("claim_ends_at", Instant, nullable=True),
    sa.Column("decided_by", sa.Uuid, nullable=True),
    sa.Column("decided_by_name", sa.Text, nullable=True),
    sa.Column("decided_at", Instant, nullable=True),
    sa.CheckConstraint("(claimed_by IS NULL) = (claim_ends_at IS NULL)", name="claim_is_whole"),
    sa.CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decision_is_whole"),
    sa.CheckConstraint("(state = 'accepted') = (decided_at IS NOT NULL)", name="accepted_is_decided"),
)
sa.Index("ix_filings_queue", filings.c.state, filings.c.promised_on, filings.c.number)

filing_events = sa.Table(
    "filing_events",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("filing_id", sa.Uuid, sa.ForeignKey("filings.id"), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("event", enumeration(FilingEvent, "event"), nullable=False),
    sa.Column("from_state", enumeration(FilingState, "from_state"), nullable=True),
    sa.Column("to_state", enumeration(FilingState, "to_state"), nullable=False),
    sa.Column("actor_kind", sa.String(16), nullable=False),
    sa.Column("actor_id", sa.String(64), nullable=False),
    sa.UniqueConstraint("filing_id", "version"),
)

filing_movers = sa.Table(
    "filing_movers",
    metadata,
    sa.Column("filing_id", sa.Uuid, sa.ForeignKey("filings.id"), primary_key=True),
    sa.Column("resident_id", sa.Uuid, sa.ForeignKey("residents.id"), primary_key=True, index=True),
    # The register's version on which the filing rests.
    sa.Column("record_version", sa.Integer, nullable=False),
)

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("resident_id", sa.Uuid, sa.ForeignKey("residents.id"), primary_key=True),
    sa.Column("kind", enumeration(FilingKind, "kind"), primary_key=True),
    # The key goes with the draft: two tabs that submit the same draft make one filing.
    sa.Column("submission_key", sa.Uuid, nullable=False, unique=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("answers", sa.Text, nullable=False),
    sa.Column("saved_at", Instant, nullable=False),
)
