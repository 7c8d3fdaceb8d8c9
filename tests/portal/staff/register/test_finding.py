"""The register desk finds residents, for a reason, and says what it cannot do."""

import re
from datetime import date
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from portal import database, register
from portal.audit import Action
from portal.ground import Ground
from portal.register import searching
from portal.staff.register import finding
from portal.staff.register.dates import typed_period
from tests.portal.register.people import TESTER
from tests.portal.staff.desk import Desk, words
from tests.portal.staff.register.conftest import events, find
from tests.portal.staff.town import settle_family

NUMBER, CODE = "990000001015", "12345678901"


def keep_numbers(ground: Ground, resident: UUID) -> None:
    with database.transaction(ground.engine) as connection:
        register.store_numbers(
            connection, ground.fields, resident, NUMBER, CODE, actor=TESTER, now=ground.clock.now()
        )


@pytest.mark.parametrize(
    "typed",
    [
        {"name": "さくら", "born": "1991"},
        {"name": "本間", "born": "平成3年4月"},
        {"reading": "ほんまさ"},
        {"born": "H3.4.8", "address": "港町"},
        {"born": "1990", "born_until": "平成3年"},
    ],
)
def test_a_resident_is_found_by_fragments_of_what_an_officer_knows(
    desk: Desk, family: list[UUID], typed: dict[str, str]
) -> None:
    page = find(desk, **typed)
    assert page.status_code == 200
    assert f"/register/{family[0]}?why=counter" in page.text
    assert f"/register/{family[1]}" not in page.text
    assert "1人。フリガナの順" in words(page)


def test_without_a_reason_nobody_is_looked_for(desk: Desk, ground: Ground, family: list[UUID]) -> None:
    for why in ("", "curiosity"):
        page = find(desk, why=why, name="本間")
        assert page.status_code == 422
        assert words(page).count("照会の理由を選んでください。") == 2
        assert "本間　" not in page.text
    assert events(ground, Action.RECORD_SEARCHED) == []


def test_the_reason_stands_in_the_audit_of_the_search_and_of_everybody_it_shows(
    desk: Desk, ground: Ground, family: list[UUID]
) -> None:
    find(desk, name="本間", why="public_office")
    rows = events(ground, Action.RECORD_SEARCHED)
    assert {row.subject for row in rows} == {None, *family}
    assert all('"why":"register.desk.public_office"' in row.detail for row in rows)
    assert {row.actor_id for row in rows} == {desk.actor.id}


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({}, "氏名・フリガナ・生年月日・住所のどれかを入力してください。"),
        ({"address": "みさき市"}, "市や区の名前だけでは、広すぎます。"),
        ({"born": "平成のころ"}, "生年月日は、1991年4月8日、平成3年4月、1991 のように入力してください。"),
        ({"name": "本間", "born_until": "1991"}, "期間でさがすときは、はじめの日も入力してください。"),
        ({"name": "本間", "born": "1991", "born_until": "1990"}, "終わりの日が、はじめの日より前です。"),
    ],
)
def test_what_cannot_be_searched_for_is_told_at_its_field(
    desk: Desk, family: list[UUID], typed: dict[str, str], told: str
) -> None:
    page = find(desk, **typed)
    assert page.status_code == 422
    assert words(page).count(told) == 2, "in the summary and at the field"
    assert "<title>エラー：" in page.text
    assert "/register/" + str(family[0]) not in page.text


def test_nobody_found_is_said_with_what_to_try(desk: Desk, family: list[UUID]) -> None:
    assert "合う人はいません。入力を減らすか、読みや漢字を確かめてください" in words(find(desk, name="誰某"))


def test_too_wide_a_search_shows_nobody_and_says_how_to_narrow_it(
    desk: Desk, ground: Ground, family: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "MOST_FOUND", 2)
    page = find(desk, name="本間")
    assert page.status_code == 200
    assert "当てはまる人が多すぎます" in words(page)
    assert "本間　" not in page.text
    assert [row.subject for row in events(ground, Action.RECORD_SEARCHED)] == [None]


def test_everybody_is_on_exactly_one_page_and_only_whom_a_page_shows_is_in_its_audit(
    desk: Desk, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "_A_PAGE", 3)
    people = settle_family(ground, *({"name": f"山田　{n}郎", "reading": f"ヤマダ　{n}ロウ"} for n in range(5)))
    first = find(desk, name="山田")
    assert "5人のうち、はじめの3人" in words(first)
    assert len(events(ground, Action.RECORD_SEARCHED)) == 1 + 3
    after = re.search(r'name="after" value="([^"]+)"', first.text)
    assert after is not None
    second = find(desk, name="山田", after=after[1])
    assert "5人（続き）" in words(second)
    assert "次の50人" not in second.text
    assert len(events(ground, Action.RECORD_SEARCHED)) == 1 + 3 + 1 + 2
    shown = [re.findall(r'href="/register/([0-9a-f-]{36})', page.text) for page in (first, second)]
    assert [len(page) for page in shown] == [3, 2]
    assert sorted(shown[0] + shown[1]) == sorted(map(str, people))


def test_nothing_that_was_typed_stands_in_an_address(desk: Desk, family: list[UUID]) -> None:
    page = find(desk, name="本間", born="1991-04-08")
    links = re.findall(r'(?:href|action)="([^"]+)"', page.text)
    assert not [link for link in links if "1991" in link or "%E6" in link or "本" in link]


def test_the_page_is_the_same_for_somebody_under_protection(desk: Desk, ground: Ground, family: list[UUID]) -> None:
    before = words(find(desk, name="本間"))
    with database.transaction(ground.engine) as connection:
        register.protect(
            connection, family[0], starts_on=date(2026, 11, 1), ends_on=date(2027, 10, 31), actor=TESTER,
            now=ground.clock.now(),
        )  # fmt: skip
    assert words(find(desk, name="本間")) == before


@pytest.mark.parametrize("typed", [NUMBER, "９９００-００００-１０１５", CODE, " 123 4567 8901 "])
def test_a_number_leads_to_its_record_and_is_never_shown_again(
    desk: Desk, ground: Ground, family: list[UUID], typed: str
) -> None:
    keep_numbers(ground, family[0])
    answer = by_number(desk, typed)
    assert answer.status_code == 303
    assert answer.location == f"/register/{family[0]}?why=counter"
    (event,) = events(ground, Action.RECORD_SEARCHED)
    assert event.subject == family[0]
    assert NUMBER not in event.detail
    assert CODE not in event.detail


def test_a_number_that_is_none_and_one_that_nobody_has_are_told_apart_and_not_repeated(
    desk: Desk, ground: Ground
) -> None:
    for typed, told in (
        ("990000001016", "個人番号（12けた）か住民票コード（11けた）を、まちがいなく入力してください。"),
        ("12345", "個人番号（12けた）か住民票コード（11けた）を、まちがいなく入力してください。"),
        (NUMBER, "この番号の人は、記録にいません。番号を確かめてください。"),
    ):
        page = by_number(desk, typed)
        assert page.status_code == 422
        assert words(page).count(told) == 2
        assert typed not in page.text
    assert [row.subject for row in events(ground, Action.RECORD_SEARCHED)] == [None]


def test_a_number_is_not_looked_up_without_a_reason(desk: Desk, ground: Ground, family: list[UUID]) -> None:
    keep_numbers(ground, family[0])
    page = by_number(desk, NUMBER, why="")
    assert page.status_code == 422
    assert "照会の理由を選んでください。" in words(page)
    assert events(ground, Action.RECORD_SEARCHED) == []


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("1991-4-8", "1991-04-08"), ("１９９１年４月８日", "1991-04-08"), ("19910408", "1991-04-08"),
        ("199104", "1991-04"), ("1991年4月", "1991-04"), ("1991", "1991"), ("平成3年4月8日", "1991-04-08"),
        ("H3.4", "1991-04"), ("s60.7.20", "1985-07-20"), ("昭和60年", "1985"), ("令和元年5月1日", "2019-05-01"),
        ("平成元", "1989"), ("", None), (None, None), ("1991-13", None), ("1991-02-30", None), ("昭和", None),
        ("60.7.20", None), ("0000", None), ("平成0年", None),
    ],
)  # fmt: skip
def test_a_typed_time_of_birth_is_read_or_refused(typed: str | None, read: str | None) -> None:
    assert typed_period(typed) == read


def by_number(desk: Desk, number: str, why: str = "counter") -> TestResponse:
    """Search as the second form does."""
    token = desk.token("/register")
    data = {"number-csrf_token": token, "number-why": why, "number-number": number}
    return desk.post_without_token("/register/number", data)
