"""The board of kiosks."""

import pytest

from portal import database, terminals
from portal.ground import Ground
from portal.identity import Role
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
