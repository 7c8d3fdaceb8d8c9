"""Every event comes under a seal, however long its transaction takes and whatever the clocks say."""

import random
from contextlib import ExitStack
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import database
from portal.audit import sealing
from portal.audit.sealing import chain
from portal.audit.sealing.tables import audit_leaves, audit_seals
from portal.audit.tables import audit_events
from tests.portal.audit.book import record
from tests.portal.conftest import MORNING

ROOMS = 3


def write_and_seal(engine: sa.Engine, hours: int) -> None:
    """An event that is committed at once, and a seal, so many hours later."""
    with database.transaction(engine) as connection:
        record(connection, random.Random(hours), MORNING + timedelta(hours=hours))
    with database.transaction(engine) as connection:
        sealing.seal(connection, MORNING + timedelta(hours=hours))


def settled(engine: sa.Engine) -> list[int | None]:
    with database.transaction(engine) as connection:
        return list(
            connection.execute(sa.select(audit_seals.c.settled).order_by(audit_seals.c.number)).scalars().all()
        )


def test_an_event_whose_transaction_lasted_for_hours_is_sealed(engine: sa.Engine) -> None:
    with engine.connect() as slow, slow.begin():
        record(slow, random.Random(1), MORNING)
        for hours in range(5):
            write_and_seal(engine, hours)
    with database.transaction(engine) as connection:
        assert sealing.oldest_unsealed(connection) == MORNING
        last = sealing.seal(connection, MORNING + timedelta(days=1))
    assert last is not None
    assert last.events == 1
    with engine.connect() as connection:
        seen = sealing.verify(connection, [], MORNING + timedelta(days=2))
    assert (seen.faults, seen.unsealed, seen.events) == ([], 0, 6)


def test_what_is_sealed_is_not_looked_at_again(engine: sa.Engine) -> None:
    for hours in range(4):
        write_and_seal(engine, hours)
    assert settled(engine) == [0, 1, 2, 3]
    with engine.connect() as slow, slow.begin():
        record(slow, random.Random(1), MORNING)
        for hours in range(4, 7):
            write_and_seal(engine, hours)
        # Number 5 is still to come.
        assert settled(engine)[4:] == [4, 4, 4]
    for hours in range(7, 9):
        write_and_seal(engine, hours)
    assert settled(engine)[7:] == [8, 9]


def test_a_seal_that_takes_only_a_part_settles_no_more_than_that(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "MOST_EVENTS", 2)
    monkeypatch.setattr(chain, "_NEW", chain._NEW.replace("LIMIT 50000", "LIMIT 2"))
    with database.transaction(engine) as connection:
        for _ in range(7):
            record(connection, random.Random(1), MORNING)
    for _ in range(5):
        with database.transaction(engine) as connection:
            sealing.seal(connection, MORNING)
    assert settled(engine) == [0, 4, 6, 7]
    with engine.connect() as connection:
        assert sealing.verify(connection, [], MORNING).unsealed == 0


def test_a_transaction_has_its_number_before_its_first_event_has_one(connection: sa.Connection) -> None:
    """What the sealer relies on: with `NULL` here the row would be refused."""
    connection.execute(
        sa.text(
            "INSERT INTO audit_events (at, actor_kind, actor_id, action, detail) "
            "VALUES (now(), 'system', 'x', 'x', pg_current_xact_id_if_assigned()::text)"
        )
    )


def test_a_seal_of_before_the_sealer_remembered_anything_settles_nothing(engine: sa.Engine) -> None:
    write_and_seal(engine, 0)
    with database.transaction(engine) as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        connection.execute(audit_seals.update().values(last_event=None, next_transaction=None, settled=None))
        connection.execute(audit_events.insert().from_select(
            [column.name for column in audit_events.c if column.name != "id"],
            sa.select(*(column for column in audit_events.c if column.name != "id")),
        ))  # fmt: skip
    write_and_seal(engine, 1)
    assert settled(engine) == [None, 0]
    with database.transaction(engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(audit_leaves)).scalar_one() == 3


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["event", "event", "commit", "undo", "seal", "seal"]), st.integers(0, ROOMS - 1)),
        max_size=30,
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_order_events_and_their_ends_come_in_each_is_sealed_once(
    engine: sa.Engine, steps: list[tuple[str, int]]
) -> None:
    dice = random.Random(5)
    with ExitStack() as rooms:
        open_rooms = [rooms.enter_context(engine.connect()) for _ in range(ROOMS)]
        for act, number in steps:
            room = open_rooms[number]
            match act:
                case "event":
                    # However slow this machine is today: what is measured is order, not patience.
                    room.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))
                    record(room, dice, MORNING - timedelta(days=dice.randrange(3)))
                case "commit":
                    room.commit()
                case "undo":
                    room.rollback()
                case "seal":
                    with database.transaction(engine) as connection:
                        sealing.seal(connection, MORNING)
        for room in open_rooms:
            room.commit()
    with database.transaction(engine) as connection:
        sealing.seal(connection, MORNING)
        assert sealing.oldest_unsealed(connection) is None
    with engine.connect() as connection:
        seen = sealing.verify(connection, [], MORNING)
    assert (seen.faults, seen.unsealed) == ([], 0)
