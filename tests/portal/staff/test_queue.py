"""The queue: tabs, counts, pages, and the search by receipt number."""

import re

import pytest

from portal.ground import Ground
from portal.identity import Role
from tests.portal.conftest import MovableClock
from tests.portal.staff.conftest import SitDown
from tests.portal.staff.desk import Desk, words
from tests.portal.staff.town import FAMILY, file_moving_out, settle_family, withdraw


@pytest.fixture
def desk(sit_down: SitDown) -> Desk:
    return sit_down("hanako", Role.REVIEWER)


def counts(desk: Desk) -> dict[str, str]:
    page = desk.get("/tabs?tab=mine", **{"HX-Request": "true"}).text
    return dict(re.findall(r'id="tab-(\w+)".*?class="count"[^>]*>(\d+)<', page))


def test_a_new_filing_waits_for_somebody(desk: Desk, ground: Ground) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    page = words(desk.get("/queue?view=unassigned"))
    for shown in (filing.receipt_number, "本間 さくら", "ホンマ サクラ", "3人・12月1日 転出", "審査待ち"):
        assert shown in page
    assert "神奈川県横浜市西区へ" in page
    assert counts(desk) == {"mine": "0", "unassigned": "1", "others": "0"}


def test_opening_a_filing_moves_it_to_ones_own_tab(desk: Desk, ground: Ground) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    desk.get(f"/filings/{filing.id}")
    assert counts(desk) == {"mine": "1", "unassigned": "0", "others": "0"}
    assert filing.receipt_number in words(desk.get("/queue"))


def test_the_work_of_others_is_shown_with_their_names(desk: Desk, sit_down: SitDown, ground: Ground) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    sit_down("taro", Role.REVIEWER, name="鈴木 太郎").get(f"/filings/{filing.id}")
    page = words(desk.get("/queue?view=others"))
    assert filing.receipt_number in page
    assert "鈴木 太郎" in page


def test_what_is_over_stands_under_done(desk: Desk, ground: Ground) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    withdraw(ground, filing)
    page = words(desk.get("/queue?view=done"))
    assert filing.receipt_number in page
    assert "取下げ" in page


def test_an_empty_tab_says_so(desk: Desk) -> None:
    for view in ("mine", "unassigned", "others", "done"):
        page = desk.get(f"/queue?view={view}")
        assert page.status_code == 200, view
        assert "queue-empty" in page.text, view
        assert "<table" not in page.text, view


def test_a_late_filing_is_marked_and_counted(ground: Ground, clock: MovableClock, sit_down: SitDown) -> None:
    file_moving_out(ground, settle_family(ground))
    clock.advance(days=5)
    later = sit_down("jiro", Role.REVIEWER, name="高橋 次郎")
    page = later.get("/queue?view=unassigned")
    assert "2日 超過" in words(page)
    assert "data-late" in page.text
    assert "期限超過 1 件" in words(page)


def test_pages_follow_each_other_without_gap_or_repeat(desk: Desk, ground: Ground) -> None:
    every = {file_moving_out(ground, settle_family(ground, FAMILY[0])).receipt_number for _ in range(53)}
    path: str | None = "/queue?view=unassigned"
    seen: list[str] = []
    while path is not None:
        page = desk.get(path).text
        seen += re.findall(r">(T8-1124-\d+)</a>", page)
        found = re.search(r'href="([^"]+after=[^"]+)"', page)
        path = found.group(1).replace("&amp;", "&") if found else None
    assert len(seen) == 53
    assert set(seen) == every


def test_a_receipt_number_opens_its_filing_however_it_was_typed(desk: Desk, ground: Ground) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    for typed in (filing.receipt_number, f" {filing.receipt_number} ", filing.receipt_number.lower()):
        answer = desk.post("/queue/search", {"find-number": typed}, page="/queue")
        assert (answer.status_code, answer.location) == (303, f"/filings/{filing.id}"), typed


def test_a_number_that_finds_nothing_is_answered_in_words(desk: Desk) -> None:
    told = {
        "T8-0000-9999": "この受付番号の届出はありません",
        "": "受付番号を入力してください",
        "9" * 41: "長すぎます",
    }
    for typed, message in told.items():
        answer = desk.post("/queue/search", {"find-number": typed}, page="/queue")
        assert answer.status_code == 422, typed
        assert message in words(answer), typed


def test_a_mended_address_is_refused_clearly(desk: Desk) -> None:
    for query in ("view=everything", "after=x", "after=2026-13-01.1", "after=2026-11-01." + "9" * 20):
        answer = desk.get(f"/queue?{query}")
        assert answer.status_code == 400, query
        assert "受け取れない内容です" in words(answer), query
