"""The reader process as the kiosk app and the bridge see it: typed calls, one named exception per refusal.

Nothing here keeps or logs a key that was pressed; each call opens its own connection, so a reader process that was
restarted is simply found again.
"""

import base64
import json
import socket
from dataclasses import dataclass
from pathlib import Path

from kiosk.card.tokens import TokenKind

LONGEST_WAIT_SECONDS = 3.0
_LONGEST_ANSWER = 256 * 1024


class ReaderError(Exception):
    """Base of every refusal. ``code`` is the word of the wire; ``tries`` (a word of
    :class:`kiosk.card.tokens.Tries`) and ``tries_left`` are None where they are not said."""

    code = "reader_error"

    def __init__(self, tries_left: int | None = None, tries: str | None = None) -> None:
        super().__init__(self.code)
        self.tries_left = tries_left
        self.tries = tries


class ReaderUnavailableError(ReaderError):
    """Raised when the reader process is gone, has not answered in time or not sensibly, or serves the other
    token of the card."""

    code = "reader_unavailable"


class NoReaderError(ReaderError):
    """Raised when no reader is attached or pcscd does not run."""

    code = "no_reader"


class NoCardError(ReaderError):
    """Raised when nothing lies on the reader."""

    code = "no_card"


class CardChangedError(ReaderError):
    """Raised when the card meant by ``presence`` is not the one that lies there now."""

    code = "card_changed"


class NotJpkiError(ReaderError):
    """Raised when the card is no My Number card, or one that hides behind a blocked PIN."""

    code = "not_jpki"


class CardFailedError(ReaderError):
    """Raised when the card is there and does not answer properly. No PIN was refused."""

    code = "card_error"


class PinNeededError(ReaderError):
    """Raised when the 署名用 certificate is asked for: the card shows it only with a signature."""

    code = "pin_needed"


class PinIncompleteError(ReaderError):
    """Raised when the PIN that was typed is too short; the card was not asked."""

    code = "pin_incomplete"


class PinFullError(ReaderError):
    """Raised when more is typed than the longest PIN of the token."""

    code = "pin_full"


class PinWrongError(ReaderError):
    """Raised when the card itself refused the PIN; ``tries`` is reduced or last."""

    code = "pin_wrong"


class PinBlockedError(ReaderError):
    """Raised when no try is left."""

    code = "pin_blocked"


class CardRemovedError(ReaderError):
    """Raised when the card was taken away during the operation."""

    code = "card_removed"


class BadRequestError(ReaderError):
    """Raised when the reader does not understand the request, a key that no PIN can hold included."""

    code = "bad_request"


class BadStateError(ReaderError):
    """Raised when the operation does not fit the moment: the card is being read, no PIN was begun."""

    code = "bad_state"


_ERRORS: dict[str, type[ReaderError]] = {
    error.code: error
    for error in (
        NoReaderError,
        NoCardError,
        CardChangedError,
        NotJpkiError,
        CardFailedError,
        PinNeededError,
        PinIncompleteError,
        PinFullError,
        PinWrongError,
        PinBlockedError,
        CardRemovedError,
        BadRequestError,
        BadStateError,
    )
}


@dataclass(frozen=True)
class ReaderStatus:
    """What is at the reader. ``state`` is a word of :class:`kiosk.card.states.State`."""

    state: str
    tries_left: int | None
    presence: int
    tries: str | None = None
    """A word of :class:`kiosk.card.tokens.Tries`; None while there is no readable card."""


@dataclass(frozen=True)
class Signed:
    """A verified signature and the certificate (DER) it verifies with."""

    signature: bytes
    der: bytes


class Reader:
    """The reader process behind its socket. Safe to share between threads."""

    def __init__(
        self,
        socket_path: Path,
        timeout: float = LONGEST_WAIT_SECONDS,
        token: TokenKind = TokenKind.AUTHENTICATION,
    ) -> None:
        self._path = str(socket_path)
        self._timeout = timeout
        self._token = token

    def status(self) -> ReaderStatus:
        """What is there now. Raises :class:`ReaderUnavailableError`."""
        answer = self._ask({"op": "status"})
        if answer.get("token") != self._token:
            raise ReaderUnavailableError
        return ReaderStatus(
            _text(answer, "state"),
            _tries_left(answer),
            _whole(answer, "presence"),
            _tries(answer),
        )

    def certificate(self, presence: int) -> bytes:
        """The public 利用者証明用 certificate in DER; no PIN needed. Raises :class:`PinNeededError` when the
        reader serves the 署名用 token."""
        return _bytes(self._ask({"op": "certificate", "presence": presence}), "der")

    def pin_begin(self, presence: int) -> None:
        """Start typing for this card."""
        self._ask({"op": "pin_begin", "presence": presence})

    def pin_key(self, key: str) -> int:
        """Pass one key on; how many characters there are now."""
        return _whole(self._ask({"op": "pin_key", "key": key}), "count")

    def pin_erase(self) -> int:
        """Take the last character back; how many are left."""
        return _whole(self._ask({"op": "pin_erase"}), "count")

    def pin_clear(self) -> None:
        """Start over."""
        self._ask({"op": "pin_clear"})

    def sign(self, presence: int, payload: bytes) -> Signed:
        """Check the typed PIN on the card and sign. What was typed is gone afterwards, whatever happened."""
        answer = self._ask({"op": "sign", "presence": presence, "payload": base64.b64encode(payload).decode()})
        return Signed(_bytes(answer, "signature"), _bytes(answer, "der"))

    def reset(self) -> None:
        """Between two residents: nothing typed is left, the card forgets that it was shown a PIN."""
        self._ask({"op": "reset"})

    def _ask(self, request: dict[str, object]) -> dict[str, object]:
        try:
            answer = self._exchange(json.dumps(request).encode() + b"\n")
        except (OSError, ValueError, RecursionError):
            raise ReaderUnavailableError from None
        if answer.get("ok") is True:
            return answer
        error = _ERRORS.get(str(answer.get("error")), ReaderUnavailableError)
        raise error(_tries_left(answer), _tries(answer))

    def _exchange(self, line: bytes) -> dict[str, object]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(self._timeout)
            connection.connect(self._path)
            connection.sendall(line)
            with connection.makefile("rb") as answers:
                answer = json.loads(answers.readline(_LONGEST_ANSWER))
        if not isinstance(answer, dict):
            raise ValueError("not an answer")  # noqa: TRY004 - the caller treats every unreadable answer alike
        return answer


def _whole(answer: dict[str, object], name: str) -> int:
    value = answer.get(name)
    if not isinstance(value, int):
        raise ReaderUnavailableError
    return value


def _text(answer: dict[str, object], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str):
        raise ReaderUnavailableError
    return value


def _bytes(answer: dict[str, object], name: str) -> bytes:
    try:
        return base64.b64decode(_text(answer, name), validate=True)
    except ValueError:
        raise ReaderUnavailableError from None


def _tries_left(answer: dict[str, object]) -> int | None:
    value = answer.get("tries_left")
    return value if isinstance(value, int) else None


def _tries(answer: dict[str, object]) -> str | None:
    value = answer.get("tries")
    return value if isinstance(value, str) else None
