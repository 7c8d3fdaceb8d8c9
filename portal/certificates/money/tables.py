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
