"""The order of the screens, as one table: states, events, guards. The only place that knows it.

One screen = one state = one template. What is not a row of `TABLE` cannot happen: it raises `IllegalTransition`.
Pure: a transition is a function of the present state, the event and a few facts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What the person in front of the terminal sees."""

    ATTRACT = "attract"
    UNAVAILABLE = "unavailable"
    CHOOSE_CERTIFICATE = "choose_certificate"
    PLACE_CARD = "place_card"
    LAST_TRY = "last_try"
    ENTER_PIN = "enter_pin"
    CHECKING_CARD = "checking_card"
    CHOOSE_CONTENT = "choose_content"
    CONFIRM = "confirm"
    TAKE_CARD = "take_card"
    PREPARING = "preparing"
    CHOOSE_MEANS = "choose_means"
    PAYING = "paying"
    PRINTING = "printing"
    TAKE_PAPER = "take_paper"
    DONE = "done"
    RETURN_CARD = "return_card"
    CARD_LEFT = "card_left"
    IDLE_WARNING = "idle_warning"
    FAILED = "failed"
    WAIT_FOR_STAFF = "wait_for_staff"


class Event(StrEnum):
    """What a person, the card, the portal, the printer or the clock did."""

    STOPPED = "stopped"
    OPENED = "opened"
    BEGUN = "begun"
    CERTIFICATE_CHOSEN = "certificate_chosen"
    CARD_READY = "card_ready"
    LAST_TRY_ACCEPTED = "last_try_accepted"
    PIN_SUBMITTED = "pin_submitted"
    PIN_WRONG = "pin_wrong"
    PERSON_KNOWN = "person_known"
    CONTENT_CHOSEN = "content_chosen"
    CONFIRMED = "confirmed"
    CARD_TAKEN = "card_taken"
    FEE_DUE = "fee_due"
    MEANS_CHOSEN = "means_chosen"
    PAYMENT_REFUSED = "payment_refused"
    PAID = "paid"
    ORDER_PLACED = "order_placed"
    PRINTED = "printed"
    ORDER_UNKNOWN = "order_unknown"
    PAPER_TAKEN = "paper_taken"
    FINISHED = "finished"
    BACK = "back"
    QUIT = "quit"
    START_OVER = "start_over"
    FAIL = "fail"
    IDLE = "idle"
    CONTINUED = "continued"
    EXPIRED = "expired"
    LEFT_BEHIND = "left_behind"
    STAFF_ANSWERED = "staff_answered"


class IllegalTransition(Exception):
    """Raised when an event comes that the present state has no row for, or whose guards all refuse it."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"{event} in {state}")
        self.state = state
        self.event = event


@dataclass(frozen=True, slots=True)
class Facts:
    """What guards may look at."""

    card_in: bool = False
    """the reader does not say that it is empty"""
    card_gone: bool = False
    """the reader says that it is empty; one that cannot be asked does not"""
    tries_left: int | None = None
    """how often the card will still accept a wrong PIN, if it tells"""
    digits: int = 0
    """how many digits of the PIN the reader process holds"""
    certificate: bool = False
    """a kind of paper that can be issued now is chosen"""
    choice: bool = True
    """there is something to choose about whose and what"""
    content: bool = False
    """whose and what is chosen"""
    person: bool = False
    """the portal knows who this is"""
    paid: bool = False
    """the payment device holds the fee, and the portal knows"""
    released: bool = False
    """the portal was asked for the ticket: paper may come out from now on"""
    warned_in: State | None = None
    """where the idle warning came up"""


Guard = Callable[[Facts], bool]


def _always(_: Facts) -> bool:
    return True


def _card_in(facts: Facts) -> bool:
    return facts.card_in


def _card_out(facts: Facts) -> bool:
    return not facts.card_in


def _card_gone(facts: Facts) -> bool:
    return facts.card_gone


def _last_try(facts: Facts) -> bool:
    return facts.tries_left == 1


def _more_tries(facts: Facts) -> bool:
    return facts.tries_left is None or facts.tries_left > 1


def _four_digits(facts: Facts) -> bool:
    return facts.digits == 4


def _certificate(facts: Facts) -> bool:
    return facts.certificate


def _person(facts: Facts) -> bool:
    return facts.person and not _no_choice(facts)


def _no_choice(facts: Facts) -> bool:
    return facts.person and facts.content and not facts.choice


def _choice(facts: Facts) -> bool:
    return facts.choice


def _content(facts: Facts) -> bool:
    return facts.person and facts.content


def _unpaid(facts: Facts) -> bool:
    return not facts.paid and not facts.released


def _paid(facts: Facts) -> bool:
    return facts.paid


def _not_released(facts: Facts) -> bool:
    return not facts.released


def _warned_in(state: State) -> Guard:
    def came_from_here(facts: Facts) -> bool:
        return facts.warned_in is state

    return came_from_here


@dataclass(frozen=True, slots=True)
class Row:
    """One allowed step."""

    source: State
    event: Event
    target: State
    guard: Guard = _always


S, E = State, Event

WAITING_FOR_A_PERSON = (
    S.CHOOSE_CERTIFICATE,
    S.PLACE_CARD,
    S.LAST_TRY,
    S.ENTER_PIN,
    S.CHOOSE_CONTENT,
    S.CONFIRM,
    S.CHOOSE_MEANS,
)
"""Screens with an idle limit; none has one while something is being printed."""

MAY_FAIL = (*WAITING_FOR_A_PERSON, S.CHECKING_CARD, S.TAKE_CARD, S.PREPARING, S.PAYING, S.PRINTING, S.IDLE_WARNING)
MAY_QUIT = (*WAITING_FOR_A_PERSON, S.CHECKING_CARD, S.TAKE_CARD, S.PAYING, S.IDLE_WARNING)

HOLDS_NOTHING = frozenset({S.ATTRACT, S.UNAVAILABLE, S.DONE, S.RETURN_CARD, S.CARD_LEFT, S.FAILED, S.WAIT_FOR_STAFF})
"""States in which nothing about the person is kept any more; entering one wipes."""

TABLE: tuple[Row, ...] = (
    Row(S.ATTRACT, E.STOPPED, S.UNAVAILABLE),
    Row(S.UNAVAILABLE, E.OPENED, S.ATTRACT),
    Row(S.ATTRACT, E.BEGUN, S.CHOOSE_CERTIFICATE),
    Row(S.CHOOSE_CERTIFICATE, E.CERTIFICATE_CHOSEN, S.PLACE_CARD, _certificate),
    Row(S.PLACE_CARD, E.CARD_READY, S.ENTER_PIN, _more_tries),
    Row(S.PLACE_CARD, E.CARD_READY, S.LAST_TRY, _last_try),
    Row(S.LAST_TRY, E.LAST_TRY_ACCEPTED, S.ENTER_PIN),
    Row(S.ENTER_PIN, E.PIN_SUBMITTED, S.CHECKING_CARD, _four_digits),
    Row(S.CHECKING_CARD, E.PIN_WRONG, S.ENTER_PIN, _more_tries),
    Row(S.CHECKING_CARD, E.PIN_WRONG, S.LAST_TRY, _last_try),
    Row(S.CHECKING_CARD, E.PERSON_KNOWN, S.CHOOSE_CONTENT, _person),
    Row(S.CHECKING_CARD, E.PERSON_KNOWN, S.CONFIRM, _no_choice),
    Row(S.CHOOSE_CONTENT, E.CONTENT_CHOSEN, S.CONFIRM, _content),
    Row(S.CONFIRM, E.CONFIRMED, S.TAKE_CARD, _content),
    Row(S.TAKE_CARD, E.CARD_TAKEN, S.PREPARING, _card_gone),
    Row(S.TAKE_CARD, E.LEFT_BEHIND, S.CARD_LEFT),
    Row(S.PREPARING, E.FEE_DUE, S.CHOOSE_MEANS, _unpaid),
    Row(S.CHOOSE_MEANS, E.MEANS_CHOSEN, S.PAYING),
    Row(S.PAYING, E.PAYMENT_REFUSED, S.CHOOSE_MEANS),
    Row(S.PAYING, E.PAID, S.PREPARING, _paid),
    Row(S.PREPARING, E.ORDER_PLACED, S.PRINTING),
    Row(S.PREPARING, E.ORDER_UNKNOWN, S.WAIT_FOR_STAFF),
    Row(S.PREPARING, E.QUIT, S.ATTRACT, _not_released),
    Row(S.PRINTING, E.PRINTED, S.TAKE_PAPER),
    Row(S.PRINTING, E.ORDER_UNKNOWN, S.WAIT_FOR_STAFF),
    Row(S.TAKE_PAPER, E.PAPER_TAKEN, S.DONE),
    Row(S.DONE, E.FINISHED, S.ATTRACT),
    Row(S.WAIT_FOR_STAFF, E.STAFF_ANSWERED, S.ATTRACT),
    Row(S.CHOOSE_CERTIFICATE, E.BACK, S.ATTRACT),
    Row(S.PLACE_CARD, E.BACK, S.CHOOSE_CERTIFICATE),
    Row(S.CONFIRM, E.BACK, S.CHOOSE_CONTENT, _choice),
    Row(S.RETURN_CARD, E.CARD_TAKEN, S.ATTRACT, _card_out),
    Row(S.RETURN_CARD, E.LEFT_BEHIND, S.CARD_LEFT),
    Row(S.CARD_LEFT, E.CARD_TAKEN, S.ATTRACT, _card_out),
    Row(S.FAILED, E.START_OVER, S.RETURN_CARD, _card_in),
    Row(S.FAILED, E.START_OVER, S.ATTRACT, _card_out),
    Row(S.IDLE_WARNING, E.EXPIRED, S.FAILED),
    *(Row(state, E.IDLE, S.IDLE_WARNING) for state in WAITING_FOR_A_PERSON),
    *(Row(S.IDLE_WARNING, E.CONTINUED, state, _warned_in(state)) for state in WAITING_FOR_A_PERSON),
    *(Row(state, E.FAIL, S.FAILED) for state in MAY_FAIL),
    *(Row(state, E.QUIT, S.RETURN_CARD, _card_in) for state in MAY_QUIT),
    *(Row(state, E.QUIT, S.ATTRACT, _card_out) for state in MAY_QUIT),
)


def next_state(state: State, event: Event, facts: Facts) -> State:
    """Where `event` leads from `state`; raises `IllegalTransition` when the table has no row for it."""
    for row in TABLE:
        if row.source is state and row.event is event and row.guard(facts):
            return row.target
    raise IllegalTransition(state, event)
