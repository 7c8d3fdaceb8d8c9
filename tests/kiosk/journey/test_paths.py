"""Whole visits with doubles around a real kiosk: the straight way to paper, card and PIN, giving up, idling."""

from __future__ import annotations

import logging

import pytest

from kiosk.card.payload import authentication_payload
from kiosk.journey.states import State
from kiosk.journey.visit import NOTHING
from tests.kiosk.journey.doubles import NAME, ORIGIN, PIN, TOKEN, FakePortal, ReaderNow
from tests.kiosk.journey.stage import Stage


def test_from_the_first_screen_to_the_paper_and_back(stage: Stage) -> None:
    stage.to_printing()
    order = stage.portal.order
    assert stage.agent.orders == {order: b"%PDF-1.7 test"}
    stage.agent.print_sheet()
    stage.step()
    assert "2枚のうち、1枚が出ました" in stage.page()
    stage.agent.print_sheet()
    stage.step()
    assert stage.at(State.TAKE_PAPER)
    stage.press("paper-taken")
    assert stage.at(State.DONE)
    assert order[:8].upper() in stage.page()
    stage.press("finish")
    assert stage.at(State.ATTRACT)
    assert stage.kiosk.journey.view.visit == NOTHING
    stage.beat()
    assert [(said, outcome.state) for said, outcome in stage.portal.outcomes] == [(order, "printed")]
    assert stage.portal.closed == [TOKEN]
    stage.step()
    assert stage.reader.resets >= 1


def test_what_is_asked_for_is_what_was_chosen(stage: Stage) -> None:
    stage.to_confirm("household", "domicile")
    assert NAME in stage.page()
    stage.press("confirm")
    stage.step()
    request = stage.portal.requests[0]
    assert (request.kind, request.scope, request.copies) == ("resident_record", "household", 1)
    assert request.persons == ("p1", "p2", "p3")
    assert request.items == {"relationship": False, "domicile": True, "nationality": False}


def test_one_persons_record_asks_for_that_person_only(stage: Stage) -> None:
    stage.to_confirm("self")
    stage.press("confirm")
    stage.step()
    assert stage.portal.requests[0].persons == ("p1",)


def test_the_card_signs_this_terminals_own_origin_and_purpose(stage: Stage) -> None:
    stage.to_content()
    assert stage.reader.payloads == [authentication_payload(ORIGIN, b"n" * 32, "kiosk:k1")]


def test_a_wrong_pin_says_how_many_tries_are_left_and_a_right_one_goes_on(stage: Stage) -> None:
    stage.to_pin()
    stage.type_pin("9999")
    stage.press("pin")
    stage.step()
    assert stage.at(State.ENTER_PIN)
    assert "番号がちがいました" in stage.page()
    assert "あと2回" in stage.page()
    stage.type_pin(PIN)
    stage.press("pin")
    stage.step()
    assert stage.at(State.CHOOSE_CONTENT)


def test_the_last_try_needs_a_page_of_its_own(stage: Stage) -> None:
    stage.to_pin(tries_left=1)
    assert stage.at(State.LAST_TRY)
    stage.press("last-try")
    assert stage.at(State.ENTER_PIN)
    stage.type_pin("9999")
    stage.press("pin")
    stage.step()
    assert stage.failure == "pin_blocked"


def test_after_the_second_wrong_pin_the_last_try_is_not_offered_lightly(stage: Stage) -> None:
    stage.to_pin(tries_left=2)
    stage.type_pin("9999")
    stage.press("pin")
    stage.step()
    assert stage.at(State.LAST_TRY)


def test_fewer_than_four_digits_never_reach_the_card(stage: Stage) -> None:
    stage.to_pin()
    stage.type_pin("12")
    stage.press("pin")
    stage.step()
    assert stage.at(State.ENTER_PIN)
    assert "数字を4つ入れてから" in stage.page()
    assert stage.reader.tries_left == 3


def test_a_fifth_digit_is_not_passed_on_and_erase_takes_one_back(stage: Stage) -> None:
    stage.to_pin()
    stage.type_pin("12345")
    assert stage.reader.held == "1234"
    stage.post("/pin", key="erase")
    assert stage.reader.held == "123"
    assert stage.kiosk.journey.view.visit.digits == 3


@pytest.mark.parametrize("key", ["12", "x", "", "１２"])
def test_what_is_not_one_key_of_the_pad_is_not_passed_on(stage: Stage, key: str) -> None:
    stage.to_pin()
    stage.post("/pin", key=key)
    assert stage.reader.held == ""


@pytest.mark.parametrize("code", ["card_removed", "card_changed", "no_card"])
def test_a_pulled_card_is_never_reported_as_a_wrong_pin(stage: Stage, code: str) -> None:
    stage.to_pin()
    stage.type_pin()
    stage.reader.error = code
    stage.press("pin")
    stage.step()
    assert stage.failure == "card_pulled"
    assert "番号がちがいました" not in stage.page()


@pytest.mark.parametrize("moment", ["to_pin", "to_content", "to_confirm"])
def test_taking_the_card_too_early_ends_the_session(stage: Stage, moment: str) -> None:
    getattr(stage, moment)()
    stage.reader.take()
    stage.step()
    assert stage.failure == "card_pulled"
    assert stage.kiosk.journey.view.visit == NOTHING


def test_another_card_in_the_middle_ends_the_session(stage: Stage) -> None:
    stage.to_content()
    stage.reader.take()
    stage.reader.put()
    stage.step()
    assert stage.failure == "card_pulled"


def test_a_reader_lost_between_two_looks_never_passes_for_a_card_taken(stage: Stage) -> None:
    """pcscd was killed on this screen, and the paper of a resident whose card lay in the dark came out."""
    stage.to_take_card()
    look, seen = stage.reader.status, iter(["ready"])

    def is_lost_after_the_first_look() -> ReaderNow:
        stage.reader.state = next(seen, "no_reader")
        return look()

    stage.reader.status = is_lost_after_the_first_look  # type: ignore[method-assign]
    stage.step(2)
    assert stage.failure == "no_reader"
    assert stage.portal.releases == 0


def test_another_card_instead_of_the_one_to_be_taken_ends_the_session(stage: Stage) -> None:
    stage.to_take_card()
    stage.reader.take()
    stage.reader.put()
    stage.step()
    assert stage.failure == "card_again"
    assert stage.portal.releases == 0


@pytest.mark.parametrize(
    ("state", "tries", "code"),
    [
        ("blocked", 0, "pin_blocked"),
        ("not_jpki", None, "not_jpki"),
        ("card_error", None, "card_error"),
        ("no_reader", None, "no_reader"),
    ],
)
def test_every_state_of_the_reader_has_its_own_page(stage: Stage, state: str, tries: int | None, code: str) -> None:
    stage.to_card()
    stage.reader.put(state, tries)
    stage.step()
    assert stage.failure == code


def test_a_reader_that_stops_answering_is_told_within_ten_seconds(stage: Stage) -> None:
    stage.to_content()
    stage.reader.alive = False
    stage.wait(9)
    assert stage.failure == "reader_unavailable"


def test_idling_warns_then_ends_and_erases(stage: Stage) -> None:
    stage.to_content()
    stage.wait(61)
    assert stage.at(State.IDLE_WARNING)
    stage.press("continue")
    assert stage.at(State.CHOOSE_CONTENT)
    stage.wait(61 + 31)
    assert stage.failure == "idle_timeout"
    assert NAME not in stage.page()
    stage.beat()
    assert stage.portal.closed == [TOKEN]


def test_giving_up_returns_the_card_and_closes_the_session(stage: Stage) -> None:
    stage.to_content()
    stage.press("quit")
    assert stage.at(State.RETURN_CARD)
    stage.step()
    assert stage.at(State.RETURN_CARD)
    stage.reader.take()
    stage.step()
    assert stage.at(State.ATTRACT)
    stage.beat()
    assert stage.portal.closed == [TOKEN]


def test_giving_up_while_the_portal_answers_leaves_no_session_behind(stage: Stage) -> None:
    stage.to_pin()
    stage.type_pin()
    stage.press("pin")
    answer = stage.portal.open_session

    def gives_up_meanwhile(challenge: str, certificate: bytes, signature: bytes) -> object:
        stage.press("quit")
        return answer(challenge, certificate, signature)

    stage.portal.open_session = gives_up_meanwhile  # type: ignore[method-assign,assignment]
    stage.step()
    assert stage.at(State.RETURN_CARD)
    stage.beat()
    assert stage.portal.closed == [TOKEN]


def test_neither_name_nor_pin_nor_token_is_ever_logged(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    stage.to_printing()
    stage.agent.order_state = "not_printed"
    stage.step()
    for secret in (NAME, PIN, TOKEN, "髙橋"):
        assert secret not in caplog.text


def test_the_state_of_the_parts_goes_to_the_portal_each_time(stage: Stage) -> None:
    stage.open()
    stage.reader.put(tries_left=3)
    stage.beat()
    reader, printer = stage.portal.reports[-1]
    assert reader == {"state": "ready", "tries_left": 3}
    assert printer == {"able": True, "state": "ready"}
    stage.agent.alive = False
    stage.beat()
    assert stage.portal.reports[-1][1]["state"] == "offline"


def test_where_nothing_is_to_be_chosen_nothing_is_asked() -> None:
    stage = Stage(portal=FakePortal(scopes=("self",), items=()))
    stage.to_pin()
    stage.type_pin()
    stage.press("pin")
    stage.step()
    assert stage.at(State.CONFIRM)
    assert "選びなおす" not in stage.page()
    stage.press("back")
    assert stage.at(State.CONFIRM)
    stage.press("confirm")
    stage.step()
    [request] = stage.portal.requests
    assert (request.scope, len(request.persons), request.items) == ("self", 1, {})


def test_everybody_of_the_family_register_is_asked_for_by_that_name() -> None:
    stage = Stage(portal=FakePortal(scopes=("self", "family"), items=()))
    stage.to_content()
    page = stage.page()
    assert "同じ戸籍の全員" in page
    assert "世帯の全員" not in page
    stage.post("/content", scope="family")
    stage.press("confirm")
    stage.step()
    [request] = stage.portal.requests
    assert request.scope == "family"
    assert len(request.persons) == len(stage.portal.household)
