"""The parts a journey talks to, by what it needs of them. The real ones speak over sockets; tests bring doubles."""

from __future__ import annotations

from typing import Protocol

from kiosk.agent_client import AgentStatus, OrderProgress
from kiosk.payment.device import Reservation
from kiosk.payment.nexo import Condition, Means
from kiosk.payment.till import Ended, Progress
from kiosk.portal_answers import (
    Bulletin,
    Challenge,
    Issuance,
    IssuanceRequest,
    Outcome,
    PortalSession,
    Released,
)
from kiosk.wire import Table


class ReaderStatus(Protocol):
    """What the card reader sees now."""

    @property
    def state(self) -> str:
        """no_reader, no_card, reading, not_jpki, card_error, ready or blocked"""

    @property
    def tries_left(self) -> int | None:
        """wrong PINs the card will still accept; none when it does not tell"""

    @property
    def presence(self) -> int:
        """changes each time a card comes or goes"""


class Signed(Protocol):
    """The card's answer to a challenge."""

    @property
    def signature(self) -> bytes:
        """PKCS#1 v1.5 with SHA-256"""

    @property
    def der(self) -> bytes:
        """the certificate it was made with"""


class Reader(Protocol):
    """The reader process; its errors are those of `kiosk.card.client`."""

    def status(self) -> ReaderStatus:
        """what lies on the reader"""

    def pin_begin(self, presence: int) -> None:
        """an empty buffer for the card that is there now"""

    def pin_key(self, key: str) -> int:
        """one more digit; how many there are"""

    def pin_erase(self) -> int:
        """one digit less; how many there are"""

    def pin_clear(self) -> None:
        """no digit left"""

    def sign(self, presence: int, payload: bytes) -> Signed:
        """log in with the digits and sign; the digits are gone afterwards, whatever happened"""

    def reset(self) -> None:
        """forget everything about the last card"""


class Portal(Protocol):
    """The terminal face of the portal; its errors are those of `kiosk.portal_client`."""

    def heartbeat(self, reader: Table, printer: Table, *, started: bool = False) -> Bulletin:
        """say what state this terminal is in, and that it has just begun; learn what it may do"""

    def challenge(self) -> Challenge:
        """a nonce for the card"""

    def open_session(self, challenge: str, certificate: bytes, signature: bytes) -> PortalSession:
        """who is this"""

    def close_session(self, token: str) -> None:
        """forget who this was"""

    def request_issuance(self, token: str, request: IssuanceRequest) -> Issuance:
        """ask for one paper"""

    def issuance(self, token: str, issuance: str) -> Issuance:
        """how far it is"""

    def picture(self, token: str, issuance: str, page: int) -> bytes:
        """one sheet, marked as a sample"""

    def release(self, token: str, issuance: str) -> Released:
        """ticket and document"""

    def report_outcome(self, issuance: str, outcome: Outcome) -> None:
        """what became of the paper"""

    def authorise(self, token: str, issuance: str, means: str, held: Reservation) -> None:
        """the fee is held"""

    def end_payment(self, ended: Ended) -> None:
        """the fee was kept or given back, as decided"""

    def abandon(self, issuance: str) -> None:
        """the person has gone before the document was fetched"""


class Till(Protocol):
    """The payment device's keeper; see `kiosk.payment.till`."""

    def condition(self) -> Condition | None:
        """by which means money can be taken"""

    def begin(self, order: str, yen: int, means: Means) -> bool:
        """start taking the fee of this order"""

    def progress(self, order: str) -> Progress:
        """how far that is"""

    def cancel(self, order: str) -> None:
        """stop, and give back what was put in"""

    def obey(self, token: str) -> Ended | None:
        """do what the portal decided; none: not yet"""


class Agent(Protocol):
    """The print agent; its errors are those of `kiosk.agent_client`."""

    def status(self) -> AgentStatus:
        """whether paper can come out"""

    def put_order(self, order: str, ticket: str, document: bytes) -> None:
        """print this, once"""

    def order(self, order: str) -> OrderProgress:
        """how many sheets are out"""

    def unlock(self, command: str) -> None:
        """pass on a command signed by the portal"""


class Clock(Protocol):
    """Seconds that only go forward; which second is zero does not matter."""

    def __call__(self) -> float:
        """now"""


class LoginPayload(Protocol):
    """The bytes the card signs, the same on every side of the wire."""

    def __call__(self, origin: str, nonce: bytes, purpose: str) -> bytes:
        """from the portal's challenge"""
