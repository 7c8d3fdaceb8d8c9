"""Web sessions: on the server, ended for good, gone when they are over."""

from datetime import timedelta

import sqlalchemy as sa

from portal import database
from portal.ground import Ground
from portal.identity.login import sessions
from portal.worker.tasks import forget_sessions
from tests.portal.conftest import MovableClock


def _start(ground: Ground, face: str = "staff") -> str:
    with database.transaction(ground.engine) as connection:
        return sessions.create(connection, face=face, data={"who": "x"}, now=ground.clock.now())


def _load(ground: Ground, token: str, face: str = "staff") -> dict[str, str] | None:
    with database.transaction(ground.engine) as connection:
        return sessions.load(connection, face=face, token=token, now=ground.clock.now())


def test_a_token_opens_its_own_face_only(ground: Ground) -> None:
    token = _start(ground)
    assert _load(ground, token) == {"who": "x"}
    assert _load(ground, token, face="resident") is None
    assert _load(ground, token + "x") is None


def test_the_table_does_not_hold_the_token(ground: Ground) -> None:
    token = _start(ground)
    with database.transaction(ground.engine) as connection:
        rows = connection.execute(sa.select(sessions.web_sessions)).all()
    assert token not in repr(rows)


def test_a_session_ends_when_idle_too_long_and_at_its_absolute_end(ground: Ground, clock: MovableClock) -> None:
    idle, limits = _start(ground), sessions.LIMITS["staff"]
    clock.advance(seconds=limits.idle.total_seconds())
    assert _load(ground, idle) is None
    used, begun = _start(ground), clock.now()
    while clock.now() - begun < limits.absolute - timedelta(minutes=20):
        clock.advance(minutes=20)
        with database.transaction(ground.engine) as connection:
            assert sessions.write(connection, token=used, data={"who": "x"}, now=clock.now())
    assert _load(ground, used) is not None
    clock.advance(minutes=20)
    assert _load(ground, used) is None


def test_a_destroyed_session_is_not_brought_back_by_a_request_in_flight(ground: Ground) -> None:
    token = _start(ground)
    with database.transaction(ground.engine) as connection:
        sessions.destroy(connection, token=token)
        assert not sessions.write(connection, token=token, data={"who": "x"}, now=ground.clock.now())
    assert _load(ground, token) is None


def test_sessions_that_are_over_are_deleted_and_the_others_are_not(ground: Ground, clock: MovableClock) -> None:
    _start(ground)
    clock.advance(hours=11)
    living = _start(ground)
    forget_sessions(ground)
    with database.transaction(ground.engine) as connection:
        left = connection.execute(sa.select(sa.func.count()).select_from(sessions.web_sessions)).scalar_one()
    assert left == 1
    assert _load(ground, living) is not None
