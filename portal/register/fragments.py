"""Fragments of search keys as numbers: what the index over all residents is made of (docs/decisions/0013).

The same numbers as those of the database's own function `resident_fragments`: which kind of text, and one or two code
points of it, or a year, a month or a day of birth.
"""

import itertools
from collections.abc import Iterator
from datetime import date, timedelta
from enum import IntEnum

_DISTRICTS = "都道府県郡市区"
_EARLIEST, _LATEST = date(1850, 1, 1), date(2150, 12, 31)


class Kind(IntEnum):
    """Of what a fragment is."""

    NAME = 1
    READING = 2
    ADDRESS = 3
    BIRTH = 4


class NoSuchDay(Exception):
    """Raised when a birth date searched for is no year, month or day of the calendar, or ends before it begins."""


def of_name(key: str) -> list[int]:
    """The fragments that every name has which contains `key`."""
    return _pairs(Kind.NAME, key) or [_number(Kind.NAME, ord(letter), 0) for letter in key]


def of_reading(key: str) -> list[int]:
    """The fragments of every reading that contains `key`; of those that begin with it, where it is one kana."""
    return _pairs(Kind.READING, key) or [_number(Kind.READING, 0, ord(letter)) for letter in key]


def of_address(key: str) -> list[int]:
    """Fragments of every address that contains `key`, without those that tell hardly any address from another.

    What stands before the last prefecture, city or ward is left out. Empty where nothing else is left.
    """
    last = max(key.rfind(letter) for letter in _DISTRICTS)
    telling = key[last + 1 :]
    return _pairs(Kind.ADDRESS, telling) or (_pairs(Kind.ADDRESS, key[last:]) if telling and last >= 0 else [])


def of_birth(first: str, last: str) -> list[int]:
    """The years, months and days that together are the time from `first` to `last`, each YYYY, YYYY-MM or YYYY-MM-DD.

    Both ends are whole: a search from 1980 to 1981 covers two years. Raises NoSuchDay.
    """
    day, end = _begin(first), _end(last)
    if end < day:
        raise NoSuchDay(f"{last} is before {first}")
    return list(_periods(max(day, _EARLIEST), min(end, _LATEST)))


def is_day(text: str) -> bool:
    """Whether a birth date is a whole one."""
    return len(text) == len("YYYY-MM-DD")


def _pairs(kind: Kind, key: str) -> list[int]:
    return [_number(kind, ord(one), ord(other)) for one, other in itertools.pairwise(key)]


def _number(kind: Kind, one: int, other: int) -> int:
    return kind << 42 | one << 21 | other


def _begin(text: str) -> date:
    year, month, day = (*(int(part) for part in text.split("-")), 1, 1)[:3]
    return _day(year, month, day)


def _end(text: str) -> date:
    parts = [int(part) for part in text.split("-")]
    match parts:
        case [year]:
            return _day(year, 12, 31)
        case [year, month]:
            return _next_month(_day(year, month, 1)) - timedelta(days=1)
    return _begin(text)


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise NoSuchDay(str(error)) from error


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _periods(day: date, end: date) -> Iterator[int]:
    while day <= end:
        if (day.month, day.day) == (1, 1) and date(day.year, 12, 31) <= end:
            yield (Kind.BIRTH << 42) + day.year
            day = date(day.year + 1, 1, 1)
        elif day.day == 1 and _next_month(day) - timedelta(days=1) <= end:
            yield (Kind.BIRTH << 42) + day.year * 100 + day.month
            day = _next_month(day)
        else:
            yield (Kind.BIRTH << 42) + day.year * 10_000 + day.month * 100 + day.day
            day += timedelta(days=1)
