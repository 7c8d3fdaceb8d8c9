"""From the ready paper to the held fee: what the person sees, what the portal is told, where the money goes back."""

from __future__ import annotations

import pytest

from kiosk.journey.failures import FAILURES
from kiosk.journey.states import State
from kiosk.payment.till import Ended, Progress
from kiosk.portal_client import IssuanceRefused, PortalBusy, PortalUnreachable
from tests.kiosk.journey.doubles import TOKEN, FakePortal, FakeTill
from tests.kiosk.journey.stage import Stage

ORDER = FakePortal.order


def till_of(stage: Stage) -> FakeTill:
    assert stage.till is not None
    return stage.till


def test_money_is_asked_for_only_when_the_paper_is_ready_and_is_the_fee_fixed_at_request(
    stage: Stage,
) -> None:
    stage.portal.renders, stage.portal.fee = 5, 450
    stage.to_take_card()
    stage.step(2)
    stage.reader.take()
    stage.step(2)
    assert stage.at(State.PREPARING)
    stage.step(4)
    assert stage.at(State.CHOOSE_MEANS)
    assert "450円" in stage.page()
    assert till_of(stage).begun == []
    stage.post("/means", means="contactless")
    stage.step()
    assert till_of(stage).begun == [(ORDER, 450, "contactless")]


def test_the_ticket_is_fetched_only_after_the_portal_knows_of_the_held_fee(stage: Stage) -> None:
    stage.to_paying()
    stage.step(5)
    assert (stage.portal.releases, stage.portal.authorised) == (0, [])
    till_of(stage).hold()
    stage.step()
    assert stage.at(State.PREPARING)
    ((means, held),) = stage.portal.authorised
    assert (means, held.reference, held.amount) == ("cash", "R7", 300)
    assert "手数料300円をお預かりしました" in stage.page()
    stage.step()
    assert stage.at(State.PRINTING)
    assert stage.portal.releases == 1


def test_the_sheets_are_shown_from_when_they_are_ready_until_they_are_paid_for(stage: Stage) -> None:
    stage.portal.pages = 2
    stage.to_means()
    assert "/sheet/1" in stage.page()
    for page in (1, 2):
        assert f"{page}／2枚目" in stage.browser.get(f"/sheet/{page}").text
        shown = stage.browser.get(f"/sheet/{page}.png")
        assert (shown.status_code, shown.mimetype) == (200, "image/png")
        assert shown.headers["Cache-Control"] == "no-store"
    assert stage.portal.shown == [(TOKEN, ORDER, 1), (TOKEN, ORDER, 2)]
    assert stage.browser.get("/sheet/3").status_code == 303
    stage.post("/means", means="cash")
    stage.step()
    assert stage.at(State.PAYING)
    assert stage.browser.get("/sheet/1").status_code == 303
    assert stage.browser.get("/sheet/1.png").status_code == 404
    assert len(stage.portal.shown) == 2


@pytest.mark.parametrize("error", [PortalUnreachable("cut"), IssuanceRefused("in_progress", "R1")])
def test_a_picture_that_does_not_come_leaves_the_journey_where_it_is(stage: Stage, error: Exception) -> None:
    stage.to_means()
    stage.portal.picture_error = error
    assert stage.browser.get("/sheet/1.png").status_code == 404
    assert stage.at(State.CHOOSE_MEANS)


def test_a_printer_that_is_lost_while_somebody_chooses_how_to_pay_ends_the_visit_before_any_money(
    stage: Stage,
) -> None:
    stage.to_means()
    stage.agent.alive = False
    stage.beat()
    stage.step()
    assert (stage.state, stage.failure) == (State.FAILED, "agent_unreachable")
    stage.beat()
    assert stage.portal.abandoned == [ORDER]
    assert till_of(stage).begun == []


def test_a_slow_look_at_an_empty_reader_is_no_card_and_a_card_that_is_put_down_is(stage: Stage) -> None:
    stage.to_means()
    stage.reader.state = "reading"
    stage.step()
    assert stage.at(State.CHOOSE_MEANS)
    stage.reader.state = "no_card"
    stage.reader.put()
    stage.step()
    assert (stage.state, stage.failure) == (State.FAILED, "card_again")


def test_another_browser_sees_no_sheet(stage: Stage) -> None:
    stage.to_means()
    stranger = stage.app.test_client()
    assert stranger.get("/sheet/1.png").status_code != 200
    assert stage.portal.shown == []


def test_the_screen_counts_what_has_been_put_in(stage: Stage) -> None:
    stage.to_paying()
    till_of(stage).now = Progress("waiting", 200)
    stage.step()
    page = stage.page()
    assert "あと100円です。" in page
    till_of(stage).now = Progress("silent", 200)
    stage.step()
    assert "data-silent" in stage.page()


@pytest.mark.parametrize(
    "problem", sorted(code for code in FAILURES if code.startswith("payment_") and code != "payment_out")
)
def test_a_payment_that_came_to_nothing_says_why_and_lets_the_person_choose_again(stage: Stage, problem: str) -> None:
    stage.to_paying()
    till_of(stage).now = Progress("refused", problem=problem)
    stage.step()
    assert stage.at(State.CHOOSE_MEANS)
    assert f'data-problem="{problem}"' in stage.page()
    till_of(stage).now = Progress("waiting")
    stage.post("/means", means="contactless")
    stage.step()
    assert [means for _, _, means in till_of(stage).begun] == ["cash", "contactless"]


def test_stopping_gives_back_what_was_put_in_and_goes_back_to_the_choice(stage: Stage) -> None:
    stage.to_paying()
    stage.post("/cancel-payment")
    stage.step()
    assert till_of(stage).cancelled == [ORDER]
    assert "お支払いを止めています。" in stage.page()
    till_of(stage).now = Progress("refused", problem="payment_cancelled")
    stage.step()
    assert stage.at(State.CHOOSE_MEANS)


def test_a_last_coin_that_crosses_the_press_on_stop_is_given_back(stage: Stage) -> None:
    stage.to_paying()
    stage.post("/cancel-payment")
    till_of(stage).hold()
    stage.step()
    assert stage.failure == "payment_cancelled"
    assert stage.portal.authorised == []
    assert "data-money" in stage.page()
    stage.beat()
    assert stage.portal.abandoned == [ORDER]


def test_a_device_that_stays_silent_ends_the_visit_and_the_money_is_the_portals_to_give_back(stage: Stage) -> None:
    stage.to_paying()
    till_of(stage).now = Progress("silent", 300)
    stage.wait(18)
    assert stage.at(State.PAYING)
    stage.wait(5)
    assert stage.failure == "payment_unclear"
    stage.beat()
    assert stage.portal.abandoned == [ORDER]


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (IssuanceRefused("not_payable", "REF00001"), "payment_failed"),
        (IssuanceRefused("session_ended", "REF00001"), "session_ended"),
        (PortalBusy("service_unavailable", "REF00001"), "portal_unreachable"),
    ],
)
def test_money_the_portal_does_not_accept_is_given_back(stage: Stage, error: Exception, failure: str) -> None:
    stage.to_paying()
    stage.portal.pay_error = error
    till_of(stage).hold()
    stage.step()
    assert stage.failure == failure
    stage.beat()
    assert stage.portal.abandoned == [ORDER]
    assert stage.portal.releases == 0


def test_a_portal_that_answers_late_is_told_of_the_held_fee_again(stage: Stage) -> None:
    stage.to_paying()
    stage.portal.pay_error = PortalUnreachable()
    till_of(stage).hold()
    stage.step(3, 1)
    assert stage.at(State.PAYING)
    stage.portal.pay_error = None
    stage.step()
    assert stage.at(State.PREPARING)


def test_a_portal_that_stays_silent_ends_the_visit_and_is_told_later_that_nobody_waits(stage: Stage) -> None:
    stage.to_paying()
    stage.portal.error = PortalUnreachable()
    till_of(stage).hold()
    stage.step(8, 1)
    assert stage.failure == "portal_unreachable"
    stage.wait(3)
    assert stage.portal.abandoned == []
    stage.portal.error = None
    stage.beat()
    assert stage.portal.abandoned == [ORDER]


@pytest.mark.parametrize("ending", ["quit", "idle", "fresh browser", "card again"])
def test_whoever_leaves_before_paying_leaves_nothing_open(stage: Stage, ending: str) -> None:
    stage.to_means()
    if ending == "quit":
        stage.press("quit")
    elif ending == "idle":
        stage.wait(61)
        assert stage.at(State.IDLE_WARNING)
        stage.wait(31)
        assert stage.failure == "idle_timeout"
    elif ending == "fresh browser":
        stage.browser = stage.app.test_client()
        stage.page()
        assert stage.at(State.ATTRACT)
    else:
        stage.reader.put()
        stage.step()
        assert stage.failure == "card_again"
    stage.beat()
    assert stage.portal.abandoned == [ORDER]
    assert stage.portal.releases == 0


def test_a_paper_refused_at_release_abandons_the_order_so_that_the_fee_goes_back(stage: Stage) -> None:
    stage.to_paying()
    stage.portal.release_error = IssuanceRefused("record_changed", "REF00001")
    till_of(stage).hold()
    stage.step(2)
    assert stage.failure == "record_changed"
    assert "data-money" in stage.page()
    stage.beat()
    assert stage.portal.abandoned == [ORDER]


def test_a_printed_paper_ends_with_its_receipt_and_nothing_is_abandoned(stage: Stage) -> None:
    stage.to_paying()
    till_of(stage).hold()
    stage.step(2)
    stage.agent.print_sheet()
    stage.agent.print_sheet()
    stage.step()
    stage.press("paper-taken")
    page = stage.page()
    for shown in ("領収書", "300円", "現金", "みさき市", ORDER[:8].upper()):
        assert shown in page
    stage.beat()
    assert stage.portal.abandoned == []


def test_a_paper_that_costs_nothing_is_printed_without_a_word_about_money(stage: Stage) -> None:
    stage.portal.fee = 0
    stage.to_printing()
    assert till_of(stage).begun == []
    stage.agent.print_sheet()
    stage.agent.print_sheet()
    stage.step()
    stage.press("paper-taken")
    assert "領収書" not in stage.page()


@pytest.mark.parametrize(
    ("till", "closed"),
    [
        (FakeTill(alive=False), True),
        (FakeTill(frozenset()), True),
        (None, True),
        (FakeTill(frozenset({"cash"})), False),
    ],
)
def test_no_card_is_asked_for_where_the_fee_cannot_be_paid(till: FakeTill | None, closed: bool) -> None:
    stage = Stage(till=till)
    stage.beat()
    stage.step()
    assert stage.at(State.UNAVAILABLE if closed else State.ATTRACT)
    assert ('data-obstacle="payment_out"' in stage.page()) is closed


def test_a_device_that_fails_while_the_card_is_awaited_ends_the_visit_before_the_pin(stage: Stage) -> None:
    stage.to_card()
    till_of(stage).alive = False
    stage.beat()
    stage.step()
    assert stage.failure == "payment_out"


def test_the_means_that_do_not_work_are_named_before_any_card_and_cannot_be_chosen(stage: Stage) -> None:
    till_of(stage).means = frozenset({"contactless"})
    stage.open()
    stage.press("begin")
    assert 'data-means="contactless"' in stage.page()
    stage = Stage(till=FakeTill(frozenset({"contactless"}))).to_means()
    assert 'value="cash"' not in stage.page()
    stage.post("/means", means="cash")
    stage.step()
    assert stage.at(State.CHOOSE_MEANS)


def test_a_device_still_busy_with_the_person_before_takes_no_money_from_the_next(stage: Stage) -> None:
    stage.to_means()
    till_of(stage).busy = True
    stage.post("/means", means="cash")
    stage.step()
    assert stage.at(State.CHOOSE_MEANS)
    assert 'data-problem="payment_busy"' in stage.page()


def test_while_somebody_looks_for_coins_the_session_is_kept(stage: Stage) -> None:
    stage.to_means()
    stage.portal.looks = 0
    for _ in range(50):
        stage.step(1, 1)
    assert 2 <= stage.portal.looks <= 3


def test_commands_about_money_go_to_the_till_and_what_it_did_to_the_portal(stage: Stage) -> None:
    stage.open()
    capture = "e30.eyJjb21tYW5kIjoiY2FwdHVyZSJ9.c2ln"
    stage.portal.commands = (capture, "signed.unlock.command")
    stage.beat()
    assert till_of(stage).obeyed == [capture]
    assert stage.portal.ended == []
    assert stage.agent.unlocks == ["signed.unlock.command"]
    till_of(stage).ended = Ended(ORDER, "captured", "C8")
    stage.beat()
    assert stage.portal.ended == [Ended(ORDER, "captured", "C8")]
    till_of(stage).alive = False
    stage.beat()
    assert len(till_of(stage).obeyed) == 2, "a device that does not answer is not asked to move money"


def test_a_kiosk_that_has_just_begun_says_so_until_the_portal_has_heard_it(stage: Stage) -> None:
    stage.portal.error = PortalUnreachable()
    stage.beat()
    stage.portal.error = None
    stage.beat()
    stage.beat()
    assert stage.portal.starts == 1


def test_overload_is_told_with_the_waiting_time(stage: Stage) -> None:
    for seconds, words in ((40, "およそ40秒"), (150, "およそ3分"), (None, None)):
        stage = Stage(portal=FakePortal(issue_error=PortalBusy("overloaded", "REF00001", seconds)))
        stage.to_take_card()
        stage.step()
        assert stage.failure == "overloaded"
        page = stage.page()
        assert (words in page) if words else ("待ち時間" not in page)
