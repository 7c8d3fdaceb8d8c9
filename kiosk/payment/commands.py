"""What the portal commands about money: a JWS (RFC 7515, ES256) of typ `device-command`, as for the print agent.

Payload: `{"v":1,"id":…,"terminal":…,"command":"capture"|"void","order":…,"issued":…,"expires":…}`. A command is
obeyed only when one of the portal's keys has signed it, for this terminal, and within its time.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from kiosk.wire import Table, Unreadable, table_of, text_of, whole_of

Keys: TypeAlias = Mapping[str, ec.EllipticCurvePublicKey]
MONEY = frozenset({"capture", "void"})
_EARLY_SECONDS = 60
_LONGEST = 32 * 1024


class KeysUnreadable(Exception):
    """Raised at start when the file of the portal's keys is missing or holds anything but P-256 keys."""


class CommandRefused(Exception):
    """Raised when a command is malformed, not signed by the portal, for another terminal, or out of its time."""


@dataclass(frozen=True, slots=True)
class MoneyCommand:
    """Keep (capture) or give back (void) the fee of one order."""

    order: str
    command: Literal["capture", "void"]


def load_keys(path: Path) -> Keys:
    """The file `{"<kid>": "<PEM>"}` that the print agent has too. Raises `KeysUnreadable`."""
    try:
        entries = json.loads(path.read_text("utf-8"))
        found = {str(kid): load_pem_public_key(str(pem).encode()) for kid, pem in entries.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise KeysUnreadable(str(path)) from error
    keys = {kid: key for kid, key in found.items() if isinstance(key, ec.EllipticCurvePublicKey)}
    if not keys or len(keys) < len(found):
        raise KeysUnreadable(f"{path}: every key must be P-256, and there must be one")
    return keys


def is_about_money(token: str) -> bool:
    """Whether a command is for the payment device and not for the print agent; says nothing of who signed it."""
    try:
        return text_of(_object(token.split(".")[1]), "command") in MONEY
    except (IndexError, Unreadable):
        return False


def verify(token: str, keys: Keys, terminal: str, now: float) -> MoneyCommand:
    """The command, if it is the portal's, for this terminal and in time. Raises `CommandRefused`."""
    try:
        payload = _signed(token, keys)
        word, order = text_of(payload, "command"), text_of(payload, "order")
        meant = whole_of(payload, "v") == 1 and text_of(payload, "terminal") == terminal
        timely = whole_of(payload, "issued") - _EARLY_SECONDS <= now < whole_of(payload, "expires")
    except (Unreadable, InvalidSignature, IndexError) as error:
        raise CommandRefused(type(error).__name__) from None
    if not meant or not timely:
        raise CommandRefused("not for this terminal now")
    if word == "capture":
        return MoneyCommand(order, "capture")
    if word == "void":
        return MoneyCommand(order, "void")
    raise CommandRefused("not about money")


def _signed(token: str, keys: Keys) -> Table:
    parts = token.split(".")
    if len(token) > _LONGEST or len(parts) != 3:
        raise Unreadable("form")
    header = _object(parts[0])
    kid = text_of(header, "kid")
    if header != {"alg": "ES256", "typ": "device-command", "kid": kid} or kid not in keys:
        raise Unreadable("header")
    signature = _bytes(parts[2])
    if len(signature) != 64:
        raise Unreadable("signature")
    pair = utils.encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    keys[kid].verify(pair, f"{parts[0]}.{parts[1]}".encode("ascii"), ec.ECDSA(hashes.SHA256()))
    return _object(parts[1])


def _object(part: str) -> Table:
    try:
        return table_of(json.loads(_bytes(part)))
    except (ValueError, RecursionError):
        raise Unreadable("json") from None


def _bytes(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("base64url") from None
