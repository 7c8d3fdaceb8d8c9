"""和暦 at the edges where machines have failed before."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.certificates.eras import DateOutsideEras, in_era, registered_date, western


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(1873, 1, 1), "明治6年1月1日"),
        (date(1912, 7, 29), "明治45年7月29日"),
        (date(1912, 7, 30), "大正元年7月30日"),
        (date(1926, 12, 24), "大正15年12月24日"),
        (date(1926, 12, 25), "昭和元年12月25日"),
        (date(1989, 1, 7), "昭和64年1月7日"),
        (date(1989, 1, 8), "平成元年1月8日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2019, 5, 7), "令和元年5月7日"),
        (date(2026, 11, 24), "令和8年11月24日"),
    ],
)
def test_an_era_begins_on_its_own_day_and_its_first_year_is_gannen(day: date, words: str) -> None:
    assert in_era(day) == words


def test_a_day_before_the_gregorian_calendar_is_refused_by_name() -> None:
    with pytest.raises(DateOutsideEras):
        in_era(date(1872, 12, 31))


@pytest.mark.parametrize(
    ("registered", "foreign", "words"),
    [
        ("1985-04-01", False, "昭和60年4月1日"),
        ("1985-04-01", True, "1985年4月1日"),
        ("1950-03", False, "昭和25年3月日不詳"),
        ("1950", False, "昭和25年月日不詳"),
        ("1989", False, "1989年月日不詳"),
        ("1989-01", False, "1989年1月日不詳"),
        ("1950-03", True, "1950年3月日不詳"),
        ("慶応3年12月1日", False, "慶応3年12月1日"),
        ("不詳", False, "不詳"),
        ("1860-01-01", False, "1860-01-01"),
        ("1985-02-31", False, "1985-02-31"),
        ("1985-13", False, "1985-13"),
    ],
)
def test_a_date_is_said_as_far_as_it_is_registered(registered: str, foreign: bool, words: str) -> None:
    assert registered_date(registered, foreign=foreign) == words


@given(st.dates(min_value=date(1873, 1, 1)))
def test_month_and_day_of_an_era_date_are_those_of_the_calendar(day: date) -> None:
    assert in_era(day).endswith(f"年{day.month}月{day.day}日")
    assert western(day) == f"{day.year}年{day.month}月{day.day}日"
