"""The municipality as a value. Everything a rule may want to know about the place it works for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum


class HoldScope(StrEnum):
    """Whom a submitted 転出届 stops at the kiosk: the movers (渋川市) or their whole household (丹波市)."""

    MOVERS = "movers"
    HOUSEHOLD = "household"


class Switch(StrEnum):
    """What an officer may change while the counter runs; every name is a field of `Municipality`."""

    HOLD_SCOPE = "hold_scope"
    UNDER_15_AT_KIOSK = "under_15_at_kiosk"
    KIOSK_STOPPED = "kiosk_stopped"
    STOPPED_CERTIFICATES = "stopped_certificates"
    FILING_WITHOUT_SIGNATURE = "filing_without_signature"
    PROCESSING_BUSINESS_DAYS = "processing_business_days"


SwitchValue = HoldScope | bool | int | frozenset[str]


@dataclass(frozen=True)
class DayRange:
    """Days that come back every year, as (month, day), both ends included; may cross the year end."""

    first: tuple[int, int]
    last: tuple[int, int]

    def holds(self, day: date) -> bool:
        """Whether `day` lies in the range."""
        place = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= place <= self.last
        return place >= self.first or place <= self.last


@dataclass(frozen=True)
class Maintenance:
    """An announced interruption, from `starts` (included) to `ends` (excluded), both aware."""

    starts: datetime
    ends: datetime


@dataclass(frozen=True)
class Fee:
    """What one copy costs in yen: each amount with the day from which it holds, the earliest first."""

    amounts: tuple[tuple[date, int], ...]

    def on(self, day: date) -> int | None:
        """The amount that holds on `day`; None before the first."""
        held = [yen for begins, yen in self.amounts if begins <= day]
        return held[-1] if held else None


@dataclass(frozen=True)
class KioskHours:
    """When kiosks serve: from `opens` (included) to `closes` (excluded), Japan time, but not on `closed` days."""

    opens: time
    closes: time
    closed: tuple[DayRange, ...]
    maintenance: tuple[Maintenance, ...]

    @property
    def text(self) -> str:
        """The hours for a screen, such as `6:30–23:00`."""
        return f"{self.opens.hour}:{self.opens:%M}–{self.closes.hour}:{self.closes:%M}"


@dataclass(frozen=True)
class OfficeHours:
    """When the office (役所) serves on working days: from `opens` (included) to `closes` (excluded), Japan time."""

    opens: time
    closes: time


@dataclass(frozen=True)
class Counter:
    """The counter (窓口) where a person helps when the machine cannot."""

    name: str
    address: str
    phone: str
    hours: str


@dataclass(frozen=True)
class Municipality:
    """The municipality (市区町村) this portal belongs to. `code` is the 全国地方公共団体コード with check digit.

    `fees` are those of each kind of certificate; `holidays` the 祝日 of `holiday_years`; `office_closed` the days
    besides them on which the office works for nobody (12/29–1/3). `tax_years_open` are the days on which each fiscal
    year's tax certificates began to be issued.
    """

    code: str
    name: str
    prefecture: str
    mayor_title: str
    mayor_name: str
    counter: Counter
    kiosk_hours: KioskHours
    office_hours: OfficeHours
    tax_years_open: frozenset[date]
    fees: Mapping[str, Fee]
    holidays: frozenset[date]
    holiday_years: frozenset[int]
    office_closed: tuple[DayRange, ...]
    hold_scope: HoldScope
    under_15_at_kiosk: bool
    kiosk_stopped: bool
    stopped_certificates: frozenset[str]
    filing_without_signature: bool
    processing_business_days: int

    def fee(self, key: str, day: date) -> int | None:
        """Yen for one copy on `day`, fixed when it is asked for; None when there is no fee for it, so no paper."""
        found = self.fees.get(key)
        return None if found is None else found.on(day)
