"""Counting comes before judging, survives a rollback, and refuses when it cannot count."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal import database
from portal.ground import Ground
from portal.identity import AttemptsUncountable, TooManyAttempts
from portal.identity.attempts import LIMITS, count, forget
from portal.identity.tables import Scope, attempts
from tests.portal.conftest import MovableClock


def use_up(ground: Ground, scope: Scope, subject: str) -> None:
    for _ in range(LIMITS[scope].most):
        count(ground, scope, subject, now=ground.clock.now())


def test_one_attempt_too_many_is_refused(ground: Ground) -> None:
    use_up(ground, Scope.STAFF_LOGIN, "hanako")

    with pytest.raises(TooManyAttempts):
        count(ground, Scope.STAFF_LOGIN, "hanako", now=ground.clock.now())


def test_another_subject_or_scope_is_not_touched(ground: Ground) -> None:
    use_up(ground, Scope.STAFF_LOGIN, "hanako")

    count(ground, Scope.STAFF_LOGIN, "taro", now=ground.clock.now())
    count(ground, Scope.CARD, "hanako", now=ground.clock.now())


def test_a_new_window_begins_anew(ground: Ground, clock: MovableClock) -> None:
    use_up(ground, Scope.STAFF_LOGIN, "hanako")
    clock.advance(minutes=10)

    count(ground, Scope.STAFF_LOGIN, "hanako", now=clock.now())


def test_refused_attempts_do_not_open_the_window_sooner(ground: Ground, clock: MovableClock) -> None:
    use_up(ground, Scope.STAFF_LOGIN, "hanako")
    clock.advance(minutes=9, seconds=59)

    with pytest.raises(TooManyAttempts):
        count(ground, Scope.STAFF_LOGIN, "hanako", now=clock.now())


def test_what_was_right_is_forgotten(ground: Ground) -> None:
    use_up(ground, Scope.STAFF_LOGIN, "hanako")
    with database.transaction(ground.engine) as connection:
        forget(connection, ground, Scope.STAFF_LOGIN, "hanako")

    count(ground, Scope.STAFF_LOGIN, "hanako", now=ground.clock.now())


def test_attempts_at_the_same_moment_are_all_counted(ground: Ground) -> None:
    barrier = threading.Barrier(4)

    def burst(_: int) -> int:
        barrier.wait()
        refused = 0
        for _ in range(5):
            try:
                count(ground, Scope.STAFF_LOGIN, "hanako", now=ground.clock.now())
            except TooManyAttempts:
                refused += 1
        return refused

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(burst, range(4))) == 20 - LIMITS[Scope.STAFF_LOGIN].most


def test_an_attempt_that_cannot_be_counted_is_refused(ground: Ground) -> None:
    nowhere = database.create_engine("postgresql+psycopg://nobody@127.0.0.1:9/nowhere")

    with pytest.raises(AttemptsUncountable):
        count(replace(ground, engine=nowhere), Scope.CARD, "x", now=ground.clock.now())


def test_the_table_names_nobody(ground: Ground) -> None:
    count(ground, Scope.STAFF_LOGIN, "hanako", now=ground.clock.now())

    with database.transaction(ground.engine) as connection:
        (row,) = connection.execute(sa.select(attempts)).all()
    assert b"hanako" not in row.subject
    assert len(row.subject) == 32


def test_old_counts_are_swept_away(ground: Ground, clock: MovableClock) -> None:
    count(ground, Scope.CARD, "first", now=clock.now())
    clock.advance(days=2)
    count(ground, Scope.CARD, "second", now=clock.now())

    with database.transaction(ground.engine) as connection:
        left = connection.execute(sa.select(sa.func.count()).select_from(attempts)).scalar_one()
    assert left == 1


def test_every_scope_has_a_limit() -> None:
    assert set(LIMITS) == set(Scope)
    assert all(limit.most > 0 and limit.window >= timedelta(minutes=1) for limit in LIMITS.values())
