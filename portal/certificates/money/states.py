"""The life of one payment: the whole table of states and events, and the one statement that moves a row."""

from uuid import UUID

import sqlalchemy as sa

from portal.certificates.money.tables import PaymentEvent, PaymentState, payments

SOURCES: dict[PaymentEvent, frozenset[PaymentState]] = {
    PaymentEvent.AUTHORISE: frozenset({PaymentState.NONE}),
    PaymentEvent.HOLD: frozenset({PaymentState.AUTHORISED}),
    PaymentEvent.CAPTURE: frozenset({PaymentState.AUTHORISED, PaymentState.HELD}),
    PaymentEvent.VOID: frozenset({PaymentState.NONE, PaymentState.AUTHORISED, PaymentState.HELD}),
    PaymentEvent.WAIVE: frozenset({PaymentState.NONE}),
    PaymentEvent.CONFIRM_CAPTURE: frozenset({PaymentState.CAPTURING}),
    PaymentEvent.CONFIRM_VOID: frozenset({PaymentState.VOIDING}),
}

TARGETS: dict[PaymentEvent, PaymentState] = {
    PaymentEvent.AUTHORISE: PaymentState.AUTHORISED,
    PaymentEvent.HOLD: PaymentState.HELD,
    PaymentEvent.CAPTURE: PaymentState.CAPTURING,
    PaymentEvent.VOID: PaymentState.VOIDING,
    PaymentEvent.WAIVE: PaymentState.VOIDED,
    PaymentEvent.CONFIRM_CAPTURE: PaymentState.CAPTURED,
    PaymentEvent.CONFIRM_VOID: PaymentState.VOIDED,
}


class IllegalPayment(Exception):
    """Raised when an event does not belong to the state the money of an issuance is in."""

    def __init__(self, issuance_id: UUID, state: PaymentState | None) -> None:
        self.issuance_id = issuance_id
        self.state = state
        super().__init__(f"{type(self).__name__} in state {state}")


class PaymentNotAuthorisable(IllegalPayment):
    """Raised when money is brought for an issuance that has been paid, or that is over."""


class PaymentNotHoldable(IllegalPayment):
    """Raised when money is to be held that was never there, or whose end is decided."""


class PaymentNotCapturable(IllegalPayment):
    """Raised when money is to be kept that was never there, or is to be given back."""


class PaymentNotVoidable(IllegalPayment):
    """Raised when money is to be given back whose end is decided."""


class PaymentNotWaivable(IllegalPayment):
    """Raised when a payment is to be dropped for which the device has been asked."""


class CaptureNotDecided(IllegalPayment):
    """Raised when a device says that it kept money which it was not told to keep."""


class VoidNotDecided(IllegalPayment):
    """Raised when a device says that it gave back money which it was not told to give back."""


EXCEPTIONS: dict[PaymentEvent, type[IllegalPayment]] = {
    PaymentEvent.AUTHORISE: PaymentNotAuthorisable,
    PaymentEvent.HOLD: PaymentNotHoldable,
    PaymentEvent.CAPTURE: PaymentNotCapturable,
    PaymentEvent.VOID: PaymentNotVoidable,
    PaymentEvent.WAIVE: PaymentNotWaivable,
    PaymentEvent.CONFIRM_CAPTURE: CaptureNotDecided,
    PaymentEvent.CONFIRM_VOID: VoidNotDecided,
}

_STATE_OF = sa.select(payments.c.state).where(payments.c.issuance_id == sa.bindparam("of_issuance"))
_STATEMENTS = {
    event: sa.update(payments)
    .where(payments.c.issuance_id == sa.bindparam("of_issuance"), payments.c.state.in_(sorted(SOURCES[event])))
    .values(state=TARGETS[event])
    .returning(*payments.c)
    for event in PaymentEvent
}


def move_money(
    connection: sa.Connection, issuance_id: UUID, event: PaymentEvent, **values: object
) -> sa.Row[tuple[object, ...]]:
    """Apply `event` and set further columns; returns the row after it. Raises the event's IllegalPayment."""
    row = connection.execute(_STATEMENTS[event], {"of_issuance": issuance_id, **values}).one_or_none()
    if row is None:
        state = connection.execute(_STATE_OF, {"of_issuance": issuance_id}).scalar_one_or_none()
        raise EXCEPTIONS[event](issuance_id, None if state is None else PaymentState(state))
    return row
