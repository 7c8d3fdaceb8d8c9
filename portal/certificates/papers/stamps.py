"""Reading a stamp: the COSE_Sign1 (RFC 9052) that a sheet's QR code holds, in exactly the one shape that is issued.

The bytes must be the canonical encoding of what they mean: one sheet has one stamp, and no second spelling of it.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

LONGEST = 150
_PROTECTED = cbor2.dumps({1: -7})
_KEY_ID = 4
_EPOCH = date(1970, 1, 1)
_LAST_DAY = (date(2999, 12, 31) - _EPOCH).days
_NUMBER = re.compile(r"[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}")
_MOST_PAGES = 99


class NotAStamp(Exception):
    """Raised when the bytes of a code are not a stamp, whoever may have made them."""


@dataclass(frozen=True, repr=False)
class Stamp:
    """What a sheet says of itself. `number` is the whole 発行番号; `key_id` the first four bytes of the key's id."""

    municipality: str
    number: str
    page: int
    pages: int
    day: date
    link: bytes
    secret: bytes
    key_id: bytes
    signed: bytes
    signature: bytes


def read_stamp(code: bytes) -> Stamp:
    """The stamp in the bytes of a QR code. Its signature is not judged here. Raises NotAStamp."""
    protected, unprotected, payload, signature = _members(code, 4)
    if protected != _PROTECTED or not isinstance(unprotected, dict) or list(unprotected) != [4]:
        raise NotAStamp("header")
    key_id = _exactly(unprotected[4], _KEY_ID)
    if not isinstance(payload, bytes):
        raise NotAStamp("payload")
    version, municipality, number, page, pages, day, link, secret = _members(payload, 8)
    _between(version, 1, 1)
    code_number = f"{_between(municipality, 1, 999_999):06}"
    if not isinstance(number, str) or _NUMBER.fullmatch(number) is None:
        raise NotAStamp("issue number")
    of = _between(pages, 1, _MOST_PAGES)
    return Stamp(
        municipality=code_number,
        number=f"{code_number}-{number}",
        page=_between(page, 1, of),
        pages=of,
        day=_EPOCH + timedelta(days=_between(day, 0, _LAST_DAY)),
        link=_exactly(link, 24),
        secret=_exactly(secret, 16),
        key_id=key_id,
        signed=cbor2.dumps(["Signature1", _PROTECTED, b"", payload]),
        signature=_exactly(signature, 64),
    )


def signed_by(stamp: Stamp, key: ec.EllipticCurvePublicKey) -> bool:
    """Whether `key` made the stamp's signature (ES256)."""
    r, s = (int.from_bytes(half, "big") for half in (stamp.signature[:32], stamp.signature[32:]))
    try:
        key.verify(encode_dss_signature(r, s), stamp.signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _members(encoded: bytes, count: int) -> list[object]:
    if len(encoded) > LONGEST:
        raise NotAStamp("too long")
    try:
        found = cbor2.loads(encoded)
    except (cbor2.CBORDecodeError, ValueError, TypeError, RecursionError) as error:
        raise NotAStamp("not CBOR") from error
    if not isinstance(found, list) or len(found) != count or cbor2.dumps(found) != encoded:
        raise NotAStamp("shape")
    return found


def _between(value: object, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise NotAStamp("number out of range")
    return value


def _exactly(value: object, length: int) -> bytes:
    if not isinstance(value, bytes) or len(value) != length:
        raise NotAStamp("length")
    return value
