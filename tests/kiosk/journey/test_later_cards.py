"""After "take your card" no card may come any more: it ends the session, and harms no paper on its way."""

from __future__ import annotations

import pytest

from kiosk.journey.states import State
from kiosk.journey.visit import NOTHING
from kiosk.portal_client import PortalUnreachable
from tests.kiosk.journey.doubles import TOKEN, FakePortal
from tests.kiosk.journey.stage import Stage


def to_preparing(stage: Stage) -> None:
    """The card is taken, the document not ready yet."""
    stage.portal.renders = 10_000
    stage.to_take_card()
    stage.step()
    stage.reader.take()
    stage.step()
    assert stage.at(State.PREPARING)


def nothing_was_printed(stage: Stage) -> None:
    assert stage.failure == "card_again"
    assert "何も印刷していません" in stage.page()
    assert stage.kiosk.journey.view.visit == NOTHING
    assert stage.agent.puts == 0
    stage.beat()
    assert stage.portal.closed == [TOKEN]


def test_the_card_put_back_before_the_ticket_is_fetched_ends_the_session(stage: Stage) -> None:
    to_preparing(stage)
    stage.reader.put()
    stage.step()
    nothing_was_printed(stage)
    assert stage.portal.releases == 0


@pytest.mark.parametrize("state", ["ready", "blocked", "not_jpki", "card_error", "reading"])
def test_whatever_is_put_down_while_the_paper_is_prepared_ends_the_session(stage: Stage, state: str) -> None:
    to_preparing(stage)
    stage.reader.put(state, None)
    stage.step()
    nothing_was_printed(stage)


def test_a_card_that_was_there_only_for_a_moment_ends_the_session_too(stage: Stage) -> None:
    to_preparing(stage)
    stage.reader.put()
    stage.reader.take()
    stage.step()
    nothing_was_printed(stage)


def test_another_card_in_place_of_the_one_to_be_taken_ends_the_session(stage: Stage) -> None:
    stage.to_take_card()
    stage.step()
    stage.reader.take()
    stage.reader.put()
    stage.step()
    nothing_was_printed(stage)


def test_another_card_between_two_looks_at_the_one_to_be_taken_ends_the_session(stage: Stage) -> None:
    stage.portal.renders = 10_000
    stage.to_take_card()
    stage.step()
    stage.reader.take()
    stage.reader.put()
    stage.reader.take()
    stage.step(2)
    nothing_was_printed(stage)


def test_a_card_that_comes_while_the_ticket_is_lost_on_the_way_ends_the_session_and_the_portal_is_told(
    stage: Stage,
) -> None:
    stage.to_take_card()
    stage.step(3)
    stage.portal.release_error = PortalUnreachable("reset")
    stage.reader.take()
    stage.step(2)
    assert stage.kiosk.journey.view.visit.released
    stage.reader.put()
    stage.step()
    nothing_was_printed(stage)
    ((order, outcome),) = stage.portal.outcomes
    assert (order, outcome.state, outcome.detail) == (stage.portal.order, "not_printed", "never_sent")


def test_the_session_is_over_as_soon_as_the_ticket_is_here(stage: Stage) -> None:
    stage.to_printing()
    assert stage.kiosk.journey.view.visit.portal is None
    stage.beat()
    assert stage.portal.closed == [TOKEN]


def test_a_card_that_comes_while_the_agent_has_the_ticket_but_has_not_answered_harms_no_paper(stage: Stage) -> None:
    stage.to_take_card()
    stage.step(3)
    stage.reader.take()
    stage.agent.alive = True
    stage.step()
    stage.agent.alive = False
    stage.step(2)
    assert stage.at(State.PREPARING), stage.failure
    stage.reader.put()
    stage.step()
    stage.agent.alive = True
    stage.step()
    assert stage.at(State.PRINTING), stage.failure
    assert stage.portal.releases == 1


@pytest.mark.parametrize("state", ["ready", "blocked", "not_jpki"])
def test_a_card_that_comes_while_printing_can_do_nothing_and_the_paper_comes_out(stage: Stage, state: str) -> None:
    stage.to_printing()
    stage.reader.put(state, 3)
    stage.step(3)
    for press in ("back", "confirm", "pin", "begin", "continue", "quit"):
        stage.press(press)
    stage.post("/content", scope="self")
    stage.post("/pin", key="1")
    assert stage.at(State.PRINTING)
    stage.agent.print_sheet()
    stage.agent.print_sheet()
    stage.step()
    assert stage.at(State.TAKE_PAPER)
    stage.beat()
    ((_, outcome),) = stage.portal.outcomes
    assert outcome.state == "printed"
    assert len(stage.portal.requests) == 1
    assert len(stage.reader.payloads) == 1, "the new card signed nothing"


def test_a_card_that_comes_at_take_your_paper_finds_no_session(stage: Stage) -> None:
    stage.to_printing()
    stage.agent.print_sheet()
    stage.agent.print_sheet()
    stage.step()
    stage.reader.put()
    stage.step(3)
    assert stage.at(State.TAKE_PAPER)
    stage.press("confirm")
    stage.press("paper-taken")
    assert stage.at(State.DONE)
    stage.beat()
    assert stage.portal.closed == [TOKEN], "told once"


def test_a_reader_that_starts_anew_while_the_paper_is_prepared_is_no_card() -> None:
    stage = Stage(portal=FakePortal(renders=10_000))
    to_preparing(stage)
    stage.reader.presence = 0
    stage.step(3)
    assert stage.at(State.PREPARING)
    stage.reader.alive = False
    stage.step(3)
    assert stage.at(State.PREPARING)


def test_a_card_taken_before_its_answer_is_signed_ends_the_attempt_and_no_challenge_is_answered(stage: Stage) -> None:
    stage.to_pin()
    stage.type_pin()
    stage.press("pin")
    stage.reader.take()
    stage.step()
    assert stage.failure == "card_pulled"
    assert stage.reader.payloads == []
    assert stage.portal.closed == []
