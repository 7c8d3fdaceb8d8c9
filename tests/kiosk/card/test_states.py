"""The table of reader states has no gap a card can fall through."""

import pytest

from kiosk.card.states import TRANSITIONS, WITH_CARD, Event, IllegalTransitionError, State, follow


@pytest.mark.parametrize("state", list(State))
def test_from_every_state_the_reader_can_go_missing_or_be_emptied(state: State) -> None:
    assert follow(state, Event.READER_MISSING) is State.NO_READER
    assert follow(state, Event.READER_EMPTY) is State.NO_CARD


@pytest.mark.parametrize("state", [State.NO_READER, State.NO_CARD])
def test_a_card_put_down_is_being_read_first(state: State) -> None:
    assert follow(state, Event.CARD_PRESENT) is State.READING


@pytest.mark.parametrize("state", sorted(WITH_CARD))
def test_a_card_that_stays_changes_nothing(state: State) -> None:
    assert follow(state, Event.CARD_PRESENT) is state


@pytest.mark.parametrize("event", [Event.CARD_READ, Event.PIN_BLOCKED, Event.CARD_FOREIGN, Event.CARD_FAILED])
@pytest.mark.parametrize("state", [State.NO_READER, State.NO_CARD])
def test_nothing_can_be_said_about_a_card_that_is_not_there(state: State, event: Event) -> None:
    with pytest.raises(IllegalTransitionError):
        follow(state, event)


def test_every_state_can_be_reached() -> None:
    assert set(TRANSITIONS.values()) == set(State)
