"""The state of a record as of any day, as known at any time: against a replay that knows nothing of the code."""

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import register
from portal.audit import Action, Actor, ActorKind
from portal.register import ChangeReason, ResidentRecord, ResidentStatus, UnknownResident
from portal.register.changes import present_record
from portal.register.tables import resident_history
from tests.portal.conftest import MORNING
from tests.portal.register.events import subjects
from tests.portal.register.people import ENTERED, TESTER, put_resident, registrable

READER = Actor(ActorKind.STAFF, "officer-1")
BEGUN = date(2015, 4, 1)
_DAYS = st.dates(BEGUN - timedelta(days=40), BEGUN + timedelta(days=40))
_CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "name": registrable(4),
        "address": registrable(6),
        "reading": st.none() | registrable(3),
        "foreign": st.booleans(),
        "address_since": st.none() | _DAYS,
        "status": st.sampled_from([ResidentStatus.RESIDENT, ResidentStatus.PLANNED_DEPARTURE]),
    },
)


def state(connection: sa.Connection, resident_id: UUID, day: date, known_at: datetime | None = None) -> object:
    return register.state_on(connection, resident_id, day, known_at=known_at, reader=READER, why="test", now=MORNING)


def change(connection: sa.Connection, resident_id: UUID, on: date, known: datetime, **fields: object) -> int:
    return register.change(
        connection, resident_id, fields, valid_from=on, actor=TESTER, reason=ChangeReason.CORRECTION,  # type: ignore[arg-type]
        filing_id=None, now=known,
    )  # fmt: skip


def written(connection: sa.Connection, resident_id: UUID) -> list[tuple[object, ...]]:
    rows = sa.select(resident_history).where(resident_history.c.resident_id == resident_id)
    return [tuple(row) for row in connection.execute(rows.order_by(resident_history.c.version))]


@given(
    steps=st.lists(st.tuples(_DAYS, st.integers(0, 3), _CHANGES), max_size=8),
    days=st.lists(_DAYS, min_size=1, max_size=4),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_state_as_of_any_day_is_what_a_replay_says_and_nothing_written_is_lost(
    connection: sa.Connection, steps: list[tuple[date, int, dict[str, object]]], days: list[date]
) -> None:
    resident_id = put_resident(connection)
    entered = asdict(present_record(connection, resident_id))
    # day, instant, what was said: everything the naive replay knows.
    said: list[tuple[date, datetime, dict[str, object]]] = [(BEGUN, ENTERED, entered)]
    known, rows = ENTERED, written(connection, resident_id)
    for on, hours, fields in steps:
        known += timedelta(hours=hours)
        before = asdict(present_record(connection, resident_id))
        version = change(connection, resident_id, on, known, **fields)
        new = {name: value for name, value in fields.items() if value != before[name]}
        if new:
            said.append((on, known, {**new, "version": version}))
        now_written = written(connection, resident_id)
        assert now_written[: len(rows)] == rows
        assert len(now_written) == len(said)
        rows = now_written
    for day in [*days, date.max]:
        for at in [None, ENTERED - timedelta(hours=1), *(instant for _, instant, _ in said)]:
            expected: dict[str, object] = {}
            for place, (valid_from, instant, fields) in enumerate(said):
                if valid_from <= day and (at is None or instant <= at) and (expected or place == 0):
                    expected = {**expected, **fields}
            seen = state(connection, resident_id, day, at)
            assert (asdict(seen) if isinstance(seen, ResidentRecord) else {}) == expected
    assert state(connection, resident_id, date.max) == present_record(connection, resident_id)


def test_a_correction_that_reaches_back_stands_over_what_was_known_before(connection: sa.Connection) -> None:
    resident_id = put_resident(connection, address="旧")
    change(connection, resident_id, date(2026, 3, 1), ENTERED + timedelta(hours=1), address="新")
    learned = ENTERED + timedelta(hours=2)
    change(connection, resident_id, date(2026, 2, 1), learned, address="正")
    by_day = {day: state(connection, resident_id, date(2026, *day)) for day in [(1, 31), (2, 1), (3, 1)]}
    assert [getattr(seen, "address", None) for seen in by_day.values()] == ["旧", "正", "正"]
    before = state(connection, resident_id, date(2026, 3, 1), learned - timedelta(seconds=1))
    assert getattr(before, "address", None) == "新"


def test_before_its_first_day_and_before_it_was_known_there_is_no_record(connection: sa.Connection) -> None:
    resident_id = put_resident(connection)
    change(connection, resident_id, BEGUN - timedelta(days=9), ENTERED, name="甲")
    assert state(connection, resident_id, BEGUN - timedelta(days=1)) is None
    assert state(connection, resident_id, BEGUN, ENTERED - timedelta(microseconds=1)) is None
    assert state(connection, resident_id, BEGUN) is not None


def test_looking_at_a_past_state_is_in_the_audit_whatever_it_was(connection: sa.Connection) -> None:
    resident_id = put_resident(connection)
    state(connection, resident_id, BEGUN)
    state(connection, resident_id, date(1900, 1, 1), datetime(2000, 1, 1, tzinfo=UTC))
    assert subjects(connection, Action.RECORD_READ) == [resident_id] * 2


def test_the_past_of_nobody_is_refused_by_name(connection: sa.Connection) -> None:
    with pytest.raises(UnknownResident):
        state(connection, uuid4(), BEGUN)


@pytest.mark.parametrize(
    "act", ["UPDATE resident_history SET record = '{}'", "DELETE FROM resident_history", "TRUNCATE resident_history"]
)
def test_no_version_can_be_changed_or_taken_away_by_anybody(connection: sa.Connection, act: str) -> None:
    put_resident(connection)
    with pytest.raises(sa.exc.DatabaseError, match="insert-only"), connection.begin_nested():
        connection.execute(sa.text(act))
