"""封印 of one sheet: what its QR code says, signed.

An untagged COSE_Sign1 (RFC 9052), ES256: protected `{1: -7}`, unprotected `{4: first 4 bytes of the key id}`, payload
`[1, municipality code, own part of the issue number, page, pages, day, link, secret]`: the code as a number, the day
as days since 1970-01-01, the first 24 bytes of the sheet's link (`tie`), the 16 bytes of the rendering's secret.
Nothing else is a stamp: each value has one spelling, and no stamp has more than 150 bytes.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from portal.certificates.numbers import OWN_PART
from portal.certificates.sealing.cbor import Reader, StampUnreadable
from portal.certificates.sealing.key_list import PublishedKey
from portal.keys import Purpose

MOST_BYTES = 150
MOST_PAGES = 99
LINK_BYTES = 24
SECRET_BYTES = 16
FIRST_DAY = date(1970, 1, 1)
LAST_DAY = FIRST_DAY + timedelta(days=0xFFFF)
_VERSION = 1
_ALGORITHM, _KEY_ID, _ES256 = 1, 4, -7
_PROTECTED = cbor2.dumps({_ALGORITHM: _ES256})
_KEY_ID_BYTES = 4
_SIGNATURE_BYTES = 64
_CODE = re.compile(r"[0-9]{6}")


class TooManyBytes(StampUnreadable):
    """Raised when there are more bytes than any stamp has; nothing of them is looked at."""


class WrongAlgorithm(StampUnreadable):
    """Raised when the protected header is anything but ES256."""


class WrongVersion(StampUnreadable):
    """Raised when the stamp is of a version that does not exist yet."""


class OutOfRange(StampUnreadable):
    """Raised when a value or length is one that no stamp has; names the field."""


class StampUntrusted(Exception):
    """Raised when a well-formed stamp does not count: every cause has a subclass."""


class UnknownKey(StampUntrusted):
    """Raised when no published key has this id."""


class WrongSignature(StampUntrusted):
    """Raised when the signature is not that of the key over these words."""


class KeyNotInUse(StampUntrusted):
    """Raised when the key was not in use on the day the stamp names."""


class KeyRevoked(StampUntrusted):
    """Raised when the key may have been misused; nothing it stamped counts any more."""


@dataclass(frozen=True)
class Stamp:
    """What a stamp says. `number` is the issue number without the municipality's code. Raises OutOfRange."""

    municipality_code: str
    number: str
    page: int
    pages: int
    day: date
    link: bytes
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        checks = {
            "municipality_code": _CODE.fullmatch(self.municipality_code) and int(self.municipality_code),
            "number": OWN_PART.fullmatch(self.number),
            "pages": 1 <= self.pages <= MOST_PAGES,
            "page": 1 <= self.page <= self.pages,
            "day": FIRST_DAY <= self.day <= LAST_DAY,
            "link": len(self.link) == LINK_BYTES,
            "secret": len(self.secret) == SECRET_BYTES,
        }
        for name, holds in checks.items():
            if not holds:
                raise OutOfRange(name)

    @property
    def issue_number(self) -> str:
        """The whole 発行番号 as it is printed."""
        return f"{self.municipality_code}-{self.number}"


@dataclass(frozen=True)
class Signed:
    """A stamp with what proves it: the first bytes of the key's id (hex), the words signed, r‖s."""

    stamp: Stamp
    key_prefix: str
    payload: bytes = field(repr=False)
    signature: bytes


def encode(stamp: Stamp, key_id: str, sign: Callable[[bytes], bytes]) -> bytes:
    """The stamp as it goes into the QR code; `sign` gives the 64 byte ES256 signature of the key `key_id`."""
    payload = cbor2.dumps(
        [
            _VERSION,
            int(stamp.municipality_code),
            stamp.number,
            stamp.page,
            stamp.pages,
            (stamp.day - FIRST_DAY).days,
            stamp.link,
            stamp.secret,
        ]
    )
    prefix = bytes.fromhex(key_id)[:_KEY_ID_BYTES]
    return cbor2.dumps([_PROTECTED, {_KEY_ID: prefix}, payload, sign(_to_be_signed(payload))])


def decode(data: bytes) -> Signed:
    """Read a stamp without judging its signature; raises StampUnreadable, by subclass."""
    if len(data) > MOST_BYTES:
        raise TooManyBytes
    outer = Reader(data)
    outer.array(4)
    if outer.octets() != _PROTECTED:
        raise WrongAlgorithm
    outer.mapping(1)
    if outer.number() != _KEY_ID:
        raise OutOfRange("unprotected header")
    prefix = outer.octets()
    payload = outer.octets()
    signature = outer.octets()
    outer.end()
    if len(prefix) != _KEY_ID_BYTES:
        raise OutOfRange("key id")
    if len(signature) != _SIGNATURE_BYTES:
        raise OutOfRange("signature")
    return Signed(_stamp(payload), prefix.hex(), payload, signature)


def verify(data: bytes, keys: Iterable[PublishedKey]) -> Stamp:
    """What the stamp says, once a published key proves it. Raises StampUnreadable and StampUntrusted, by subclass."""
    signed = decode(data)
    candidates = [
        key for key in keys if key.purpose == Purpose.PAGE_STAMP and key.key_id.startswith(signed.key_prefix)
    ]
    if not candidates:
        raise UnknownKey
    # Four bytes of a key id may, once in a very long while, be those of two keys.
    signer = next((key for key in candidates if _proves(key, signed)), None)
    if signer is None:
        raise WrongSignature
    if signer.revoked is not None:
        raise KeyRevoked
    if not signer.in_use_on(signed.stamp.day):
        raise KeyNotInUse
    return signed.stamp


def _stamp(payload: bytes) -> Stamp:
    inner = Reader(payload)
    inner.array(8)
    if inner.number() != _VERSION:
        raise WrongVersion
    code, number, page, pages, days = inner.number(), inner.text(), inner.number(), inner.number(), inner.number()
    link, secret = inner.octets(), inner.octets()
    inner.end()
    if days > (LAST_DAY - FIRST_DAY).days:
        raise OutOfRange("day")
    return Stamp(f"{code:06}", number, page, pages, FIRST_DAY + timedelta(days=days), link, secret)


def _proves(key: PublishedKey, signed: Signed) -> bool:
    half = _SIGNATURE_BYTES // 2
    r, s = (int.from_bytes(part) for part in (signed.signature[:half], signed.signature[half:]))
    try:
        key.public_key().verify(encode_dss_signature(r, s), _to_be_signed(signed.payload), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _to_be_signed(payload: bytes) -> bytes:
    return cbor2.dumps(["Signature1", _PROTECTED, b"", payload])
