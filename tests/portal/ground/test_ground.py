"""The ground floor keeps its promises."""

import base64
import json
from uuid import uuid4

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from hypothesis import given
from hypothesis import strategies as st

from portal import audit, database, jobs
from portal.audit import Action, Actor, ActorKind
from portal.ground import Ground
from portal.keys import FieldCipher, Purpose, SigningKeys, UndecipherableField
from portal.register.tables import households

CIPHER = FieldCipher(b"k" * 32)


@given(st.binary(max_size=300))
def test_an_encrypted_field_comes_back_in_its_own_place(plain: bytes) -> None:
    stored = CIPHER.encrypt(plain, table="t", row="1", column="c")
    assert CIPHER.decrypt(stored, table="t", row="1", column="c") == plain


@pytest.mark.parametrize("place", [("u", "1", "c"), ("t", "2", "c"), ("t", "1", "d")])
def test_an_encrypted_field_moved_to_another_place_is_refused(place: tuple[str, str, str]) -> None:
    stored = CIPHER.encrypt(b"123456789018", table="t", row="1", column="c")
    with pytest.raises(UndecipherableField):
        CIPHER.decrypt(stored, table=place[0], row=place[1], column=place[2])


@given(st.integers(min_value=0))
def test_an_encrypted_field_with_one_bit_changed_is_refused(position: int) -> None:
    stored = bytearray(CIPHER.encrypt(b"secret", table="t", row="1", column="c"))
    stored[position % len(stored)] ^= 1
    with pytest.raises(UndecipherableField):
        CIPHER.decrypt(bytes(stored), table="t", row="1", column="c")


def test_a_blind_index_of_one_column_finds_nothing_in_another() -> None:
    assert CIPHER.blind_index("1234", column="a") != CIPHER.blind_index("1234", column="b")


def test_a_ticket_is_a_jws_that_the_exported_key_verifies(signing_keys: SigningKeys) -> None:
    ticket = signing_keys.jws(Purpose.PRINT_TICKET, "print-ticket", {"order": "x", "pages": 1})
    header, payload, signature = (base64.urlsafe_b64decode(part + "==") for part in ticket.split("."))
    claims = json.loads(header)
    assert (claims["alg"], claims["typ"]) == ("ES256", "print-ticket")
    pem = signing_keys.public_keys(Purpose.PRINT_TICKET)[claims["kid"]]
    key = serialization.load_pem_public_key(pem.encode())
    assert isinstance(key, ec.EllipticCurvePublicKey)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    key.verify(utils.encode_dss_signature(r, s), ticket.rpartition(".")[0].encode(), ec.ECDSA(hashes.SHA256()))
    assert json.loads(payload) == {"order": "x", "pages": 1}


def test_a_key_of_one_purpose_is_not_a_key_of_another(signing_keys: SigningKeys) -> None:
    tickets = signing_keys.public_keys(Purpose.PRINT_TICKET)
    assert tickets.keys().isdisjoint(signing_keys.public_keys(Purpose.DEVICE_COMMAND))


def test_the_audit_cannot_be_changed_or_emptied(ground: Ground) -> None:
    with ground.engine.begin() as connection:
        audit.record(
            connection, at=ground.clock.now(), actor=Actor(ActorKind.SYSTEM, "test"), action=Action.RECORD_READ
        )
    for statement in ("UPDATE audit_events SET action = 'x'", "DELETE FROM audit_events", "TRUNCATE audit_events"):
        with (
            pytest.raises(sa.exc.DBAPIError, match="insert-only"),
            ground.engine.begin() as connection,
        ):
            connection.exec_driver_sql(statement)


def test_many_rows_copied_in_fail_as_one_inserted_would_and_without_their_values(ground: Ground) -> None:
    row = {"id": uuid4(), "number": "990", "postal_code": None, "address": "秘密の町1番地"}
    with pytest.raises(sa.exc.IntegrityError) as refused, database.transaction(ground.engine) as connection:
        database.copy_in(connection, households, [row, row])
    assert "秘密の町" not in str(refused.value)


def test_a_job_of_a_rolled_back_transaction_never_existed(ground: Ground) -> None:
    with ground.jobs.open(), ground.engine.connect() as connection:
        with connection.begin() as transaction:
            jobs.enqueue(ground.jobs, connection, jobs.Task.RENDER_ISSUANCE, issuance="1")
            transaction.rollback()
        assert connection.execute(sa.text("SELECT count(*) FROM procrastinate_jobs")).scalar_one() == 0


def test_a_job_of_a_committed_transaction_waits_in_its_queue(ground: Ground) -> None:
    with ground.engine.begin() as connection:
        jobs.enqueue(ground.jobs, connection, jobs.Task.RENDER_ISSUANCE, issuance="1")
    with ground.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT queue_name, task_name FROM procrastinate_jobs")).all()
    assert [tuple(row) for row in rows] == [("render", "certificates.render")]
