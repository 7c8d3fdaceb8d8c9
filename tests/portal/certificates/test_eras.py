"""和暦 at the edges where machines have failed before."""

import json
import re
import subprocess
from calendar import monthrange
from datetime import date, timedelta

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
        ("1912-07", False, "1912年7月日不詳"),
        ("1912-08", False, "大正元年8月日不詳"),
        ("1926-12", False, "1926年12月日不詳"),
        ("2019-04", False, "平成31年4月日不詳"),
        ("2019-05", False, "令和元年5月日不詳"),
        ("1872-12", False, "1872年12月日不詳"),
        ("1873-01", False, "明治6年1月日不詳"),
        ("0000", False, "0000"),
        ("１９８５-０４-０１", False, "１９８５-０４-０１"),
        ("明治5年12月2日", False, "明治5年12月2日"),
        ("1988-08-88", True, "1988-08-88"),
    ],
)
def test_a_date_is_said_as_far_as_it_is_registered(registered: str, foreign: bool, words: str) -> None:
    assert registered_date(registered, foreign=foreign) == words


@given(st.dates(min_value=date(1873, 1, 1)))
def test_month_and_day_of_an_era_date_are_those_of_the_calendar(day: date) -> None:
    assert in_era(day).endswith(f"年{day.month}月{day.day}日")
    assert western(day) == f"{day.year}年{day.month}月{day.day}日"


FIRST, END = date(1873, 1, 1), date(2101, 1, 1)
DAYS = [FIRST + timedelta(days) for days in range((END - FIRST).days)]
# Another clock's calendar: ICU's, with its own table of eras. It has no 元年 in this form.
ICU = """
const words = new Intl.DateTimeFormat('ja-JP-u-ca-japanese',
  {timeZone: 'UTC', era: 'long', year: 'numeric', month: 'numeric', day: 'numeric'});
const days = [];
for (let day = Date.UTC(1873, 0, 1); day < Date.UTC(2101, 0, 1); day += 86400000) days.push(words.format(day));
console.log(JSON.stringify(days));
"""
_WORDS = re.compile("(明治|大正|昭和|平成|令和)(元|[1-9][0-9]*)年([1-9][0-9]?)月([1-9][0-9]?)日")
_YEAR_ZERO = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}


def _day_of(words: str) -> date:
    match = _WORDS.fullmatch(words)
    assert match is not None, words
    era, year, month, day = match.groups()
    return date(_YEAR_ZERO[era] + (1 if year == "元" else int(year)), int(month), int(day))


def test_every_day_is_the_day_another_calendar_says_and_comes_back_from_its_words() -> None:
    theirs = json.loads(subprocess.run(["node", "-e", ICU], capture_output=True, check=True, timeout=60).stdout)
    ours = [in_era(day) for day in DAYS]
    assert [words.translate(str.maketrans("年月", "//", "日")).replace("元", "1") for words in ours] == theirs
    assert [_day_of(words) for words in ours] == DAYS


def test_a_day_is_said_in_one_way_and_the_first_year_is_never_a_figure() -> None:
    words = [in_era(day) for day in DAYS]
    assert len(set(words)) == len(DAYS)
    assert not any(re.search("[治正和成]1年", text) for text in words)


@given(st.dates(min_value=FIRST), st.booleans())
def test_a_registered_day_reads_like_the_day_itself(day: date, foreign: bool) -> None:
    words = western(day) if foreign else in_era(day)
    assert registered_date(day.isoformat(), foreign=foreign) == words


@given(st.integers(1873, 2100), st.integers(1, 12))
def test_a_month_has_an_era_only_if_all_its_days_have_the_same_one(year: int, month: int) -> None:
    eras = {in_era(date(year, month, day))[:2] for day in range(1, monthrange(year, month)[1] + 1)}
    words = registered_date(f"{year:04}-{month:02}")
    assert words.endswith(f"年{month}月日不詳")
    assert words[:2] in eras if len(eras) == 1 else words.startswith(str(year))


@given(st.text(max_size=20))
def test_any_text_of_the_register_is_said_without_failing(text: str) -> None:
    said = registered_date(text)
    if not re.fullmatch("[0-9]{4}(-[0-9]{2}){0,2}", text):
        assert said == text
