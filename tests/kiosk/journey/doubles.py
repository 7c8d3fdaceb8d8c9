"""Reader, portal and print agent as a journey sees them, worked by the test like the real ones are by the world."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache

from PIL import Image

from kiosk.agent_client import AgentStatus, AgentUnreachable, EndedOrder, OrderProgress, OrderUnknown, Reason
from kiosk.card.client import ReaderError, ReaderUnavailableError
from kiosk.payment.device import Reservation
from kiosk.payment.nexo import Condition, Means
from kiosk.payment.till import Ended, Progress
from kiosk.portal_answers import (
    Bulletin,
    CertificateKind,
    Challenge,
    Issuance,
    IssuanceRequest,
    Item,
    Offer,
    OtherMachine,
    Outcome,
    Person,
    PortalSession,
    Released,
)
from kiosk.wire import Table

ORIGIN = "https://portal.example"
PIN = "1234"
NAME = "髙橋 一郎"
TOKEN = "session-token-of-the-test"
ITEMS = (
    Item("relationship", "世帯主・続柄", default=False),
    Item("domicile", "本籍・筆頭者", default=False),
    Item("nationality", "国籍・在留情報", default=False),
)
HOUSEHOLD = (Person("p1", NAME), Person("p2", "髙橋 花子"), Person("p3", "髙橋 蓮"))


_DOCUMENT = b"%PDF-1.7 test"


def ticket(order: str, persons: Collection[str], document: bytes) -> str:
    """A manifest as the portal signs one; the signature is nothing the kiosk looks at."""
    said = {"order": order, "subjects": list(persons), "sha256": hashlib.sha256(document).hexdigest()}
    return f"e30.{base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip('=')}.c2ln"


class Time:
    """A clock the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def card_says(code: str) -> ReaderError:
    """An error of the reader process."""
    return next(error for error in ReaderError.__subclasses__() if error.code == code)()


@dataclass
class ReaderNow:
    state: str
    tries_left: int | None
    presence: int


@dataclass
class SignedNow:
    signature: bytes
    der: bytes


@dataclass
class FakeReader:
    state: str = "no_card"
    tries_left: int | None = None
    presence: int = 0
    held: str = ""
    alive: bool = True
    error: str | None = None
    resets: int = 0
    payloads: list[bytes] = field(default_factory=list)

    def put(self, state: str = "ready", tries_left: int | None = 3) -> None:
        self.state, self.tries_left, self.held = state, tries_left, ""
        self.presence += 1

    def take(self) -> None:
        self.state, self.tries_left, self.held = "no_card", None, ""
        self.presence += 1

    def status(self) -> ReaderNow:
        if not self.alive:
            raise ReaderUnavailableError
        return ReaderNow(self.state, self.tries_left, self.presence)

    def pin_begin(self, presence: int) -> None:
        self._same_card(presence)
        self.held = ""

    def pin_key(self, key: str) -> int:
        self._same_card(self.presence)
        self.held += key
        return len(self.held)

    def pin_erase(self) -> int:
        self.held = self.held[:-1]
        return len(self.held)

    def pin_clear(self) -> None:
        self.held = ""

    def sign(self, presence: int, payload: bytes) -> SignedNow:
        held, self.held = self.held, ""
        self._same_card(presence)
        if self.error is not None:
            raise card_says(self.error)
        if held != PIN:
            self.tries_left = (self.tries_left or 1) - 1
            raise card_says("pin_wrong" if self.tries_left else "pin_blocked")
        self.payloads.append(payload)
        return SignedNow(b"signature", b"certificate")

    def reset(self) -> None:
        if not self.alive:
            raise ReaderUnavailableError
        self.held = ""
        self.resets += 1

    def _same_card(self, presence: int) -> None:
        if not self.alive:
            raise ReaderUnavailableError
        if presence != self.presence or self.state == "no_card":
            raise card_says("card_changed")


@cache
def sample() -> bytes:
    """A sheet as the portal shows it."""
    target = io.BytesIO()
    Image.new("L", (910, 1287), 240).save(target, "PNG")
    return target.getvalue()


@dataclass
class FakePortal:
    error: Exception | None = None
    session_error: Exception | None = None
    issue_error: Exception | None = None
    release_error: Exception | None = None
    picture_error: Exception | None = None
    report_error: Exception | None = None
    reported: int = 0
    refusal: str | None = None
    open: bool = True
    reason: str | None = None
    renders: int = 2
    """how often an issuance is asked for until it is ready"""
    end_state: str = "ready"
    pages: int = 2
    household: tuple[Person, ...] = HOUSEHOLD
    scopes: tuple[str, ...] = ("self", "household")
    items: tuple[Item, ...] = ITEMS
    kinds: tuple[CertificateKind, ...] = (
        CertificateKind("resident_record", "住民票の写し", 300, available=True, reason=None),
        CertificateKind("seal", "印鑑登録証明書", 300, available=False, reason="maintenance"),
    )
    fee: int = 0
    """of the paper asked for: most tests are about something else than money"""
    pay_error: Exception | None = None
    authorised: list[tuple[str, Reservation]] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    abandoned: list[str] = field(default_factory=list)
    starts: int = 0
    looks: int = 0
    """how often an issuance was asked for"""
    commands: tuple[str, ...] = ()
    elsewhere: tuple[OtherMachine, ...] = ()
    ticket: str | None = None
    """given out in place of the right one"""
    requests: list[IssuanceRequest] = field(default_factory=list)
    outcomes: list[tuple[str, Outcome]] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    reports: list[tuple[Table, Table]] = field(default_factory=list)
    releases: int = 0
    shown: list[tuple[str, str, int]] = field(default_factory=list)
    order: str = "0d6f2b9e-7c55-4a46-9a83-3f3a41a52c10"

    def _answer(self, special: Exception | None = None) -> None:
        trouble = self.error or special
        if trouble is not None:
            raise trouble

    def heartbeat(self, reader: Table, printer: Table, *, started: bool = False) -> Bulletin:
        self._answer()
        self.starts += started
        self.reports.append((reader, printer))
        return Bulletin("みさき市", self.open, self.reason, "6:30–23:00", self.kinds, self.commands, self.elsewhere)

    def challenge(self) -> Challenge:
        self._answer()
        return Challenge("c1", b"n" * 32, ORIGIN, "kiosk:k1")

    def open_session(self, challenge: str, certificate: bytes, signature: bytes) -> PortalSession:
        self._answer(self.session_error)
        offer = Offer("resident_record", "住民票の写し", 300, self.refusal, self.scopes, self.household, self.items)
        return PortalSession(TOKEN, self.household[0], (offer,))

    def close_session(self, token: str) -> None:
        self._answer()
        self.closed.append(token)

    def request_issuance(self, token: str, request: IssuanceRequest) -> Issuance:
        self._answer(self.issue_error)
        self.requests.append(request)
        return Issuance(self.order, "requested")

    def issuance(self, token: str, issuance: str) -> Issuance:
        self._answer(self.issue_error)
        self.renders -= 1
        self.looks += 1
        if self.renders > 0:
            return Issuance(issuance, "rendering", fee=self.fee)
        return Issuance(issuance, self.end_state, self.pages, fee=self.fee)

    def picture(self, token: str, issuance: str, page: int) -> bytes:
        self._answer(self.picture_error)
        self.shown.append((token, issuance, page))
        return sample()

    def release(self, token: str, issuance: str) -> Released:
        self._answer(self.release_error)
        self.releases += 1
        return Released(self.ticket or ticket(issuance, self.requests[-1].persons, _DOCUMENT), _DOCUMENT)

    def report_outcome(self, issuance: str, outcome: Outcome) -> None:
        self.reported += 1
        self._answer(self.report_error)
        self.outcomes.append((issuance, outcome))

    def authorise(self, token: str, issuance: str, means: str, held: Reservation) -> None:
        self._answer(self.pay_error)
        self.authorised.append((means, held))

    def end_payment(self, ended: Ended) -> None:
        self._answer()
        self.ended.append(ended)

    def abandon(self, issuance: str) -> None:
        self._answer()
        self.abandoned.append(issuance)


@dataclass
class FakeTill:
    means: frozenset[Means] = frozenset({"cash", "contactless"})
    alive: bool = True
    now: Progress = field(default_factory=lambda: Progress("waiting"))
    begun: list[tuple[str, int, str]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    obeyed: list[str] = field(default_factory=list)
    ended: Ended | None = None
    busy: bool = False

    def condition(self) -> Condition | None:
        return Condition(self.means) if self.alive else None

    def begin(self, order: str, yen: int, means: Means) -> bool:
        if not self.busy:
            self.begun.append((order, yen, means))
        return not self.busy

    def progress(self, order: str) -> Progress:
        return self.now

    def cancel(self, order: str) -> None:
        self.cancelled.append(order)

    def obey(self, token: str) -> Ended | None:
        self.obeyed.append(token)
        return self.ended

    def hold(self, yen: int = 300) -> None:
        """The person has paid."""
        self.now = Progress("held", yen, held=Reservation("R7", yen))


@dataclass
class FakeAgent:
    alive: bool = True
    able: bool = True
    state: str = "ready"
    seconds_left: int | None = None
    reasons: tuple[Reason, ...] = ()
    put_error: Exception | None = None
    order_state: str = "sending"
    sheets: int = 0
    of: int = 2
    orders: dict[str, bytes] = field(default_factory=dict)
    puts: int = 0
    ended: list[EndedOrder] = field(default_factory=list)
    unlocks: list[str] = field(default_factory=list)

    def status(self) -> AgentStatus:
        if not self.alive:
            raise AgentUnreachable
        wire = {"able": self.able, "state": self.state}
        return AgentStatus(self.able, self.state, self.reasons, None, tuple(self.ended), wire)

    def put_order(self, order: str, ticket: str, document: bytes) -> None:
        if not self.alive:
            raise AgentUnreachable
        self.puts += 1
        if self.put_error is not None:
            raise self.put_error
        self.orders[order] = document

    def order(self, order: str) -> OrderProgress:
        if not self.alive:
            raise AgentUnreachable
        if order not in self.orders:
            raise OrderUnknown("order_unknown")
        return OrderProgress(order, self.order_state, self.sheets, self.of, self.reasons, self.seconds_left)

    def unlock(self, command: str) -> None:
        self.unlocks.append(command)

    def print_sheet(self) -> None:
        """One sheet falls into the tray; with the last one the order is done."""
        self.sheets += 1
        if self.sheets >= self.of:
            self.order_state = "printed"
