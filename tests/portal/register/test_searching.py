"""Finding residents by 4情報."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from portal import register
from portal.audit import Action
from portal.register import SearchTooWide
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
        {"address": "いずみ県みさき市晴海町3-4"},
        {"name": "渡邊", "reading": "ワタ", "birth_date": "1985-07-20", "address": "いずみ県みさき市晴海町"},
    ],
)
def test_any_combination_finds_her(connection: sa.Connection, watanabe: UUID, terms: dict[str, str]) -> None:
    assert find(connection, **terms) == [watanabe]


@pytest.mark.parametrize(
    "terms", [{"name": "渡辺", "birth_date": "1985-07-21"}, {"name": "葛葉"}, {"reading": "%"}, {"name": "_"}]
)
def test_what_does_not_apply_finds_nobody(connection: sa.Connection, watanabe: UUID, terms: dict[str, str]) -> None:
    assert find(connection, **terms) == []


def test_a_search_for_nothing_is_refused(connection: sa.Connection) -> None:
    for terms in ({}, {"name": ""}, {"name": "　・"}):
        with pytest.raises(SearchTooWide):
            find(connection, **terms)


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
