"""The table of the journey: what can happen, what cannot, and that nothing personal outlives a visit."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kiosk.journey.journey import Journey
from kiosk.journey.screens import SCREENS
from kiosk.journey.states import (
    HOLDS_NOTHING,
    TABLE,
    WAITING_FOR_A_PERSON,
    Event,
    Facts,
    IllegalTransition,
    Row,
    State,
    next_state,
)
from kiosk.journey.visit import NOTHING, USUAL, Failure, Visit
from kiosk.portal_answers import Issuance, Offer, Person, PortalSession
from tests.kiosk.journey.doubles import Time

PERSON = Person("p1", "髙橋 一郎")
SESSION = PortalSession(
    "token", PERSON, (Offer("resident_record", "住民票の写し", 300, None, ("self",), (PERSON,), ()),)
)
facts = st.builds(
    Facts,
    card_in=st.booleans(),
    card_gone=st.booleans(),
    tries_left=st.sampled_from([None, 0, 1, 2, 3]),
    digits=st.integers(0, 4),
    certificate=st.booleans(),
    content=st.booleans(),
    person=st.booleans(),
    released=st.booleans(),
    paid=st.booleans(),
    warned_in=st.sampled_from([None, *State]),
)


def test_every_state_has_exactly_one_screen() -> None:
    assert set(SCREENS) == set(State)
    assert len({screen.template for screen in SCREENS.values()}) == len(State)


def test_every_state_can_be_reached_and_every_state_can_be_left() -> None:
    assert {row.target for row in TABLE} == set(State)
    assert {row.source for row in TABLE} == set(State)


def test_from_every_state_the_first_screen_can_be_reached_again() -> None:
    home = {State.ATTRACT}
    for _ in State:
        home |= {row.source for row in TABLE if row.target in home}
    assert home == set(State)


def test_every_event_is_in_the_table() -> None:
    assert {row.event for row in TABLE} == set(Event)


def test_nothing_is_printed_before_the_card_is_gone() -> None:
    assert {row.source for row in TABLE if row.target is State.PREPARING} == {State.TAKE_CARD, State.PAYING}
    assert {row.source for row in TABLE if row.target is State.PAYING} == {State.CHOOSE_MEANS}
    assert {row.source for row in TABLE if row.target is State.CHOOSE_MEANS} == {
        State.PREPARING, State.PAYING, State.IDLE_WARNING,
    }  # fmt: skip
    assert {row.source for row in TABLE if row.target is State.PRINTING} == {State.PREPARING}
    with pytest.raises(IllegalTransition):
        next_state(State.TAKE_CARD, Event.CARD_TAKEN, Facts(card_in=True))
    with pytest.raises(IllegalTransition):
        next_state(State.TAKE_CARD, Event.CARD_TAKEN, Facts(card_in=False, card_gone=False))


def test_no_idle_limit_while_something_is_being_printed() -> None:
    for state in (State.TAKE_CARD, State.PREPARING, State.PRINTING):
        assert state not in WAITING_FOR_A_PERSON
        with pytest.raises(IllegalTransition):
            next_state(state, Event.IDLE, Facts())


def test_nobody_can_quit_once_the_ticket_was_asked_for() -> None:
    with pytest.raises(IllegalTransition):
        next_state(State.PREPARING, Event.QUIT, Facts(released=True))
    with pytest.raises(IllegalTransition):
        next_state(State.PRINTING, Event.QUIT, Facts())


@given(state=st.sampled_from(State), event=st.sampled_from(Event), known=facts)
def test_what_is_not_in_the_table_is_refused_by_name(state: State, event: Event, known: Facts) -> None:
    rows = [row for row in TABLE if row.source is state and row.event is event and row.guard(known)]
    if rows:
        assert next_state(state, event, known) is rows[0].target
    else:
        with pytest.raises(IllegalTransition) as refused:
            next_state(state, event, known)
        assert (refused.value.state, refused.value.event) == (state, event)


@given(known=facts)
def test_no_two_rows_apply_at_the_same_time(known: Facts) -> None:
    for state, event in itertools.product(State, Event):
        rows = [row for row in TABLE if row.source is state and row.event is event and row.guard(known)]
        assert len(rows) <= 1, (state, event)


class AnyJourney(RuleBasedStateMachine):
    """Whatever people, cards and machines do, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.forgotten: list[Visit] = []
        self.journey = Journey(Time(), self.forgotten.append)
        self.journey.fire(Event.OPENED)
        self.card_was_gone = False

    @rule(data=st.data())
    def goes_on(self, data: st.DataObject) -> None:
        """Something the table allows here: random events alone would hardly leave the first screens."""
        self.goes_well()
        view = self.journey.view
        rows = [row for row in TABLE if row.source is view.state and row.guard(view.facts())]
        if rows:
            self.happens(event=data.draw(st.sampled_from(rows)).event)

    @rule(event=st.sampled_from(Event))
    def happens(self, event: Event) -> None:
        before = self.journey.view
        failure = Failure("unexpected", "REFERENC") if event is Event.FAIL else None
        try:
            self.journey.fire(event, failure=failure)
        except IllegalTransition:
            assert self.journey.view is before
        if self.journey.view.state is State.TAKE_CARD:
            self.card_was_gone = False
        elif event is Event.CARD_TAKEN and before.state is State.TAKE_CARD:
            self.card_was_gone = before.facts().card_gone

    @rule(reader=st.sampled_from(["no_card", "no_reader", "ready", "reading", "unavailable"]))
    def reader_says(self, reader: str) -> None:
        self.journey.reader_says(reader)

    @rule(language=st.sampled_from(["ja", "en"]))
    def prefers(self, language: str) -> None:
        state = self.journey.view.state
        self.journey.prefer(language=language)
        assert self.journey.view.state is state

    @rule()
    def goes_well(self) -> None:
        """What the real parts would have written by now."""
        state = self.journey.view.state
        if state is State.CHOOSE_CERTIFICATE:
            self.journey.note(kind="resident_record")
        elif state is State.ENTER_PIN:
            self.journey.note(digits=4, tries_left=3)
        elif state is State.CHECKING_CARD:
            self.journey.note(portal=SESSION)
        elif state is State.CHOOSE_CONTENT:
            self.journey.note(scope="self")
        elif state is State.PREPARING:
            self.journey.note(issuance=Issuance("order", "ready"), released=True)

    @invariant()
    def nothing_is_kept_where_nothing_may_be(self) -> None:
        view = self.journey.view
        if view.state in HOLDS_NOTHING:
            assert view.visit == NOTHING

    @invariant()
    def a_failure_is_told_on_its_own_page_only(self) -> None:
        view = self.journey.view
        assert (view.failure is None) or view.state is State.FAILED

    @invariant()
    def paper_only_for_a_known_person_without_card(self) -> None:
        view = self.journey.view
        if view.state in {State.PREPARING, State.PRINTING, State.TAKE_PAPER}:
            assert view.visit.portal is not None
            assert self.card_was_gone


AnyJourney.TestCase.settings = settings(
    max_examples=60, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyJourney = AnyJourney.TestCase


def test_a_wipe_gives_a_new_browser_session_and_the_usual_preferences() -> None:
    journey = Journey(Time(), lambda _: None)
    journey.fire(Event.OPENED)
    first = journey.view.browser
    journey.fire(Event.BEGUN)
    journey.prefer(language="en", contrast="high")
    journey.fire(Event.QUIT)
    assert journey.view.state is State.ATTRACT
    assert journey.view.browser != first
    assert journey.view.preferences == USUAL


@pytest.mark.parametrize("row", [row for row in TABLE if row.target in HOLDS_NOTHING], ids=str)
def test_entering_a_state_that_holds_nothing_wipes_and_says_what_was_forgotten(row: Row) -> None:
    forgotten: list[Visit] = []
    journey = Journey(Time(), forgotten.append)
    journey._view = replace(journey.view, state=row.source)
    card_in = row.guard(Facts(card_in=True))
    journey.reader_says("ready" if card_in else "no_card")
    journey.note(kind="resident_record", portal=SESSION, scope="self")
    before = journey.view.visit
    journey.fire(row.event, failure=Failure("unexpected", "REFERENC"))
    assert journey.view.state is row.target
    assert journey.view.visit == NOTHING
    assert forgotten == [before]


def test_a_step_decided_on_old_knowledge_is_not_taken() -> None:
    journey = Journey(Time(), lambda _: None)
    journey.fire(Event.OPENED)
    old = journey.view
    journey.fire(Event.BEGUN)
    assert not journey.fire(Event.QUIT, epoch=old.epoch)
    assert not journey.note(epoch=old.epoch, kind="x")
    assert journey.view.state is State.CHOOSE_CERTIFICATE
