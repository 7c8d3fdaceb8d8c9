"""Seeing that a transaction waits for another one's lock."""

import time
from collections.abc import Callable

import sqlalchemy as sa

_WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def locks_waited_for(watching: sa.Connection) -> int:
    """How many connections to this database wait for a lock now."""
    return int(watching.execute(_WAITING).scalar_one())


def watcher(engine: sa.Engine) -> sa.Connection:
    """A connection without a transaction: inside one, PostgreSQL's activity view stands still."""
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)
