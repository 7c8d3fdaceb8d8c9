"""The board of kiosks."""

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from portal import database, running, terminals
from portal.audit import audit_events
from portal.ground import Ground
from portal.identity import Role
from portal.running import Name, Voice
from tests.portal.conftest import MovableClock
from tests.portal.register.people import TESTER
from tests.portal.staff.conftest import SitDown
from tests.portal.staff.desk import Desk, words
from tests.portal.staff.town import enrol_kiosk, lose_paper, say, settle_family


@pytest.fixture
def desk(sit_down: SitDown) -> Desk:
    return sit_down("sosa", Role.OPERATOR, name="操作 三郎")


def test_no_kiosk_yet_is_said_in_words(desk: Desk) -> None:
    assert "登録されている端末はありません" in words(desk.get("/devices"))


def test_a_kiosk_that_never_spoke_is_told_apart_from_a_silent_one(
    desk: Desk, ground: Ground, clock: MovableClock
) -> None:
    enrol_kiosk(ground)
    assert "まだ一度もつながっていません" in words(desk.get("/devices"))
    say(ground)
    clock.advance(minutes=3)
    page = words(desk.get("/devices"))
    assert "応答がありません 最後の応答は3分前" in page
    for stale in ("印刷できます", "カード待ち", "発行できます"):
        assert stale not in page, "what a silent kiosk last said is not its state"


def test_a_healthy_kiosk_reads_healthy(desk: Desk, ground: Ground, clock: MovableClock) -> None:
    enrol_kiosk(ground)
    say(ground)
    clock.advance(seconds=4)
    page = words(desk.get("/devices"))
    about = ("市役所1階 1号機", "kiosk-01 版 0.1.0", "正面玄関の右")
    for shown in (*about, "応答あり 4秒前", "カード待ち", "印刷できます", "発行できます"):
        assert shown in page


def test_the_versions_of_kiosk_agent_and_portal_are_shown(desk: Desk, ground: Ground) -> None:
    enrol_kiosk(ground)
    say(ground, version=running.VERSION)
    for name in (Name.STAFF, Name.WORKER, Name.WORKER):
        Voice(ground, name).say()
    page = words(desk.get("/devices"))
    assert f"kiosk-01 版 {running.VERSION} 印刷プログラム 版 {running.VERSION}" in page
    assert f"職員のページ {running.VERSION} 1 証明書の作成 {running.VERSION} 2" in page
    assert "版がそろっていません" not in page


@pytest.mark.parametrize("late", ["agent", "program"])
def test_a_version_left_behind_is_said(desk: Desk, ground: Ground, late: str) -> None:
    enrol_kiosk(ground)
    say(ground, version="0.0.9" if late == "agent" else running.VERSION)
    Voice(ground, Name.WORKER, "0.0.9" if late == "program" else running.VERSION).say()
    assert "版がそろっていません" in words(desk.get("/devices"))


def test_what_the_printer_says_is_said_in_words(desk: Desk, ground: Ground) -> None:
    enrol_kiosk(ground)
    told = {
        "media-empty-error": "用紙がありません",
        "media-jam": "紙づまり",
        "toner-low-warning": "トナーが残りわずか",
        "com.example-strange-thing": "プリンターの知らせ（com.example-strange-thing）",
    }
    for keyword, sentence in told.items():
        say(ground, state="blocked", reasons=[{"keyword": keyword, "blocking": True}])
        page = words(desk.get("/devices"))
        assert "印刷できません" in page, keyword
        assert "発行できません" in page, keyword
        assert sentence in page, keyword


def test_a_kiosk_that_speaks_nonsense_does_not_break_the_board(desk: Desk, ground: Ground) -> None:
    enrol_kiosk(ground)
    nonsense: tuple[object, ...] = ("media-empty", 7, None, ["x"], [{"no": "keyword"}])
    for reasons in nonsense:
        say(ground, reader="???", state="<i>", reasons=reasons)
        answer = desk.get("/devices")
        assert answer.status_code == 200, reasons
        assert "<i>" not in answer.text, reasons


def test_a_locked_kiosk_leads_to_its_case(desk: Desk, ground: Ground) -> None:
    enrol_kiosk(ground)
    say(ground)
    issuance = lose_paper(ground, settle_family(ground)[0])
    page = desk.get("/devices")
    assert "停止中" in words(page)
    assert f'href="/cases/{issuance}"' in page.text


def test_a_withdrawn_kiosk_stays_on_the_board(desk: Desk, ground: Ground) -> None:
    enrol_kiosk(ground)
    with database.transaction(ground.engine) as connection:
        terminals.revoke(connection, terminal_id="kiosk-01", actor=TESTER, now=ground.clock.now())
    assert "登録を取り消した端末です" in words(desk.get("/devices"))


def test_the_board_alone_is_for_the_page_that_asks(desk: Desk, ground: Ground) -> None:
    enrol_kiosk(ground)
    part = desk.get("/devices/board", **{"HX-Request": "true"})
    assert "市役所1階 1号機" in words(part)
    assert "<html" not in part.text
    assert desk.get("/devices/board").location == "/devices"


def withdraw(desk: Desk, **typed: str) -> TestResponse:
    return desk.post("/devices/kiosk-01/revoke", typed, page="/devices/kiosk-01/revoke")


def test_a_stolen_kiosk_is_withdrawn_from_the_board_and_refused_from_its_next_request_on(
    desk: Desk, ground: Ground
) -> None:
    enrol_kiosk(ground)
    assert "/devices/kiosk-01/revoke" in desk.get("/devices").text
    assert "市役所1階 1号機" in words(desk.get("/devices/kiosk-01/revoke"))
    assert withdraw(desk, confirmed="y").location == "/devices"
    page = desk.get("/devices")
    assert "登録を取り消した端末です" in words(page)
    assert "/devices/kiosk-01/revoke" not in page.text
    with pytest.raises(terminals.TerminalRevoked), database.transaction(ground.engine) as connection:
        terminals.terminal(connection, "kiosk-01")


def test_who_withdrew_a_kiosk_is_in_the_audit(desk: Desk, ground: Ground) -> None:
    enrol_kiosk(ground)
    withdraw(desk, confirmed="y")
    with database.transaction(ground.engine) as connection:
        query = sa.select(audit_events.c.detail).where(audit_events.c.actor_id == desk.actor.id)
        assert '"change":"revoked","terminal":"kiosk-01"' in connection.execute(query).scalar_one()


def test_a_kiosk_is_not_withdrawn_without_the_confirmation_and_only_once(desk: Desk, ground: Ground) -> None:
    enrol_kiosk(ground)
    refused = withdraw(desk)
    assert refused.status_code == 422
    assert words(refused).count("確認のチェックを入れてください。") == 2
    with database.transaction(ground.engine) as connection:
        assert terminals.terminal(connection, "kiosk-01")
    token = desk.token("/devices/kiosk-01/revoke")
    withdraw(desk, confirmed="y")
    form = {"confirmed": "y", "csrf_token": token}
    again = desk.post_without_token("/devices/kiosk-01/revoke", form)
    assert again.status_code == 409
    assert "もう取り消されています" in words(again)


def test_a_kiosk_that_was_never_enrolled_cannot_be_withdrawn(desk: Desk) -> None:
    assert desk.get("/devices/kiosk-99/revoke").status_code == 404
    assert desk.post("/devices/kiosk-99/revoke", {"confirmed": "y"}, page="/switches").status_code == 404
