"""Reading records: exact values, and an event for every look."""

from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings

from portal import database, register
from portal.audit import Action, Actor, ActorKind
from portal.register import ResidentStatus, UnknownResident
from tests.portal.conftest import MORNING
from tests.portal.register.events import subjects
from tests.portal.register.people import put_household, put_resident, registrable

READER = Actor(ActorKind.STAFF, "officer-1")
NAMES = registrable(max_size=60)


@pytest.mark.parametrize(
    "name", ["渡邉\U000e010f　葛\U000e0102葉", "\U00020bb7野　\U0002363aの介", "\ufa19\U0002f868", "が\u3099か\u3099"]
)
def test_a_name_is_read_code_point_by_code_point_as_it_was_entered(connection: sa.Connection, name: str) -> None:
    resident_id = put_resident(connection, name=name)
    record = register.resident(connection, resident_id, reader=READER, why="test", now=MORNING)
    assert [ord(character) for character in record.name] == [ord(character) for character in name]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=NAMES, address=NAMES)
def test_no_text_is_ever_altered_by_the_register(connection: sa.Connection, name: str, address: str) -> None:
    resident_id = put_resident(connection, name=name, address=address)
    record = register.resident(connection, resident_id, reader=READER, why="test", now=MORNING)
    assert (record.name, record.address) == (name, address)


def test_reading_a_record_writes_one_event_about_that_resident(connection: sa.Connection) -> None:
    resident_id = put_resident(connection)
    register.resident(connection, resident_id, reader=READER, why="test", now=MORNING)
    assert subjects(connection, Action.RECORD_READ) == [resident_id]


def test_reading_a_household_writes_one_event_for_each_member(connection: sa.Connection) -> None:
    members = put_household(connection, {"birth_date": "1980-01-01"}, {"birth_date": "2010-05-05"})
    household = register.household_of(connection, members[1], reader=READER, why="test", now=MORNING)
    assert [member.id for member in household.members] == members
    assert subjects(connection, Action.RECORD_READ) == members


def test_a_household_begins_with_its_head_and_goes_on_by_age(connection: sa.Connection) -> None:
    head, young, old = put_household(
        connection, {"birth_date": "1990-01-01"}, {"birth_date": "2020-01-01"}, {"birth_date": "1950-01-01"}
    )
    household = register.household_of(connection, young, reader=READER, why="test", now=MORNING)
    assert [member.id for member in household.members] == [head, old, young]
    assert household.head is not None
    assert household.head.id == head


@pytest.mark.parametrize("gone", [ResidentStatus.REMOVED, ResidentStatus.DECEASED])
def test_those_who_are_gone_are_in_no_household_list(connection: sa.Connection, gone: ResidentStatus) -> None:
    head, _ = put_household(connection, {}, {"status": gone})
    household = register.household_of(connection, head, reader=READER, why="test", now=MORNING)
    assert [member.id for member in household.members] == [head]


def test_those_who_plan_to_leave_are_still_in_the_household(connection: sa.Connection) -> None:
    head, leaving = put_household(connection, {}, {"status": ResidentStatus.PLANNED_DEPARTURE})
    household = register.household_of(connection, head, reader=READER, why="test", now=MORNING)
    assert leaving in {member.id for member in household.members}


def test_a_household_whose_head_is_gone_has_none(connection: sa.Connection) -> None:
    _, left = put_household(connection, {"status": ResidentStatus.DECEASED}, {})
    household = register.household_of(connection, left, reader=READER, why="test", now=MORNING)
    assert household.head is None


def test_a_look_from_a_read_only_snapshot_is_audited_elsewhere(engine: sa.Engine) -> None:
    with database.transaction(engine) as writing:
        resident_id = put_resident(writing)
    with database.snapshot(engine) as reading, database.transaction(engine) as writing:
        register.resident(reading, resident_id, reader=READER, why="test", now=MORNING, audit_to=writing)
    with engine.connect() as connection:
        assert subjects(connection, Action.RECORD_READ) == [resident_id]


def test_a_resident_is_found_by_their_number(connection: sa.Connection) -> None:
    resident_id = put_resident(connection, number="000000101")
    assert register.resident_id_of(connection, "000000101") == resident_id


def test_nobody_is_read_under_an_unknown_id(connection: sa.Connection) -> None:
    with pytest.raises(UnknownResident):
        register.resident(connection, uuid4(), reader=READER, why="test", now=MORNING)
    with pytest.raises(UnknownResident):
        register.household_of(connection, uuid4(), reader=READER, why="test", now=MORNING)
    with pytest.raises(UnknownResident):
        register.resident_id_of(connection, "no such number")
    assert subjects(connection, Action.RECORD_READ) == []


def test_a_record_in_a_traceback_shows_nothing_of_the_person(connection: sa.Connection) -> None:
    resident_id = put_resident(connection, name="秘密　名前")
    record = register.resident(connection, resident_id, reader=READER, why="test", now=MORNING)
    assert "秘密" not in repr(record)
