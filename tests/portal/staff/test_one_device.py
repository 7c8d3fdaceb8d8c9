"""The page of one kiosk: how it is, what it put out, how long its paper lasts – and nobody's name."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest

from portal import certificates, database
from portal.certificates import Answer
from portal.ground import Ground
from portal.identity import Role
from portal.staff.one_device import paper_of
from tests.portal.conftest import MovableClock
from tests.portal.register.people import TESTER
from tests.portal.staff.conftest import SitDown
from tests.portal.staff.desk import Desk, words
from tests.portal.staff.town import enrol_kiosk, lose_paper, say, settle_family

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)


@pytest.fixture
def desk(sit_down: SitDown) -> Desk:
    return sit_down("sosa", Role.OPERATOR, name="操作 三郎")


def test_the_board_leads_to_a_page_of_each_kiosk(desk: Desk, ground: Ground) -> None:
    enrol_kiosk(ground)
    say(ground, state="blocked", reasons=[{"keyword": "media-empty", "blocking": True, "kind": "paper"}])
    assert 'href="/devices/kiosk-01"' in desk.get("/devices").text
    page = words(desk.get("/devices/kiosk-01"))
    for shown in ("市役所1階 1号機", "kiosk-01", "正面玄関の右", "応答あり", "カード待ち", "用紙がありません"):
        assert shown in page
    assert "まだ何も印刷していません" in page


def test_a_kiosk_that_does_not_exist_has_no_page(desk: Desk) -> None:
    assert desk.get("/devices/kiosk-99").status_code == 404


def test_it_counts_the_papers_of_today_and_of_thirty_days_and_tells_how_each_ended(
    sit_down: SitDown, ground: Ground, clock: MovableClock
) -> None:
    for terminal_id in ("kiosk-01", "kiosk-02"):
        enrol_kiosk(ground, terminal_id)
    applicant = settle_family(ground)[0]
    lose_paper(ground, applicant, sheets=2)
    clock.advance(hours=26)
    lost = lose_paper(ground, applicant, sheets=1)
    lose_paper(ground, applicant, terminal_id="kiosk-02", sheets=2)
    desk = sit_down("sosa", Role.OPERATOR, name="操作 三郎")
    page = words(desk.get("/devices/kiosk-01"))
    assert "きょう 1 通 1 枚 30日間 2 通 3 枚" in page
    assert page.count("わかりません（紙の確認待ち）") == 2
    with database.transaction(ground.engine) as connection:
        certificates.settle(
            connection, ground, lost, answer=Answer.PARTLY_PRINTED, statement="見た", keep_fee=False, actor=TESTER,
            now=ground.clock.now(),
        )  # fmt: skip
    page = words(desk.get("/devices/kiosk-01"))
    assert "職員が確かめました 一部が出ていた" in page


def test_nobody_appears_on_it(desk: Desk, ground: Ground) -> None:
    enrol_kiosk(ground)
    family = settle_family(ground)
    lose_paper(ground, family[0])
    page = desk.get("/devices/kiosk-01").text
    for name in ("渡辺", "花子", str(family[0]), "982016-"):
        assert name not in page


LEVEL: dict[str, object] = {"sheets_left": 60, "tray_capacity": 250, "sheets_since_refill": 100}


@pytest.mark.parametrize(
    ("printer", "month", "left", "out_on"),
    [
        (LEVEL, 300, 60, date(2026, 11, 30)),
        ({"tray_capacity": 250, "sheets_since_refill": 100}, 300, 150, date(2026, 12, 9)),
        ({"tray_capacity": 250, "sheets_since_refill": 400}, 300, 0, date(2026, 11, 24)),
        ({"sheets_since_refill": 100}, 300, None, None),
        (LEVEL, 0, 60, None),
        (LEVEL, 1, 60, date(2027, 11, 24)),
        ({"sheets_left": "many", "tray_capacity": True}, 300, None, None),
        ({}, 300, None, None),
    ],
)
def test_paper_out_is_foretold_from_the_level_or_else_from_the_last_refill(
    printer: Mapping[str, object], month: int, left: int | None, out_on: date | None
) -> None:
    paper = paper_of(printer, month, NOW)
    assert (paper.left, paper.out_on) == (left, out_on)


@pytest.mark.parametrize(("left", "soon"), [(30, True), (31, False)])
def test_three_days_before_the_paper_is_out_it_is_a_warning(left: int, soon: bool) -> None:
    assert paper_of({"sheets_left": left}, 300, NOW).soon is soon


def test_the_forecast_is_on_the_page(desk: Desk, ground: Ground) -> None:
    enrol_kiosk(ground)
    lose_paper(ground, settle_family(ground)[0], sheets=2)
    say(ground, tray_capacity=250, sheets_since_refill=249)
    page = words(desk.get("/devices/kiosk-01"))
    assert "約1枚" in page
    assert "なくなる見込み" in page
    assert "最後の補給から 249 枚" in page
