"""The residents' pages without JavaScript: the whole journey, and everything that can go wrong on it."""

import re
from datetime import date

import pytest

from portal import database, filings, municipality, register
from portal.filings import FilingState
from portal.filings.tables import drafts, filing_movers
from portal.filings.tables import filings as filings_table
from portal.ground import Ground
from portal.municipality import HoldScope, Switch
from portal.register import HoldReason
from tests.portal.conftest import MovableClock
from tests.portal.filings.conftest import SATO, Family, count
from tests.portal.register.people import TESTER, put_household
from tests.portal.resident.browser import Browser, Typed, hidden_fields, title, words
from tests.portal.resident.conftest import LogIn

WHEN = {"year": "令和8", "month": "12", "day": "1"}
WHERE = {
    "postal_code": "220-0012",
    "prefecture": "神奈川県",
    "municipality": "横浜市西区",
    "address": "みなとみらい一丁目1番1号",
}


def fill_draft(home: Browser, family: Family) -> None:
    home.fill_in("/moving-out/who", {"movers": [str(family.head), str(family.baby)]})
    home.fill_in("/moving-out/when", WHEN)
    home.fill_in("/moving-out/where", WHERE)


def file(home: Browser, family: Family) -> str:
    """File a 転出届; the address of its status page."""
    fill_draft(home, family)
    receipt = home.fill_in("/moving-out/check")
    assert receipt.status_code == 303
    return receipt.location.removesuffix("receipt")


def test_the_whole_journey_from_my_page_to_the_withdrawal(home: Browser, family: Family, ground: Ground) -> None:
    assert "まだありません" in words(home.get("/me"))
    page = home.follow(home.get("/moving-out/"))
    assert "だれが引っ越しますか" in words(page)
    page = home.follow(home.fill_in("/moving-out/who", {"movers": [str(family.head), str(family.baby)]}))
    assert "いつ引っ越しますか" in words(page)
    page = home.follow(home.fill_in("/moving-out/when", WHEN))
    assert "どこへ引っ越しますか" in words(page)
    page = home.follow(home.fill_in("/moving-out/where", WHERE))
    seen = words(page)
    for part in (
        "本間 一郎 本間 陽菜",
        "2026年（令和8年）12月1日（火）",
        "〒220-0012 神奈川県横浜市西区 みなとみらい一丁目1番1号",
        "届け出ると、証明書を発行できなくなります",
        "この届出には、電子署名をつけません",
    ):
        assert part in seen
    receipt = home.follow(home.fill_in("/moving-out/check"))
    seen = words(receipt)
    number = re.search(r"T8-1124-\d{4}", seen)
    assert number is not None
    assert "2026年（令和8年）11月27日（金）までに終わる予定です" in seen
    assert "転入届はオンラインでは出せません" in seen
    status = receipt.request.path.removesuffix("receipt")
    assert "受付 2026年11月24日 10:00" in words(home.get(status))
    seen = words(home.get("/me"))
    assert f"転出届を受け付けました {number[0]}" in seen
    assert "書きかけ" not in seen
    page = home.follow(home.fill_in(f"{status}withdraw"))
    assert "この届出は取り下げられました" in words(page)
    with ground.engine.connect() as connection:
        assert register.issue_block(connection, family.head) is None


def test_every_page_saves_the_draft_and_the_next_log_in_finds_it(
    home: Browser, family: Family, log_in: LogIn
) -> None:
    home.fill_in("/moving-out/who", {"movers": [str(family.head)]})
    later = log_in(family.head)
    assert "書きかけの転出届があります" in words(later.get("/me"))
    assert later.get("/moving-out/").location == "/moving-out/when"
    assert f'value="{family.head}" checked' in later.get("/moving-out/who").get_data(as_text=True)
    assert "書きかけ" not in words(log_in(family.spouse).get("/me"))


def test_a_changed_answer_leads_straight_back_to_the_check_page(home: Browser, family: Family) -> None:
    fill_draft(home, family)
    back = home.fill_in("/moving-out/when", {"year": "2026", "month": "12", "day": "24"})
    assert back.location == "/moving-out/check"
    assert "12月24日" in words(home.follow(back))


@pytest.mark.parametrize(
    ("path", "typed", "told"),
    [
        ("/moving-out/who", {}, ("#movers-0", "引っ越す人を1人以上選んでください")),
        ("/moving-out/who", {"movers": "x' OR 1=1"}, ("#movers-0", "世帯の人の中から選びなおしてください")),
        ("/moving-out/when", {**WHEN, "day": "32"}, ("#year", "年・月・日を数字で入力してください")),
        (
            "/moving-out/when",
            {**WHEN, "day": "25"},
            ("#year", "引っ越す日は、2026年11月14日から12月24日までの日を入力してください"),
        ),
        ("/moving-out/where", {**WHERE, "postal_code": "<b>"}, ("#postal_code", "郵便番号は7けたの数字")),
        ("/moving-out/where", {**WHERE, "address": "\x00"}, ("#address", "使えない文字があります")),
        ("/moving-out/where", {**WHERE, "address": "あ" * 121}, ("#address", "120文字以内で入力してください")),
    ],
)
def test_bad_input_is_told_at_the_field_and_nothing_is_written(
    home: Browser, ground: Ground, path: str, typed: Typed, told: tuple[str, str]
) -> None:
    link, message = told
    page = home.fill_in(path, typed)
    html = page.get_data(as_text=True)
    assert page.status_code == 422
    assert title(page).startswith("エラー：")
    assert html.count(message) == 2
    assert f'<a href="{link}">' in html
    assert f'id="{link[1:]}"' in html
    assert count(ground.engine, drafts) == 0


def test_what_was_typed_stays_on_a_page_with_an_error(home: Browser) -> None:
    page = home.fill_in("/moving-out/where", {**WHERE, "postal_code": "22", "address": '1-1 "ハイツ" <港>'})
    html = page.get_data(as_text=True)
    assert 'value="22"' in html
    assert "<option" in html
    assert 'value="神奈川県" selected' in html
    assert "1-1 &#34;ハイツ&#34; &lt;港&gt;" in html


def test_a_form_without_its_token_comes_back_with_what_was_typed(home: Browser, ground: Ground) -> None:
    page = home.post("/moving-out/where", WHERE)
    html = page.get_data(as_text=True)
    assert page.status_code == 400
    assert "画面が古くなっていました" in html
    assert 'value="みなとみらい一丁目1番1号"' in html
    assert count(ground.engine, drafts) == 0
    again = home.post("/moving-out/where", {**WHERE, **hidden_fields(page)})
    assert again.status_code == 303


def test_nothing_is_filed_or_withdrawn_without_the_token(home: Browser, family: Family, ground: Ground) -> None:
    fill_draft(home, family)
    fields = hidden_fields(home.get("/moving-out/check"))
    del fields["csrf_token"]
    refused = home.post("/moving-out/check", fields)
    assert refused.status_code == 400
    assert "届出は送られていません" in words(refused)
    assert count(ground.engine, filings_table) == 0
    status = file(home, family)
    assert home.post(f"{status}withdraw").status_code == 400
    assert home.post("/logout").status_code == 400
    assert "受付" in words(home.get(status))


def test_a_stale_tab_shows_the_new_answers_and_files_nothing(home: Browser, family: Family, ground: Ground) -> None:
    fill_draft(home, family)
    seen_before = hidden_fields(home.get("/moving-out/check"))
    home.fill_in("/moving-out/when", {**WHEN, "day": "20"})
    refused = home.post("/moving-out/check", seen_before)
    assert refused.status_code == 409
    assert "ほかの画面で内容が変わりました" in words(refused)
    assert "12月20日" in words(refused)
    assert count(ground.engine, filings_table) == 0
    assert home.post("/moving-out/check", hidden_fields(refused)).status_code == 303


def test_pressing_twice_files_once_and_shows_the_same_receipt(home: Browser, family: Family, ground: Ground) -> None:
    fill_draft(home, family)
    fields = hidden_fields(home.get("/moving-out/check"))
    first, second = home.post("/moving-out/check", fields), home.post("/moving-out/check", fields)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert count(ground.engine, filings_table) == 1


def test_hidden_fields_that_were_tampered_with_file_nothing(home: Browser, family: Family, ground: Ground) -> None:
    fill_draft(home, family)
    fields = hidden_fields(home.get("/moving-out/check"))
    for name, value in (("submission_key", "x"), ("draft_version", "x"), ("draft_version", "")):
        assert home.post("/moving-out/check", {**fields, name: value}).status_code == 422
    assert count(ground.engine, filings_table) == 0


def test_a_window_that_closes_over_the_draft_is_told_on_the_check_page(
    home: Browser, family: Family, clock: MovableClock, log_in: LogIn
) -> None:
    fill_draft(home, family)
    clock.advance(days=18)
    page = log_in(family.head).get("/moving-out/check")
    assert "引っ越す日は、2026年12月2日から2027年1月11日までの日を入力してください" in words(page)
    assert 'href="/moving-out/when"' in page.get_data(as_text=True)
    assert "この内容で届け出る" not in words(page)


def test_a_filing_is_shown_to_nobody_but_the_person_who_filed_it(
    home: Browser, family: Family, log_in: LogIn
) -> None:
    status = file(home, family)
    stranger = log_in(family.spouse)
    for path in (status, f"{status}receipt", f"{status}progress", f"{status}withdraw"):
        assert stranger.get(path).status_code == 404
    token = hidden_fields(stranger.get("/moving-out/who"))
    refused = stranger.post(f"{status}withdraw", token)
    assert refused.status_code == 404
    assert words(refused) == words(stranger.get("/filings/00000000-0000-0000-0000-000000000000/"))
    assert "受付" in words(home.get(status))


def test_a_mover_of_anothers_filing_cannot_be_ticked_again(home: Browser, family: Family, log_in: LogIn) -> None:
    file(home, family)
    spouse = log_in(family.spouse)
    page = spouse.get("/moving-out/who").get_data(as_text=True)
    assert page.count("disabled") == 2
    refused = spouse.fill_in("/moving-out/who", {"movers": [str(family.baby)]})
    assert "すでに転出届が出ている人は選べません" in words(refused)


def test_two_of_one_household_who_file_the_same_mover_are_told_apart(
    home: Browser, family: Family, log_in: LogIn, ground: Ground
) -> None:
    spouse = log_in(family.spouse)
    fill_draft(spouse, family)
    fields = hidden_fields(spouse.get("/moving-out/check"))
    file(home, family)
    refused = spouse.post("/moving-out/check", fields)
    assert refused.status_code == 422
    assert "すでに転出届が出ている人は選べません" in words(refused)
    assert count(ground.engine, filing_movers) == 2


def test_a_decided_filing_shows_its_end_and_cannot_be_withdrawn(
    home: Browser, family: Family, ground: Ground
) -> None:
    status = file(home, family)
    token = hidden_fields(home.get(f"{status}withdraw"))
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        (filing,) = filings.filings_of(connection, family.head)
        opened = filings.open_for_review(connection, filing.id, officer=SATO, now=now).filing
    assert "処理中 2026年11月24日 10:00" in words(home.get(status))
    with database.transaction(ground.engine) as connection:
        filings.accept(connection, ground, filing.id, officer=SATO, seen_version=opened.version, now=now)
    seen = words(home.get(status))
    assert "転出の手続が終わりました" in seen
    assert "送信待ち" in seen
    assert "取り下げる" not in seen
    assert "佐藤" not in seen
    refused = home.post(f"{status}withdraw", token)
    assert refused.status_code == 409
    assert "もう取り下げられません" in words(refused)
    assert "「完了」になっているため" in words(home.get(f"{status}withdraw"))
    with ground.engine.connect() as connection:
        assert filings.filings_of(connection, family.head)[0].state is FilingState.ACCEPTED


def test_the_check_page_names_everybody_whose_certificates_stop(
    home: Browser, family: Family, ground: Ground
) -> None:
    with database.transaction(ground.engine) as connection:
        municipality.set_switch(connection, Switch.HOLD_SCOPE, HoldScope.HOUSEHOLD, TESTER, ground.clock.now())
    fill_draft(home, family)
    seen = words(home.get("/moving-out/check"))
    assert "世帯の全員です。 本間 一郎 本間 さくら 本間 蓮 本間 陽菜" in seen


def test_protection_and_a_change_under_way_are_answered_with_the_same_page(
    family: Family, ground: Ground, log_in: LogIn
) -> None:
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        register.protect(
            connection, family.baby, starts_on=date(2026, 4, 1), ends_on=date(2027, 3, 31), actor=TESTER, now=now
        )
        other = put_household(connection, {}, {})
        register.place_hold(connection, [other[1]], reason=HoldReason.IMPORT, source="i", actor=TESTER, now=now)
    pages = []
    for resident_id in (family.head, other[0]):
        browser = log_in(resident_id)
        page = browser.get("/moving-out/who")
        assert page.status_code == 409
        pages.append(re.sub(r'value="[^"]+"', "", page.get_data(as_text=True)))
    assert pages[0] == pages[1]
    assert "窓口でお受けします" in pages[0]
    assert "000-000-0000" in pages[0]


def test_without_the_log_in_mode_the_pages_say_so(home: Browser, ground: Ground) -> None:
    with database.transaction(ground.engine) as connection:
        municipality.set_switch(
            connection, Switch.FILING_WITHOUT_SIGNATURE, value=False, actor=TESTER, now=ground.clock.now()
        )
    assert "いま、オンラインの届出を受け付けていません" in words(home.get("/"))
    refused = home.get("/moving-out/who")
    assert refused.status_code == 409
    assert "届出には電子署名が必要です" in words(refused)


def test_a_household_that_has_filed_for_everybody_is_told_so(home: Browser, family: Family) -> None:
    home.fill_in("/moving-out/who", {"movers": [str(member) for member in family.everybody]})
    home.fill_in("/moving-out/when", WHEN)
    home.fill_in("/moving-out/where", WHERE)
    home.fill_in("/moving-out/check")
    assert "世帯の全員について、転出の手続が進んでいます" in words(home.get("/moving-out/who"))
