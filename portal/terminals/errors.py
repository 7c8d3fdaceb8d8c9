"""Why a terminal or its request is refused: one exception class per cause, each with its stable code."""

from typing import ClassVar


class TerminalError(Exception):
    """Base of every refusal of a terminal. `code` is the word of the terminal API for it."""

    code: ClassVar[str]


class TerminalUnknown(TerminalError):
    """Raised when no terminal of that id is enrolled."""

    code = "terminal_unknown"


class TerminalRevoked(TerminalError):
    """Raised when the terminal's enrolment has been withdrawn."""

    code = "terminal_revoked"


class SignatureInvalid(TerminalError):
    """Raised when a request is not signed, not by the terminal's key, or not over all that has to be covered."""

    code = "signature_invalid"


class RequestStale(TerminalError):
    """Raised when a request was signed more than 60 seconds ago or more than 10 seconds in the future."""

    code = "request_stale"


class RequestReplayed(TerminalError):
    """Raised when the terminal has already used the nonce of a request."""

    code = "request_replayed"


class TerminalLocked(TerminalError):
    """Raised when a device is to begin something new while nobody knows what became of its last order."""

    code = "terminal_locked"


class EnrolmentRefused(TerminalError):
    """Raised when a terminal is to be enrolled with an unfit or taken id or a key that is not Ed25519."""

    code = "enrolment_refused"
