"""Finding residents by 4情報."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from portal import register
from portal.audit import Action
from portal.register import NoSuchDay, SearchTooWide, searching
from tests.portal.conftest import MORNING
from tests.portal.register.events import subjects
from tests.portal.register.people import TESTER, put_resident


def find(connection: sa.Connection, **terms: str) -> list[UUID]:
    found = register.search(connection, **terms, reader=TESTER, why="test", now=MORNING)  # type: ignore[arg-type]
    return [hit.id for hit in found.residents]


@pytest.fixture
def watanabe(connection: sa.Connection) -> UUID:
    put_resident(connection, name="佐藤　太郎", reading="サトウ　タロウ", birth_date="1985-07-20")
    return put_resident(
        connection,
        name="渡邉\U000e010f　葛\U000e0102葉",
        reading="ワタナベ　クズハ",
        birth_date="1985-07-20",
        former_surname="小川",
        common_name="花田　葛葉",
        address="いずみ県みさき市晴海町三丁目4番5号",
    )


@pytest.mark.parametrize(
    "terms",
    [
        {"name": "渡辺"},
        {"name": "小川"},
        {"name": "花田葛"},
        {"reading": "わたなべ"},
        {"reading": "ワタナベ", "birth_date": "1985-07-20"},
        {"name": "葛葉"},
        {"name": "葉"},
        {"name": "田"},
        {"reading": "ナベクズ"},
        {"reading": "ﾅﾍﾞ"},
        {"reading": "わ"},
        {"address": "いずみ県みさき市晴海町3-4"},
        {"address": "海町３丁目４番"},
        {"address": "市晴"},
        {"birth_date": "1985-07-20", "name": "葛"},
        {"birth_date": "1985-07", "reading": "くず"},
        {"birth_date": "1985", "name": "渡"},
        {"birth_date": "1985-07-20", "born_until": "1985-07-20", "name": "花"},
        {"birth_date": "1980", "born_until": "1985-07", "name": "渡邊"},
        {"birth_date": "1985-06-30", "born_until": "1986", "name": "渡邊"},
        {"name": "渡邊", "reading": "ワタ", "birth_date": "1985-07-20", "address": "いずみ県みさき市晴海町"},
    ],
)
def test_any_combination_finds_her(connection: sa.Connection, watanabe: UUID, terms: dict[str, str]) -> None:
    assert find(connection, **terms) == [watanabe]


@pytest.mark.parametrize(
    "terms",
    [
        {"name": "渡辺", "birth_date": "1985-07-21"},
        {"name": "葛渡"},
        {"name": "渡葉"},
        {"name": "辺渡"},
        {"reading": "ベ"},
        {"reading": "ベワ"},
        {"reading": "%"},
        {"name": "_"},
        {"name": "渡", "birth_date": "1986"},
        {"name": "渡", "birth_date": "1985-08"},
        {"name": "渡", "birth_date": "1985-07-21", "born_until": "1986"},
        {"name": "渡", "birth_date": "1984", "born_until": "1985-07-19"},
        {"name": "渡", "address": "海町3-5"},
    ],
)
def test_what_does_not_apply_finds_nobody(connection: sa.Connection, watanabe: UUID, terms: dict[str, str]) -> None:
    assert find(connection, **terms) == []


def test_a_partial_birth_date_is_found_by_what_is_registered_of_it(connection: sa.Connection) -> None:
    month = put_resident(connection, name="丁　偉", birth_date="1985-07")
    year = put_resident(connection, name="丁　芳", birth_date="1985")
    assert set(find(connection, name="丁", birth_date="1985")) == {month, year}
    assert find(connection, name="丁", birth_date="1985-07") == [month]
    assert find(connection, name="丁", birth_date="1985-07-20") == []
    assert find(connection, name="丁", birth_date="1985-07-20", born_until="1986") == []


@pytest.mark.parametrize("terms", [{"birth_date": "1985-02-30"}, {"birth_date": "1985-13"}, {"birth_date": "0000"}])
def test_a_day_that_no_calendar_has_is_refused(connection: sa.Connection, terms: dict[str, str]) -> None:
    with pytest.raises(NoSuchDay):
        find(connection, **terms)


def test_a_time_that_ends_before_it_begins_is_refused(connection: sa.Connection) -> None:
    with pytest.raises(NoSuchDay):
        find(connection, birth_date="1986", born_until="1985-12")


@pytest.mark.parametrize(
    "terms", [{}, {"name": ""}, {"name": "　・"}, {"address": "みさき市"}, {"address": "いずみ県みさき市"}]
)
def test_what_is_true_of_nearly_everybody_is_no_search(connection: sa.Connection, terms: dict[str, str]) -> None:
    put_resident(connection)
    with pytest.raises(SearchTooWide):
        find(connection, **terms)


def test_the_city_in_front_of_a_name_only_narrows(connection: sa.Connection, watanabe: UUID) -> None:
    put_resident(connection, name="渡辺　遠", address="ほか県よその市晴海町三丁目4番5号")
    assert find(connection, name="渡辺", address="いずみ県みさき市") == [watanabe]


def test_too_many_are_counted_and_nobody_is_shown(connection: sa.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "MOST_FOUND", 3)
    for _ in range(5):
        put_resident(connection, name="同姓　多数")
    found = register.search(connection, name="同姓", reader=TESTER, why="test", now=MORNING)
    assert (found.total, found.residents) == (4, ())
    assert found.too_many
    assert subjects(connection, Action.RECORD_SEARCHED) == [None]


def test_the_pages_together_show_everybody_once_in_order_of_reading(connection: sa.Connection) -> None:
    readings = ["ア", "イ", "イ", "イ", "カ", None, "ガ", "ン"]
    people = {put_resident(connection, name="頁　試", reading=reading): reading for reading in readings}
    shown: list[UUID] = []
    more, after = True, None
    while more:
        page = register.search(connection, name="頁", after=after, reader=TESTER, why="test", now=MORNING, limit=3)
        assert page.total == len(people)
        assert page.residents
        shown += [one.id for one in page.residents]
        more, after = page.more, shown[-1]
    assert len(shown) == len(set(shown)) == len(people)
    # Nobody knows how a name without a reading is read: it stands under its own letters, behind all kana.
    assert [people[one] for one in shown] == ["ア", "イ", "イ", "イ", "カ", "ガ", "ン", None]


def test_who_is_protected_is_found_counted_and_audited_like_everybody_else(connection: sa.Connection) -> None:
    people = [put_resident(connection, name="守谷　静", birth_date="1990-01-01") for _ in range(3)]
    before = register.search(connection, name="守谷", reader=TESTER, why="test", now=MORNING)
    seen: list[str] = []

    def remember(_: object, __: object, statement: str, *___: object) -> None:
        seen.append(statement)

    sa.event.listen(connection, "before_cursor_execute", remember)
    for protected in (False, True):
        if protected:
            register.protect(
                connection, people[1], starts_on=MORNING.date(), ends_on=MORNING.date(), actor=TESTER, now=MORNING
            )
        events = len(subjects(connection, Action.RECORD_SEARCHED))
        seen.clear()
        after = register.search(connection, name="守谷", reader=TESTER, why="test", now=MORNING)
        assert [one.id for one in after.residents] == [one.id for one in before.residents]
        assert after.total == before.total
        # The search and its event; the events of those shown are one COPY, which is none of these.
        assert len(seen) == 1 + 1
        assert not any("protections" in statement for statement in seen)
        assert len(subjects(connection, Action.RECORD_SEARCHED)) == events + 1 + len(people)


def test_a_search_and_everybody_it_shows_are_in_the_audit(connection: sa.Connection, watanabe: UUID) -> None:
    find(connection, name="渡辺")
    find(connection, name="誰も")
    assert subjects(connection, Action.RECORD_SEARCHED) == [None, watanabe, None]
    details = connection.execute(sa.text("SELECT string_agg(detail, '') FROM audit_events")).scalar_one()
    assert "渡" not in details


def test_no_more_are_shown_than_asked_for(connection: sa.Connection) -> None:
    for _ in range(4):
        put_resident(connection, name="同姓　多数")
    assert (
        len(register.search(connection, name="同姓", reader=TESTER, why="test", now=MORNING, limit=3).residents) == 3
    )
