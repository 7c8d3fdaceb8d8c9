"""The wire from the portal to this agent: print tickets and device commands. This docstring is its contract.

Both are JWS in compact serialisation (RFC 7515), three base64url parts without padding, signed ES256 (P-256, SHA-256,
raw r||s of 64 bytes). The protected header has exactly three members::

    {"alg":"ES256","typ":"print-ticket","kid":"<name of the key>"}

``typ`` is ``print-ticket`` or ``device-command``; one is never taken for the other. The payload is canonical JSON
(sorted keys, no spaces, UTF-8, no member twice).

print-ticket::

    {"v":1,
     "order":"<uuid of the issuance>",          the order's identity; printed at most once under it
     "terminal":"<terminal id>",                the device it is for
     "sha256":"<64 hex digits>",                of the PDF, compared again immediately before it is sent
     "pages":1..20, "copies":1..10,
     "media":"iso_a4_210x297mm", "sides":"one-sided",
     "issued":<unix s>, "expires":<unix s>,     not taken earlier (60 s tolerance) nor later
     "page_hashes":["<64 hex digits>", …]       SHA-256 of each page's content, before compression, in page order
     "subjects":[…], "record_versions":{…}}     the portal's own, not read here

device-command::

    {"v":1, "id":"<uuid>", "terminal":"<terminal id>", "command":"unlock", "order":"<uuid of the order that locked>",
     "answer":"printed"|"not_printed"|"partly_printed", "issued":<unix s>, "expires":<unix s>}

Verification keys: a JSON file ``{"<kid>": "<PEM SubjectPublicKeyInfo>"}``. Times are the agent's clock.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from print_agent.printer import MEDIA, SIDES

LONGEST = 32 * 1024
MOST_PAGES, MOST_COPIES = 20, 10
EARLY_SECONDS = 60
_SHA256 = re.compile(r"[0-9a-f]{64}")
ANSWERS = frozenset({"printed", "not_printed", "partly_printed"})

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
Keys: TypeAlias = Mapping[str, ec.EllipticCurvePublicKey]


class KeysUnreadable(Exception):
    """Raised at start when the key file is missing, is not of the form above, or holds a key that is not P-256."""


class TokenInvalid(Exception):
    """Raised when a ticket or command is malformed, signed by no known key, altered, or of another type."""


class TokenExpired(Exception):
    """Raised when the signature is good but the time is not between ``issued`` and ``expires``."""


class TokenForOtherTerminal(Exception):
    """Raised when the signature is good but another device is meant."""


@dataclass(frozen=True)
class Ticket:
    """The portal's word that this document may be printed here."""

    order: str
    sha256: str
    page_hashes: tuple[str, ...]
    copies: int

    @property
    def pages(self) -> int:
        """Pages of the document."""
        return len(self.page_hashes)

    @property
    def sheets(self) -> int:
        """Sides that must come out, one a sheet."""
        return self.pages * self.copies


@dataclass(frozen=True)
class UnlockCommand:
    """The staff's answer to an ``unknown`` order."""

    command_id: str
    order: str
    answer: str


def load_keys(path: Path) -> Keys:
    """Reads the verification keys. Raises KeysUnreadable."""
    try:
        entries = json.loads(path.read_text("utf-8"))
        keys = {str(kid): load_pem_public_key(str(pem).encode()) for kid, pem in entries.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise KeysUnreadable(str(path)) from error
    p256 = {
        kid: key
        for kid, key in keys.items()
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    }
    if not p256 or len(p256) != len(keys):
        raise KeysUnreadable(f"{path}: every key must be P-256, and there must be one")
    return p256


def verify_ticket(token: str, keys: Keys, terminal: str, now: float) -> Ticket:
    """The ticket, if it is genuine, for this terminal and in time.

    Raises TokenInvalid, TokenForOtherTerminal, TokenExpired – in this order, so that a forged one learns nothing.
    """
    claims = _Claims(_signed_payload(token, "print-ticket", keys))
    ticket = Ticket(
        order=claims.uuid("order"),
        sha256=claims.sha256("sha256"),
        page_hashes=claims.hashes("page_hashes", claims.between("pages", MOST_PAGES)),
        copies=claims.between("copies", MOST_COPIES),
    )
    claims.one_of("media", {MEDIA})
    claims.one_of("sides", {SIDES})
    claims.meant_for(terminal, now)
    return ticket


def verify_command(token: str, keys: Keys, terminal: str, now: float) -> UnlockCommand:
    """The command, under the same rules and exceptions as a ticket."""
    claims = _Claims(_signed_payload(token, "device-command", keys))
    claims.one_of("command", {"unlock"})
    command = UnlockCommand(
        command_id=claims.uuid("id"), order=claims.uuid("order"), answer=claims.one_of("answer", ANSWERS)
    )
    claims.meant_for(terminal, now)
    return command


class _Claims:
    """Typed reading of a payload; every claim that is absent or of another type is a TokenInvalid."""

    def __init__(self, payload: dict[str, Json]) -> None:
        self._payload = payload
        if self.whole("v") != 1:
            raise TokenInvalid("version")

    def text(self, name: str) -> str:
        value = self._payload.get(name)
        if not isinstance(value, str):
            raise TokenInvalid(name)
        return value

    def whole(self, name: str) -> int:
        value = self._payload.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise TokenInvalid(name)
        return value

    def between(self, name: str, most: int) -> int:
        value = self.whole(name)
        if not 1 <= value <= most:
            raise TokenInvalid(name)
        return value

    def uuid(self, name: str) -> str:
        value = self.text(name)
        if not is_uuid(value):
            raise TokenInvalid(name)
        return value

    def sha256(self, name: str) -> str:
        value = self.text(name)
        if not _SHA256.fullmatch(value):
            raise TokenInvalid(name)
        return value

    def hashes(self, name: str, count: int) -> tuple[str, ...]:
        values = self._payload.get(name)
        if not isinstance(values, list) or len(values) != count:
            raise TokenInvalid(name)
        found = tuple(value for value in values if isinstance(value, str) and _SHA256.fullmatch(value))
        if len(found) != count:
            raise TokenInvalid(name)
        return found

    def one_of(self, name: str, allowed: frozenset[str] | set[str]) -> str:
        value = self.text(name)
        if value not in allowed:
            raise TokenInvalid(name)
        return value

    def meant_for(self, terminal: str, now: float) -> None:
        issued, expires = self.whole("issued"), self.whole("expires")
        if self.text("terminal") != terminal:
            raise TokenForOtherTerminal
        if not issued - EARLY_SECONDS <= now < expires:
            raise TokenExpired


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID in its one canonical spelling."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _signed_payload(token: str, typ: str, keys: Keys) -> dict[str, Json]:
    if len(token) > LONGEST:
        raise TokenInvalid("length")
    parts = token.split(".")
    if len(parts) != 3:
        raise TokenInvalid("parts")
    header = _object(_decoded(parts[0]))
    kid = header.get("kid")
    if header != {"alg": "ES256", "typ": typ, "kid": kid} or not isinstance(kid, str) or kid not in keys:
        raise TokenInvalid("header")
    signature = _decoded(parts[2])
    if len(signature) != 64:
        raise TokenInvalid("signature")
    pair = utils.encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    try:
        keys[kid].verify(pair, f"{parts[0]}.{parts[1]}".encode("ascii"), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise TokenInvalid("signature") from None
    return _object(_decoded(parts[1]))


def _decoded(part: str) -> bytes:
    try:
        raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise TokenInvalid("base64url") from error
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != part.encode():
        raise TokenInvalid("base64url")
    return raw


def _object(raw: bytes) -> dict[str, Json]:
    try:
        value = json.loads(raw, object_pairs_hook=_no_member_twice)
    except (ValueError, RecursionError) as error:
        raise TokenInvalid("json") from error
    if not isinstance(value, dict):
        raise TokenInvalid("json")
    return value


def _no_member_twice(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members
