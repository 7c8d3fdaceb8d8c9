"""What the terminal says about money: it is reserved, the device has done as told, the person has gone."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal import audit, terminals
from portal.audit import Action, Actor, ActorKind
from portal.certificates.issuance import IssuanceUnknown, Session, erase_document
from portal.certificates.money.following import state_of
from portal.certificates.money.states import move_money
from portal.certificates.money.tables import Means, PaymentEvent, PaymentState, payments
from portal.certificates.states import SOURCES, NotAuthorisable, move
from portal.certificates.tables import Event, State, issuances
from portal.terminals import CommandKind

_LOCKED = sa.select(issuances).where(issuances.c.id == sa.bindparam("of_issuance")).with_for_update()
_PAYMENT = sa.select(payments).where(payments.c.issuance_id == sa.bindparam("of_issuance")).with_for_update()
_LEFT_BEHIND = (
    sa.select(issuances)
    .where(
        issuances.c.terminal_id == sa.bindparam("of_terminal"), issuances.c.state.in_(sorted(SOURCES[Event.ABANDON]))
    )
    .order_by(issuances.c.id)
    .with_for_update()
)
_ENDS = {
    CommandKind.CAPTURE: (PaymentEvent.CONFIRM_CAPTURE, PaymentState.CAPTURED),
    CommandKind.VOID: (PaymentEvent.CONFIRM_VOID, PaymentState.VOIDED),
}


class WrongAmount(Exception):
    """Raised when a terminal has reserved another sum than the fee fixed at request."""


def authorise(
    connection: sa.Connection,
    issuance_id: UUID,
    terminal_id: str,
    session: Session,
    *,
    means: Means,
    reference: str,
    amount: int,
    now: datetime,
) -> State:
    """The device holds the fee: from now on the document may be released. Said again, it changes nothing.

    `reference` is the device's number of the reservation. Raises IssuanceUnknown, WrongAmount, NotAuthorisable;
    after each of them the terminal gives the money back.
    """
    row = connection.execute(_LOCKED, {"of_issuance": issuance_id}).one_or_none()
    if row is None or row.terminal_id != terminal_id or row.session != str(session.id):
        raise IssuanceUnknown
    payment = connection.execute(_PAYMENT, {"of_issuance": issuance_id}).one_or_none()
    if payment is None or payment.amount != amount:
        raise WrongAmount
    if payment.state == PaymentState.AUTHORISED and payment.reference == reference:
        return State(row.state)
    if State(row.state) is not State.READY or payment.state != PaymentState.NONE:
        raise NotAuthorisable(issuance_id, State(row.state))
    move_money(connection, issuance_id, PaymentEvent.AUTHORISE, means=means, reference=reference, authorised_at=now)
    moved = move(connection, issuance_id, Event.AUTHORISE, fence=row.fence)
    audit.record(
        connection, at=now, actor=Actor(ActorKind.TERMINAL, terminal_id), action=Action.PAYMENT_AUTHORISED,
        subject=row.resident_id,
        detail={"issuance": str(issuance_id), "amount": amount, "means": means.value, "reference": reference},
    )  # fmt: skip
    return State(moved.state)


def confirm(
    connection: sa.Connection,
    issuance_id: UUID,
    terminal_id: str,
    *,
    done: CommandKind,
    reference: str | None,
    now: datetime,
) -> PaymentState:
    """The device has kept the money, or given it back (or never had any: no `reference`). Said again, no change.

    Raises IssuanceUnknown, CaptureNotDecided, VoidNotDecided.
    """
    row = connection.execute(_LOCKED, {"of_issuance": issuance_id}).one_or_none()
    if row is None or row.terminal_id != terminal_id:
        raise IssuanceUnknown
    event, end = _ENDS[done]
    if state_of(connection, issuance_id) is end:
        return end
    moved = move_money(connection, issuance_id, event, end_reference=reference, ended_at=now)
    terminals.money_done(connection, issuance_id, now=now)
    audit.record(
        connection, at=now, actor=Actor(ActorKind.TERMINAL, terminal_id), action=Action.PAYMENT_ENDED,
        subject=row.resident_id,
        detail={
            "issuance": str(issuance_id), "amount": moved.amount, "state": end.value, "reference": reference,
        },
    )  # fmt: skip
    return end


def abandon(connection: sa.Connection, issuance_id: UUID, terminal_id: str, *, now: datetime) -> State:
    """The person has gone before the document was released: it is erased and money, if any, is given back.

    Said again, or of what has ended already, it changes nothing. Raises IssuanceUnknown, NotAbandonable.
    """
    row = connection.execute(_LOCKED, {"of_issuance": issuance_id}).one_or_none()
    if row is None or row.terminal_id != terminal_id:
        raise IssuanceUnknown
    if State(row.state) in {State.EXPIRED, State.FAILED}:
        return State(row.state)
    return _abandoned(connection, row, now)


def begin_anew(connection: sa.Connection, terminal_id: str, *, now: datetime) -> int:
    """A terminal that has just started serves nobody: whatever it had not fetched is abandoned. Returns how many."""
    left = connection.execute(_LEFT_BEHIND, {"of_terminal": terminal_id}).all()
    for row in left:
        _abandoned(connection, row, now)
    return len(left)


def _abandoned(connection: sa.Connection, row: sa.Row[tuple[object, ...]], now: datetime) -> State:
    moved = move(connection, row.id, Event.ABANDON, detail="abandoned", ended_at=now)
    erase_document(connection, row.id)
    audit.record(
        connection, at=now, actor=Actor(ActorKind.TERMINAL, row.terminal_id), action=Action.ISSUANCE_ENDED,
        subject=row.resident_id, detail={"issuance": str(row.id), "state": moved.state},
    )  # fmt: skip
    return State(moved.state)
