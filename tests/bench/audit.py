"""What the book of who looked costs the room that writes into it, and how fast all of it is looked through."""

import os
import shutil
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa

from portal import audit, database
from portal.audit import Action, Actor, ActorKind, sealing
from tests.bench.figures import Figure
from tests.proof.plan import Plan
from tests.proof.world import World
from tests.world import ports
from tests.world.city import CHECKOUT

READINGS = 2_000
EVENTS = 200_000
_READER = Actor(ActorKind.STAFF, "measured")
_READ = sa.text("SELECT count(*) FROM residents WHERE id = :id")
_FILL = sa.text(
    "INSERT INTO audit_events (at, actor_kind, actor_id, action, subject, detail) "
    "SELECT now(), 'staff', 'officer-' || n % 40, 'record.read', gen_random_uuid(), format('{\"n\":%s}', n) "
    "FROM generate_series(1, :events) n"
)


class NotSoundError(Exception):
    """Raised when the book that was measured is found to be changed."""


def measure() -> Iterator[Figure]:
    """Start a database; write, seal and verify."""
    world = World(CHECKOUT / ".state" / f"bench-{os.getpid()}")
    try:
        world.start()
        with world.town(Plan(households=2, kiosks=1), ports.one()) as town:
            yield Figure("audit_event_overhead_us", _overhead(town.ground.engine), "us")
            yield Figure("audit_verify_per_s", _verified(town.ground.engine), "1/s")
    finally:
        world.stop()
        shutil.rmtree(world.folder, ignore_errors=True)


def _overhead(engine: sa.Engine) -> float:
    """Microseconds that one event adds to a transaction that reads a record, by turns with one that writes none."""
    taken: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * READINGS):
        with_event, person = number % 2 == 0, uuid4()
        begun = time.perf_counter()
        with database.transaction(engine) as connection:
            connection.execute(_READ, {"id": person})
            if with_event:
                audit.record(
                    connection, at=datetime.now(UTC), actor=_READER, action=Action.RECORD_READ, subject=person,
                    detail={"why": "measured"},
                )  # fmt: skip
        taken[with_event].append(time.perf_counter() - begun)
    return (statistics.median(taken[True]) - statistics.median(taken[False])) * 1_000_000


def _verified(engine: sa.Engine) -> float:
    """Events a second that `audit verify` looks through, under seals as they are made each second."""
    with database.transaction(engine) as connection:
        connection.execute(_FILL, {"events": EVENTS})
    while True:
        with database.transaction(engine) as connection:
            made = sealing.seal(connection, datetime.now(UTC))
        if made is None or made.events < sealing.MOST_EVENTS:
            break
    begun = time.perf_counter()
    with engine.connect() as connection:
        found = sealing.verify(connection, [], datetime.now(UTC) + timedelta(days=1))
    if found.faults or found.events < EVENTS:
        raise NotSoundError(f"{found.events} events, {len(found.faults)} faults")
    return found.events / (time.perf_counter() - begun)
