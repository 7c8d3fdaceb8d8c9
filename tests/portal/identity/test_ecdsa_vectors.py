"""Forged and misshapen ECDSA signatures (P-384, SHA-384), made with plain numbers.

Decided: of (r, s) and its mirror (r, n - s) both are accepted. FIPS 186-5 allows both, no card is known to choose
one, and a mirrored signature wins nothing here: it is over the same challenge, which is spent with the first answer,
and no signature serves as a name for anything.
"""

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from portal.identity.card.profile import P_384, P_384_SIGNATURE, CardProfile
from tests.world.jpki import store

KEY = store.new_p384_key()
# FIPS 186-5 / SP 800-186: order of the base point and field prime of P-384.
ORDER = int("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16)
PRIME = 2**384 - 2**128 - 2**96 + 2**32 - 1
DATA = b"MADOGUCHI-AUTH-1" + bytes(range(96))
SIGNATURE = KEY.sign(DATA, ec.ECDSA(hashes.SHA384()))
R, S = utils.decode_dss_signature(SIGNATURE)


def integer(value: int) -> bytes:
    """DER of a whole number, negative ones in two's complement."""
    size = max(1, (value + (value < 0)).bit_length() // 8 + 1)
    return tlv(0x02, value.to_bytes(size, "big", signed=True))


def tlv(tag: int, content: bytes) -> bytes:
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    return bytes([tag, 0x81, len(content)]) + content


def pair(r: bytes, s: bytes, behind: bytes = b"") -> bytes:
    return tlv(0x30, r + s + behind)


def numbers(r: int, s: int) -> bytes:
    return pair(integer(r), integer(s))


def wide(value: int, zeros: int = 1) -> bytes:
    """A whole number with zeros before it that DER forbids."""
    content = integer(value)[2:]
    return tlv(0x02, bytes(zeros) + content)


def long_length(value: int) -> bytes:
    content = integer(value)[2:]
    return bytes([0x02, 0x81, len(content)]) + content


def raw(r: int, s: int) -> bytes:
    return r.to_bytes(48, "big") + s.to_bytes(48, "big")


BODY = SIGNATURE[2:] if SIGNATURE[1] < 0x80 else SIGNATURE[3:]
VALUES: dict[str, bytes] = {
    "r = 0": numbers(0, S),
    "s = 0": numbers(R, 0),
    "both 0": numbers(0, 0),
    "r = 1, s = 1": numbers(1, 1),
    "r = n": numbers(ORDER, S),
    "s = n": numbers(R, ORDER),
    "both n": numbers(ORDER, ORDER),
    "r = 0, s = n": numbers(0, ORDER),
    "r = n, s = 0": numbers(ORDER, 0),
    "r + n": numbers(R + ORDER, S),
    "s + n": numbers(R, S + ORDER),
    "r + 2**384": numbers(R + 2**384, S),
    "s + 2**384": numbers(R, S + 2**384),
    "r - n": numbers(R - ORDER, S),
    "s - n": numbers(R, S - ORDER),
    "-r": numbers(-R, S),
    "-s": numbers(R, -S),
    "both negative": numbers(-R, -S),
    "r = -1": numbers(-1, S),
    "n - r": numbers(ORDER - R, S),
    "r = n - 1": numbers(ORDER - 1, S),
    "s = n - 1": numbers(R, ORDER - 1),
    "r = n + 1": numbers(ORDER + 1, S),
    "r = p": numbers(PRIME, S),
    "s = p": numbers(R, PRIME),
    "r = p + 1": numbers(PRIME + 1, S),
    "swapped": numbers(S, R),
    "r twice": numbers(R, R),
    "s twice": numbers(S, S),
    "r + 1": numbers(R + 1, S),
    "s + 1": numbers(R, S + 1),
    "r of a thousand bits": numbers(R + ORDER * 2**600, S),
    "s of a thousand bits": numbers(R, S + ORDER * 2**600),
}
FORMS: dict[str, bytes] = {
    "empty": b"",
    "one zero byte": b"\x00",
    "an empty sequence": b"\x30\x00",
    "one number": tlv(0x30, integer(R)),
    "three numbers": pair(integer(R), integer(S), integer(S)),
    "raw r and s": raw(R, S),
    "raw s and r": raw(S, R),
    "raw, with a point's first byte": b"\x04" + raw(R, S),
    "raw zeros": bytes(96),
    "in an octet string": tlv(0x04, SIGNATURE),
    "in a bit string": tlv(0x03, b"\x00" + SIGNATURE),
    "in a second sequence": tlv(0x30, SIGNATURE),
    "as a set": bytes([0x31]) + SIGNATURE[1:],
    "as a primitive": bytes([0x10]) + SIGNATURE[1:],
    "in hexadecimal": SIGNATURE.hex().encode(),
    "a byte behind it": SIGNATURE + b"\x00",
    "a NULL behind it": SIGNATURE + b"\x05\x00",
    "twice": SIGNATURE * 2,
    "a NULL inside": pair(integer(R), integer(S), b"\x05\x00"),
    "a byte before it": b"\x00" + SIGNATURE,
    "its last byte missing": SIGNATURE[:-1],
    "its first byte missing": SIGNATURE[1:],
    "its second half": SIGNATURE[len(SIGNATURE) // 2 :],
    "a zero before r": pair(wide(R), integer(S)),
    "a zero before s": pair(integer(R), wide(S)),
    "eight zeros before s": pair(integer(R), wide(S, 8)),
    "r without its sign byte": pair(tlv(0x02, ((1 << 383) | R).to_bytes(48, "big")), integer(S)),
    "length of r in the long form": pair(long_length(R), integer(S)),
    "length of s in the long form": pair(integer(R), long_length(S)),
    "outer length in the long form": bytes([0x30, 0x81, len(BODY)]) + BODY
    if len(BODY) < 0x80
    else bytes([0x30, 0x82, 0x00, len(BODY)]) + BODY,
    "outer length in four octets": bytes([0x30, 0x84, 0, 0, 0, len(BODY)]) + BODY,
    "outer length indefinite": b"\x30\x80" + BODY + b"\x00\x00",
    "outer length too small": bytes([0x30, len(BODY) - 1]) + BODY,
    "outer length too large": bytes([0x30, len(BODY) + 1]) + BODY,
    "outer length of four gigabytes": bytes.fromhex("3084ffffffff") + BODY,
    "r empty": pair(b"\x02\x00", integer(S)),
    "s empty": pair(integer(R), b"\x02\x00"),
    "r as an enumeration": pair(b"\x0a" + integer(R)[1:], integer(S)),
    "r as a NULL": pair(b"\x05\x00", integer(S)),
    "r as true": pair(b"\x01\x01\xff", integer(S)),
    "r as a real number": pair(b"\x09\x03\x80\x00\x01", integer(S)),
    "too long by far": SIGNATURE + bytes(100_000),
}


def refused(profile: CardProfile, signature: bytes, data: bytes = DATA) -> None:
    with pytest.raises(InvalidSignature):
        profile.verify(KEY.public_key(), signature, data)


@pytest.fixture(params=[P_384, P_384_SIGNATURE], ids=["authentication", "signature"])
def profile(request: pytest.FixtureRequest) -> CardProfile:
    chosen: CardProfile = request.param
    return chosen


def test_the_right_pair_in_der_is_accepted(profile: CardProfile) -> None:
    """And so the vectors differ from it only in what they name."""
    assert numbers(R, S) == SIGNATURE

    profile.verify(KEY.public_key(), SIGNATURE, DATA)


def test_the_mirrored_pair_is_accepted_too(profile: CardProfile) -> None:
    profile.verify(KEY.public_key(), numbers(R, ORDER - S), DATA)


@pytest.mark.parametrize("fault", VALUES)
def test_a_pair_out_of_range_or_of_other_numbers_is_refused(profile: CardProfile, fault: str) -> None:
    refused(profile, VALUES[fault])


@pytest.mark.parametrize("fault", FORMS)
def test_a_form_that_is_not_exactly_der_of_the_pair_is_refused(profile: CardProfile, fault: str) -> None:
    refused(profile, FORMS[fault])


def test_other_bytes_than_the_signed_ones_are_refused(profile: CardProfile) -> None:
    for data in (b"", DATA[:-1], DATA + b"\x00", b"\x00" + DATA, hashlib.sha384(DATA).digest()):
        refused(profile, SIGNATURE, data)


@pytest.mark.parametrize("digest", [hashes.SHA256(), hashes.SHA512(), hashes.SHA3_384(), hashes.SHA224()])
def test_a_signature_over_another_hash_is_refused(profile: CardProfile, digest: hashes.HashAlgorithm) -> None:
    refused(profile, KEY.sign(DATA, ec.ECDSA(digest)))


def test_a_signature_of_the_digest_as_if_it_were_the_message_is_refused(profile: CardProfile) -> None:
    refused(profile, KEY.sign(hashlib.sha384(DATA).digest(), ec.ECDSA(hashes.SHA384())))


def test_a_signature_by_another_key_is_refused(profile: CardProfile) -> None:
    refused(profile, store.new_p384_key().sign(DATA, ec.ECDSA(hashes.SHA384())))


def test_a_key_of_another_kind_is_refused_as_a_wrong_signature(profile: CardProfile) -> None:
    with pytest.raises(InvalidSignature):
        profile.verify(store.new_key().public_key(), SIGNATURE, DATA)
