"""The published list of the keys that seal certificates, as anyone may have it: what a stamp is judged by.

JSON, canonical (sorted names, no spaces, UTF-8):
`{"keys":[{"from":day,"id":…,"purpose":…,"retired":day|null,"revoked":day|null,"x":…,"y":…},…],"municipality":code,
"name":…,"origin":where certificates are checked,"v":1}`. Days are those of Japan (`2026-11-24`); a key was in use
from `from` to `retired`, both included; what a key with `revoked` stamped does not count, whatever its day. x and y
are the affine coordinates on P-256 in base64url without padding, as in a JWK (RFC 7518 6.2.1).

The list carries no signature of its own. Online it is as good as the TLS of its origin. In the offline page it lies
beside the program that judges by it, and whoever can change the one can change the other; a signature that only they
themselves would check would promise more than it holds. And no key that seals documents signs anything else.
"""

import base64
import json
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from portal import municipality
from portal.certificates.sealing.tables import seal_keys
from portal.clock import local_date

_VERSION = 1
_ALL = sa.select(seal_keys).order_by(seal_keys.c.valid_from, seal_keys.c.key_id)


class UnfitKeyList(Exception):
    """Raised when a text is not a list of keys in the published form."""


@dataclass(frozen=True)
class PublishedKey:
    """A public key and the days on which it was in use."""

    key_id: str
    purpose: str
    x: bytes
    y: bytes
    valid_from: date
    retired: date | None
    revoked: date | None

    def in_use_on(self, day: date) -> bool:
        """Whether something sealed on this day may be by this key."""
        return self.valid_from <= day and (self.retired is None or day <= self.retired)

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The key itself."""
        numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(self.x), int.from_bytes(self.y), ec.SECP256R1())
        return numbers.public_key()


@dataclass(frozen=True)
class KeyList:
    """All keys of one municipality, oldest first, and where its certificates are checked."""

    municipality: str
    name: str
    origin: str
    keys: tuple[PublishedKey, ...]

    def to_json(self) -> str:
        """As it is published."""
        value = {
            "v": _VERSION,
            "municipality": self.municipality,
            "name": self.name,
            "origin": self.origin,
            "keys": [
                {
                    "id": key.key_id,
                    "purpose": key.purpose,
                    "x": _text(key.x),
                    "y": _text(key.y),
                    "from": key.valid_from.isoformat(),
                    "retired": _day_text(key.retired),
                    "revoked": _day_text(key.revoked),
                }
                for key in self.keys
            ],
        }
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def key_list(connection: sa.Connection, origin: str) -> KeyList:
    """The list as of now; `origin` is where certificates are checked (settings)."""
    here = municipality.current(connection)
    keys = tuple(
        published(
            row.public_key,
            key_id=row.key_id,
            purpose=row.purpose,
            valid_from=local_date(row.valid_from),
            retired=None if row.retired_at is None else local_date(row.retired_at),
            revoked=None if row.revoked_at is None else local_date(row.revoked_at),
        )
        for row in connection.execute(_ALL)
    )
    return KeyList(municipality=here.code, name=here.name, origin=origin, keys=keys)


def published(
    spki: bytes,
    *,
    key_id: str,
    purpose: str,
    valid_from: date,
    retired: date | None = None,
    revoked: date | None = None,
) -> PublishedKey:
    """A key from its SubjectPublicKeyInfo (DER)."""
    key = serialization.load_der_public_key(spki)
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise TypeError("sealing keys are keys on P-256")
    numbers = key.public_numbers()
    return PublishedKey(key_id, purpose, numbers.x.to_bytes(32), numbers.y.to_bytes(32), valid_from, retired, revoked)


def read(text: str) -> KeyList:
    """A published list, from a file or another municipality's site; raises UnfitKeyList."""
    try:
        value = json.loads(text)
        if value["v"] != _VERSION:
            raise UnfitKeyList("version")
        keys = tuple(_key(entry) for entry in value["keys"])
        found = KeyList(str(value["municipality"]), str(value["name"]), str(value["origin"]), keys)
        for key in keys:
            key.public_key()
    except (ValueError, KeyError, TypeError) as error:
        raise UnfitKeyList(type(error).__name__) from error
    return found


def _key(entry: dict[str, str | None]) -> PublishedKey:
    return PublishedKey(
        key_id=str(entry["id"]),
        purpose=str(entry["purpose"]),
        x=_bytes(entry["x"]),
        y=_bytes(entry["y"]),
        valid_from=date.fromisoformat(str(entry["from"])),
        retired=_day(entry["retired"]),
        revoked=_day(entry["revoked"]),
    )


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def _bytes(text: str | None) -> bytes:
    decoded = base64.urlsafe_b64decode(f"{text}=")
    if len(decoded) != 32:
        raise UnfitKeyList("coordinate")
    return decoded


def _day_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
