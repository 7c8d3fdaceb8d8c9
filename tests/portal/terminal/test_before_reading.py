"""A request that is not from one of our devices, now, for the first time, reaches no row about any person."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from portal import database, terminals
from portal.ground import Ground
from tests.portal.identity.cards import Card
from tests.portal.register.people import TESTER
from tests.portal.terminal.conftest import HEARTBEAT, Kiosk, MakeKiosk, error
from tests.portal.terminal.test_door import CALLS

NONCE = "AAAAAAAAAAAAAAAAAAAAAA=="
Intrusion = Callable[[Kiosk, str, str], TestResponse]


@contextmanager
def tables_touched(ground: Ground) -> Iterator[set[str]]:
    """The tables that the statements in between name."""
    touched: set[str] = set()

    def note(*event: object) -> None:
        touched.update(re.findall(r'(?:FROM|INTO|UPDATE|JOIN)\s+"?([a-z_]+)', str(event[2])))

    sa.event.listen(ground.engine, "before_cursor_execute", note)
    try:
        yield touched
    finally:
        sa.event.remove(ground.engine, "before_cursor_execute", note)


def body_for(path: str) -> dict[str, object] | None:
    return HEARTBEAT if path == "/v1/heartbeat" else {}


def unsigned(kiosk: Kiosk, method: str, path: str) -> TestResponse:
    return kiosk.client.open(path, method=method, json=body_for(path), headers={"Kiosk-Session": str(kiosk.session)})


def by_an_unknown_device(kiosk: Kiosk, method: str, path: str) -> TestResponse:
    return kiosk.call(method, path, body_for(path), device="kiosk-99")


def with_a_strangers_key(kiosk: Kiosk, method: str, path: str) -> TestResponse:
    return kiosk.call(method, path, body_for(path), key_of="stranger")


def too_late(kiosk: Kiosk, method: str, path: str) -> TestResponse:
    return kiosk.call(method, path, body_for(path), at=kiosk.ground.clock.now() - timedelta(seconds=61))


def replayed(kiosk: Kiosk, method: str, path: str) -> TestResponse:
    return kiosk.call(method, path, body_for(path), nonce=NONCE)


def by_a_revoked_device(kiosk: Kiosk, method: str, path: str) -> TestResponse:
    return kiosk.call(method, path, body_for(path))


INTRUSIONS: list[tuple[Intrusion, str]] = [
    (unsigned, "signature_invalid"),
    (by_an_unknown_device, "terminal_unknown"),
    (with_a_strangers_key, "signature_invalid"),
    (too_late, "request_stale"),
    (replayed, "request_replayed"),
    (by_a_revoked_device, "terminal_revoked"),
]


def revoke(kiosk: Kiosk) -> None:
    with database.transaction(kiosk.ground.engine) as connection:
        terminals.revoke(connection, terminal_id=kiosk.name, actor=TESTER, now=kiosk.ground.clock.now())


@pytest.mark.parametrize(("intrusion", "code"), INTRUSIONS, ids=[i.__name__ for i, _ in INTRUSIONS])
def test_a_request_that_is_refused_has_touched_nothing_but_devices_and_nonces(
    visited: Kiosk, ground: Ground, intrusion: Intrusion, code: str
) -> None:
    """With the living session of a resident at that device, on every address."""
    visited.call("POST", "/v1/heartbeat", HEARTBEAT, nonce=NONCE)
    if intrusion is by_a_revoked_device:
        revoke(visited)
    with tables_touched(ground) as touched:
        answers = [error(intrusion(visited, method, path)) for method, path in CALLS]
    assert set(answers) == {(401, code)}
    assert touched <= {"terminals", "request_nonces"}


def test_the_watch_over_the_tables_sees_an_honest_request(visited: Kiosk, ground: Ground) -> None:
    with tables_touched(ground) as touched:
        visited.call("GET", f"/v1/issuances/{uuid4()}")
    assert {"kiosk_sessions", "terminals", "request_nonces"} <= touched


def test_a_stolen_kiosk_loses_the_session_it_had_and_gets_no_ticket(
    visited: Kiosk, make_kiosk: MakeKiosk, ground: Ground
) -> None:
    revoke(visited)
    for method, path in CALLS:
        assert error(visited.call(method, path, body_for(path))) == (401, "terminal_revoked"), path
    thief = make_kiosk("kiosk-02")
    answer = thief.call("GET", f"/v1/issuances/{uuid4()}", session=visited.session)
    assert error(answer) == (409, "session_ended")


def test_a_request_signed_before_the_revocation_and_sent_after_it_is_refused(visited: Kiosk, card: Card) -> None:
    question = visited.question()
    revoke(visited)
    assert error(visited.present(card, question)) == (401, "terminal_revoked")


def test_the_key_of_a_revoked_kiosk_opens_no_new_one_under_its_id(visited: Kiosk, ground: Ground) -> None:
    revoke(visited)
    from tests.portal.terminals.devices import public_pem  # noqa: PLC0415

    with pytest.raises(terminals.EnrolmentRefused), database.transaction(ground.engine) as connection:
        terminals.enrol(
            connection, terminal_id="kiosk-01", name="x", place="x", public_key=public_pem("new"), actor=TESTER,
            now=ground.clock.now(),
        )  # fmt: skip


def test_a_challenge_of_a_kiosk_that_was_revoked_meanwhile_is_answered_by_no_other(
    visited: Kiosk, make_kiosk: MakeKiosk, card: Card
) -> None:
    question = visited.question()
    revoke(visited)
    assert error(make_kiosk("kiosk-02").present(card, question)) == (422, "challenge_spent")


def test_the_session_of_a_request_is_part_of_what_is_signed(visited: Kiosk, make_kiosk: MakeKiosk) -> None:
    """A token put into a request of another device, or exchanged on the way, makes it nobody's."""
    session = visited.session
    assert session is not None
    visited.session = None
    honest = visited.call("GET", f"/v1/issuances/{uuid4()}", session=session)
    assert error(honest)[0] == 404
    bare = visited.call("GET", f"/v1/issuances/{uuid4()}")
    assert error(bare) == (409, "session_ended")
