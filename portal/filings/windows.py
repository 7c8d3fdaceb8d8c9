"""When a 転出届 may be filed online: a rule of two dates under a policy that is itself dated."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


@dataclass(frozen=True)
class WindowPolicy:
    """How many calendar days before and after the planned date (転出予定年月日) the filing is taken online.

    The first day is not counted (民法140条): with `days_before` 30, a move on 31 December can be filed from
    1 December on.
    """

    in_force_from: date
    days_before: int
    days_after: int


class WindowVerdict(StrEnum):
    """The answer of the rule."""

    OPEN = "open"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"


class NoPolicyInForce(Exception):
    """Raised for a day on which no online filing existed."""


# 引越し手続オンラインサービス: from 30 days before to 10 days after the day of moving, since it opened on 2023-02-06.
POLICIES = (WindowPolicy(in_force_from=date(2023, 2, 6), days_before=30, days_after=10),)


def policy_on(day: date) -> WindowPolicy:
    """The newest policy in force on `day`."""
    in_force = [policy for policy in POLICIES if policy.in_force_from <= day]
    if not in_force:
        raise NoPolicyInForce(day.isoformat())
    return max(in_force, key=lambda policy: policy.in_force_from)


def earliest_planned_date(filed_on: date) -> date:
    """The oldest day of moving that can still be filed on `filed_on`."""
    return filed_on - timedelta(days=policy_on(filed_on).days_after)


def latest_planned_date(filed_on: date) -> date:
    """The farthest day of moving that can already be filed on `filed_on`."""
    return filed_on + timedelta(days=policy_on(filed_on).days_before)


def judge(*, planned_date: date, filed_on: date) -> WindowVerdict:
    """Whether a move on `planned_date` may be filed on `filed_on` (both: calendar days in Japan)."""
    if planned_date > latest_planned_date(filed_on):
        return WindowVerdict.TOO_EARLY
    if planned_date < earliest_planned_date(filed_on):
        return WindowVerdict.TOO_LATE
    return WindowVerdict.OPEN
