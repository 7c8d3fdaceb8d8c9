"""From the municipality's TOML file to a `Municipality`; whatever is missing, unknown or impossible is named."""

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from functools import lru_cache
from types import MappingProxyType
from typing import TypeVar

from portal.municipality.model import (
    Counter,
    DayRange,
    Fee,
    HoldScope,
    KioskHours,
    Maintenance,
    Municipality,
    OfficeHours,
)

_Value = TypeVar("_Value")
_PARTS = ("mayor", "counter", "kiosk", "office", "tax", "fees", "calendar", "switches")
_DAY_RANGE = re.compile(r"(\d\d)-(\d\d)\.\.(\d\d)-(\d\d)")


class MunicipalityFileError(Exception):
    """Raised when the municipality's file cannot be used; the message names the key."""


# Every request asks for the municipality; the text changes once in months.
@lru_cache(maxsize=4)
def parse(text: str) -> Municipality:
    """The municipality described by a TOML text. Raises MunicipalityFileError."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MunicipalityFileError(f"not a TOML file: {error}") from error
    table = _Table(raw, "")
    parts = {name: table.table(name) for name in _PARTS}
    municipality = _municipality(table, parts)
    for part in (table, *parts.values()):
        part.done()
    return municipality


def _municipality(table: "_Table", parts: Mapping[str, "_Table"]) -> Municipality:
    mayor, counter, calendar, switches = (parts[name] for name in ("mayor", "counter", "calendar", "switches"))
    holidays = frozenset(calendar.dates("holidays"))
    return Municipality(
        code=_code(table.text("code")),
        name=table.text("name"),
        prefecture=table.text("prefecture"),
        mayor_title=mayor.text("title"),
        mayor_name=mayor.text("name"),
        counter=Counter(**{key: counter.text(key) for key in ("name", "address", "phone", "hours")}),
        kiosk_hours=_kiosk_hours(parts["kiosk"]),
        office_hours=_office_hours(parts["office"]),
        tax_years_open=_tax_years(parts["tax"]),
        fees=MappingProxyType(parts["fees"].fees()),
        holidays=holidays,
        holiday_years=frozenset(day.year for day in holidays),
        office_closed=calendar.day_ranges("closed"),
        hold_scope=_hold_scope(switches.text("hold_scope")),
        under_15_at_kiosk=switches.flag("under_15_at_kiosk"),
        kiosk_stopped=switches.flag("kiosk_stopped"),
        stopped_certificates=frozenset(switches.texts("stopped_certificates")),
        filing_without_signature=switches.flag("filing_without_signature"),
        processing_business_days=switches.count("processing_business_days"),
    )


def _kiosk_hours(kiosk: "_Table") -> KioskHours:
    hours = KioskHours(
        opens=kiosk.time_of_day("opens"),
        closes=kiosk.time_of_day("closes"),
        closed=kiosk.day_ranges("closed"),
        maintenance=kiosk.windows("maintenance"),
    )
    if hours.opens >= hours.closes:
        raise MunicipalityFileError("kiosk.closes: must be later than kiosk.opens")
    return hours


def _office_hours(office: "_Table") -> OfficeHours:
    hours = OfficeHours(opens=office.time_of_day("opens"), closes=office.time_of_day("closes"))
    if hours.opens >= hours.closes:
        raise MunicipalityFileError("office.closes: must be later than office.opens")
    return hours


def _tax_years(tax: "_Table") -> frozenset[date]:
    days = tax.dates("certificates_open")
    if len({day.year for day in days}) != len(days):
        raise MunicipalityFileError("tax.certificates_open: one day for each year")
    return frozenset(days)


def _code(value: str) -> str:
    if not re.fullmatch(r"[0-9]{6}", value):
        raise MunicipalityFileError("code: six digits are required")
    total = sum(int(digit) * weight for digit, weight in zip(value, range(6, 1, -1), strict=False))
    if int(value[5]) != (11 - total % 11) % 10:
        raise MunicipalityFileError("code: the check digit is wrong")
    return value


def _hold_scope(value: str) -> HoldScope:
    try:
        return HoldScope(value)
    except ValueError as error:
        raise MunicipalityFileError(f"switches.hold_scope: one of {', '.join(HoldScope)}") from error


class _Table:
    """A TOML table whose every key must be taken exactly once."""

    def __init__(self, values: Mapping[str, object], name: str) -> None:
        self._values = dict(values)
        self._name = name

    def table(self, key: str) -> "_Table":
        return _Table(self._take(key, _is_table), f"{key}.")

    def text(self, key: str) -> str:
        return self._take(key, lambda value: value if isinstance(value, str) and value else None)

    def flag(self, key: str) -> bool:
        return self._take(key, lambda value: value if isinstance(value, bool) else None)

    def count(self, key: str) -> int:
        return self._take(key, _is_count)

    def time_of_day(self, key: str) -> time:
        return self._take(key, lambda value: value if isinstance(value, time) else None)

    def texts(self, key: str) -> list[str]:
        return self._take(key, lambda value: _each(value, lambda item: item if isinstance(item, str) else None))

    def dates(self, key: str) -> list[date]:
        return self._take(key, lambda value: _each(value, _is_day))

    def day_ranges(self, key: str) -> tuple[DayRange, ...]:
        return tuple(self._take(key, lambda value: _each(value, _is_day_range)))

    def windows(self, key: str) -> tuple[Maintenance, ...]:
        return tuple(self._take(key, lambda value: _each(value, _is_window)))

    def fees(self) -> dict[str, Fee]:
        return {key: self._take(key, _is_fee) for key in tuple(self._values)}

    def done(self) -> None:
        if self._values:
            raise MunicipalityFileError(f"{self._name}{min(self._values)}: unknown key")

    def _take(self, key: str, understand: Callable[[object], _Value | None]) -> _Value:
        value = understand(self._values.pop(key, None))
        if value is None:
            raise MunicipalityFileError(f"{self._name}{key}: missing or not usable")
        return value


def _each(values: object, understand: Callable[[object], _Value | None]) -> list[_Value] | None:
    if not isinstance(values, list):
        return None
    understood = [understand(value) for value in values]
    known = [value for value in understood if value is not None]
    return known if len(known) == len(understood) else None


def _is_table(value: object) -> Mapping[str, object] | None:
    return value if isinstance(value, dict) else None


def _is_count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _is_fee(value: object) -> Fee | None:
    """`300`, or a list of `{ from = 2026-04-01, yen = 300 }`."""
    always = _is_count(value)
    if always is not None:
        return Fee(((date.min, always),))
    amounts = _each(value, _is_amount)
    if not amounts or len({begins for begins, _ in amounts}) < len(amounts):
        return None
    return Fee(tuple(sorted(amounts)))


def _is_amount(value: object) -> tuple[date, int] | None:
    if not isinstance(value, dict) or set(value) != {"from", "yen"}:
        return None
    begins, yen = _is_day(value["from"]), _is_count(value["yen"])
    return None if begins is None or yen is None else (begins, yen)


def _is_day(value: object) -> date | None:
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _is_day_range(value: object) -> DayRange | None:
    found = _DAY_RANGE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    numbers = [int(group) for group in found.groups()]
    try:
        # 2000 is a leap year: 02-29 is a day.
        first, last = date(2000, *numbers[:2]), date(2000, *numbers[2:])
    except ValueError:
        return None
    return DayRange((first.month, first.day), (last.month, last.day))


def _is_window(value: object) -> Maintenance | None:
    if not isinstance(value, dict) or set(value) != {"starts", "ends"}:
        return None
    starts, ends = value["starts"], value["ends"]
    if not isinstance(starts, datetime) or not isinstance(ends, datetime) or None in {starts.tzinfo, ends.tzinfo}:
        return None
    return Maintenance(starts, ends) if starts < ends else None
