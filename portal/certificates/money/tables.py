"""Table of the payments: one row an issuance that costs something. What costs nothing has none."""

from enum import StrEnum

import sqlalchemy as sa

from portal.database import Instant, enumeration, metadata


class Means(StrEnum):
    """How a resident pays at the machine: coins and notes, or a card or telephone held to the reader."""

    CASH = "cash"
    CONTACTLESS = "contactless"


class PaymentState(StrEnum):
    """Where the money of an issuance stands. See `states` for the whole table.

    `capturing` and `voiding` are decided and not yet shown by the device to be done.
    """

    NONE = "none"
    AUTHORISED = "authorised"
    HELD = "held"
    CAPTURING = "capturing"
    CAPTURED = "captured"
    VOIDING = "voiding"
    VOIDED = "voided"


class PaymentEvent(StrEnum):
    """What can happen to the money of an issuance."""

    AUTHORISE = "authorise"
    HOLD = "hold"
    CAPTURE = "capture"
    VOID = "void"
    WAIVE = "waive"
    CONFIRM_CAPTURE = "confirm_capture"
    CONFIRM_VOID = "confirm_void"


payments = sa.Table(
    "payments",
    metadata,
    sa.Column("issuance_id", sa.Uuid, sa.ForeignKey("issuances.id"), primary_key=True),
    # Yen, for all copies, fixed when the paper was asked for.
    sa.Column("amount", sa.Integer, sa.CheckConstraint("amount > 0", name="amount"), nullable=False),
    sa.Column("state", enumeration(PaymentState, "state"), nullable=False, index=True),
    sa.Column("means", enumeration(Means, "means"), nullable=True),
    # The payment device's own numbers: of the reservation, and of what ended it.
    sa.Column("reference", sa.String(64), nullable=True),
    sa.Column("end_reference", sa.String(64), nullable=True),
    sa.Column("authorised_at", Instant, nullable=True),
    sa.Column("decided_at", Instant, nullable=True),
    sa.Column("ended_at", Instant, nullable=True),
)


class Gap(StrEnum):
    """What is missing, or is there too much, when the books of one issuance are laid side by side."""

    REQUEST_MISSING = "request_missing"
    RENDERING_MISSING = "rendering_missing"
    DELIVERY_MISSING = "delivery_missing"
    DELIVERY_TWICE = "delivery_twice"
    OUTCOME_MISSING = "outcome_missing"
    STATEMENT_MISSING = "statement_missing"
    PAYMENT_MISSING = "payment_missing"
    AMOUNT_DIFFERS = "amount_differs"
    FEE_NOT_KEPT = "fee_not_kept"
    FEE_NOT_RETURNED = "fee_not_returned"
    FEE_WITHOUT_PAPER = "fee_without_paper"
    PAPER_WITHOUT_FEE = "paper_without_fee"


reconciliations = sa.Table(
    "reconciliations",
    metadata,
    # The day whose issuances were compared; whoever inserts the row does the work.
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("begun_at", Instant, nullable=False),
)

reconciliation_gaps = sa.Table(
    "reconciliation_gaps",
    metadata,
    sa.Column("issuance_id", sa.Uuid, sa.ForeignKey("issuances.id"), primary_key=True),
    sa.Column("gap", enumeration(Gap, "gap"), primary_key=True),
    sa.Column("found_at", Instant, nullable=False),
    # When a later comparison no longer found it.
    sa.Column("gone_at", Instant, nullable=True),
    sa.Index("ix_reconciliation_gaps_open", "found_at", postgresql_where=sa.text("gone_at IS NULL")),
)
