"""Each reason not to issue has its own page, before any card is asked for or as soon as it is known."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from kiosk.agent_client import (
    Reason,
)
from kiosk.journey.failures import FAILURES, page_for
from kiosk.journey.states import State
from kiosk.portal_answers import OtherMachine
from kiosk.portal_client import (
    CardRefused,
    IssuanceRefused,
    PortalBusy,
    PortalUnreachable,
    TerminalRefused,
)
from tests.conftest import CHECKOUT
from tests.kiosk.journey.doubles import FakePortal
from tests.kiosk.journey.stage import Stage

CARD_CODES = [
    "card_not_mynumber",
    "certificate_expired",
    "certificate_revoked",
    "certificate_on_hold",
    "certificate_stopped",
    "certificate_untrusted",
    "signature_wrong",
    "challenge_spent",
    "not_linked",
]
REFUSALS = [
    "hours",
    "maintenance",
    "stopped",
    "not_linked",
    "moved_out",
    "moving",
    "in_progress",
    "deceased",
    "under_age",
    "no_seal",
    "seal_cancelled",
    "no_tax_data",
    "registration_pending",
    "domicile_elsewhere",
    "no_family_register",
    "not_here",
    "office_hours",
    "too_long",
    "overloaded",
    "record_changed",
    "session_ended",
]


@pytest.mark.parametrize("code", CARD_CODES)
def test_each_refusal_of_the_card_has_its_page_and_the_portals_reference(stage: Stage, code: str) -> None:
    stage.portal.session_error = CardRefused(code, "REF00001")
    stage.to_pin()
    stage.type_pin()
    stage.press("pin")
    stage.step()
    assert stage.failure == code
    page = stage.page()
    assert str_in_page(code, page)
    assert "REF00001" in page


@pytest.mark.parametrize("code", ["revocation_unavailable", "too_many_attempts"])
def test_a_busy_portal_has_its_page(stage: Stage, code: str) -> None:
    stage.portal.session_error = PortalBusy(code, "REF00001")
    stage.to_pin()
    stage.type_pin()
    stage.press("pin")
    stage.step()
    assert stage.failure == code


@pytest.mark.parametrize("code", REFUSALS)
def test_each_refusal_before_choosing_has_its_page(code: str) -> None:
    stage = Stage(portal=FakePortal(refusal=code))
    stage.to_pin()
    stage.type_pin()
    stage.press("pin")
    stage.step()
    assert stage.failure == code
    assert str_in_page(code, stage.page())


@pytest.mark.parametrize("code", REFUSALS)
@pytest.mark.parametrize("moment", ["issue_error", "release_error"])
def test_each_refusal_after_choosing_has_its_page_and_prints_nothing(code: str, moment: str) -> None:
    stage = Stage()
    stage.to_take_card()
    setattr(stage.portal, moment, IssuanceRefused(code, "REF00001"))
    stage.step(2)
    stage.reader.take()
    stage.step(4)
    assert stage.failure == code
    assert stage.agent.puts == 0


def str_in_page(code: str, page: str) -> bool:
    stage = Stage()
    with stage.app.test_request_context():
        return str(FAILURES[page_for(code)].cause) in page


def test_a_protected_person_reads_the_same_words_as_anyone_whose_move_is_in_progress() -> None:
    stage = Stage(portal=FakePortal(refusal="in_progress"))
    stage.to_pin()
    stage.type_pin()
    stage.press("pin")
    stage.step()
    # Not the values of hidden fields, not the reference: what is random may hold any two letters.
    failure = stage.kiosk.journey.view.failure
    assert failure is not None
    words = re.sub(r'value="[^"]*"', "", stage.page()).replace(failure.reference, "")
    for word in ("支援", "保護", "制限", "DV"):
        assert word not in words


@pytest.mark.parametrize("code", ["terminal_unknown", "terminal_revoked", "signature_invalid", "request_stale"])
def test_a_terminal_the_portal_does_not_know_says_so(stage: Stage, code: str) -> None:
    stage.portal.session_error = TerminalRefused(code, "REF00001")
    stage.to_pin()
    stage.type_pin()
    stage.press("pin")
    stage.step()
    assert stage.failure == "terminal_refused"


@pytest.mark.parametrize("moment", ["to_pin", "to_take_card"])
def test_an_unreachable_portal_is_told_and_the_next_resident_is_served(stage: Stage, moment: str) -> None:
    getattr(stage, moment)()
    stage.portal.error = PortalUnreachable()
    if stage.at(State.ENTER_PIN):
        stage.type_pin()
        stage.press("pin")
    stage.wait(12)
    assert stage.failure == "portal_unreachable"
    stage.press("start-over")
    stage.reader.take()
    stage.wait(8)
    assert stage.at(State.UNAVAILABLE)
    stage.portal.error = None
    stage.wait(2)
    assert stage.at(State.ATTRACT)


@pytest.mark.parametrize(
    ("trouble", "title"),
    [
        ({"portal": "unreachable"}, "市のしくみにつながりません"),
        ({"portal": "hours"}, "利用時間が終わりました"),
        ({"portal": "maintenance"}, "メンテナンス中です"),
        ({"portal": "terminal_locked"}, "この機械は止められています"),
        ({"portal": "refused"}, "この機械は使えません"),
        ({"agent": "gone"}, "印刷のしくみが応答していません"),
        ({"agent": "paper"}, "用紙がありません"),
        ({"agent": "jam"}, "用紙がつまりました"),
        ({"agent": "open"}, "プリンターが開いています"),
        ({"agent": "supply"}, "トナーがありません"),
        ({"agent": "output"}, "取り出し口がいっぱいです"),
        ({"agent": "service"}, "プリンターの手入れが必要です"),
        ({"agent": "paused"}, "プリンターが止められています"),
        ({"agent": "starting"}, "プリンターが準備をしています"),
        ({"agent": "busy"}, "プリンターが使用中です"),
        ({"agent": "offline"}, "プリンターにつながりません"),
        ({"agent": "of an agent yet to come"}, "プリンターの手入れが必要です"),
        ({"agent": "locked"}, "係員の確認を待っています"),
        ({"reader": "gone"}, "カードを読み取れなくなりました"),
        ({"reader": "no_reader"}, "カードの読み取り機が見つかりません"),
    ],
)
def test_what_cannot_work_is_said_before_any_card_is_asked_for(
    stage: Stage, trouble: dict[str, str], title: str
) -> None:
    stage.open()
    _bring_about(stage, trouble)
    stage.wait(8)
    assert stage.at(State.UNAVAILABLE)
    page = stage.page()
    assert "いま利用できません" in page
    assert title in page
    assert "/press/begin" not in page


def test_another_machine_that_can_print_is_named_before_any_card_is_asked_for(stage: Stage) -> None:
    stage.open()
    stage.portal.elsewhere = (OtherMachine("市役所1階 2号機", "正面玄関の左"),)
    _bring_about(stage, {"agent": "jam"})
    stage.wait(8)
    assert stage.at(State.UNAVAILABLE)
    page = stage.page()
    assert "いま使える機械" in page
    assert "市役所1階 2号機（正面玄関の左）" in page
    assert "/press/begin" not in page


def _bring_about(stage: Stage, trouble: dict[str, str]) -> None:
    portal, agent, reader = trouble.get("portal"), trouble.get("agent"), trouble.get("reader")
    if portal == "unreachable":
        stage.portal.error = PortalUnreachable()
    elif portal == "refused":
        stage.portal.error = TerminalRefused("terminal_revoked", "REF")
    elif portal:
        stage.portal.open, stage.portal.reason = False, portal
    if agent:
        stage.agent.alive = agent != "gone"
        stage.agent.able = False
        stage.agent.state = "locked" if agent == "locked" else "blocked"
        stage.agent.reasons = (Reason("of-this-test", blocking=True, kind=agent),)
    if reader == "gone":
        stage.reader.alive = False
    elif reader:
        stage.reader.state = reader


def fall_silent(stage: Stage) -> None:
    stage.portal.error = PortalUnreachable("reset")
    stage.wait(7)


def empty_the_tray(stage: Stage) -> None:
    stage.agent.able, stage.agent.state = False, "blocked"
    stage.agent.reasons = (Reason("media-empty", blocking=True, kind="paper"),)
    stage.beat()


def stop_the_agent(stage: Stage) -> None:
    stage.agent.alive = False
    stage.beat()


def end_the_day(stage: Stage) -> None:
    stage.portal.open, stage.portal.reason = False, "hours"
    stage.beat()


TROUBLES = [
    (fall_silent, "portal_unreachable"),
    (empty_the_tray, "paper_empty"),
    (stop_the_agent, "agent_unreachable"),
    (end_the_day, "hours"),
]


@pytest.mark.parametrize(("trouble", "code"), TROUBLES, ids=[code for _, code in TROUBLES])
def test_without_a_fresh_able_no_card_is_asked_for_though_a_certificate_is_chosen(
    stage: Stage, trouble: Callable[[Stage], None], code: str
) -> None:
    stage.open()
    stage.press("begin")
    trouble(stage)
    stage.post("/certificate", kind="resident_record")
    assert not stage.at(State.PLACE_CARD)
    stage.step()
    assert stage.failure == code


@pytest.mark.parametrize(("trouble", "code"), TROUBLES, ids=[code for _, code in TROUBLES])
def test_a_card_is_not_taken_up_when_able_has_gone_stale_while_it_was_awaited(
    stage: Stage, trouble: Callable[[Stage], None], code: str
) -> None:
    stage.to_card()
    trouble(stage)
    stage.reader.put()
    stage.step()
    assert stage.failure == code
    assert stage.reader.payloads == []


def test_every_refusal_of_the_contract_has_words_of_its_own() -> None:
    contract = (CHECKOUT / "docs" / "terminal-api.yaml").read_text(encoding="utf-8")
    listed = contract.partition("    RefusalCode:")[2].partition("    State:")[0]
    codes = re.findall(r"^        - (\w+)$", listed, re.MULTILINE)
    assert len(codes) > 15
    assert set(codes) <= set(FAILURES)
