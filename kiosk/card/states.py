"""The states of the reader and how one follows another, as a table."""

from enum import StrEnum


class State(StrEnum):
    """What is at the reader. The value is the word on the wire; every state has its own screen text."""

    NO_READER = "no_reader"
    NO_CARD = "no_card"
    READING = "reading"
    NOT_JPKI = "not_jpki"
    CARD_ERROR = "card_error"
    READY = "ready"
    BLOCKED = "blocked"


class Event(StrEnum):
    """What was observed."""

    READER_MISSING = "reader_missing"
    READER_EMPTY = "reader_empty"
    CARD_PRESENT = "card_present"
    CARD_READ = "card_read"
    """Certificate and counter were read; tries are left."""
    PIN_BLOCKED = "pin_blocked"
    """The counter says that no try is left."""
    CARD_FOREIGN = "card_foreign"
    """Whatever lies there has no 利用者証明用 token."""
    CARD_FAILED = "card_failed"
    """The card is there and did not answer as a card must."""


class IllegalTransitionError(Exception):
    """Raised when an event is reported that cannot happen in the present state."""


WITH_CARD = frozenset({State.READING, State.NOT_JPKI, State.CARD_ERROR, State.READY, State.BLOCKED})
_JPKI = frozenset({State.READING, State.CARD_ERROR, State.READY, State.BLOCKED})

TRANSITIONS: dict[tuple[State, Event], State] = {
    **{(state, Event.READER_MISSING): State.NO_READER for state in State},
    **{(state, Event.READER_EMPTY): State.NO_CARD for state in State},
    (State.NO_READER, Event.CARD_PRESENT): State.READING,
    (State.NO_CARD, Event.CARD_PRESENT): State.READING,
    **{(state, Event.CARD_PRESENT): state for state in WITH_CARD},
    **{(state, Event.CARD_READ): State.READY for state in _JPKI},
    **{(state, Event.PIN_BLOCKED): State.BLOCKED for state in _JPKI},
    (State.READING, Event.CARD_FOREIGN): State.NOT_JPKI,
    **{(state, Event.CARD_FAILED): State.CARD_ERROR for state in _JPKI},
}


def follow(state: State, event: Event) -> State:
    """The state after the event. Raises :class:`IllegalTransitionError`."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransitionError(f"{event} in {state}") from None
