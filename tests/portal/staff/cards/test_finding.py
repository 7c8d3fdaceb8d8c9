"""The links desk finds residents: by what was typed, audited, nobody's protection to be seen."""

from datetime import date
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from portal import database, register
from portal.audit import Action, audit_events
from portal.ground import Ground
from portal.register.tables import residents
from portal.staff.words import typed_date
from tests.portal.identity.cards import Card, link
from tests.portal.register.people import TESTER
from tests.portal.staff.cards.conftest import cards, stop
from tests.portal.staff.desk import Desk, words
from tests.portal.staff.town import settle_family


def find(desk: Desk, **typed: str) -> TestResponse:
    return desk.post("/cards", typed, page="/cards")


def test_a_resident_is_found_by_each_of_the_four_items(desk: Desk, family: list[UUID]) -> None:
    for typed in (
        {"name": "本間さくら"},
        {"reading": "ほんま さくら"},
        {"birth_date": "１９９１年４月８日", "name": "本間"},
        {"birth_date": "19910408"},
    ):
        page = find(desk, **typed)
        assert page.status_code == 200, typed
        assert f"/cards/{family[0]}" in page.text, typed
        assert f"/cards/{family[1]}" not in page.text, typed


def test_everything_typed_has_to_apply(desk: Desk, family: list[UUID]) -> None:
    assert "合う人はいません" in words(find(desk, name="本間", birth_date="1990-01-01"))


def test_a_search_for_nothing_and_a_date_that_is_none_are_told_at_their_fields(
    desk: Desk, family: list[UUID]
) -> None:
    for typed, told in (
        ({}, "氏名・フリガナ・生年月日・住所のどれかを入力してください。"),
        ({"name": "　"}, "氏名・フリガナ・生年月日・住所のどれかを入力してください。"),
        ({"name": "本間", "birth_date": "平成のころ"}, "生年月日は、1991年4月8日 のように西暦で入力してください。"),
        ({"birth_date": "1991-02-30"}, "生年月日は、1991年4月8日 のように西暦で入力してください。"),
    ):
        page = find(desk, **typed)
        assert page.status_code == 422, typed
        assert words(page).count(told) == 2, f"{told}: in the summary and at the field"
        assert "<title>エラー：" in page.text
        assert "本間 " not in words(page)


@pytest.mark.parametrize(
    ("typed", "read"),
    [("1991-4-8", "1991-04-08"), ("1991/04/08", "1991-04-08"), ("１９９１年０４月０８日", "1991-04-08"),
     ("19910408", "1991-04-08"), ("1991", None), ("", None), (None, None), ("1991-13-01", None), ("0-0-0", None)],
)  # fmt: skip
def test_a_typed_date_is_read_or_refused(typed: str | None, read: str | None) -> None:
    assert typed_date(typed) == read


def test_a_search_with_too_many_hits_shows_fifty_and_says_so(desk: Desk, ground: Ground) -> None:
    settle_family(ground, *({"name": f"山田　{n:02}郎", "reading": f"ヤマダ　{n:02}ロウ"} for n in range(52)))
    page = find(desk, name="山田")
    assert page.text.count('href="/cards/') - page.text.count('href="/cards/"') >= 50
    assert "50人まで表示しています" in words(page)


def test_the_search_and_everybody_it_shows_are_in_the_audit(desk: Desk, ground: Ground, family: list[UUID]) -> None:
    find(desk, name="本間")
    with database.transaction(ground.engine) as connection:
        query = sa.select(audit_events).where(audit_events.c.action == Action.RECORD_SEARCHED.value)
        rows = connection.execute(query).all()
    assert {row.subject for row in rows} == {None, *family}
    assert {row.actor_id for row in rows} == {desk.actor.id}
    assert all("本間" not in row.detail for row in rows)


def test_a_page_of_cards_is_in_the_audit_of_the_resident(desk: Desk, ground: Ground, family: list[UUID]) -> None:
    desk.get(f"/cards/{family[0]}")
    with database.transaction(ground.engine) as connection:
        query = sa.select(audit_events).where(audit_events.c.action == Action.RECORD_READ.value)
        (row,) = connection.execute(query).all()
    assert (row.subject, row.actor_id) == (family[0], desk.actor.id)


def test_a_resident_under_protection_is_served_like_any_other_and_no_page_tells_them_apart(
    desk: Desk, ground: Ground, card: Card, family: list[UUID]
) -> None:
    """支援措置: whoever looks over the officer's shoulder learns nothing."""
    link(ground, card, family[0])
    before = [words(find(desk, name="本間")), words(desk.get(f"/cards/{family[0]}"))]
    with database.transaction(ground.engine) as connection:
        register.protect(
            connection, family[0], starts_on=date(2026, 11, 1), ends_on=date(2027, 10, 31), actor=TESTER,
            now=ground.clock.now(),
        )  # fmt: skip
    after = [words(find(desk, name="本間")), words(desk.get(f"/cards/{family[0]}"))]
    assert before == after


def test_a_resident_without_cards_reads_so(desk: Desk, family: list[UUID]) -> None:
    assert "登録したカードはありません。" in words(desk.get(f"/cards/{family[0]}"))


def test_each_card_shows_how_it_stands_and_never_its_serial(
    desk: Desk, ground: Ground, card: Card, family: list[UUID]
) -> None:
    link(ground, card, family[0])
    (found,) = cards(ground, family[0])
    page = desk.get(f"/cards/{family[0]}")
    assert "使えます" in words(page)
    assert " ".join(found.fingerprint[n : n + 4] for n in (0, 4, 8, 12)) in words(page)
    assert f"{int.from_bytes(card.certificate[15:20]):x}" not in page.text
    stop(ground, found.id)
    assert "利用停止中 カードをなくした" in words(desk.get(f"/cards/{family[0]}"))


@pytest.mark.parametrize("gone", ["removed", "deceased"])
def test_for_somebody_who_has_gone_no_card_is_asked_for(
    desk: Desk, ground: Ground, family: list[UUID], gone: str
) -> None:
    with database.transaction(ground.engine) as connection:
        connection.execute(
            sa.update(residents)
            .where(residents.c.id == family[0])
            .values(status=gone, ended_on=ground.clock.now().date())
        )
    page = desk.get(f"/cards/{family[0]}")
    assert "この人のカードは登録できません" in words(page)
    assert "bridge-login.js" not in page.text
    assert "127.0.0.1" not in page.headers["Content-Security-Policy"]


def test_the_page_may_talk_to_the_bridge_and_to_nobody_else(desk: Desk, family: list[UUID]) -> None:
    policy = desk.get(f"/cards/{family[0]}").headers["Content-Security-Policy"]
    assert "connect-src 'self' http://127.0.0.1:8765;" in policy
    assert "127.0.0.1" not in desk.get("/cards").headers["Content-Security-Policy"]


def test_a_resident_who_does_not_exist_is_not_found(desk: Desk) -> None:
    for path in (f"/cards/{uuid4()}", "/cards/1", f"/cards/{uuid4()}/{uuid4()}"):
        assert desk.get(path).status_code == 404, path


def test_the_officer_of_the_counter_begins_here(desk: Desk) -> None:
    assert desk.get("/").location == "/cards"
    assert "カードの登録" in words(desk.get("/tabs?tab=cards", **{"HX-Request": "true"}))
