"""What stops a paper, and that it wins every race."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from portal import database, register
from portal.audit import Action
from portal.register import ChangeReason, HoldReason, IssueBlock, ResidentStatus, UnknownResident, change
from portal.register.changes import enter, present_record
from tests.portal.conftest import MORNING
from tests.portal.register.events import subjects
from tests.portal.register.people import TESTER, put_resident
from tests.portal.register.waiting import locks_waited_for, until, watcher


def hold(connection: sa.Connection, *resident_ids: UUID, source: str = "filing-1") -> None:
    register.place_hold(connection, resident_ids, reason=HoldReason.FILING, source=source, actor=TESTER, now=MORNING)


def lift(connection: sa.Connection, source: str = "filing-1") -> None:
    register.lift_hold(connection, source=source, actor=TESTER, now=MORNING)


def protect(connection: sa.Connection, resident_id: UUID, starts: date, ends: date) -> bool:
    return register.protect(connection, resident_id, starts_on=starts, ends_on=ends, actor=TESTER, now=MORNING)


def test_a_plain_resident_is_not_blocked(connection: sa.Connection) -> None:
    assert register.issue_block(connection, put_resident(connection)) is None


@pytest.mark.parametrize(
    ("status", "block", "word"),
    [
        (ResidentStatus.PLANNED_DEPARTURE, IssueBlock.PLANNED_DEPARTURE, "moving"),
        (ResidentStatus.REMOVED, IssueBlock.REMOVED, "moved_out"),
        (ResidentStatus.DECEASED, IssueBlock.DECEASED, "deceased"),
    ],
)
def test_a_status_that_ends_or_will_end_residence_blocks(
    connection: sa.Connection, status: ResidentStatus, block: IssueBlock, word: str
) -> None:
    found = register.issue_block(connection, put_resident(connection, status=status))
    assert found is block
    assert found.public_code == word


def test_a_hold_blocks_until_its_own_source_lifts_it(connection: sa.Connection) -> None:
    resident_id = put_resident(connection)
    hold(connection, resident_id, source="filing-1")
    hold(connection, resident_id, source="filing-2")
    lift(connection, "filing-1")
    assert register.issue_block(connection, resident_id) is IssueBlock.HOLD
    lift(connection, "filing-2")
    assert register.issue_block(connection, resident_id) is None


def test_placing_and_lifting_twice_is_once(connection: sa.Connection) -> None:
    resident_id = put_resident(connection)
    for _ in range(2):
        hold(connection, resident_id)
    for _ in range(2):
        lift(connection)
    assert register.issue_block(connection, resident_id) is None
    assert subjects(connection, Action.HOLD_PLACED) == [resident_id]
    assert subjects(connection, Action.HOLD_LIFTED) == [resident_id]


def test_a_source_can_hold_again_after_lifting(connection: sa.Connection) -> None:
    resident_id = put_resident(connection)
    hold(connection, resident_id)
    lift(connection)
    hold(connection, resident_id)
    assert register.issue_block(connection, resident_id) is IssueBlock.HOLD


def test_lifting_touches_nobody_else(connection: sa.Connection) -> None:
    one, other = put_resident(connection), put_resident(connection)
    hold(connection, one, source="filing-1")
    hold(connection, other, source="filing-2")
    lift(connection, "filing-1")
    assert register.issue_block(connection, other) is IssueBlock.HOLD


def test_nobody_is_held_when_one_of_them_does_not_exist(connection: sa.Connection) -> None:
    resident_id = put_resident(connection)
    with pytest.raises(UnknownResident):
        hold(connection, resident_id, uuid4())
    assert register.issue_block(connection, resident_id) is None


def test_a_change_under_way_is_told_apart_for_staff_only(connection: sa.Connection) -> None:
    resident_id = put_resident(connection)
    register.place_hold(
        connection, [resident_id], reason=HoldReason.IMPORT, source="import", actor=TESTER, now=MORNING
    )
    assert register.issue_block(connection, resident_id) is IssueBlock.IN_PROGRESS


def test_a_protected_person_reads_on_a_screen_like_anybody_whose_record_is_changing() -> None:
    assert IssueBlock.PROTECTED.public_code == IssueBlock.IN_PROGRESS.public_code == IssueBlock.HOLD.public_code
    assert "protect" not in {block.public_code for block in IssueBlock}


@pytest.mark.parametrize("status", list(ResidentStatus))
@pytest.mark.parametrize("held", [False, True])
def test_protection_never_adds_a_word_of_its_own(
    connection: sa.Connection, status: ResidentStatus, held: bool
) -> None:
    plain, protected = put_resident(connection, status=status), put_resident(connection, status=status)
    hold(connection, plain, *([protected] if held else []))
    protect(connection, protected, date(2026, 1, 1), date(2027, 1, 1))
    words = [
        block.public_code
        for block in (register.issue_block(connection, each) for each in (plain, protected))
        if block
    ]
    assert len(words) == 2
    assert words[0] == words[1]


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        (date(2026, 1, 1), date(2027, 1, 1)),
        (date(2020, 1, 1), date(2021, 1, 1)),
        (date(2030, 1, 1), date(2031, 1, 1)),
    ],
)
def test_a_protection_blocks_from_its_entry_and_never_lapses_by_the_calendar(
    connection: sa.Connection, starts: date, ends: date
) -> None:
    resident_id = put_resident(connection)
    protect(connection, resident_id, starts, ends)
    assert register.issue_block(connection, resident_id) is IssueBlock.PROTECTED


def test_protecting_with_the_same_days_again_changes_nothing(connection: sa.Connection) -> None:
    resident_id = put_resident(connection)
    assert protect(connection, resident_id, date(2026, 1, 1), date(2027, 1, 1))
    assert not protect(connection, resident_id, date(2026, 1, 1), date(2027, 1, 1))
    assert protect(connection, resident_id, date(2026, 1, 1), date(2028, 1, 1))
    assert subjects(connection, Action.PROTECTION_PLACED) == [resident_id, resident_id]


def test_the_block_of_an_unknown_resident_is_an_error_not_a_permission(connection: sa.Connection) -> None:
    for for_update in (False, True):
        with pytest.raises(UnknownResident):
            register.issue_block(connection, uuid4(), for_update=for_update)


def test_a_release_that_waited_for_a_hold_sees_it(engine: sa.Engine) -> None:
    with database.transaction(engine) as connection:
        resident_id = put_resident(connection)
    asked = threading.Event()

    def release() -> IssueBlock | None:
        with database.transaction(engine) as connection:
            connection.execute(sa.select(1))
            asked.set()
            return register.issue_block(connection, resident_id, for_update=True)

    with ThreadPoolExecutor(1) as threads, watcher(engine) as watching:
        with database.transaction(engine) as connection:
            hold(connection, resident_id)
            answer = threads.submit(release)
            assert asked.wait(10)
            until(lambda: locks_waited_for(watching) == 1)
            assert not answer.done()
        assert answer.result(10) is IssueBlock.HOLD


def test_a_hold_waits_for_a_release_that_came_first(engine: sa.Engine) -> None:
    with database.transaction(engine) as connection:
        resident_id = put_resident(connection)

    def place() -> None:
        with database.transaction(engine) as connection:
            hold(connection, resident_id)

    with ThreadPoolExecutor(1) as threads, watcher(engine) as watching:
        with database.transaction(engine) as connection:
            assert register.issue_block(connection, resident_id, for_update=True) is None
            placed = threads.submit(place)
            until(lambda: locks_waited_for(watching) == 1)
            assert register.issue_block(connection, resident_id) is None
        placed.result(10)
    with engine.connect() as connection:
        assert register.issue_block(connection, resident_id) is IssueBlock.HOLD


@pytest.mark.parametrize("arrives", ["entered", "moved in"])
def test_whoever_joins_a_household_waits_for_a_release_to_somebody_who_lives_there(
    engine: sa.Engine, arrives: str
) -> None:
    with database.transaction(engine) as connection:
        here, elsewhere = put_resident(connection), put_resident(connection)
        home = present_record(connection, here).household_id
        newcomer = replace(present_record(connection, elsewhere), id=uuid4(), number="T-newcomer", household_id=home)

    def arrive() -> None:
        with database.transaction(engine) as connection:
            if arrives == "entered":
                enter(
                    connection, newcomer, valid_from=MORNING.date(), actor=TESTER, reason=ChangeReason.IMPORT,
                    now=MORNING,
                )  # fmt: skip
            else:
                change(
                    connection, elsewhere, {"household_id": home}, valid_from=MORNING.date(), actor=TESTER,
                    reason=ChangeReason.IMPORT, filing_id=None, now=MORNING,
                )  # fmt: skip

    with ThreadPoolExecutor(1) as threads, watcher(engine) as watching:
        with database.transaction(engine) as connection:
            register.lock(connection, [here])
            arrived = threads.submit(arrive)
            until(lambda: locks_waited_for(watching) == 1)
            assert not arrived.done()
        arrived.result(10)


def test_locks_are_taken_in_the_order_of_ids_however_they_are_named(engine: sa.Engine) -> None:
    with database.transaction(engine) as connection:
        first, last = sorted((put_resident(connection), put_resident(connection)))

    def lock_both() -> None:
        with database.transaction(engine) as connection:
            register.lock(connection, [last, first])

    def is_locked(resident_id: UUID) -> bool:
        with engine.connect() as connection:
            statement = sa.text("SELECT 1 FROM residents WHERE id = :id FOR UPDATE SKIP LOCKED")
            return connection.execute(statement, {"id": resident_id}).first() is None

    with ThreadPoolExecutor(1) as threads, watcher(engine) as watching:
        with database.transaction(engine) as connection:
            register.lock(connection, [last])
            both = threads.submit(lock_both)
            until(lambda: locks_waited_for(watching) == 1)
            assert is_locked(first)
        both.result(10)
