"""The reader process's wire: one JSON object per line each way over its Unix socket (mode 0600).

Every answer has ``"ok"``; a refusal has ``"error"`` with one of :class:`Code` (``pin_wrong`` and
``card_error`` also say ``"tries_left"``)::

    {"op":"status"}                             → state, tries_left, presence
    {"op":"certificate","presence":N}           → der (base64), presence
    {"op":"pin_begin","presence":N}             → count
    {"op":"pin_digit","digit":"5"}              → count      full-width digits are folded
    {"op":"pin_erase"}  {"op":"pin_clear"}      → count
    {"op":"sign","presence":N,"payload":base64} → signature (base64), der (base64)
    {"op":"reset"}                              →            between two residents

``presence`` names the card that was seen: it changes with every insertion and removal. ``sign`` takes only the
bytes of :mod:`kiosk.card.payload`, needs four digits in the buffer and empties it whatever happens.
"""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from kiosk.card.payload import is_authentication_payload
from kiosk.card.pin import NotADigitError, fold_digit

LONGEST_LINE = 4096
Answer: TypeAlias = dict[str, "bool | int | str | None"]


class Code(StrEnum):
    """Why a request was refused."""

    NO_READER = "no_reader"
    NO_CARD = "no_card"
    CARD_CHANGED = "card_changed"
    NOT_JPKI = "not_jpki"
    CARD_ERROR = "card_error"
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
class PinDigit:
    """One key of the pad."""

    digit: str

    def __repr__(self) -> str:
        return "PinDigit()"


@dataclass(frozen=True)
class PinErase:
    """Take the last digit back."""


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


Request: TypeAlias = Status | Certificate | PinBegin | PinDigit | PinErase | PinClear | Sign | Reset


def parse_request(line: bytes) -> Request:
    """One line as a request. Raises :class:`BadRequestError` for anything else, whatever it is."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        raise BadRequestError from None
    if not isinstance(content, dict):
        raise BadRequestError
    build = _BUILDERS.get((str(content.pop("op", "")), frozenset(content)))
    if build is None:
        raise BadRequestError
    return build(content)


def answer_line(answer: Answer) -> bytes:
    """An answer as a line."""
    return json.dumps(answer).encode() + b"\n"


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadRequestError
    return value


def _digit(value: object) -> str:
    if not isinstance(value, str):
        raise BadRequestError
    try:
        return fold_digit(value)
    except NotADigitError:
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
_BUILDERS: dict[tuple[str, frozenset[str]], Callable[[dict[str, object]], Request]] = {
    ("status", frozenset()): lambda _: Status(),
    ("certificate", _PRESENCE): lambda fields: Certificate(_number(fields["presence"])),
    ("pin_begin", _PRESENCE): lambda fields: PinBegin(_number(fields["presence"])),
    ("pin_digit", frozenset({"digit"})): lambda fields: PinDigit(_digit(fields["digit"])),
    ("pin_erase", frozenset()): lambda _: PinErase(),
    ("pin_clear", frozenset()): lambda _: PinClear(),
    ("sign", _PRESENCE | {"payload"}): lambda fields: Sign(_number(fields["presence"]), _payload(fields["payload"])),
    ("reset", frozenset()): lambda _: Reset(),
}
