"""From the taken card to the sheet in the tray, and what is said of it to the portal afterwards."""

from __future__ import annotations

import pytest

from kiosk.agent_client import (
    AgentRefused,
    DocumentRefused,
    EndedOrder,
    PrinterNotAble,
    Reason,
    TicketRefused,
)
from kiosk.journey.states import State
from kiosk.portal_client import IssuanceRefused, PortalBusy, PortalRefused, PortalUnreachable
from tests.kiosk.journey.doubles import NAME, FakePortal, ticket
from tests.kiosk.journey.stage import Stage


def test_printing_waits_until_the_reader_says_that_the_card_is_gone(stage: Stage) -> None:
    stage.to_take_card()
    stage.step(20)
    assert stage.at(State.TAKE_CARD)
    assert stage.portal.releases == 0
    stage.reader.take()
    stage.step(2)
    assert stage.portal.releases == 1


def test_a_card_left_behind_calls_for_staff_and_nothing_is_printed(stage: Stage) -> None:
    stage.to_take_card()
    stage.wait(62)
    assert stage.at(State.CARD_LEFT)
    assert stage.agent.puts == 0
    assert NAME not in stage.page()
    stage.reader.take()
    stage.step()
    assert stage.at(State.ATTRACT)


def test_a_certificate_that_never_gets_ready_ends_with_words(stage: Stage) -> None:
    stage.portal.renders = 10_000
    stage.to_take_card()
    stage.step(2)
    stage.reader.take()
    stage.wait(10)
    assert "いつもより時間がかかっています" in stage.page()
    stage.wait(35)
    assert stage.failure == "too_slow"


@pytest.mark.parametrize("end", ["failed", "expired"])
def test_a_failed_issuance_has_its_page(end: str) -> None:
    stage = Stage(portal=FakePortal(end_state=end))
    stage.to_take_card()
    stage.step(4)
    assert stage.failure == "issuance_failed"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PrinterNotAble("printer_not_able", "media-empty"), "printer_offline"),
        (PrinterNotAble("busy"), "printer_busy"),
        (PrinterNotAble("locked"), "printer_locked"),
        (PrinterNotAble("not_enough_paper"), "paper_empty"),
        (DocumentRefused("document_refused", "pages"), "order_refused"),
        (TicketRefused("ticket_invalid"), "order_refused"),
        (AgentRefused("peer_refused"), "order_refused"),
    ],
)
def test_an_order_the_agent_refuses_is_reported_as_not_printed(stage: Stage, error: AgentRefused, code: str) -> None:
    stage.agent.put_error = error
    stage.to_take_card()
    stage.step(3)
    stage.reader.take()
    stage.step(3)
    assert stage.failure == code
    stage.beat()
    assert [outcome.state for _, outcome in stage.portal.outcomes] == ["not_printed"]


@pytest.mark.parametrize(
    "wrong", [ticket("another order", ("p1",), b"%PDF-1.7 test"), ticket(FakePortal.order, ("p2",), b"%PDF-1.7 test")]
)
def test_a_document_that_this_session_did_not_ask_for_is_not_printed_and_closes_the_device(
    stage: Stage, wrong: str
) -> None:
    stage.portal.ticket = wrong
    stage.to_take_card()
    stage.step(2)
    stage.reader.take()
    stage.wait(3)
    assert stage.agent.puts == 0
    assert stage.failure == "order_refused"
    [(order, outcome)] = stage.portal.outcomes
    assert (order, outcome.state, outcome.detail) == (stage.portal.order, "unknown", "manifest")


def test_paper_that_ran_out_meanwhile_is_noticed_before_the_ticket_is_fetched(stage: Stage) -> None:
    stage.to_take_card()
    stage.step(3)
    stage.agent.able, stage.agent.state = False, "blocked"
    stage.agent.reasons = (Reason("media-empty", blocking=True, kind="paper"),)
    stage.beat()
    stage.reader.take()
    stage.step(3)
    assert stage.failure == "paper_empty"
    assert stage.portal.releases == 0


def test_an_agent_that_vanishes_while_taking_the_order_makes_nobody_guess(stage: Stage) -> None:
    stage.to_take_card()
    stage.step(3)
    stage.agent.alive = False
    stage.reader.take()
    for _ in range(12):
        stage.time.now += 1
        stage.kiosk.conductor.step()
    assert stage.at(State.WAIT_FOR_STAFF)
    stage.agent.alive = True
    stage.wait(4)
    assert [(outcome.state, outcome.detail) for _, outcome in stage.portal.outcomes] == [
        ("not_printed", "never_sent")
    ]
    assert stage.at(State.ATTRACT)


def test_an_order_of_unknown_outcome_keeps_the_screen_until_staff_have_answered(stage: Stage) -> None:
    stage.to_printing()
    stage.agent.order_state = "unknown"
    stage.agent.able, stage.agent.state = False, "locked"
    stage.step()
    assert stage.at(State.WAIT_FOR_STAFF)
    assert stage.portal.order[:8].upper() in stage.page()
    stage.wait(120)
    assert stage.at(State.WAIT_FOR_STAFF)
    assert stage.portal.outcomes[0][1].state == "unknown"
    stage.portal.commands = ("signed.unlock.command",)
    stage.agent.able, stage.agent.state = True, "ready"
    stage.wait(3)
    assert stage.agent.unlocks[0] == "signed.unlock.command"
    assert stage.at(State.ATTRACT)


def test_old_news_of_the_printer_does_not_end_the_wait_for_staff(stage: Stage) -> None:
    stage.to_printing()
    stage.agent.order_state = "unknown"
    stage.step(3)
    assert stage.at(State.WAIT_FOR_STAFF), "the heartbeat has not looked since"


def test_a_print_that_failed_for_certain_has_its_page(stage: Stage) -> None:
    stage.to_printing()
    stage.agent.order_state = "not_printed"
    stage.step()
    assert stage.failure == "not_printed"
    stage.beat()
    assert stage.portal.outcomes[0][1].state == "not_printed"


def test_paper_running_out_in_the_middle_is_said_and_waited_for_without_limit(stage: Stage) -> None:
    stage.to_printing()
    stage.agent.reasons = (Reason("media-empty", blocking=True, kind="paper"),)
    stage.wait(600)
    assert stage.at(State.PRINTING)
    assert "用紙がありません" in stage.page()


def test_while_staff_are_waited_for_the_screen_counts_down_and_says_what_comes_then(stage: Stage) -> None:
    stage.to_paying()
    assert stage.till is not None
    stage.till.hold()
    stage.step(3)
    assert stage.at(State.PRINTING)
    assert "係員を待つ時間" not in stage.page()
    stage.agent.reasons = (Reason("media-jam", blocking=True, kind="jam"),)
    for seconds, shown in ((125, "2:05"), (9, "0:09")):
        stage.agent.seconds_left = seconds
        stage.step()
        page = stage.page()
        assert shown in page
        assert "1枚も出ていないとわかれば、手数料をお返しします" in page


def test_the_outcome_reaches_the_portal_later_when_it_was_unreachable(stage: Stage) -> None:
    stage.to_printing()
    stage.portal.error = PortalUnreachable()
    stage.agent.print_sheet()
    stage.agent.print_sheet()
    stage.step()
    assert stage.at(State.TAKE_PAPER)
    stage.wait(5)
    assert stage.portal.outcomes == []
    stage.portal.error = None
    stage.wait(2)
    assert [outcome.state for _, outcome in stage.portal.outcomes] == ["printed"]


def test_an_outcome_the_portal_cannot_take_now_is_said_again_until_it_is_taken(stage: Stage) -> None:
    stage.to_printing()
    stage.portal.report_error = PortalBusy("service_unavailable", "REF00001")
    stage.agent.order_state = "printed"
    stage.step()
    stage.wait(3)
    assert stage.portal.outcomes == []
    stage.portal.report_error = None
    stage.wait(2)
    assert [outcome.state for _, outcome in stage.portal.outcomes] == ["printed"]


def test_an_outcome_the_portal_never_waited_for_is_not_said_for_ever(stage: Stage) -> None:
    stage.portal.report_error = PortalRefused("issuance_unknown", "REF00001")
    stage.agent.ended = [EndedOrder("order-of-another-portal", "printed", 1, 1, "completed")]
    stage.wait(3)
    assert stage.portal.reported == 1


def test_a_ticket_lost_on_the_way_is_reported_as_never_printed(stage: Stage) -> None:
    stage.to_take_card()
    stage.step(3)
    stage.portal.release_error = PortalUnreachable()
    stage.reader.take()
    stage.step(2)
    stage.portal.release_error = IssuanceRefused("not_ready", "REF00001")
    stage.step(2)
    assert stage.failure == "issuance_failed"
    stage.beat()
    assert [outcome.detail for _, outcome in stage.portal.outcomes] == ["never_sent"]


def test_after_a_crash_of_the_kiosk_the_agents_journal_is_told_to_the_portal_once() -> None:
    stage = Stage()
    stage.agent.ended = [EndedOrder("order-of-yesterday", "printed", 1, 1, "completed")]
    stage.open()
    stage.wait(3)
    assert [(order, outcome.state) for order, outcome in stage.portal.outcomes] == [("order-of-yesterday", "printed")]
    stage.agent.ended = [EndedOrder("order-of-yesterday", "not_printed", 0, 1, "staff")]
    stage.wait(2)
    assert [outcome.state for _, outcome in stage.portal.outcomes] == ["printed", "not_printed"]
