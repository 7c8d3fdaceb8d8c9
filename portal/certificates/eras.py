"""和暦: dates in Japanese eras from a dated table on the server (incident of Osaka, 2019-05-07)."""

import re
from calendar import monthrange
from datetime import date

# First day of each era. 明治 begins here with the Gregorian calendar; earlier dates stay as the register has them.
_ERAS: tuple[tuple[date, int, str], ...] = (
    (date(2019, 5, 1), 2019, "令和"),
    (date(1989, 1, 8), 1989, "平成"),
    (date(1926, 12, 25), 1926, "昭和"),
    (date(1912, 7, 30), 1912, "大正"),
    (date(1873, 1, 1), 1868, "明治"),
)
_REGISTERED = re.compile("([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


class DateOutsideEras(Exception):
    """Raised when a day lies before 1873-01-01, the first day of the Gregorian calendar in Japan."""


def in_era(day: date) -> str:
    """`day` as 令和8年11月24日; the first year of an era is 元年. Raises DateOutsideEras."""
    for first, base, name in _ERAS:
        if day >= first:
            return f"{name}{_year(day.year - base + 1)}年{day.month}月{day.day}日"
    raise DateOutsideEras(day.isoformat())


def western(day: date) -> str:
    """`day` as 1985年4月1日, the form for foreign residents."""
    return f"{day.year}年{day.month}月{day.day}日"


def registered_date(text: str, *, foreign: bool = False) -> str:
    """A date as the register holds it (ISO, or with month or day unknown) in the words of the certificate.

    Foreign residents' dates are western. Anything that is not an ISO date (dates of the lunisolar calendar, 不詳) is
    returned exactly as registered.
    """
    match = _REGISTERED.fullmatch(text)
    if match is None:
        return text
    year, month, day = (int(part) if part else None for part in match.groups())
    if year is None or month is None or day is None:
        return _partial(text, year, month, foreign=foreign)
    try:
        whole = date(year, month, day)
        return western(whole) if foreign else in_era(whole)
    except (ValueError, DateOutsideEras):
        return text


def _partial(text: str, year: int | None, month: int | None, *, foreign: bool) -> str:
    if year is None or year < 1 or (month is not None and not 1 <= month <= 12):
        return text
    first = date(year, month or 1, 1)
    # An era may begin on the last days of a month (大正 on 30 July 1912): then the month alone does not tell the era.
    last = date(year, month or 12, monthrange(year, month or 12)[1])
    unknown = "日不詳" if month else "月日不詳"
    shown = f"{year}年"
    if not foreign and first >= _ERAS[-1][0] and _era_of(first) == _era_of(last):
        base, name = _era_of(first)
        shown = f"{name}{_year(year - base + 1)}年"
    return f"{shown}{f'{month}月' if month else ''}{unknown}"


def _era_of(day: date) -> tuple[int, str]:
    return next((base, name) for first, base, name in _ERAS if day >= first)


def _year(number: int) -> str:
    return "元" if number == 1 else str(number)
