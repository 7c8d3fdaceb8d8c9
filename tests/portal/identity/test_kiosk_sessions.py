"""A kiosk session belongs to one terminal and one authentication, and dies with either."""

from collections.abc import Callable
from uuid import UUID

import pytest
import sqlalchemy as sa

from portal import database, terminals
from portal.ground import Ground
from portal.identity import (
    Authenticated,
    KioskSession,
    SessionEnded,
    close_kiosk_session,
    kiosk_session,
    open_kiosk_session,
)
from portal.identity.tables import kiosk_sessions
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, log_in
from tests.portal.register.people import TESTER
from tests.portal.terminals.devices import public_pem

Use = Callable[..., KioskSession]


@pytest.fixture(autouse=True)
def two_kiosks(ground: Ground) -> None:
    with database.transaction(ground.engine) as connection:
        for name in ("kiosk-01", "kiosk-02"):
            terminals.enrol(
                connection, terminal_id=name, name=name, place="1F", public_key=public_pem(), actor=TESTER,
                now=ground.clock.now(),
            )  # fmt: skip


@pytest.fixture
def person(ground: Ground, card: Card, linked: UUID) -> Authenticated:
    return log_in(ground, card)


@pytest.fixture
def open_token(ground: Ground, person: Authenticated) -> str:
    with database.transaction(ground.engine) as connection:
        return open_kiosk_session(connection, "kiosk-01", person, now=ground.clock.now())


@pytest.fixture
def use(ground: Ground) -> Use:
    def used(token: str, terminal: str = "kiosk-01") -> KioskSession:
        with database.transaction(ground.engine) as connection:
            return kiosk_session(connection, token, terminal, now=ground.clock.now())

    return used


def close(ground: Ground, token: str, terminal: str = "kiosk-01") -> None:
    with database.transaction(ground.engine) as connection:
        close_kiosk_session(connection, token, terminal, now=ground.clock.now())


def test_an_open_session_knows_its_resident(use: Use, open_token: str, linked: UUID) -> None:
    assert use(open_token).resident_id == linked


def test_a_session_of_one_terminal_is_none_at_another(use: Use, open_token: str) -> None:
    with pytest.raises(SessionEnded):
        use(open_token, "kiosk-02")


def test_another_terminal_cannot_close_it_either(ground: Ground, use: Use, open_token: str) -> None:
    close(ground, open_token, "kiosk-02")

    assert use(open_token)


@pytest.mark.parametrize("invented", ["", "x", "A" * 43, "\x00", "ア"])
def test_an_invented_token_opens_nothing(use: Use, invented: str) -> None:
    with pytest.raises(SessionEnded):
        use(invented)


def test_a_closed_session_is_over_and_closing_it_twice_is_harmless(ground: Ground, use: Use, open_token: str) -> None:
    close(ground, open_token)
    close(ground, open_token)

    with pytest.raises(SessionEnded):
        use(open_token)


def test_a_session_ends_three_minutes_after_its_last_use(use: Use, open_token: str, clock: MovableClock) -> None:
    clock.advance(seconds=179)
    use(open_token)
    clock.advance(seconds=179)
    use(open_token)
    clock.advance(seconds=180)

    with pytest.raises(SessionEnded):
        use(open_token)


def test_a_session_ends_ten_minutes_after_its_begin_however_busy(
    use: Use, open_token: str, clock: MovableClock
) -> None:
    for _ in range(4):
        clock.advance(seconds=149)
        use(open_token)
    clock.advance(seconds=4)

    with pytest.raises(SessionEnded):
        use(open_token)


def test_the_next_person_at_a_terminal_ends_the_session_of_the_one_before(
    ground: Ground, use: Use, open_token: str, person: Authenticated
) -> None:
    with database.transaction(ground.engine) as connection:
        second = open_kiosk_session(connection, "kiosk-01", person, now=ground.clock.now())

    with pytest.raises(SessionEnded):
        use(open_token)
    assert use(second)


def test_two_sessions_never_share_a_token(ground: Ground, person: Authenticated) -> None:
    with database.transaction(ground.engine) as connection:
        tokens = {open_kiosk_session(connection, "kiosk-01", person, now=ground.clock.now()) for _ in range(5)}

    assert len(tokens) == 5
    assert all(len(token) >= 43 for token in tokens)


def test_the_token_is_not_in_the_database(ground: Ground, open_token: str) -> None:
    with database.transaction(ground.engine) as connection:
        row = connection.execute(sa.select(kiosk_sessions)).one()

    assert open_token not in [str(value) for value in row]
    assert open_token.encode() not in [value for value in row if isinstance(value, bytes)]
