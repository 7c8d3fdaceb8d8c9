"""When kiosks serve and when the office works."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.clock import JAPAN
from portal.municipality import (
    Closed,
    ClosedReason,
    HolidaysUnknown,
    Open,
    add_business_days,
    is_business_day,
    service_state,
)
from portal.municipality.model import DayRange
from portal.municipality.reading import parse
from tests.world.demo_city.municipality import MUNICIPALITY_TOML

MISAKI = parse(MUNICIPALITY_TOML)
KNOWN_DAYS = st.dates(date(2025, 1, 1), date(2028, 11, 30))
CLOSED_BY_HOURS = Closed(ClosedReason.HOURS)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JAPAN)


def test_kiosks_open_at_half_past_six_and_not_a_moment_before() -> None:
    assert service_state(MISAKI, at("2026-11-24T06:29:59.999999")) == CLOSED_BY_HOURS
    assert service_state(MISAKI, at("2026-11-24T06:30:00")) == Open()


def test_kiosks_close_at_eleven_in_the_evening() -> None:
    assert service_state(MISAKI, at("2026-11-24T22:59:59.999999")) == Open()
    assert service_state(MISAKI, at("2026-11-24T23:00:00")) == CLOSED_BY_HOURS


@pytest.mark.parametrize("day", ["2026-12-29", "2026-12-31", "2027-01-01", "2027-01-03"])
def test_kiosks_rest_over_the_year_end(day: str) -> None:
    assert service_state(MISAKI, at(f"{day}T12:00:00")) == CLOSED_BY_HOURS


@pytest.mark.parametrize("day", ["2026-12-28", "2027-01-04"])
def test_kiosks_serve_on_the_days_beside_the_year_end(day: str) -> None:
    assert service_state(MISAKI, at(f"{day}T12:00:00")) == Open()


def test_kiosks_serve_on_holidays_and_sundays() -> None:
    assert service_state(MISAKI, at("2026-11-23T12:00:00")) == Open()
    assert service_state(MISAKI, at("2026-11-22T12:00:00")) == Open()


def test_the_hours_are_those_of_japan_whatever_zone_the_instant_is_given_in() -> None:
    assert service_state(MISAKI, datetime(2026, 11, 23, 21, 30, tzinfo=UTC)) == Open()
    assert service_state(MISAKI, datetime(2026, 11, 24, 14, 0, tzinfo=UTC)) == CLOSED_BY_HOURS


def test_an_announced_maintenance_includes_its_first_moment_and_excludes_its_last() -> None:
    maintenance = Closed(ClosedReason.MAINTENANCE)
    assert service_state(MISAKI, at("2026-12-12T22:59:00")) == Open()
    assert service_state(MISAKI, at("2026-12-13T00:00:00")) == maintenance
    assert service_state(MISAKI, at("2026-12-13T12:00:00")) == maintenance
    assert service_state(MISAKI, at("2026-12-14T06:30:00")) == Open()


def test_the_municipalitys_own_stop_is_named_before_the_hours() -> None:
    stopped = replace(MISAKI, kiosk_stopped=True)
    assert service_state(stopped, at("2026-11-24T12:00:00")) == Closed(ClosedReason.STOPPED)
    assert service_state(stopped, at("2026-11-24T03:00:00")) == Closed(ClosedReason.STOPPED)


def test_working_days_skip_the_year_end() -> None:
    friday = date(2026, 12, 25)
    assert [add_business_days(MISAKI, friday, count) for count in (1, 2, 3)] == [
        date(2026, 12, 28),
        date(2027, 1, 4),
        date(2027, 1, 5),
    ]


def test_working_days_skip_golden_week_with_its_substitute_holiday() -> None:
    assert add_business_days(MISAKI, date(2026, 5, 1), 1) == date(2026, 5, 7)
    assert add_business_days(MISAKI, date(2026, 4, 28), 2) == date(2026, 5, 1)


def test_the_day_between_two_holidays_is_no_working_day() -> None:
    assert not is_business_day(MISAKI, date(2026, 9, 22))


def test_no_working_days_later_is_the_day_itself_even_on_a_sunday() -> None:
    assert add_business_days(MISAKI, date(2026, 11, 22), 0) == date(2026, 11, 22)


def test_working_days_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="forward"):
        add_business_days(MISAKI, date(2026, 11, 24), -1)


def test_a_year_without_listed_holidays_is_not_guessed() -> None:
    with pytest.raises(HolidaysUnknown):
        add_business_days(MISAKI, date(2028, 12, 28), 5)


@given(KNOWN_DAYS, st.integers(1, 9))
def test_exactly_so_many_working_days_lie_between(day: date, count: int) -> None:
    last = add_business_days(MISAKI, day, count)
    between = [day + timedelta(days=ahead) for ahead in range(1, (last - day).days + 1)]
    assert is_business_day(MISAKI, last)
    assert sum(is_business_day(MISAKI, each) for each in between) == count


@given(KNOWN_DAYS, st.integers(0, 4), st.integers(0, 4))
def test_counting_on_is_counting_together(day: date, first: int, second: int) -> None:
    assert add_business_days(MISAKI, add_business_days(MISAKI, day, first), second) == add_business_days(
        MISAKI, day, first + second
    )


@given(st.dates(date(2024, 1, 1), date(2032, 12, 31)))
def test_a_range_over_the_year_end_holds_exactly_its_days(day: date) -> None:
    year_end = DayRange((12, 29), (1, 3))
    assert year_end.holds(day) == ((day.month, day.day) in {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)})
