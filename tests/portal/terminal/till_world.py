"""A real kiosk between the real portal and a payment machine on a real wire; any of the three can die at any step."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from kiosk.agent_client import AgentStatus, EndedOrder
from kiosk.journey.states import State
from kiosk.payment.commands import Keys
from kiosk.payment.device import PaymentDevice, Reservation
from kiosk.payment.till import Ended, Till
from kiosk.payment.wire import Address
from kiosk.portal_answers import Bulletin, Challenge, Issuance, IssuanceRequest, Outcome, PortalSession, Released
from kiosk.portal_client import PortalClient, PortalUnreachable
from kiosk.settings import Settings
from kiosk.wire import Table
from portal import certificates, database
from portal.certificates.money.tables import PaymentState, payments
from portal.certificates.press import Press
from portal.certificates.rendering import render
from portal.certificates.tables import Answer, issuances
from portal.ground import Ground
from portal.keys import Purpose
from tests.kiosk.journey.doubles import FakeAgent, FakeReader, SignedNow
from tests.kiosk.journey.stage import Stage
from tests.portal.certificates.conftest import SwiftPress
from tests.portal.certificates.sheets import software_sealing
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card
from tests.portal.register.people import TESTER
from tests.world.payment.machine import Machine

FEE = 300
ENDS = frozenset({PaymentState.CAPTURED, PaymentState.VOIDED})
_REAL_SECONDS = 15.0
_PENDING_SECONDS = 2.5


class KioskDied(BaseException):
    """The kiosk's process ends here, in the middle of whatever it was doing."""


@dataclass
class Faults:
    """What happens at the next call of a name: (call, when, what); each happens once."""

    planned: list[tuple[str, str, str]] = field(default_factory=list)

    def at(self, call: str, when: str) -> None:
        for fault in self.planned:
            if fault[:2] == (call, when):
                self.planned.remove(fault)
                raise KioskDied if fault[2] == "kiosk dies" else PortalUnreachable("cut")


@dataclass
class CutPortal:
    """The kiosk's client of the portal, over a wire that can be cut before a call or before its answer."""

    client: PortalClient
    faults: Faults
    fee: int = 0

    def _call(self, name: str, call: Callable[[], object]) -> object:
        self.faults.at(name, "before")
        answer = call()
        self.faults.at(name, "after")
        return answer

    def heartbeat(self, reader: Table, printer: Table, *, started: bool = False) -> Bulletin:
        return self.client.heartbeat(reader, printer, started=started)

    def challenge(self) -> Challenge:
        return self.client.challenge()

    def open_session(self, challenge: str, certificate: bytes, signature: bytes) -> PortalSession:
        return self.client.open_session(challenge, certificate, signature)

    def close_session(self, token: str) -> None:
        self.client.close_session(token)

    def request_issuance(self, token: str, request: IssuanceRequest) -> Issuance:
        return self.client.request_issuance(token, request)

    def issuance(self, token: str, issuance: str) -> Issuance:
        return self.client.issuance(token, issuance)

    def picture(self, token: str, issuance: str, page: int) -> bytes:
        return self.client.picture(token, issuance, page)

    def release(self, token: str, issuance: str) -> Released:
        return cast("Released", self._call("release", lambda: self.client.release(token, issuance)))

    def report_outcome(self, issuance: str, outcome: Outcome) -> None:
        self._call("report", lambda: self.client.report_outcome(issuance, outcome))

    def authorise(self, token: str, issuance: str, means: str, held: Reservation) -> None:
        self._call("authorise", lambda: self.client.authorise(token, issuance, means, held))

    def end_payment(self, ended: Ended) -> None:
        self._call("end", lambda: self.client.end_payment(ended))

    def abandon(self, issuance: str) -> None:
        self._call("abandon", lambda: self.client.abandon(issuance))


@dataclass
class Agent(FakeAgent):
    """A print agent with its journal, which outlives the kiosk."""

    faults: Faults = field(default_factory=Faults)
    ending: str = "printed"
    came_out: set[str] = field(default_factory=set)

    def put_order(self, order: str, ticket: str, document: bytes) -> None:
        self.faults.at("print", "before")
        super().put_order(order, ticket, document)
        self.order_state, self.sheets, self.of = self.ending, int(self.ending != "not_printed"), 1
        if self.ending != "not_printed":
            self.came_out.add(order)
        self.ended.append(EndedOrder(order, self.ending, self.sheets, 1, "test"))
        self.faults.at("print", "after")

    def status(self) -> AgentStatus:
        wire = {"able": True, "state": "ready", "reasons": []}
        return AgentStatus(True, "ready", (), None, tuple(self.ended), wire)


@dataclass
class Reader(FakeReader):
    card: Card = field(kw_only=True)

    def sign(self, presence: int, payload: bytes) -> SignedNow:
        super().sign(presence, payload)
        return SignedNow(self.card.sign(payload), self.card.certificate)


class TillWorld:
    """One resident who wants one paper for 300 yen, and everything that can go wrong on the way."""

    def __init__(
        self, ground: Ground, client: PortalClient, settings: Settings, card: Card, machine: Machine
    ) -> None:
        self.ground = ground
        self.machine = machine
        self.faults = Faults()
        self.agent = Agent(faults=self.faults)
        self.portal = CutPortal(client, self.faults)
        self.inserted = 0
        self._settings = settings
        self._card = card
        known = ground.keys.public_keys(Purpose.DEVICE_COMMAND)
        self._keys = cast("Keys", {kid: load_pem_public_key(pem.encode()) for kid, pem in known.items()})
        self.start_kiosk()

    def start_kiosk(self) -> None:
        """A new process: nothing of the one before is left."""
        device = PaymentDevice(Address("127.0.0.1", self.machine.port), self._settings.terminal_id, "test")
        self.till = Till(device, self._keys, self._settings.terminal_id, lambda: self.ground.clock.now().timestamp())
        self.stage = Stage(
            reader=Reader(card=self._card),
            portal=self.portal,  # type: ignore[arg-type]  # another double of the same protocol
            agent=self.agent,
            till=self.till,  # type: ignore[arg-type]
            settings=self._settings,
        )

    def alive(self, act: Callable[[], object]) -> None:
        """Do something at the kiosk; if it dies of it, a new one is there, and the old one's connections are not."""
        try:
            act()
        except KioskDied:
            self.till._lost.set()
            self.start_kiosk()

    def go_on(self, rounds: int = 1) -> None:
        """Heartbeats and steps; a machine without power is switched on again."""
        for _ in range(rounds):
            if not self.machine.powered:
                self.machine.start()
            self.alive(self.stage.beat)
            self.alive(self.stage.step)
            time.sleep(0.01)

    def until(self, done: Callable[[], bool], seconds: float = _REAL_SECONDS) -> bool:
        """Go on until `done`, for some real seconds at most."""
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                return False
            self.go_on()
        return True

    def to_means(self) -> UUID:
        """Card, PIN, choice, card taken, paper ready; returns the issuance."""
        stage = self.stage
        self.go_on(2)
        stage.press("begin")
        stage.post("/certificate", kind="resident_record")
        stage.reader.put()
        stage.step()
        stage.type_pin()
        stage.press("pin")
        stage.step()
        assert stage.at(State.CHOOSE_CONTENT), (stage.state, stage.failure)
        stage.post("/content", scope="self")
        stage.press("confirm")
        stage.step()
        order = UUID(stage.kiosk.journey.view.visit.order)
        render(self.ground, cast("Press", SwiftPress()), software_sealing(), order)
        stage.reader.take()
        assert self.until(lambda: stage.at(State.CHOOSE_MEANS)), (stage.state, stage.failure)
        return order

    def pay(self) -> None:
        """Choose cash and put three coins in; where the machine gives up by itself, choose once more."""
        stage = self.stage
        stage.post("/means", means="cash")
        assert self.until(lambda: self.machine.asks_for() is not None or stage.state is not State.PAYING)
        if stage.at(State.CHOOSE_MEANS):
            self.pay()
            return
        for _ in range(3):
            self.machine.insert(100)
            self.inserted += 100

    def come_to_rest(self, order: UUID) -> None:
        """Whatever is pending is delivered; then time passes; then staff look into the tray and say what they saw."""
        if self.until(lambda: self.money(order) in ENDS, seconds=_PENDING_SECONDS):
            return
        cast("MovableClock", self.ground.clock).advance(minutes=11)
        certificates.sweep(self.ground)
        self.go_on(3)
        with database.transaction(self.ground.engine) as connection:
            if order in {case.issuance for case in certificates.open_cases(connection)}:
                found = Answer.PRINTED if str(order) in self.agent.came_out else Answer.NOT_PRINTED
                certificates.settle(
                    connection, self.ground, order,
                    answer=found, statement="排紙口を見た。", actor=TESTER, now=self.ground.clock.now(),
                )  # fmt: skip
        assert self.until(lambda: self.money(order) in ENDS), self.money(order)

    def money(self, order: UUID) -> PaymentState:
        """Where the portal says that the money stands."""
        with database.transaction(self.ground.engine) as connection:
            state = sa.select(payments.c.state).where(payments.c.issuance_id == order)
            return PaymentState(connection.execute(state).scalar_one())

    def paper(self, order: UUID) -> str:
        """Where the portal says that the paper stands."""
        with database.transaction(self.ground.engine) as connection:
            state = sa.select(issuances.c.state).where(issuances.c.id == order)
            return str(connection.execute(state).scalar_one())

    def judge(self, order: UUID) -> None:
        """Kept once exactly when paper came out; otherwise given back or never taken; every coin is somewhere."""
        came_out = str(order) in self.agent.came_out
        entries = self.machine.entries()
        entry = entries.get(str(order))
        if came_out:
            assert entry is not None
            assert (entry.captures, entry.reversals, entry.held) == (1, 0, FEE)
        elif entry is not None:
            assert (entry.captures, entry.reversals, entry.held) == (0, 1, FEE)
        assert self.money(order) is (PaymentState.CAPTURED if came_out else PaymentState.VOIDED)
        assert self.inserted == self.machine.returned + sum(known.kept for known in entries.values())
        assert len(self.agent.came_out) <= 1
