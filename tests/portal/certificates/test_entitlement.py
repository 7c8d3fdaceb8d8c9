"""Who may have paper: the whole table of refusals, as values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from portal import municipality
from portal.certificates.entitlement import Circle, Entitled, Refused, Standing, decide
from portal.certificates.kinds import kind_of
from portal.certificates.tables import RefusalCode
from portal.municipality import HoldScope, Maintenance, Municipality
from portal.register import IssueBlock
from tests.world.demo_city.municipality import MUNICIPALITY_TOML

MORNING = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
GROWN_UP = Standing(None, "1985-04-01")


@pytest.fixture
def city(connection: sa.Connection) -> Municipality:
    municipality.load(connection, MUNICIPALITY_TOML, MORNING)
    return municipality.current(connection)


def _alone(standing: Standing) -> Circle:
    return Circle(standing, (standing,), (standing,))


def _code(circle: Circle, city: Municipality, now: datetime = MORNING, *, at_release: bool = False) -> str | None:
    decision = decide(circle, city, kind_of("resident_record"), now, at_release=at_release)
    return None if isinstance(decision, Entitled) else decision.code.value


def test_a_resident_whom_nothing_stops_is_entitled(city: Municipality) -> None:
    assert _code(_alone(GROWN_UP), city) is None


@pytest.mark.parametrize(
    ("block", "code"),
    [
        (IssueBlock.DECEASED, "deceased"),
        (IssueBlock.REMOVED, "moved_out"),
        (IssueBlock.PLANNED_DEPARTURE, "moving"),
        (IssueBlock.PROTECTED, "in_progress"),
        (IssueBlock.HOLD, "in_progress"),
        (IssueBlock.IN_PROGRESS, "in_progress"),
    ],
)
@pytest.mark.parametrize("at_release", [False, True])
def test_every_block_refuses_in_its_public_word(
    city: Municipality, block: IssueBlock, code: str, at_release: bool
) -> None:
    stopped = Standing(block, "1985-04-01")
    assert _code(_alone(stopped), city, at_release=at_release) == code
    assert _code(Circle(GROWN_UP, (GROWN_UP, stopped), (GROWN_UP, stopped)), city, at_release=at_release) == code


def test_protection_gives_the_very_same_answer_as_a_change_under_way(city: Municipality) -> None:
    answers = {
        decide(_alone(Standing(block, "1985-04-01")), city, kind_of("resident_record"), MORNING)
        for block in (IssueBlock.PROTECTED, IssueBlock.IN_PROGRESS, IssueBlock.HOLD)
    }
    assert answers == {Refused(RefusalCode.IN_PROGRESS)}


def test_a_leaving_member_stops_the_others_only_where_the_municipality_says_household(city: Municipality) -> None:
    leaving = Standing(IssueBlock.PLANNED_DEPARTURE, "1990-01-01")
    circle = Circle(GROWN_UP, (GROWN_UP,), (GROWN_UP, leaving))
    assert _code(circle, replace(city, hold_scope=HoldScope.MOVERS)) is None
    assert _code(circle, replace(city, hold_scope=HoldScope.HOUSEHOLD)) == "moving"


@pytest.mark.parametrize(
    ("birth_date", "code"),
    [
        ("2011-11-24", None),
        ("2011-11-25", "under_age"),
        ("2011-11", "under_age"),
        ("2011-10", None),
        ("2011", "under_age"),
        ("2010", None),
        ("不詳", None),
    ],
)
def test_under_fifteen_is_refused_unless_the_municipality_allows_it(
    city: Municipality, birth_date: str, code: str | None
) -> None:
    circle = _alone(Standing(None, birth_date))
    assert _code(circle, replace(city, under_15_at_kiosk=False)) == code
    assert _code(circle, replace(city, under_15_at_kiosk=True)) is None


def test_a_household_without_a_head_waits_for_its_change_to_be_registered(city: Municipality) -> None:
    assert _code(replace(_alone(GROWN_UP), headed=False), city) == "in_progress"


def test_a_child_may_stand_on_a_parents_paper(city: Municipality) -> None:
    child = Standing(None, "2020-01-01")
    assert _code(Circle(GROWN_UP, (GROWN_UP, child), (GROWN_UP, child)), city) is None


def test_closing_time_stops_new_requests_but_not_who_was_let_in(city: Municipality) -> None:
    assert _code(_alone(GROWN_UP), city, NIGHT) == "hours"
    assert _code(_alone(GROWN_UP), city, NIGHT, at_release=True) is None


@pytest.mark.parametrize("at_release", [False, True])
def test_stops_and_maintenance_count_at_the_door_and_at_release(city: Municipality, at_release: bool) -> None:
    stopped = replace(city, kiosk_stopped=True)
    one_kind = replace(city, stopped_certificates=frozenset({"resident_record"}))
    window = Maintenance(MORNING - timedelta(hours=1), MORNING + timedelta(hours=1))
    closed = replace(city, kiosk_hours=replace(city.kiosk_hours, maintenance=(window,)))
    assert _code(_alone(GROWN_UP), stopped, at_release=at_release) == "stopped"
    assert _code(_alone(GROWN_UP), one_kind, at_release=at_release) == "stopped"
    assert _code(_alone(GROWN_UP), closed, at_release=at_release) == "maintenance"
