"""Changing records: versions, history, departures."""

import json
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import register
from portal.audit import Action
from portal.register import ChangeReason, DepartureImpossible, FieldUnchangeable, FieldValue, ResidentStatus
from portal.register.changes import canonical, present_record
from portal.register.tables import resident_history
from tests.portal.conftest import MORNING
from tests.portal.register.events import subjects
from tests.portal.register.people import TESTER, put_household, put_resident, registrable

TODAY = date(2026, 11, 24)

TEXTS = registrable(max_size=12)
DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "name": TEXTS,
        "address": TEXTS,
        "former_surname": st.none() | TEXTS,
        "address_since": st.none() | DAYS,
        "reading_registered": st.booleans(),
        "status": st.sampled_from(ResidentStatus),
    },
)


def change(connection: sa.Connection, resident_id: UUID, changes: dict[str, FieldValue]) -> int:
    return register.change(
        connection, resident_id, changes, valid_from=TODAY, actor=TESTER, reason=ChangeReason.CORRECTION,
        filing_id=None, now=MORNING,
    )  # fmt: skip


def history(connection: sa.Connection, resident_id: UUID) -> list[sa.Row[tuple[object, ...]]]:
    rows = (
        sa.select(resident_history)
        .where(resident_history.c.resident_id == resident_id)
        .order_by(resident_history.c.version)
    )
    return list(connection.execute(rows))


def as_text(connection: sa.Connection, resident_id: UUID) -> dict[str, object]:
    record = present_record(connection, resident_id)
    values = {name: getattr(record, name) for name in record.__dataclass_fields__}
    plain: dict[str, object] = json.loads(canonical(values))
    return plain


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(CHANGES, max_size=6))
def test_replaying_the_history_gives_every_version_and_the_present_record(
    connection: sa.Connection, steps: list[dict[str, FieldValue]]
) -> None:
    resident_id = put_resident(connection)
    for changes in steps:
        change(connection, resident_id, changes)
    replayed: dict[str, object] = {}
    rows = history(connection, resident_id)
    for version, row in enumerate(rows, start=1):
        replayed |= json.loads(row.changes)
        assert row.version == version
        fixed = {"id": str(resident_id), "number": json.loads(row.record)["number"], "version": version}
        assert replayed | fixed == json.loads(row.record)
    assert json.loads(rows[-1].record) == as_text(connection, resident_id)


def test_a_change_that_changes_nothing_is_no_new_version(connection: sa.Connection) -> None:
    resident_id = put_resident(connection, name="同じ　名")
    assert change(connection, resident_id, {"name": "同じ　名"}) == 1
    assert len(history(connection, resident_id)) == 1
    assert subjects(connection, Action.RECORD_CHANGED) == []


def test_a_change_is_in_the_audit_by_the_names_of_its_fields_only(connection: sa.Connection) -> None:
    resident_id = put_resident(connection)
    assert change(connection, resident_id, {"name": "新しい　名", "address": "新しい住所"}) == 2
    assert subjects(connection, Action.RECORD_CHANGED) == [resident_id]
    detail = connection.execute(sa.text("SELECT detail FROM audit_events ORDER BY id DESC LIMIT 1")).scalar_one()
    assert json.loads(detail) == {"fields": "address,name", "filing": None, "reason": "correction", "version": 2}


def test_a_changed_name_is_found_under_its_new_key_at_once(connection: sa.Connection) -> None:
    resident_id = put_resident(connection, name="山田　花")
    change(connection, resident_id, {"name": "髙田　花"})
    found = register.search(connection, name="高田", reader=TESTER, why="test", now=MORNING)
    assert [hit.id for hit in found.residents] == [resident_id]
    assert register.search(connection, name="山田", reader=TESTER, why="test", now=MORNING).residents == ()


@pytest.mark.parametrize("field", ["id", "number", "version", "name_key", "no_such_field"])
def test_what_never_changes_is_refused_by_name(connection: sa.Connection, field: str) -> None:
    resident_id = put_resident(connection)
    with pytest.raises(FieldUnchangeable, match=field):
        change(connection, resident_id, {field: "x"})


def test_the_history_can_only_grow(connection: sa.Connection) -> None:
    put_resident(connection)
    for statement in ("UPDATE resident_history SET record = ''", "DELETE FROM resident_history"):
        with pytest.raises(sa.exc.DBAPIError, match="insert-only"), connection.begin_nested():
            connection.execute(sa.text(statement))


def plan(connection: sa.Connection, *resident_ids: UUID, on: date = TODAY + timedelta(days=7)) -> UUID:
    filing_id = uuid4()
    register.plan_departure(
        connection, resident_ids, planned_date=on, destination="東京都新宿区", filing_id=filing_id, actor=TESTER,
        now=MORNING,
    )  # fmt: skip
    return filing_id


def test_a_planned_departure_is_a_new_version_that_names_its_filing(connection: sa.Connection) -> None:
    movers = put_household(connection, {}, {})
    filing_id = plan(connection, *movers)
    for mover in movers:
        record = present_record(connection, mover)
        assert record.status is ResidentStatus.PLANNED_DEPARTURE
        assert (record.version, record.planned_departure_on) == (2, date(2026, 12, 1))
        assert record.destination == "東京都新宿区"
        newest = history(connection, mover)[-1]
        assert (newest.filing_id, newest.reason) == (filing_id, ChangeReason.MOVING_OUT)


def test_nobody_leaves_when_one_of_them_cannot(connection: sa.Connection) -> None:
    here, dead = put_household(connection, {}, {"status": ResidentStatus.DECEASED})
    with pytest.raises(DepartureImpossible):
        plan(connection, here, dead)
    assert present_record(connection, here).status is ResidentStatus.RESIDENT


def test_a_cancelled_departure_leaves_a_plain_resident_and_its_history(connection: sa.Connection) -> None:
    resident_id = put_resident(connection)
    filing_id = plan(connection, resident_id)
    register.cancel_departure(connection, [resident_id], filing_id=filing_id, actor=TESTER, now=MORNING)
    record = present_record(connection, resident_id)
    assert (record.status, record.planned_departure_on, record.destination) == (ResidentStatus.RESIDENT, None, None)
    assert len(history(connection, resident_id)) == 3


def test_a_departure_nobody_planned_cannot_be_cancelled(connection: sa.Connection) -> None:
    resident_id = put_resident(connection)
    with pytest.raises(DepartureImpossible):
        register.cancel_departure(connection, [resident_id], filing_id=uuid4(), actor=TESTER, now=MORNING)


def test_the_departed_are_removed_on_the_planned_day_and_not_before(connection: sa.Connection) -> None:
    early, late = put_resident(connection), put_resident(connection)
    plan(connection, early, on=date(2026, 11, 30))
    plan(connection, late, on=date(2026, 12, 1))
    assert register.remove_departed(connection, today=date(2026, 11, 29), now=MORNING) == ()
    assert register.remove_departed(connection, today=date(2026, 11, 30), now=MORNING) == (early,)
    record = present_record(connection, early)
    assert (record.status, record.ended_on) == (ResidentStatus.REMOVED, date(2026, 11, 30))
    assert present_record(connection, late).status is ResidentStatus.PLANNED_DEPARTURE
    assert register.remove_departed(connection, today=date(2026, 11, 30), now=MORNING) == ()
