"""Enrolment, state, locks and commands of the kiosks."""

import base64
import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portal import database, terminals
from portal.audit import Action, audit_events
from portal.ground import Ground
from portal.keys import Purpose
from portal.terminals import EnrolmentRefused, Heard, TerminalRevoked, TerminalUnknown, UnlockAnswer
from tests.portal.conftest import MovableClock
from tests.portal.register.people import TESTER
from tests.portal.terminals.devices import public_pem

READY = {"able": True, "state": "ready", "reasons": [], "order": None}


def enrol(ground: Ground, terminal_id: str = "kiosk-01", public_key: str | None = None) -> None:
    with database.transaction(ground.engine) as connection:
        terminals.enrol(
            connection, terminal_id=terminal_id, name="窓口端末1", place="本庁舎1階",
            public_key=public_pem() if public_key is None else public_key, actor=TESTER, now=ground.clock.now(),
        )  # fmt: skip


def hear(ground: Ground, **printer: object) -> UUID | None:
    with database.transaction(ground.engine) as connection:
        return terminals.heard(
            connection, "kiosk-01", Heard("ready", {**READY, **printer}, "0.1.0"), now=ground.clock.now()
        )


def lock(ground: Ground, order: UUID) -> None:
    with database.transaction(ground.engine) as connection:
        terminals.lock(connection, "kiosk-01", order)


def unlock(ground: Ground, order: UUID, answer: str = "printed") -> UUID:
    with database.transaction(ground.engine) as connection:
        return terminals.command_unlock(
            connection, ground.keys, "kiosk-01", order, answer, actor=TESTER, now=ground.clock.now()
        )


def waiting(ground: Ground) -> list[str]:
    with database.transaction(ground.engine) as connection:
        return terminals.open_commands(connection, ground.keys, "kiosk-01", now=ground.clock.now())


def test_an_enrolled_device_is_found(ground: Ground) -> None:
    enrol(ground)

    with database.transaction(ground.engine) as connection:
        assert terminals.terminal(connection, "kiosk-01").public_key == public_pem()


def test_an_unfit_id_is_refused(ground: Ground) -> None:
    for terminal_id in ("", "-a", "a-", "Kiosk", "kiosk_1", "a" * 33, "窓口", 'k"', "a b", "a\n"):
        with pytest.raises(EnrolmentRefused):
            enrol(ground, terminal_id)


def test_an_id_is_given_out_once_even_after_it_was_revoked(ground: Ground) -> None:
    enrol(ground)
    with database.transaction(ground.engine) as connection:
        terminals.revoke(connection, terminal_id="kiosk-01", actor=TESTER, now=ground.clock.now())

    with pytest.raises(EnrolmentRefused, match="taken"):
        enrol(ground)


def other_keys() -> list[str]:
    keys = (rsa.generate_private_key(65537, 2048).public_key(), ec.generate_private_key(ec.SECP256R1()).public_key())
    return [key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() for key in keys]


@pytest.mark.parametrize("public_key", ["", "not PEM", public_pem().replace("MCow", "AAAA"), *other_keys()])
def test_a_key_that_is_not_ed25519_is_refused(ground: Ground, public_key: str) -> None:
    with pytest.raises(EnrolmentRefused):
        enrol(ground, public_key=public_key)


def test_revoking_what_is_not_there_is_told(ground: Ground) -> None:
    enrol(ground)
    with database.transaction(ground.engine) as connection:
        with pytest.raises(TerminalUnknown):
            terminals.revoke(connection, terminal_id="kiosk-99", actor=TESTER, now=ground.clock.now())
        terminals.revoke(connection, terminal_id="kiosk-01", actor=TESTER, now=ground.clock.now())
        with pytest.raises(TerminalRevoked):
            terminals.revoke(connection, terminal_id="kiosk-01", actor=TESTER, now=ground.clock.now())


def test_enrolling_and_revoking_are_audited(ground: Ground) -> None:
    enrol(ground)
    with database.transaction(ground.engine) as connection:
        terminals.revoke(connection, terminal_id="kiosk-01", actor=TESTER, now=ground.clock.now())
        details = connection.execute(
            sa.select(audit_events.c.detail).where(audit_events.c.action == Action.TERMINAL_ENROLLED.value)
        ).scalars()
        assert [json.loads(detail)["change"] for detail in details] == ["enrolled", "revoked"]


def test_the_board_shows_what_a_device_said_last(ground: Ground, clock: MovableClock) -> None:
    enrol(ground)
    clock.advance(seconds=5)
    hear(ground, state="blocked")

    with database.transaction(ground.engine) as connection:
        (status,) = terminals.board(connection)
    assert (status.last_seen_at, status.reader_state, status.version) == (clock.now(), "ready", "0.1.0")
    assert status.printer is not None
    assert status.printer["state"] == "blocked"


def test_a_device_never_heard_of_cannot_be_heard_or_locked(ground: Ground) -> None:
    with database.transaction(ground.engine) as connection:
        with pytest.raises(TerminalUnknown):
            terminals.heard(connection, "kiosk-99", Heard("ready", READY, "1"), now=ground.clock.now())
        with pytest.raises(TerminalUnknown):
            terminals.lock(connection, "kiosk-99", uuid4())


def test_a_lock_stays_until_staff_have_answered_whatever_the_device_says(ground: Ground) -> None:
    enrol(ground)
    order = uuid4()
    lock(ground, order)

    for state in ("locked", "offline", "ready", "printing", "blocked"):
        assert hear(ground, state=state) == order


@pytest.mark.parametrize("state", ["locked", "offline", "", None, 5])
def test_a_lock_stays_until_the_device_itself_shows_that_it_is_gone(ground: Ground, state: object) -> None:
    enrol(ground)
    order = uuid4()
    lock(ground, order)
    unlock(ground, order)

    assert hear(ground, state=state) == order
    assert len(waiting(ground)) == 1


@pytest.mark.parametrize("state", ["ready", "printing", "blocked"])
def test_a_lock_goes_when_staff_have_answered_and_the_device_obeyed(ground: Ground, state: str) -> None:
    enrol(ground)
    order = uuid4()
    lock(ground, order)
    unlock(ground, order)

    assert hear(ground, state=state) is None
    assert waiting(ground) == []


def test_an_answer_for_another_order_frees_nothing(ground: Ground) -> None:
    enrol(ground)
    order = uuid4()
    lock(ground, order)
    unlock(ground, uuid4())

    assert hear(ground) == order


def test_a_command_waits_only_for_its_own_device(ground: Ground) -> None:
    enrol(ground)
    enrol(ground, "kiosk-02")
    unlock(ground, uuid4())

    with database.transaction(ground.engine) as connection:
        assert terminals.open_commands(connection, ground.keys, "kiosk-02", now=ground.clock.now()) == []


def test_an_expired_command_is_not_sent_any_more(ground: Ground, clock: MovableClock) -> None:
    enrol(ground)
    unlock(ground, uuid4())
    clock.advance(days=14)

    assert waiting(ground) == []


def segment(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize("answer", ["printed", "not_printed", "partly_printed"])
def test_a_command_is_signed_as_the_contract_says(ground: Ground, answer: str) -> None:
    enrol(ground)
    order = uuid4()
    command = unlock(ground, order, answer)
    (jws,) = waiting(ground)
    header, payload, signature = jws.split(".")
    said = json.loads(segment(header))

    now = ground.clock.now()
    assert json.loads(segment(payload)) == {
        "v": 1, "id": str(command), "terminal": "kiosk-01", "command": "unlock", "order": str(order),
        "answer": answer, "issued": int(now.timestamp()), "expires": int((now + timedelta(days=14)).timestamp()),
    }  # fmt: skip
    assert (said["alg"], said["typ"]) == ("ES256", "device-command")
    key = serialization.load_pem_public_key(ground.keys.public_keys(Purpose.DEVICE_COMMAND)[said["kid"]].encode())
    assert isinstance(key, ec.EllipticCurvePublicKey)
    raw = segment(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(der, f"{header}.{payload}".encode(), ec.ECDSA(hashes.SHA256()))


def test_an_answer_that_is_none_of_the_three_is_never_signed(ground: Ground) -> None:
    enrol(ground)

    with pytest.raises(ValueError, match="perhaps"):
        unlock(ground, uuid4(), "perhaps")
    assert {member.value for member in UnlockAnswer} == {"printed", "not_printed", "partly_printed"}
