"""Forged and misshapen RSA signatures (RSASSA-PKCS1-v1_5, 2048 bits, SHA-256), in the classes that others fell for.

Each vector is an encoded message of our own making, raised to the private exponent with plain numbers, so that the
public operation brings back exactly these 256 bytes. Only one encoding is right (RFC 8017, 9.2, with the NULL of its
note); the rest was accepted somewhere once: Bleichenbacher's forgery of 2006 (CVE-2006-4339), BERserk
(CVE-2014-1568), missing or surplus parameters, bytes behind the digest.
"""

import hashlib
from collections.abc import Callable
from functools import cache

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa

from portal.identity.card.profile import RSA_2048, RSA_2048_SIGNATURE, CardProfile
from tests.world.jpki import store

KEY = store.new_key()
MODULUS = KEY.public_key().public_numbers().n
EXPONENT = KEY.private_numbers().d
SIZE = 256
DATA = b"MADOGUCHI-AUTH-1" + bytes(range(96))
DIGEST = hashlib.sha256(DATA).digest()
OID_SHA_256 = bytes.fromhex("0609608648016503040201")
NULL = b"\x05\x00"


def tlv(tag: int, content: bytes) -> bytes:
    """DER with a short length."""
    assert len(content) < 0x80
    return bytes([tag, len(content)]) + content


def digest_info(
    oid: bytes = OID_SHA_256, parameters: bytes = NULL, digest: bytes = DIGEST, behind: bytes = b""
) -> bytes:
    return tlv(0x30, tlv(0x30, oid + parameters) + tlv(0x04, digest) + behind)


GOOD = digest_info()


def padded(info: bytes = GOOD, start: bytes = b"\x00\x01", fill: int = 0xFF, separator: bytes = b"\x00") -> bytes:
    """`info` at the end of 256 bytes, padding before it."""
    room = SIZE - len(start) - len(separator) - len(info)
    return start + bytes([fill]) * room + separator + info


def with_padding_of(count: int, info: bytes = GOOD, filler: int = 0x00) -> bytes:
    """Only `count` bytes FF; what is left over lies behind `info`: the forger's room."""
    begin = b"\x00\x01" + b"\xff" * count + b"\x00" + info
    return begin + bytes([filler]) * (SIZE - len(begin))


@cache
def signed(encoded: bytes) -> bytes:
    """The number whose public operation gives `encoded`."""
    assert len(encoded) == SIZE
    return pow(int.from_bytes(encoded, "big"), EXPONENT, MODULUS).to_bytes(SIZE, "big")


def long_length(content: bytes, octets: int, tag: int = 0x30) -> bytes:
    """BER's long form of a length that fits in one byte."""
    return bytes([tag, 0x80 | octets]) + len(content).to_bytes(octets, "big") + content


ALGORITHM = tlv(0x30, OID_SHA_256 + NULL)
OCTETS = tlv(0x04, DIGEST)
ENCODINGS: dict[str, bytes] = {
    # lengths
    "outer length in the long form": padded(long_length(ALGORITHM + OCTETS, 1)),
    "outer length in two octets": padded(long_length(ALGORITHM + OCTETS, 2)),
    "outer length in eighty octets (BERserk)": padded(long_length(ALGORITHM + OCTETS, 80)),
    "outer length indefinite": padded(b"\x30\x80" + ALGORITHM + OCTETS + b"\x00\x00"),
    "outer length too small": padded(b"\x30\x30" + ALGORITHM + OCTETS),
    "outer length too large": padded(b"\x30\x32" + ALGORITHM + OCTETS),
    "outer length zero": padded(b"\x30\x00" + ALGORITHM + OCTETS),
    "algorithm's length in the long form": padded(tlv(0x30, long_length(OID_SHA_256 + NULL, 1) + OCTETS)),
    "algorithm's length indefinite": padded(tlv(0x30, b"\x30\x80" + OID_SHA_256 + NULL + b"\x00\x00" + OCTETS)),
    "identifier's length in the long form": padded(
        digest_info(oid=long_length(OID_SHA_256[2:], 1, 0x06)),
    ),
    "digest's length in the long form": padded(tlv(0x30, ALGORITHM + long_length(DIGEST, 1, 0x04))),
    "digest's length in eight octets": padded(tlv(0x30, ALGORITHM + long_length(DIGEST, 8, 0x04))),
    "digest in a constructed string": padded(tlv(0x30, ALGORITHM + tlv(0x24, OCTETS))),
    "NULL with a long length": padded(digest_info(parameters=b"\x05\x81\x00")),
    # parameters
    "no parameters": padded(digest_info(parameters=b"")),
    "NULL twice": padded(digest_info(parameters=NULL + NULL)),
    "NULL with content": padded(digest_info(parameters=b"\x05\x01\x00")),
    "an empty string as parameters": padded(digest_info(parameters=b"\x04\x00")),
    "garbage hidden in the parameters": padded(digest_info(parameters=tlv(0x04, b"garbage" * 4))),
    "an integer as parameters": padded(digest_info(parameters=b"\x02\x01\x00")),
    # what stands behind and beside
    "a byte behind the digest": padded(GOOD + b"\x00"),
    "a NULL behind the digest inside": padded(digest_info(behind=NULL)),
    "a second digest inside": padded(digest_info(behind=OCTETS)),
    "a second DigestInfo": padded(GOOD + GOOD),
    "the bare digest": padded(DIGEST),
    "the digest in a string only": padded(OCTETS),
    "no algorithm": padded(tlv(0x30, OCTETS)),
    "algorithm and digest swapped": padded(tlv(0x30, OCTETS + ALGORITHM)),
    "nothing but padding": padded(b""),
    # hashes
    "identifier of SHA-1": padded(digest_info(oid=bytes.fromhex("06052b0e03021a"))),
    "identifier of SHA-224": padded(digest_info(oid=bytes.fromhex("0609608648016503040204"))),
    "identifier of SHA-384": padded(digest_info(oid=bytes.fromhex("0609608648016503040202"))),
    "identifier of SHA-512": padded(digest_info(oid=bytes.fromhex("0609608648016503040203"))),
    "identifier of SHA3-256": padded(digest_info(oid=bytes.fromhex("0609608648016503040208"))),
    "identifier of MD5": padded(digest_info(oid=bytes.fromhex("06082a864886f70d0205"))),
    "identifier of the signature scheme": padded(digest_info(oid=bytes.fromhex("06092a864886f70d01010b"))),
    "identifier cut short": padded(digest_info(oid=bytes.fromhex("06086086480165030402"))),
    "identifier padded": padded(digest_info(oid=bytes.fromhex("060a60864801650304028001"))),
    "identifier empty": padded(digest_info(oid=b"\x06\x00")),
    "digest of SHA-1, named so": padded(
        digest_info(oid=bytes.fromhex("06052b0e03021a"), digest=hashlib.sha1(DATA, usedforsecurity=False).digest())
    ),
    "digest of SHA-512, named so": padded(
        digest_info(oid=bytes.fromhex("0609608648016503040203"), digest=hashlib.sha512(DATA).digest())
    ),
    # digests
    "another digest": padded(digest_info(digest=hashlib.sha256(b"other").digest())),
    "digest one byte short": padded(digest_info(digest=DIGEST[:-1])),
    "digest one byte long": padded(digest_info(digest=DIGEST + b"\x00")),
    "digest with a zero before it": padded(digest_info(digest=b"\x00" + DIGEST)),
    "digest empty": padded(digest_info(digest=b"")),
    "digest reversed": padded(digest_info(digest=DIGEST[::-1])),
    "digest of the digest": padded(digest_info(digest=hashlib.sha256(DIGEST).digest())),
    "digest with its first bit turned": padded(digest_info(digest=bytes([DIGEST[0] ^ 0x80]) + DIGEST[1:])),
    "digest with its last bit turned": padded(digest_info(digest=DIGEST[:-1] + bytes([DIGEST[-1] ^ 1]))),
    # padding
    "no padding (Bleichenbacher 2006)": with_padding_of(0),
    "one byte of padding": with_padding_of(1),
    "eight bytes of padding": with_padding_of(8),
    "eight bytes of padding, the rest FF": with_padding_of(8, filler=0xFF),
    "padding one byte short": with_padding_of(SIZE - 4 - len(GOOD)),
    "type byte 00": padded(start=b"\x00\x00"),
    "type byte 02": padded(start=b"\x00\x02"),
    "type byte FF": padded(start=b"\x00\xff"),
    "first byte 01": padded(start=b"\x01\x01"),
    "no first byte": padded(start=b"\x01"),
    "a second type byte": padded(start=b"\x00\x01\x01"),
    "padding of zeros": padded(fill=0x00),
    "padding of FE": padded(fill=0xFE),
    "padding with a hole in it": padded()[:100] + b"\x00" + padded()[101:],
    "padding with another byte in it": padded()[:100] + b"\xfe" + padded()[101:],
    "padding whose last byte is another": padded()[: -len(GOOD) - 2] + b"\xfe\x00" + GOOD,
    "no separator": padded(separator=b""),
    "separator 01": padded(separator=b"\x01"),
    "two separators": padded(separator=b"\x00\x00"),
    # altogether
    "zero": bytes(SIZE),
    "one": bytes(SIZE - 1) + b"\x01",
    "minus one": (MODULUS - 1).to_bytes(SIZE, "big"),
}

SIGNATURE = signed(padded())
NUMBER = int.from_bytes(SIGNATURE, "big")
NUMBERS: dict[str, bytes] = {
    "empty": b"",
    "one zero byte": b"\x00",
    "all zeros": bytes(SIZE),
    "one": (1).to_bytes(SIZE, "big"),
    "the modulus": MODULUS.to_bytes(SIZE, "big"),
    "the modulus less one": (MODULUS - 1).to_bytes(SIZE, "big"),
    "the modulus and one": (MODULUS + 1).to_bytes(SIZE, "big"),
    "all ones": b"\xff" * SIZE,
    "mirrored": (MODULUS - NUMBER).to_bytes(SIZE, "big"),
    "one modulus higher": (NUMBER + MODULUS).to_bytes(SIZE + 1, "big"),
    "256 moduli higher": (NUMBER + 256 * MODULUS).to_bytes(SIZE + 2, "big"),
    "a zero before it": b"\x00" + SIGNATURE,
    "two zeros before it": b"\x00\x00" + SIGNATURE,
    "a zero behind it": SIGNATURE + b"\x00",
    "its first byte missing": SIGNATURE[1:],
    "its last byte missing": SIGNATURE[:-1],
    "half of it": SIGNATURE[:128],
    "twice": SIGNATURE * 2,
    "backwards": SIGNATURE[::-1],
    "in hexadecimal": SIGNATURE.hex().encode(),
    "in a bit string": b"\x03\x82\x01\x01\x00" + SIGNATURE,
    "in an octet string": b"\x04\x82\x01\x00" + SIGNATURE,
    "the encoded message itself": padded(),
    "too long by far": SIGNATURE + bytes(100_000),
}


@pytest.fixture(params=[RSA_2048, RSA_2048_SIGNATURE], ids=["authentication", "signature"])
def verify(request: pytest.FixtureRequest) -> Callable[[bytes], None]:
    profile: CardProfile = request.param
    return lambda signature: profile.verify(KEY.public_key(), signature, DATA)


def test_the_one_right_encoding_is_accepted(verify: Callable[[bytes], None]) -> None:
    """And so the vectors differ from it only in what they name."""
    verify(SIGNATURE)


@pytest.mark.parametrize("fault", ENCODINGS)
def test_an_encoding_that_is_not_exactly_the_right_one_is_refused(
    verify: Callable[[bytes], None], fault: str
) -> None:
    assert ENCODINGS[fault] != padded()

    with pytest.raises(InvalidSignature):
        verify(signed(ENCODINGS[fault]))


@pytest.mark.parametrize("fault", NUMBERS)
def test_a_signature_that_is_not_exactly_256_bytes_below_the_modulus_is_refused(
    verify: Callable[[bytes], None], fault: str
) -> None:
    with pytest.raises(InvalidSignature):
        verify(NUMBERS[fault])


def test_a_cube_root_forges_nothing_because_no_card_has_the_exponent_three() -> None:
    """Bleichenbacher's forgery needs e = 3; a key with it is not of this generation to begin with."""
    weak = rsa.RSAPublicNumbers(3, MODULUS).public_key()

    assert not RSA_2048.scheme.fits_key(weak)
    assert RSA_2048.scheme.fits_key(KEY.public_key())


def test_a_key_of_another_kind_is_refused_as_a_wrong_signature() -> None:
    with pytest.raises(InvalidSignature):
        RSA_2048.verify(store.new_p384_key().public_key(), SIGNATURE, DATA)
