"""The table of states knows what may happen, and nothing else may."""

import itertools

import pytest

from portal.filings import FilingEvent, FilingState, IllegalTransition
from portal.filings.states import PENDING, TRANSITIONS, next_state


def test_every_pair_outside_the_table_is_an_illegal_transition() -> None:
    for state, event in itertools.product((None, *FilingState), FilingEvent):
        if (state, event) in TRANSITIONS:
            assert next_state(state, event) is TRANSITIONS[state, event]
        else:
            with pytest.raises(IllegalTransition):
                next_state(state, event)


def test_a_decided_or_withdrawn_filing_never_moves_again() -> None:
    ends = {FilingState.ACCEPTED, FilingState.WITHDRAWN}
    assert not [pair for pair in TRANSITIONS if pair[0] in ends]
    assert ends.isdisjoint(PENDING)


def test_a_filing_nobody_has_opened_cannot_be_accepted() -> None:
    with pytest.raises(IllegalTransition):
        next_state(FilingState.SUBMITTED, FilingEvent.ACCEPT)
