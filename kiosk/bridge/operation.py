"""The one thing the bridge is asked to do at a time, as a state machine without clock, network or card of its own."""

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from kiosk.card.tokens import AUTHENTICATION, SIGNATURE, TokenRules

LIFETIME_S = 120.0
"""As long as the portal's challenge lives."""

PURPOSES: Mapping[str, TokenRules] = MappingProxyType(
    {"login": AUTHENTICATION, "link": AUTHENTICATION, "identify": SIGNATURE}
)
"""What a page may ask a signature for, and the key of the card that it is made with."""


class State(StrEnum):
    """Where an operation stands. `waiting` for the person; the others are ends."""

    WAITING = "waiting"
    SIGNED = "signed"
    REFUSED = "refused"
    FAILED = "failed"


class Busy(Exception):
    """Raised when another operation waits for its person."""


class OperationUnknown(Exception):
    """Raised for an id that was never given out, is over, or belongs to another site."""


@dataclass
class Operation:
    """One request of one site. The signature is of the card, the origin of the browser."""

    origin: str
    nonce: bytes = field(repr=False)
    purpose: str
    begun: float
    id: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    state: State = State.WAITING
    error: str | None = None
    last_try_accepted: bool = False
    attempts: int = 0
    certificate: bytes = field(default=b"", repr=False)
    signature: bytes = field(default=b"", repr=False)

    @property
    def rules(self) -> TokenRules:
        """The token of the card that this operation needs."""
        return PURPOSES[self.purpose]


class Desk:
    """Holds the present operation. Safe for several threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._present: Operation | None = None

    def busy(self) -> bool:
        """Whether an operation waits for its person."""
        with self._lock:
            return self._waiting()

    def begin(self, *, origin: str, nonce: bytes, purpose: str) -> Operation:
        """Start an operation. Raises Busy; the same site may replace its own, as a page that was loaded anew does."""
        with self._lock:
            if self._waiting() and self._present is not None and self._present.origin != origin:
                raise Busy
            self._present = Operation(origin=origin, nonce=nonce, purpose=purpose, begun=self._clock())
            return self._present

    def find(self, operation_id: str) -> Operation:
        """The present operation by its id. Raises OperationUnknown."""
        with self._lock:
            self._expire()
            if self._present is None or not secrets.compare_digest(self._present.id, operation_id):
                raise OperationUnknown
            return self._present

    def report(self, operation_id: str, origin: str) -> Operation:
        """What the site may know; an ended operation is told once and forgotten. Raises OperationUnknown."""
        found = self.find(operation_id)
        if found.origin != origin:
            raise OperationUnknown
        with self._lock:
            if found.state is not State.WAITING:
                self._present = None
        return found

    def end(self, operation: Operation, state: State, error: str | None = None) -> None:
        """Bring a waiting operation to its end; one that ended meanwhile stays as it is."""
        with self._lock:
            if operation.state is State.WAITING:
                operation.state, operation.error = state, error

    def _waiting(self) -> bool:
        self._expire()
        return self._present is not None and self._present.state is State.WAITING

    def _expire(self) -> None:
        if self._present is not None and self._clock() - self._present.begun > LIFETIME_S:
            self._present = None
