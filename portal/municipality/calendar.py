"""Working days of the office and serving hours of the kiosks, as pure rules over a `Municipality`."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from portal.clock import JAPAN
from portal.municipality.model import Municipality


class HolidaysUnknown(Exception):
    """Raised when a working day is asked for in a year whose 祝日 the municipality's file does not list."""


class ClosedReason(StrEnum):
    """Why no kiosk serves now. Values are the reasons a terminal is told."""

    HOURS = "hours"
    MAINTENANCE = "maintenance"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Open:
    """Kiosks serve."""


@dataclass(frozen=True)
class Closed:
    """Kiosks do not serve."""

    reason: ClosedReason


def service_state(municipality: Municipality, now: datetime) -> Open | Closed:
    """Whether kiosks serve at `now` (aware). The municipality's own stop is named before any clock."""
    hours = municipality.kiosk_hours
    local = now.astimezone(JAPAN)
    if municipality.kiosk_stopped:
        return Closed(ClosedReason.STOPPED)
    if any(window.starts <= now < window.ends for window in hours.maintenance):
        return Closed(ClosedReason.MAINTENANCE)
    if not hours.opens <= local.time() < hours.closes or any(days.holds(local.date()) for days in hours.closed):
        return Closed(ClosedReason.HOURS)
    return Open()


def office_open(municipality: Municipality, now: datetime) -> bool:
    """Whether the office serves at `now` (aware). In a year whose 祝日 nobody has listed it counts as closed."""
    local = now.astimezone(JAPAN)
    hours = municipality.office_hours
    return (
        hours.opens <= local.time() < hours.closes
        and local.year in municipality.holiday_years
        and is_business_day(municipality, local.date())
    )


def current_tax_year(municipality: Municipality, day: date) -> int | None:
    """The fiscal year (年度) whose tax certificates are issued on `day`: the latest that has opened.

    None where nothing has opened, or the next year should have by the end of June. Days differ from place to place
    and from year to year (June; unverified), so they are the municipality's own data.
    """
    opened = [first.year for first in municipality.tax_years_open if first <= day]
    latest = max(opened, default=None)
    return latest if latest is not None and day < date(latest + 1, 7, 1) else None


def is_business_day(municipality: Municipality, day: date) -> bool:
    """Whether the office works on `day`: a weekday, no 祝日, not 12/29–1/3. Raises HolidaysUnknown."""
    if day.year not in municipality.holiday_years:
        raise HolidaysUnknown(f"no holidays are listed for {day.year}")
    return (
        day.weekday() < 5
        and day not in municipality.holidays
        and not any(days.holds(day) for days in municipality.office_closed)
    )


def add_business_days(municipality: Municipality, day: date, count: int) -> date:
    """The `count`-th working day after `day`; the day itself is never counted (民法140条). Raises HolidaysUnknown."""
    if count < 0:
        raise ValueError("working days are counted forward only")
    while count:
        day += timedelta(days=1)
        if is_business_day(municipality, day):
            count -= 1
    return day
