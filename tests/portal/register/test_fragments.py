"""The numbers of fragments: the same in the database and here, and of every place of a text."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.register import fragments
from portal.register.fragments import NoSuchDay

_KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
_OF = sa.text("SELECT resident_fragments(:name, :common, :former, :reading, :address, :birth)")
_DAYS = st.dates(date(1880, 1, 1), date(2030, 12, 31))
_DATABASE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def stored(connection: sa.Connection, **keys: str | None) -> set[int]:
    """What the database makes of a resident with these keys."""
    nothing = dict.fromkeys(("name", "common", "former", "reading", "address", "birth"))
    return set(connection.execute(_OF, {**nothing, **keys}).scalar_one())


@_DATABASE
@given(before=_KEYS, inside=_KEYS.filter(bool), after=_KEYS)
def test_whatever_stands_inside_is_among_the_numbers_of_the_whole(
    connection: sa.Connection, before: str, inside: str, after: str
) -> None:
    whole = before + inside + after
    for column in ("name", "common", "former"):
        assert set(fragments.of_name(inside)) <= stored(connection, **{column: whole})
    assert set(fragments.of_address(inside)) <= stored(connection, address=whole)
    if len(inside) > 1:
        assert set(fragments.of_reading(inside)) <= stored(connection, reading=whole)
    assert set(fragments.of_reading(inside[0])) <= stored(connection, reading=inside + after)


@_DATABASE
@given(day=_DAYS, first=_DAYS, span=st.integers(0, 20_000))
def test_a_time_holds_exactly_the_days_between_its_ends(
    connection: sa.Connection, day: date, first: date, span: int
) -> None:
    last = first + timedelta(days=span)
    wanted = set(fragments.of_birth(first.isoformat(), last.isoformat()))
    found = bool(wanted & stored(connection, birth=day.isoformat()))
    assert found is (first <= day <= last)


@pytest.mark.parametrize(
    ("first", "last", "holds", "not_these"),
    [
        ("1985", "1985", ["1985-01-01", "1985-12-31", "1985-07", "1985"], ["1984-12-31", "1986-01-01", "1986"]),
        ("1985-07", "1985-07", ["1985-07-01", "1985-07-31", "1985-07"], ["1985-06-30", "1985-08-01", "1985"]),
        ("1984-02", "1984-02", ["1984-02-29"], ["1984-03-01"]),
        ("1980", "1981-03", ["1980-05", "1981-03-31", "1981-02"], ["1981-04-01", "1981"]),
    ],
)
def test_years_and_months_are_whole(
    connection: sa.Connection, first: str, last: str, holds: list[str], not_these: list[str]
) -> None:
    wanted = set(fragments.of_birth(first, last))
    assert [bool(wanted & stored(connection, birth=day)) for day in holds] == [True] * len(holds)
    assert [bool(wanted & stored(connection, birth=day)) for day in not_these] == [False] * len(not_these)


def test_a_hundred_years_are_few_numbers() -> None:
    assert len(fragments.of_birth("1900", "2026")) == 127
    assert len(fragments.of_birth("1900-01-02", "2026-12-30")) < 127 + 22 + 60
    assert len(fragments.of_birth("0001", "9999")) < 400


def test_fragments_of_another_kind_never_meet(connection: sa.Connection) -> None:
    kinds = [stored(connection, **{column: "晴海晴海"}) for column in ("name", "reading", "address")]
    kinds.append(stored(connection, birth="1985-07-20"))
    assert sum(map(len, kinds)) == len(set.union(*kinds))


@pytest.mark.parametrize("birth", ["", "不詳", "昭和", "1985-7", "19", "１９８５"])
def test_a_birth_date_that_is_none_has_no_number(connection: sa.Connection, birth: str) -> None:
    assert stored(connection, birth=birth) <= {(4 << 42) + 1985}


@pytest.mark.parametrize(
    ("address", "tells"),
    [
        ("いずみ県みさき市晴海町3-4", "晴海町3-4"),
        ("みさき市中央区晴海", "晴海"),
        ("市場", "市場"),
        ("中央区", ""),
        ("いずみ県", ""),
        ("海", ""),
    ],
)
def test_an_address_is_looked_up_by_what_stands_behind_the_city(address: str, tells: str) -> None:
    pairs = [tells[place : place + 2] for place in range(len(tells) - 1)]
    assert fragments.of_address(address) == [number for pair in pairs for number in fragments.of_address(pair)]


@pytest.mark.parametrize("text", ["1985-02-29", "1985-00", "1985-13", "0000"])
def test_what_no_calendar_has_is_refused(text: str) -> None:
    with pytest.raises(NoSuchDay):
        fragments.of_birth(text, text)
