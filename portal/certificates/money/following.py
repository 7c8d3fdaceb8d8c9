"""The money follows the paper: every move of an issuance that ends something also decides what becomes of its fee.

Called by the one function that moves an issuance, in its transaction, so that no way out of an issuance can forget
the money: kept only for paper that was printed, given back whenever no paper left, held while nobody knows.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal import terminals
from portal.certificates.money.states import move_money
from portal.certificates.money.tables import PaymentEvent, PaymentState, payments
from portal.certificates.tables import Event
from portal.terminals import CommandKind

CONSEQUENCES: dict[Event, PaymentEvent] = {
    Event.REFUSE: PaymentEvent.VOID,
    Event.BREAK: PaymentEvent.VOID,
    Event.EXPIRE: PaymentEvent.VOID,
    Event.ABANDON: PaymentEvent.VOID,
    Event.REPORT_NOT_PRINTED: PaymentEvent.VOID,
    Event.REPORT_PRINTED: PaymentEvent.CAPTURE,
    Event.REPORT_UNKNOWN: PaymentEvent.HOLD,
}
_COMMANDS = {PaymentEvent.CAPTURE: CommandKind.CAPTURE, PaymentEvent.VOID: CommandKind.VOID}
_STATE = sa.select(payments.c.state).where(payments.c.issuance_id == sa.bindparam("of_issuance")).with_for_update()


def follow(connection: sa.Connection, issuance: sa.Row[tuple[object, ...]], event: Event) -> None:
    """Decide about the money of `issuance`, to which `event` has just happened. Raises IllegalPayment."""
    consequence = CONSEQUENCES.get(event)
    if consequence is None:
        return
    state = state_of(connection, issuance.id)
    if state is None:
        return
    if consequence is PaymentEvent.VOID and state is PaymentState.NONE and issuance.ready_at is None:
        # The terminal takes money for a paper that is ready and for no other: there is nothing to give back.
        move_money(
            connection, issuance.id, PaymentEvent.WAIVE, decided_at=issuance.ended_at, ended_at=issuance.ended_at
        )
        return
    decide(connection, issuance.id, issuance.terminal_id, consequence, now=issuance.ended_at)


def decide(
    connection: sa.Connection, issuance_id: UUID, terminal_id: str, event: PaymentEvent, *, now: datetime
) -> None:
    """Hold the money, or decide its end and command the device to carry it out. Raises IllegalPayment."""
    if event is PaymentEvent.HOLD:
        move_money(connection, issuance_id, event)
        return
    move_money(connection, issuance_id, event, decided_at=now)
    terminals.command_money(connection, terminal_id, issuance_id, _COMMANDS[event], now=now)


def state_of(connection: sa.Connection, issuance_id: UUID) -> PaymentState | None:
    """Where the money stands, locked until the transaction ends; None for an issuance that costs nothing."""
    state = connection.execute(_STATE, {"of_issuance": issuance_id}).scalar_one_or_none()
    return None if state is None else PaymentState(state)
