"""The reader process's wire: one JSON object per line each way over its Unix socket (mode 0600).

Every answer has ``"ok"``; a refusal has ``"error"`` with one of :class:`Code` (``pin_wrong`` and
``card_error`` also say ``"tries"`` and ``"tries_left"``)::

    {"op":"status"}                             → token, state, tries, tries_left, presence
    {"op":"certificate","presence":N}           → der (base64), presence
    {"op":"pin_begin","presence":N}             → count
    {"op":"pin_key","key":"5"}                  → count      full-width and lower case are folded
    {"op":"pin_erase"}  {"op":"pin_clear"}      → count
    {"op":"sign","presence":N,"payload":base64} → signature (base64), der (base64)
    {"op":"reset"}                              →            between two residents

One process serves one ``token`` of the card, "authentication" (利用者証明用) or "signature" (署名用); its settings
say which. ``tries`` is "full", "reduced", "last" or "blocked"; ``tries_left`` is the exact number, null for the
署名用 token, of which PKCS#11 does not tell it. ``presence`` names the card that was seen: it changes with every
insertion and removal. ``certificate`` of the 署名用 token is refused (``pin_needed``): the card shows it only after
its password, so ``sign`` gives it. ``sign`` takes only the bytes of :mod:`kiosk.card.payload`, needs a whole PIN in
the buffer and empties it whatever happens.
"""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from kiosk.card.payload import is_authentication_payload
from kiosk.card.tokens import NotAKeyError, TokenRules

LONGEST_LINE = 4096
Answer: TypeAlias = dict[str, "bool | int | str | None"]


class Code(StrEnum):
    """Why a request was refused."""

    NO_READER = "no_reader"
    NO_CARD = "no_card"
    CARD_CHANGED = "card_changed"
    NOT_JPKI = "not_jpki"
    CARD_ERROR = "card_error"
    PIN_NEEDED = "pin_needed"
    PIN_INCOMPLETE = "pin_incomplete"
    PIN_FULL = "pin_full"
    PIN_WRONG = "pin_wrong"
    PIN_BLOCKED = "pin_blocked"
    CARD_REMOVED = "card_removed"
    BAD_REQUEST = "bad_request"
    BAD_STATE = "bad_state"


class BadRequestError(ValueError):
    """Raised for a line that is not one of the requests above. Never repeats what was in it."""


@dataclass(frozen=True)
class Status:
    """Ask what is at the reader."""


@dataclass(frozen=True)
class Certificate:
    """Ask for the certificate that can be read without a PIN."""

    presence: int


@dataclass(frozen=True)
class PinBegin:
    """Start typing a PIN for this card."""

    presence: int


@dataclass(frozen=True)
class PinKey:
    """One key that was pressed, folded."""

    key: str

    def __repr__(self) -> str:
        return "PinKey()"


@dataclass(frozen=True)
class PinErase:
    """Take the last character back."""


@dataclass(frozen=True)
class PinClear:
    """Start over."""


@dataclass(frozen=True)
class Sign:
    """Check the PIN and sign."""

    presence: int
    payload: bytes


@dataclass(frozen=True)
class Reset:
    """The resident is done."""


Request: TypeAlias = Status | Certificate | PinBegin | PinKey | PinErase | PinClear | Sign | Reset


def parse_request(line: bytes, rules: TokenRules) -> Request:
    """One line as a request to a reader of this token. Raises :class:`BadRequestError` for anything else,
    whatever it is."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        raise BadRequestError from None
    if not isinstance(content, dict):
        raise BadRequestError
    build = _BUILDERS.get((str(content.pop("op", "")), frozenset(content)))
    if build is None:
        raise BadRequestError
    return build(content, rules)


def answer_line(answer: Answer) -> bytes:
    """An answer as a line."""
    return json.dumps(answer).encode() + b"\n"


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadRequestError
    return value


def _key(value: object, rules: TokenRules) -> str:
    if not isinstance(value, str):
        raise BadRequestError
    try:
        return rules.fold(value)
    except NotAKeyError:
        raise BadRequestError from None


def _payload(value: object) -> bytes:
    if not isinstance(value, str):
        raise BadRequestError
    try:
        payload = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequestError from None
    if not is_authentication_payload(payload):
        raise BadRequestError
    return payload


_PRESENCE = frozenset({"presence"})
_BUILDERS: dict[tuple[str, frozenset[str]], Callable[[dict[str, object], TokenRules], Request]] = {
    ("status", frozenset()): lambda _, __: Status(),
    ("certificate", _PRESENCE): lambda fields, _: Certificate(_number(fields["presence"])),
    ("pin_begin", _PRESENCE): lambda fields, _: PinBegin(_number(fields["presence"])),
    ("pin_key", frozenset({"key"})): lambda fields, rules: PinKey(_key(fields["key"], rules)),
    ("pin_erase", frozenset()): lambda _, __: PinErase(),
    ("pin_clear", frozenset()): lambda _, __: PinClear(),
    ("sign", _PRESENCE | {"payload"}): lambda fields, _: Sign(
        _number(fields["presence"]), _payload(fields["payload"])
    ),
    ("reset", frozenset()): lambda _, __: Reset(),
}
