"""The reader process as the kiosk app and the bridge see it: typed calls, one named exception per refusal.

Nothing here keeps or logs a digit; each call opens its own connection, so a reader process that was
restarted is simply found again.
"""

import base64
import json
import socket
from dataclasses import dataclass
from pathlib import Path

LONGEST_WAIT_SECONDS = 3.0


class ReaderError(Exception):
    """Base of every refusal. ``code`` is the word of the wire; ``tries_left`` None where it is not said."""

    code = "reader_error"

    def __init__(self, tries_left: int | None = None) -> None:
        super().__init__(self.code)
        self.tries_left = tries_left


class ReaderUnavailableError(ReaderError):
    """Raised when the reader process is gone or has not answered in time."""

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


class PinIncompleteError(ReaderError):
    """Raised when fewer than four digits were typed; the card was not asked."""

    code = "pin_incomplete"


class PinFullError(ReaderError):
    """Raised when a fifth digit is typed."""

    code = "pin_full"


class PinWrongError(ReaderError):
    """Raised when the card itself refused the PIN; ``tries_left`` is 1 or 2."""

    code = "pin_wrong"


class PinBlockedError(ReaderError):
    """Raised when no try is left."""

    code = "pin_blocked"


class CardRemovedError(ReaderError):
    """Raised when the card was taken away during the operation."""

    code = "card_removed"


class BadRequestError(ReaderError):
    """Raised when the reader does not understand the request, a digit that is none included."""

    code = "bad_request"


class BadStateError(ReaderError):
    """Raised when the operation does not fit the moment: the card is being read, no PIN was begun."""

    code = "bad_state"


_ERRORS: dict[object, type[ReaderError]] = {
    error.code: error
    for error in (
        NoReaderError,
        NoCardError,
        CardChangedError,
        NotJpkiError,
        CardFailedError,
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


@dataclass(frozen=True)
class Signed:
    """A verified signature and the certificate (DER) it verifies with."""

    signature: bytes
    der: bytes


class Reader:
    """The reader process behind its socket. Safe to share between threads."""

    def __init__(self, socket_path: Path, timeout: float = LONGEST_WAIT_SECONDS) -> None:
        self._path = str(socket_path)
        self._timeout = timeout

    def status(self) -> ReaderStatus:
        """What is there now. Raises :class:`ReaderUnavailableError`."""
        answer = self._ask({"op": "status"})
        tries = answer["tries_left"]
        return ReaderStatus(
            str(answer["state"]), tries if isinstance(tries, int) else None, _whole(answer["presence"])
        )

    def certificate(self, presence: int) -> bytes:
        """The public 利用者証明用 certificate in DER; no PIN needed."""
        return base64.b64decode(str(self._ask({"op": "certificate", "presence": presence})["der"]))

    def pin_begin(self, presence: int) -> None:
        """Start typing for this card."""
        self._ask({"op": "pin_begin", "presence": presence})

    def pin_digit(self, digit: str) -> int:
        """Pass one key on; how many digits there are now."""
        return _whole(self._ask({"op": "pin_digit", "digit": digit})["count"])

    def pin_erase(self) -> int:
        """Take the last digit back; how many are left."""
        return _whole(self._ask({"op": "pin_erase"})["count"])

    def pin_clear(self) -> None:
        """Start over."""
        self._ask({"op": "pin_clear"})

    def sign(self, presence: int, payload: bytes) -> Signed:
        """Check the typed PIN on the card and sign. The digits are gone afterwards, whatever happened."""
        answer = self._ask({"op": "sign", "presence": presence, "payload": base64.b64encode(payload).decode()})
        return Signed(base64.b64decode(str(answer["signature"])), base64.b64decode(str(answer["der"])))

    def reset(self) -> None:
        """Between two residents: no digit left, the card forgets that it was shown a PIN."""
        self._ask({"op": "reset"})

    def _ask(self, request: dict[str, object]) -> dict[str, object]:
        try:
            answer = self._exchange(json.dumps(request).encode() + b"\n")
        except (OSError, ValueError):
            raise ReaderUnavailableError from None
        if answer.get("ok") is True:
            return answer
        tries = answer.get("tries_left")
        error = _ERRORS.get(answer.get("error"), ReaderUnavailableError)
        raise error(tries if isinstance(tries, int) else None)

    def _exchange(self, line: bytes) -> dict[str, object]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(self._timeout)
            connection.connect(self._path)
            connection.sendall(line)
            with connection.makefile("rb") as answers:
                answer = json.loads(answers.readline())
        if not isinstance(answer, dict):
            raise ValueError("not an answer")  # noqa: TRY004 - the caller treats every unreadable answer alike
        return answer


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise ReaderUnavailableError
    return value
