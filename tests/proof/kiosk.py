"""One kiosk of the proof: residents come, ask, fetch and leave, with everything that can go wrong on the way."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from random import Random
from typing import TypeVar
from uuid import UUID, uuid4

from kiosk.payment.device import Reservation
from kiosk.portal_answers import Issuance, IssuanceRequest, Outcome, OutcomeState, Released
from kiosk.portal_client import IssuanceRefused, PortalBusy, PortalClient, PortalRefused, PortalUnreachable
from portal import database, identity
from tests.proof.board import Board
from tests.proof.judge import Asked, Finding, Judge
from tests.proof.office import Office, Undo
from tests.proof.plan import Plan
from tests.proof.wire import Balancer, Clockwork, at_the_tick, client_of
from tests.proof.world import Person, Terminal, Town

_COMING = frozenset({"requested", "rendering"})
_TO_BE_HAD = frozenset({"ready", "authorised", "released"})
_PATIENCE_S = 30.0
_POLL_S = 0.04
_READER: dict[str, object] = {"state": "ready", "tries_left": 3}
_PRINTER: dict[str, object] = {"able": True, "state": "ready", "reasons": [], "order": None, "outcomes": []}
Answer = TypeVar("Answer")


class PatienceOver(Exception):
    """Raised when the portal has not answered for longer than a person would stand there."""


class Kiosk:
    """A terminal with two wires of its own, so that it can send the same thing twice at the same moment."""

    def __init__(
        self, terminal: Terminal, *, town: Town, plan: Plan, ports: list[int], judge: Judge, office: Office,
        board: Board, clockwork: Clockwork,
    ) -> None:  # fmt: skip
        self._terminal, self._town, self._plan = terminal, town, plan
        self._judge, self._office, self._board = judge, office, board
        self._balancers = [Balancer(town, ports, plan.dice(terminal.id, wire), clockwork) for wire in range(2)]
        self._clients = [client_of(terminal, town, balancer) for balancer in self._balancers]
        self._beside = ThreadPoolExecutor(2)
        self._visits = 0

    def close(self) -> None:
        """Give connections and threads back."""
        self._beside.shutdown()
        for client in self._clients:
            client.close()

    def serve_one(self) -> None:
        """The next resident."""
        self._visits += 1
        dice = self._plan.dice(self._terminal.id, self._visits)
        undo: list[Undo] = []
        try:
            self._visit(dice, undo)
        except PatienceOver:
            self._office.done.add("kiosk_gave_up")
        except PortalRefused as refusal:
            self._office.done.add(f"answered_{refusal.code}")
            if refusal.code == "terminal_locked":
                self._unlock()
        finally:
            for take_back in reversed(undo):
                take_back()

    def _visit(self, dice: Random, undo: list[Undo]) -> None:
        chances, person = self._plan.chances, dice.choice(self._town.people)
        token = self._log_in(person)
        asked, wish = self._wish(person, dice)
        if dice.random() < chances.thief:
            self._steal(token, dice)
        self._ask(token, asked, wish, dice)
        if dice.random() < chances.leaves:
            self._office.done.add("left_early")
            self._persist(lambda client: client.close_session(token), dice)
            return
        for _ in range(3):
            known = self._wait(token, asked, dice)
            if known.state not in _TO_BE_HAD:
                self._over(token, asked, known.state, dice)
                return
            self._pay(token, asked, known.fee or 0, dice)
            if self._fetch(token, asked, dice, undo):
                self._report(token, asked, dice)
                return

    def _log_in(self, person: Person) -> str:
        """A session as a card would open it; what the card proves is proven elsewhere."""
        ground = self._town.ground
        with database.transaction(ground.engine) as connection:
            return identity.open_kiosk_session(
                connection, self._terminal.id, person.authenticated, now=ground.clock.now()
            )

    def _wish(self, person: Person, dice: Random) -> tuple[Asked, IssuanceRequest]:
        family = self._town.household(person.household)
        alone = dice.random() < 0.5
        persons = [person] if alone else dice.sample(family, dice.randint(1, len(family)))
        named = {one.serial for one in persons}
        relationship = dice.random() < 0.5
        if relationship:
            named.add(family[0].serial)
        asked = Asked(uuid4(), self._terminal.id, person, tuple(persons), frozenset(named))
        self._board.asked.append(asked)
        return asked, IssuanceRequest(
            request=str(asked.key),
            kind="resident_record",
            scope="self" if alone else "household",
            persons=tuple(str(one.id) for one in persons),
            items={"relationship": relationship},
        )

    def _ask(self, token: str, asked: Asked, wish: IssuanceRequest, dice: Random) -> None:
        def ask(client: PortalClient) -> Issuance:
            return client.request_issuance(token, wish)

        twin: Future[Issuance] | None = None
        if dice.random() < self._plan.chances.duplicate:
            self._office.done.add("duplicate_requests")
            twin = self._beside_at_the_same_moment(ask, dice)
        accepted = self._persist(ask, dice)
        asked.issuance = UUID(accepted.issuance)
        self._board.alive[asked.issuance] = asked
        if twin is not None and twin.result().issuance != accepted.issuance:
            self._judge.findings.add(Finding.DUPLICATES, asked.issuance, "one request key, two issuances")

    def _wait(self, token: str, asked: Asked, dice: Random) -> Issuance:
        issuance, deadline, draw, slow = asked.issuance, time.monotonic() + _PATIENCE_S, dice.random(), False
        assert issuance is not None
        while True:
            known = self._persist(lambda client: client.issuance(token, str(issuance)), dice)
            if known.state not in _COMING:
                break
            if known.state == "rendering" and slow:
                slow, draw = False, self._while_it_is_rendered(asked, issuance, draw)
            else:
                slow = known.state == "rendering"
            if time.monotonic() > deadline:
                raise PatienceOver
            time.sleep(_POLL_S)
        if known.state == "ready" and 1 - draw < self._plan.chances.time_out_when_ready:
            self._time_out(asked, issuance)
        return known

    def _while_it_is_rendered(self, asked: Asked, issuance: UUID, draw: float) -> float:
        """A worker is taking long over it: time may run out, or a second worker be set to it; once."""
        chances = self._plan.chances
        asked.contested = draw < chances.time_out + chances.takeover
        if draw < chances.time_out:
            self._time_out(asked, issuance)
        elif draw < chances.time_out + chances.takeover:
            self._office.take_over(issuance)
        return max(draw, chances.time_out + chances.takeover)

    def _time_out(self, asked: Asked, issuance: UUID) -> None:
        asked.timed_out = True
        self._office.time_out(issuance)

    def _pay(self, token: str, asked: Asked, fee: int, dice: Random) -> None:
        """The device at the kiosk holds the fee, once."""
        if asked.paid is not None:
            return
        asked.paid = uuid4().hex
        held = Reservation(asked.paid, fee)
        try:
            self._persist(lambda client: client.authorise(token, str(asked.issuance), "cash", held), dice)
        except IssuanceRefused as refusal:
            # Its time is over: what is asked for next will be refused too, and the device gives the money back.
            self._office.done.add(f"unpaid_{refusal.code}")

    def _fetch(self, token: str, asked: Asked, dice: Random, undo: list[Undo]) -> bool:
        """Fetch the document; False when it has to be rendered anew or will not come."""
        aligned = dice.random() < self._plan.chances.aligned
        doing = self._meddle(asked, dice, undo)
        asked.release_sent_at = asked.release_sent_at or time.time()
        twice = dice.random() < self._plan.chances.twice or asked.contested

        def fetch(client: PortalClient) -> Released:
            return client.release(token, str(asked.issuance))

        twin = (
            self._beside_at_the_same_moment(fetch, dice)
            if twice and not asked.contested and dice.random() < 0.5
            else None
        )
        try:
            released = self._persist(fetch, dice, aligned=aligned or doing is not None)
        except IssuanceRefused as refusal:
            self._office.done.add(f"refused_{refusal.code}")
            return False
        finally:
            if doing is not None:
                undo.extend(doing.result())
            if twin is not None:
                self._also(asked, twin)
        self._judge.deliver(asked, released.ticket, released.document, time.time())
        if twice and twin is None:
            self._linger(asked, dice)
            self._once_more(token, asked, dice)
        return True

    def _also(self, asked: Asked, twin: "Future[Released]") -> None:
        self._office.done.add("double_fetches")
        try:
            released = twin.result()
        except (PortalRefused, PatienceOver):
            return
        self._judge.deliver(asked, released.ticket, released.document, time.time())

    def _once_more(self, token: str, asked: Asked, dice: Random) -> None:
        self._office.done.add("fetched_again")
        try:
            released = self._persist(lambda client: client.release(token, str(asked.issuance)), dice)
        except IssuanceRefused as refusal:
            if not asked.timed_out:
                self._judge.findings.add(Finding.LOSSES, asked.issuance, f"not given again: {refusal.code}")
            return
        self._judge.deliver(asked, released.ticket, released.document, time.time())

    def _meddle(self, asked: Asked, dice: Random, undo: list[Undo]) -> "Future[list[Undo]] | None":
        """Let the office do something about somebody on the paper: now, or (returned) at the moment of release."""
        chances, draw, somebody = self._plan.chances, dice.random(), dice.choice((asked.resident, *asked.persons))
        during = dice.random() < 0.5

        def act() -> list[Undo]:
            if draw < chances.change:
                self._office.change(somebody)
            elif draw < chances.change + chances.restriction:
                return [self._office.restrict(somebody, dice)]
            elif draw < chances.change + chances.restriction + chances.arrival:
                self._office.arrival(somebody)
            elif draw < chances.change + chances.restriction + chances.arrival + chances.stop:
                self._office.stop_all_kiosks()
            return []

        if draw >= chances.change + chances.restriction + chances.arrival + chances.stop:
            return None
        if during:
            return self._beside.submit(at_the_tick, act)
        undo.extend(act())
        return None

    def _report(self, token: str, asked: Asked, dice: Random) -> None:
        draw, issuance = dice.random(), str(asked.issuance)
        said: OutcomeState = "not_printed" if draw > 0.95 else "printed"
        if draw < self._plan.chances.unknown:
            said = "unknown"
        self._persist(lambda client: client.report_outcome(issuance, Outcome(said, 1, 1, "proof")), dice)
        asked.reported = said
        self._board.forget(asked)
        if dice.random() < 0.1:
            self._office.done.add("reported_twice")
            other: OutcomeState = "not_printed" if said == "printed" else "printed"
            self._persist(lambda client: client.report_outcome(issuance, Outcome(other, 0, 1, "proof")), dice)
        if said == "unknown":
            self._unlock()
        if dice.random() < 0.2:
            self._refuse_to_give(token, asked, dice)

    def _over(self, token: str, asked: Asked, state: str, dice: Random) -> None:
        """The request has come to an end without paper; the door must stay closed."""
        asked.end_seen = state
        self._board.forget(asked)
        if asked.contested or dice.random() < 0.5:
            self._linger(asked, dice)
            self._refuse_to_give(token, asked, dice)

    def _linger(self, asked: Asked, dice: Random) -> None:
        """A while in which a late worker would come."""
        shortest = self._plan.slow_s if asked.contested else 0
        time.sleep(shortest + dice.uniform(0, self._plan.slow_s / 2))

    def _refuse_to_give(self, token: str, asked: Asked, dice: Random) -> None:
        self._office.done.add("asked_after_the_end")
        asked.release_sent_at = asked.release_sent_at or time.time()
        try:
            released = self._persist(lambda client: client.release(token, str(asked.issuance)), dice)
        except PortalRefused:
            return
        self._judge.deliver(asked, released.ticket, released.document, time.time())

    def _steal(self, token: str, dice: Random) -> None:
        """Somebody asks for what another kiosk, or the person before at this one, has asked for."""
        others = self._board.some()
        if not others:
            return
        victim = dice.choice(others)
        self._office.done.add("thefts_tried")
        try:
            self._persist(lambda client: client.release(token, str(victim)), dice)
        except PortalRefused:
            return
        self._judge.findings.add(Finding.CROSSINGS, victim, "given to somebody else's session")

    def _unlock(self) -> None:
        """Staff look into the tray, and the kiosk shows that it has heard."""
        for _ in range(20):
            self._office.look_into_the_tray(self._terminal.id)
            try:
                if self._clients[0].heartbeat(_READER, _PRINTER).reason != "terminal_locked":
                    return
            except (PortalUnreachable, PortalBusy):
                time.sleep(_POLL_S)

    def _beside_at_the_same_moment(self, call: Callable[[PortalClient], Answer], dice: Random) -> "Future[Answer]":
        """The same call over the second wire; the first one will be held until the same tick."""
        self._balancers[0].aligned = True
        return self._beside.submit(self._persist, call, self._plan.dice(dice.random()), wire=1, aligned=True)

    def _persist(
        self, call: Callable[[PortalClient], Answer], dice: Random, *, wire: int = 0, aligned: bool = False
    ) -> Answer:
        """Call until there is an answer, as a kiosk does while somebody waits; PatienceOver, PortalRefused."""
        balancer, deadline = self._balancers[wire], time.monotonic() + _PATIENCE_S
        balancer.aligned = balancer.aligned or aligned
        if dice.random() < self._plan.chances.cut:
            balancer.cut, balancer.lose = (True, False) if dice.random() < 0.5 else (False, True)
            self._office.done.add("connections_cut" if balancer.cut else "answers_lost")
        while True:
            try:
                return call(self._clients[wire])
            except (PortalUnreachable, PortalBusy):
                self._office.done.add("unanswered")
            except PortalRefused as refusal:
                if refusal.code != "unexpected":
                    raise
                self._office.done.add("answered_unexpected")
            if time.monotonic() > deadline:
                raise PatienceOver
            time.sleep(0.1)
