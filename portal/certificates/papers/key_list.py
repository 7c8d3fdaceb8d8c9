"""The published key list as a verifier reads it: whose stamps count, and from when to when."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec

_STAMP_PURPOSE = "page-stamp"


class KeyListUnusable(Exception):
    """Raised when a key list is not one that was published: nothing can be judged with it."""


@dataclass(frozen=True)
class StampKey:
    """One key that stamps pages. `revoked`: whatever it stamped does not count any more."""

    id: str
    public: ec.EllipticCurvePublicKey
    since: datetime
    retired: datetime | None
    revoked: bool


@dataclass(frozen=True)
class KeyList:
    """The keys of one municipality, and the one official origin of its page."""

    municipality: str
    name: str
    origin: str
    keys: tuple[StampKey, ...]


def read_key_list(text: str | Mapping[str, object]) -> KeyList:
    """The key list from its JSON. Raises KeyListUnusable."""
    try:
        raw = json.loads(text) if isinstance(text, str) else dict(text)
        if raw["v"] != 1:
            raise KeyListUnusable("version")
        return KeyList(
            municipality=str(raw["municipality"]),
            name=str(raw["name"]),
            origin=str(raw["origin"]),
            keys=tuple(_key(key) for key in raw["keys"] if key["purpose"] == _STAMP_PURPOSE),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise KeyListUnusable(type(error).__name__) from error


def _key(raw: Mapping[str, str | None]) -> StampKey:
    return StampKey(
        id=str(raw["id"]),
        public=ec.EllipticCurvePublicNumbers(_number(raw["x"]), _number(raw["y"]), ec.SECP256R1()).public_key(),
        since=_instant(raw["from"]),
        retired=None if raw["retired"] is None else _instant(raw["retired"]),
        revoked=raw["revoked"] is not None,
    )


def _instant(text: str | None) -> datetime:
    instant = datetime.fromisoformat(text or "")
    if instant.tzinfo is None:
        raise ValueError("an instant needs its zone")
    return instant


def _number(text: str | None) -> int:
    """A coordinate as a JSON Web Key writes it (RFC 7518, 6.2.1)."""
    return int.from_bytes(urlsafe_b64decode(f"{text or ''}="), "big")
