"""Reading the history of a record back as values."""

import json
from datetime import date
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from portal import register
from portal.audit import Action, Actor, ActorKind
from portal.register import ChangeReason, ResidentStatus, UnknownResident, Version
from portal.register.changes import present_record
from portal.register.tables import resident_history
from tests.portal.conftest import MORNING
from tests.portal.register.events import subjects
from tests.portal.register.people import ENTERED, TESTER, put_resident

READER = Actor(ActorKind.STAFF, "officer-1")


def history(connection: sa.Connection, resident_id: UUID) -> tuple[Version, ...]:
    return register.history_of(connection, resident_id, reader=READER, why="test", now=MORNING)


def change(connection: sa.Connection, resident_id: UUID, on: date, **fields: object) -> None:
    register.change(
        connection, resident_id, fields, valid_from=on, actor=TESTER, reason=ChangeReason.CORRECTION,  # type: ignore[arg-type]
        filing_id=None, now=MORNING,
    )  # fmt: skip


def test_every_version_is_the_record_as_it_was_with_its_day_and_reason(connection: sa.Connection) -> None:
    resident_id = put_resident(connection, name="葛\U000e0102葉　一", sex=None)
    records = [present_record(connection, resident_id)]
    change(connection, resident_id, date(2026, 3, 1), name="か\u3099く　一", address_since=date(2020, 2, 29))
    records.append(present_record(connection, resident_id))
    change(connection, resident_id, date(2026, 2, 1), status=ResidentStatus.PLANNED_DEPARTURE)
    records.append(present_record(connection, resident_id))
    versions = history(connection, resident_id)
    assert [version.record for version in versions] == records
    assert [version.number for version in versions] == [1, 2, 3]
    assert [version.valid_from for version in versions] == [date(2015, 4, 1), date(2026, 3, 1), date(2026, 2, 1)]
    assert [version.known_from for version in versions] == [ENTERED, MORNING, MORNING]
    assert [version.reason for version in versions] == [ChangeReason.IMPORT, *[ChangeReason.CORRECTION] * 2]
    assert versions[1].changed == {"name", "address_since"}


def test_a_version_from_before_a_field_existed_holds_nothing_there(connection: sa.Connection) -> None:
    resident_id = put_resident(connection)
    [record] = connection.execute(sa.select(resident_history.c.record)).scalars()
    older = {name: value for name, value in json.loads(record).items() if name != "destination"}
    connection.execute(sa.text("ALTER TABLE resident_history DISABLE TRIGGER USER"))
    connection.execute(resident_history.update().values(record=json.dumps(older)))
    [version] = history(connection, resident_id)
    assert version.record == present_record(connection, resident_id)


def test_reading_the_history_is_in_the_audit(connection: sa.Connection) -> None:
    resident_id = put_resident(connection)
    history(connection, resident_id)
    assert subjects(connection, Action.RECORD_READ) == [resident_id]


def test_the_history_of_nobody_is_refused_by_name(connection: sa.Connection) -> None:
    with pytest.raises(UnknownResident):
        history(connection, uuid4())
