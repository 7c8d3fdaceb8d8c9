"""When a 転出届 may be filed online: every edge of −30/+10 days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.filings import windows
from portal.filings.windows import NoPolicyInForce, WindowPolicy, WindowVerdict, judge


@pytest.mark.parametrize(
    ("filed_on", "planned", "verdict"),
    [
        (date(2026, 11, 24), date(2026, 11, 24), WindowVerdict.OPEN),
        (date(2026, 11, 24), date(2026, 12, 24), WindowVerdict.OPEN),
        (date(2026, 11, 24), date(2026, 12, 25), WindowVerdict.TOO_EARLY),
        (date(2026, 11, 24), date(2026, 11, 14), WindowVerdict.OPEN),
        (date(2026, 11, 24), date(2026, 11, 13), WindowVerdict.TOO_LATE),
        # over the end of the year
        (date(2026, 12, 2), date(2027, 1, 1), WindowVerdict.OPEN),
        (date(2026, 12, 2), date(2027, 1, 2), WindowVerdict.TOO_EARLY),
        (date(2027, 1, 10), date(2026, 12, 31), WindowVerdict.OPEN),
        (date(2027, 1, 11), date(2026, 12, 31), WindowVerdict.TOO_LATE),
        # over the leap day of 2028 and the missing one of 2027
        (date(2028, 1, 30), date(2028, 2, 29), WindowVerdict.OPEN),
        (date(2028, 1, 29), date(2028, 2, 29), WindowVerdict.TOO_EARLY),
        (date(2028, 3, 10), date(2028, 2, 29), WindowVerdict.OPEN),
        (date(2028, 3, 11), date(2028, 2, 29), WindowVerdict.TOO_LATE),
        (date(2027, 1, 30), date(2027, 3, 1), WindowVerdict.OPEN),
        (date(2027, 1, 30), date(2027, 3, 2), WindowVerdict.TOO_EARLY),
    ],
)
def test_the_window_opens_30_days_before_the_move_and_closes_10_days_after(
    filed_on: date, planned: date, verdict: WindowVerdict
) -> None:
    assert judge(planned_date=planned, filed_on=filed_on) is verdict


@given(st.dates(date(2023, 3, 1), date(2090, 1, 1)), st.integers(-60, 60))
def test_exactly_41_days_of_moving_can_be_filed_on_any_day(filed_on: date, distance: int) -> None:
    verdict = judge(planned_date=filed_on + timedelta(days=distance), filed_on=filed_on)
    assert (verdict is WindowVerdict.OPEN) is (-10 <= distance <= 30)


def test_before_the_online_service_began_there_is_no_policy() -> None:
    assert windows.policy_on(date(2023, 2, 6)).days_before == 30
    with pytest.raises(NoPolicyInForce):
        windows.policy_on(date(2023, 2, 5))


def test_a_later_policy_takes_over_on_its_first_day(monkeypatch: pytest.MonkeyPatch) -> None:
    later = WindowPolicy(in_force_from=date(2030, 4, 1), days_before=60, days_after=14)
    monkeypatch.setattr(windows, "POLICIES", (later, *windows.POLICIES))
    assert windows.latest_planned_date(date(2030, 3, 31)) == date(2030, 4, 30)
    assert windows.latest_planned_date(date(2030, 4, 1)) == date(2030, 5, 31)
    assert windows.earliest_planned_date(date(2030, 4, 1)) == date(2030, 3, 18)
