"""The 112 bytes that kiosk, bridge and portal compute alike."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.bridge.operation import PURPOSES
from kiosk.card.payload import authentication_payload
from portal.identity import kiosk_purpose, payload
from portal.identity.card.payload import (
    IDENTIFY_PURPOSE,
    LINK_PURPOSE,
    LOGIN_PURPOSE,
    NONCE_LENGTH,
    PAYLOAD_LENGTH,
    nonce_digest,
)

VECTORS = [
    (
        "https://terminal.example:8443",
        bytes(range(32)),
        "kiosk:kiosk-01",
        (
            "4d41444f47554348492d415554482d31"
            "57139c6e0e590f8609aa3268dc8d98ee197504c55b184e0da7b16529a88c8a88"
            "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
            "660eed31ccac55bcd4206e8de53ee41c26062c21efe2aac3766741a764150379"
        ),
    ),
]
TEXTS = st.text(min_size=1, max_size=80)
NONCES = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize(("origin", "nonce", "purpose", "expected"), VECTORS)
def test_the_bytes_are_those_of_the_written_contract(origin: str, nonce: bytes, purpose: str, expected: str) -> None:
    made = payload(origin=origin, nonce_sha256=nonce_digest(nonce), purpose=purpose)

    assert made.hex() == expected
    assert len(made) == 112


@given(TEXTS, NONCES, TEXTS)
def test_kiosk_and_portal_compute_the_same_bytes(origin: str, nonce: bytes, purpose: str) -> None:
    ours = payload(origin=origin, nonce_sha256=nonce_digest(nonce), purpose=purpose)

    assert ours == authentication_payload(origin, nonce, purpose)


@given(TEXTS, TEXTS, NONCES, TEXTS)
def test_another_origin_never_gives_the_same_bytes(first: str, second: str, nonce: bytes, purpose: str) -> None:
    digest = nonce_digest(nonce)

    same = payload(origin=first, nonce_sha256=digest, purpose=purpose) == payload(
        origin=second, nonce_sha256=digest, purpose=purpose
    )

    assert same == (first == second)


def test_letters_cannot_slide_from_the_origin_into_the_nonce() -> None:
    short = payload(origin="https://example.jp", nonce_sha256=nonce_digest(b"1" * 32), purpose="login")
    long = payload(origin="https://example.jp1", nonce_sha256=nonce_digest(b"1" * 31), purpose="login")

    assert short != long


def test_the_lengths_and_purposes_are_those_that_bridge_and_kiosk_were_built_with() -> None:
    """Kiosks and bridges in the field are not updated in the same minute as the portal."""
    assert (NONCE_LENGTH, PAYLOAD_LENGTH) == (32, 112)
    assert LOGIN_PURPOSE == "login"
    assert kiosk_purpose("kiosk-01") == "kiosk:kiosk-01"


def test_two_kiosks_have_two_purposes_and_neither_is_the_browsers() -> None:
    assert len({kiosk_purpose("kiosk-01"), kiosk_purpose("kiosk-02"), "login"}) == 3


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_digest_of_another_length_is_never_signed_over(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        payload(origin="https://example.jp", nonce_sha256=b"x" * length, purpose="login")


def test_only_the_hash_of_the_nonce_enters() -> None:
    nonce = b"n" * 32

    assert nonce_digest(nonce) == hashlib.sha256(nonce).digest()
    assert nonce not in payload(origin="https://a.jp", nonce_sha256=nonce_digest(nonce), purpose="login")


def test_the_purposes_that_a_page_asks_for_are_those_that_a_bridge_signs() -> None:
    assert [LOGIN_PURPOSE, LINK_PURPOSE, IDENTIFY_PURPOSE] == ["login", "link", "identify"]
    assert {LOGIN_PURPOSE, LINK_PURPOSE, IDENTIFY_PURPOSE} == set(PURPOSES)
