"""Requests to link a card: an officer puts the visitor's 4情報 beside the register, and decides once."""

import json
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from werkzeug.test import TestResponse

from portal import database, register
from portal.audit import Action
from portal.filings import Outcome
from portal.ground import Ground
from portal.identity import FourItems, LinkRequestState, NotLinked
from portal.identity.tables import link_requests
from portal.register import HoldReason, ResidentStatus, Sex
from portal.staff.link_requests import lines
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, log_in
from tests.portal.identity.visitors import HANAKO, NOBODY, all_of, apply, events, person, protect, visit
from tests.portal.register.people import TESTER
from tests.portal.staff.cards.conftest import cards
from tests.portal.staff.desk import Desk, words


@pytest.fixture
def request_(ground: Ground, card: Card, desk: Desk) -> UUID:
    """A visitor of the name 誰野 不在 waits; nobody here has that name."""
    apply(ground, visit(ground, card), NOBODY)
    (row,) = all_of(ground, link_requests)
    found: UUID = row.id
    return found


@pytest.fixture
def path(request_: UUID) -> str:
    return f"/link-requests/{request_}"


def choose(desk: Desk, path: str, resident: UUID | str, **typed: str) -> TestResponse:
    return desk.post(f"{path}/link", {"resident": str(resident), **typed}, page=path)


def state(ground: Ground) -> LinkRequestState:
    (row,) = all_of(ground, link_requests)
    return LinkRequestState(row.state)


def test_without_requests_the_page_says_so(desk: Desk) -> None:
    assert "決定を待っている申し出はありません" in words(desk.get("/link-requests"))


def test_the_list_tells_who_asked_how_long_ago_and_until_when(
    desk: Desk, ground: Ground, path: str, clock: MovableClock
) -> None:
    clock.advance(minutes=20)
    page = words(desk.get("/link-requests"))
    for shown in ("誰野 不在", "20分前", "12月1日", "登録の申し出 1 件"):
        assert shown in page, shown
    clock.advance(days=8)
    assert "1日 超過" in words(sit_again(desk, ground))


def sit_again(desk: Desk, ground: Ground) -> TestResponse:
    """The same officer, after the session of before has ended."""
    from portal.identity.login import sessions  # noqa: PLC0415

    with database.transaction(ground.engine) as connection:
        data = {"account": desk.actor.id}
        token = sessions.create(connection, face="staff", data=data, now=ground.clock.now())
    desk.client.set_cookie("__Host-staff", token, domain="staff.test", secure=True)
    return desk.get("/link-requests")


def test_reading_a_request_is_in_the_audit_and_its_name_is_not(desk: Desk, ground: Ground, path: str) -> None:
    desk.get(path)
    (event,) = events(ground, Action.LINK_REQUEST_READ)
    assert event.actor_id == desk.actor.id
    assert "誰野" not in event.detail


def test_a_candidate_is_shown_beside_the_visitor_with_every_difference_marked(
    desk: Desk, ground: Ground, path: str
) -> None:
    person(ground)
    page = desk.post(path, {"name": "渡辺"}, page=path)
    said = words(page)
    assert "誰野 不在" in said
    assert said.count("ちがいます。") == 1, "the name alone differs"
    assert page.text.count('class="diff-other"') == 1
    assert "この人のカードとして登録する" in said


def test_the_officer_links_the_resident_who_was_compared(desk: Desk, ground: Ground, card: Card, path: str) -> None:
    resident = person(ground)
    led = choose(desk, path, resident, confirmed="y")
    assert led.location == f"/cards/{resident}?done=linked"
    assert log_in(ground, card).resident_id == resident
    assert state(ground) is LinkRequestState.LINKED
    (made,) = events(ground, Action.LINK_MADE)
    assert made.actor_id == desk.actor.id


def test_nothing_is_linked_without_the_confirmation(desk: Desk, ground: Ground, card: Card, path: str) -> None:
    resident = person(ground)
    refused = choose(desk, path, resident)
    assert refused.status_code == 422
    assert words(refused).count("照らし合わせが済んだら、チェックを入れてください。") == 2
    assert choose(desk, path, "x", confirmed="y").status_code == 422
    assert state(ground) is LinkRequestState.OPEN
    with pytest.raises(NotLinked):
        log_in(ground, card)


@pytest.mark.parametrize("reason", ["nobody", "not_the_same", "counter"])
def test_a_request_is_refused_with_its_reason_in_the_audit(
    desk: Desk, ground: Ground, card: Card, path: str, reason: str
) -> None:
    led = desk.post(f"{path}/refuse", {"refuse-reason": reason}, page=path)
    assert led.location == "/link-requests"
    assert state(ground) is LinkRequestState.REFUSED
    (event,) = events(ground, Action.LINK_REQUEST_CLOSED)
    assert json.loads(event.detail)["refusal"] == reason
    with pytest.raises(NotLinked):
        log_in(ground, card)


def test_a_request_is_not_refused_without_a_reason_of_the_list(desk: Desk, ground: Ground, path: str) -> None:
    for typed in ({}, {"refuse-reason": "mood"}):
        refused = desk.post(f"{path}/refuse", typed, page=path)
        assert refused.status_code == 422
        assert words(refused).count("断る理由を選んでください。") == 2
    assert state(ground) is LinkRequestState.OPEN


def test_a_request_is_decided_once(desk: Desk, ground: Ground, path: str) -> None:
    token = desk.token(path)
    resident = person(ground)
    desk.post(f"{path}/refuse", {"refuse-reason": "nobody"}, page=path)
    late = desk.post_without_token(f"{path}/link", {"resident": str(resident), "confirmed": "y", "csrf_token": token})
    assert late.status_code == 409
    assert "この申し出は、もう決まっています" in words(late)
    assert desk.get(path).status_code == 409
    assert cards(ground, resident) == ()


def test_a_person_under_protection_and_one_with_a_filing_under_way_get_the_same_answer(
    desk: Desk, ground: Ground, path: str
) -> None:
    """支援措置: the officer learns that the counter has to act, never why."""
    protected, held = person(ground), person(ground)
    protect(ground, protected)
    with database.transaction(ground.engine) as connection:
        register.place_hold(
            connection, [held], reason=HoldReason.FILING, source="test", actor=TESTER, now=ground.clock.now()
        )
    answers = [choose(desk, path, one, confirmed="y") for one in (protected, held)]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert words(answers[0]) == words(answers[1])
    assert "窓口で進めている手続きがあります" in words(answers[0])
    assert state(ground) is LinkRequestState.OPEN
    assert cards(ground, protected) == cards(ground, held) == ()


def test_for_somebody_who_has_gone_there_is_no_button_and_no_link(desk: Desk, ground: Ground, path: str) -> None:
    gone = person(ground, status=ResidentStatus.DECEASED, ended_on=date(2026, 11, 1))
    page = words(desk.post(path, {"name": "渡辺"}, page=path))
    assert "この人には登録できません" in page
    assert "この人のカードとして登録する" not in page
    assert choose(desk, path, gone, confirmed="y").status_code == 409
    assert cards(ground, gone) == ()


def test_a_request_that_does_not_exist_is_not_found(desk: Desk, ground: Ground) -> None:
    nowhere = f"/link-requests/{uuid4()}"
    assert desk.get(nowhere).status_code == 404
    assert desk.post(f"{nowhere}/refuse", {"refuse-reason": "nobody"}, page="/cards").status_code == 404


def test_a_search_for_nothing_is_told(desk: Desk, path: str) -> None:
    refused = desk.post(path, {}, page=path)
    assert refused.status_code == 422
    assert words(refused).count("氏名・フリガナ・生年月日・住所のどれかを入力してください。") == 2


@pytest.mark.parametrize(
    ("change", "item", "why"),
    [
        ({}, None, ""),
        ({"name": "渡辺 花子"}, "氏名", "空白や字の幅だけがちがいます。"),
        ({"name": "渡邊　花子"}, "氏名", "ちがいます。"),
        ({"birth_date": "1985-07-21"}, "生年月日", "ちがいます。"),
        ({"sex": Sex.MALE}, "性別", "ちがいます。"),
        ({"address": "いずみ県みさき市港町一丁目2番4号"}, "住所", "ちがいます。"),
        ({"name_substitutes": (0,)}, "氏名", "代わりの字"),
        ({"address_substitutes": (3,)}, "住所", "代わりの字"),
    ],
)
def test_each_difference_is_marked_at_its_item(
    ground: Ground, change: dict[str, object], item: str | None, why: str
) -> None:
    resident = person(ground)
    items: FourItems = replace(HANAKO, **change)  # type: ignore[arg-type]
    with database.transaction(ground.engine) as connection:
        record = register.resident(connection, resident, reader=TESTER, why="tests", now=ground.clock.now())
    marked = {line.item: line.why for line in lines(items, record) if line.outcome is not Outcome.OK}
    assert list(marked) == ([] if item is None else [item])
    assert all(why in said for said in marked.values())


def test_a_due_day_counts_working_days_only(desk: Desk, ground: Ground, path: str, clock: MovableClock) -> None:
    """Asked on a Tuesday: five working days later is the next Tuesday."""
    assert clock.now().date() + timedelta(days=7) == date(2026, 12, 1)
    assert "12月1日（火）" in words(desk.get("/link-requests"))
