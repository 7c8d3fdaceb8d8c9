"""What the card signs: the same 112 bytes on both sides of the wire."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.card.payload import PayloadError, authentication_payload, is_authentication_payload

ORIGIN = "https://portal.example.test"
NONCE = bytes(range(32))


def test_the_bytes_are_those_of_the_contract() -> None:
    payload = authentication_payload(ORIGIN, NONCE, "login")
    assert payload[:16] == b"MADOGUCHI-AUTH-1"
    assert payload[16:48] == hashlib.sha256(ORIGIN.encode()).digest()
    assert payload[48:80] == hashlib.sha256(NONCE).digest()
    assert payload[80:] == hashlib.sha256(b"login").digest()
    assert hashlib.sha256(payload).hexdigest() == "5a92680e6f1de84bd1f7c3f710a906694722ea25b2753af42a395cf25fe2d8d7"


@settings(deadline=None)
@given(st.text(min_size=1), st.binary(min_size=32, max_size=32), st.text(min_size=1))
def test_every_payload_has_112_bytes_and_is_recognised(origin: str, nonce: bytes, purpose: str) -> None:
    payload = authentication_payload(origin, nonce, purpose)
    assert len(payload) == 112
    assert is_authentication_payload(payload)


def test_a_text_moved_from_one_field_to_the_next_changes_the_bytes() -> None:
    assert authentication_payload("https://a.test", NONCE, "blogin") != authentication_payload(
        "https://a.testb", NONCE, "login"
    )


@pytest.mark.parametrize(
    ("origin", "nonce", "purpose"), [("", NONCE, "login"), (ORIGIN, NONCE[:31], "login"), (ORIGIN, NONCE, "")]
)
def test_an_empty_field_or_a_short_nonce_is_refused(origin: str, nonce: bytes, purpose: str) -> None:
    with pytest.raises(PayloadError):
        authentication_payload(origin, nonce, purpose)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_other_bytes_are_no_payload(content: bytes) -> None:
    assert is_authentication_payload(content) == (len(content) == 112 and content[:16] == b"MADOGUCHI-AUTH-1")
