"""Several workers, two people at two kiosks, any order of events: the machine does what a pure model of it does.

`test_model` drives one worker at a time through whole steps. Here each worker stands still between reading the record
and publishing, as long as the model likes: others overtake it, it dies, breaks, comes too late.
"""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
from hypothesis.stateful import run_state_machine_as_test as run

from portal import certificates, database, register
from portal.certificates import (
    IssuanceUnknown,
    NotReleasable,
    NotReportable,
    NotSettleable,
    Refused,
    Released,
    Requested,
    State,
    UnfitRequest,
)
from portal.certificates.paper import Issue, Kind, Layout
from portal.certificates.press import Press, Printed
from portal.certificates.rendering import MOST_ATTEMPTS, render
from portal.certificates.sealing.sealer import Sealing
from portal.certificates.states import EXCEPTIONS, SOURCES, TARGETS, move
from portal.certificates.tables import Event, issuances
from portal.ground import Ground
from portal.register import HoldReason
from tests.portal.certificates.conftest import OTHER_TERMINAL, TERMINAL, Kiosk, SwiftPress, Visit
from tests.portal.certificates.sheets import software_sealing
from tests.portal.register.people import TESTER

_PATIENCE_S = 20
_LIVE = {State.REQUESTED, State.RENDERING, State.READY, State.AUTHORISED}
_ROWS = sa.select(issuances.c.id, issuances.c.state, issuances.c.fence).where(
    issuances.c.id == sa.func.any(sa.bindparam("of", type_=sa.ARRAY(sa.Uuid)))
)


class Killed(BaseException):
    """Ends a worker where it stands, as SIGKILL does: it writes nothing any more."""


class Worker:
    """A worker that claims, reads the record, and then waits in its press until it is told how to go on."""

    def __init__(self, ground: Ground, issuance: UUID) -> None:
        self.issuance = issuance
        self._ground, self._how = ground, "publish"
        self._stopped, self._go = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Until it stands in the press, or has found nothing to do."""
        self._thread.start()
        assert self._stopped.wait(_PATIENCE_S)

    def finish(self, how: str) -> None:
        """Let it `publish`, `die`, `break` or `refuse`."""
        self._how = how
        self._go.set()
        self._thread.join(_PATIENCE_S)
        assert not self._thread.is_alive()

    def print(self, kind: Kind, layout: Layout, issue: Issue, at: datetime, sealing: Sealing) -> Printed:
        """The press of this worker."""
        self._stopped.set()
        assert self._go.wait(_PATIENCE_S)
        match self._how:
            case "die":
                raise Killed
            case "break":
                raise ArithmeticError
            case "refuse":
                raise UnfitRequest
        document = f"%PDF-1.7 {issue.number} {_names(layout)!r} {uuid4()}".encode()
        made = SwiftPress().print(kind, layout, issue, at, sealing)
        return replace(made, document=document, sha256=hashlib.sha256(document).hexdigest())

    def _work(self) -> None:
        try:
            render(self._ground, cast("Press", self), software_sealing(), self.issuance)
        except (Killed, ArithmeticError):
            pass
        finally:
            self._stopped.set()


def _names(layout: Layout) -> list[str]:
    return [person.name for sheet in layout.sheets for person in sheet.values.persons]  # type: ignore[attr-defined]


@dataclass
class Expected:
    """What the model knows of one issuance."""

    owner: int
    key: UUID
    state: State = State.REQUESTED
    fence: int = 0
    age: int = 0
    claims: int = 0
    repeated: bool = False
    open_case: bool = False
    says: str | None = None
    """the name in the document that lies ready"""
    out: set[tuple[str, bytes]] = field(default_factory=set)


@dataclass
class AtWork:
    """A worker in its press: its fencing token and the name it has read."""

    worker: Worker
    fence: int
    read: str
    gone: bool = False


class Counter(RuleBasedStateMachine):
    """Rules are what kiosks, workers, staff, clock and register do; each checks what comes of it."""

    kiosk: Kiosk
    issuances = Bundle("issuances")
    workers = Bundle("workers")

    @initialize()
    def open_doors(self) -> None:
        self._let_pass(11)
        self.visits = [Visit(uuid4(), self.kiosk.household()[0]) for _ in range(2)]
        self.terminals = [TERMINAL, OTHER_TERMINAL]
        self.names = ["", ""]
        self.held = [False, False]
        self.known: dict[UUID, Expected] = {}
        self.at_work: list[AtWork] = []
        for who in range(2):
            self.correct(who)

    def teardown(self) -> None:
        for at_work in getattr(self, "at_work", []):
            if not at_work.gone:
                at_work.worker.finish("die")

    @rule(target=issuances, who=st.integers(0, 1))
    def ask(self, who: int) -> UUID:
        assume(not self.held[who])
        return self._asked(who)

    def _asked(self, who: int) -> UUID:
        key = uuid4()
        answer = self.kiosk.ask(self.visits[who], key=key, terminal=self.terminals[who])
        assert isinstance(answer, Requested)
        self.known[answer.issuance] = Expected(who, key)
        return answer.issuance

    @rule(issuance=issuances)
    def ask_again_with_the_same_key(self, issuance: UUID) -> None:
        expected = self.known[issuance]
        again = self.kiosk.ask(self.visits[expected.owner], key=expected.key, terminal=self.terminals[expected.owner])
        assert again == Requested(issuance, expected.state)

    @rule(target=issuances, who=st.integers(0, 1), minutes=st.sampled_from([0, 0, 5]), fetched=st.booleans())
    def serve(self, who: int, minutes: int, fetched: bool) -> UUID:
        """The straight way, so that what comes after it is met often enough."""
        if self.held[who]:
            self.hold_or_lift(who)
        issuance = self._asked(who)
        self.let_time_pass(minutes)
        at_work = self._claimed(issuance)
        assert at_work is not None
        self.go_on(at_work, "publish")
        self.let_time_pass(minutes)
        if fetched:
            self.release(issuance, 2)
        return issuance

    @rule(target=workers, issuance=issuances)
    def claim(self, issuance: UUID) -> object:
        return self._claimed(issuance) or multiple()

    def _claimed(self, issuance: UUID) -> AtWork | None:
        expected, worker = self.known[issuance], Worker(self.kiosk.ground, issuance)
        claimable = expected.state in SOURCES[Event.CLAIM]
        worker.start()
        if not claimable:
            return None
        expected.claims, expected.fence = expected.claims + 1, expected.fence + 1
        if expected.claims > MOST_ATTEMPTS:
            expected.state, expected.open_case = State.FAILED, True
            return None
        expected.state = State.RENDERING
        at_work = AtWork(worker, expected.fence, self.names[expected.owner])
        self.at_work.append(at_work)
        return at_work

    @rule(at_work=workers, how=st.sampled_from(["publish", "publish", "publish", "die", "break", "refuse"]))
    def go_on(self, at_work: AtWork, how: str) -> None:
        if at_work.gone:
            return
        at_work.gone = True
        at_work.worker.finish(how)
        expected = self.known[at_work.worker.issuance]
        if expected.state is not State.RENDERING or at_work.fence != expected.fence or how == "die":
            return
        if how == "publish":
            expected.state, expected.age, expected.says = State.READY, 0, at_work.read
        else:
            expected.state, expected.open_case = State.FAILED, how == "break"

    @rule(issuance=issuances, times=st.integers(1, 3))
    def release(self, issuance: UUID, times: int) -> None:
        """From one thread, or from several at the same time."""
        expected = self.known[issuance]
        with ThreadPoolExecutor(times) as threads:
            answers = list(threads.map(lambda _: self._fetch(issuance, expected.owner), range(times)))
        if expected.state not in {State.READY, State.RELEASED}:
            assert answers == [None] * times
            return
        fit = not self.held[expected.owner] and expected.says == self.names[expected.owner]
        if expected.state is State.READY and not fit:
            refused = [answer for answer in answers if isinstance(answer, Refused)]
            assert (len(refused), answers.count(None)) == (1, times - 1)
            again = not self.held[expected.owner] and not expected.repeated
            expected.state = State.REQUESTED if again else State.FAILED
            expected.repeated, expected.age, expected.says = expected.repeated or again, 0, None
            return
        released = [answer for answer in answers if isinstance(answer, Released)]
        assert len(released) == times
        if expected.state is State.READY:
            expected.state, expected.age = State.RELEASED, 0
        for answer in released:
            expected.out.add((answer.ticket, answer.document))
            assert expected.says is not None
            assert repr([expected.says]).encode() in answer.document
            assert self.kiosk.row(issuance).issue_number.encode() in answer.document

    @rule(issuance=issuances, own_terminal=st.booleans())
    def the_other_person_asks_for_it(self, issuance: UUID, own_terminal: bool) -> None:
        expected = self.known[issuance]
        terminal = self.terminals[1 - expected.owner if own_terminal else expected.owner]
        try:
            self.kiosk.release(issuance, self.visits[1 - expected.owner], terminal)
        except IssuanceUnknown:
            return
        raise AssertionError("a document went to somebody else")

    @rule(issuance=issuances, outcome=st.sampled_from(["printed", "not_printed", "unknown"]))
    def report(self, issuance: UUID, outcome: str) -> None:
        expected = self.known[issuance]
        if expected.state is State.RELEASED:
            expected.state, expected.open_case = State(outcome), outcome == "unknown"
        try:
            said = self.kiosk.report(issuance, outcome, terminal=self.terminals[expected.owner])
        except NotReportable:
            assert not expected.out
        else:
            assert said is expected.state

    @rule(issuance=issuances)
    def settle(self, issuance: UUID) -> None:
        expected = self.known[issuance]
        try:
            with database.transaction(self.kiosk.ground.engine) as connection:
                certificates.settle(
                    connection, self.kiosk.ground, issuance, answer="not_printed", statement="排紙口に紙はなかった。",
                    actor=TESTER, now=self.kiosk.ground.clock.now(),
                )  # fmt: skip
        except NotSettleable:
            assert not expected.open_case
        else:
            assert expected.open_case
            expected.state, expected.open_case = State.SETTLED, False

    @rule(minutes=st.sampled_from([1, 5, 11]))
    def let_time_pass(self, minutes: int) -> None:
        self._let_pass(minutes)
        for expected in self.known.values():
            expected.age += minutes
            if expected.age >= 10 and expected.state in _LIVE:
                expected.state = State.EXPIRED
            elif expected.age >= 10 and expected.state is State.RELEASED:
                expected.state, expected.open_case = State.UNKNOWN, True

    @rule(who=st.integers(0, 1))
    def hold_or_lift(self, who: int) -> None:
        self.held[who] = not self.held[who]
        source, now = str(self.visits[who].id), self.kiosk.ground.clock.now()
        with database.transaction(self.kiosk.ground.engine) as connection:
            if self.held[who]:
                register.place_hold(
                    connection, [self.visits[who].resident_id], reason=HoldReason.FILING, source=source,
                    actor=TESTER, now=now,
                )  # fmt: skip
            else:
                register.lift_hold(connection, source=source, actor=TESTER, now=now)

    @rule(who=st.integers(0, 1))
    def correct(self, who: int) -> None:
        self.names[who] = f"渡辺　{uuid4().hex[:8]}"
        self.kiosk.correct(self.visits[who].resident_id, name=self.names[who])

    @rule(issuance=issuances, event=st.sampled_from(Event), behind=st.sampled_from([None, 0, 1]))
    def any_event_with_any_fence_does_what_the_table_says(
        self, issuance: UUID, event: Event, behind: int | None
    ) -> None:
        """Tried and taken back: what would happen to this request if this event came now."""
        expected = self.known[issuance]
        fence = None if behind is None else expected.fence - behind
        allowed = expected.state in SOURCES[event] and not behind
        with self.kiosk.ground.engine.connect() as connection:
            if allowed:
                moved = move(connection, issuance, event, fence=fence, ended_at=self.kiosk.ground.clock.now())
                assert (moved.state, moved.fence) == (TARGETS[event], expected.fence + (event is Event.CLAIM))
            else:
                with pytest.raises(EXCEPTIONS[event]) as illegal:
                    move(connection, issuance, event, fence=fence, ended_at=self.kiosk.ground.clock.now())
                assert illegal.value.state is expected.state
            connection.rollback()

    @invariant()
    def every_row_is_where_the_model_says(self) -> None:
        known: dict[UUID, Expected] = getattr(self, "known", {})
        with database.transaction(self.kiosk.ground.engine) as connection:
            found = {row.id: (State(row.state), row.fence) for row in connection.execute(_ROWS, {"of": list(known)})}
            cases = {case.issuance for case in certificates.open_cases(connection)} & known.keys()
        assert found == {issuance: (expected.state, expected.fence) for issuance, expected in known.items()}
        assert cases == {issuance for issuance, expected in known.items() if expected.open_case}

    @invariant()
    def one_document_at_most_left_for_each_request_and_none_for_two(self) -> None:
        known: dict[UUID, Expected] = getattr(self, "known", {})
        out = [paper for expected in known.values() for paper in expected.out]
        assert all(len(expected.out) <= 1 for expected in known.values())
        assert len(out) == len(set(out)) == len({document for _, document in out})

    def _fetch(self, issuance: UUID, who: int) -> Released | Refused | None:
        try:
            return self.kiosk.release(issuance, self.visits[who], self.terminals[who])
        except NotReleasable:
            return None

    def _let_pass(self, minutes: int) -> None:
        self.kiosk.ground.clock.advance(minutes=minutes)  # type: ignore[attr-defined]
        certificates.sweep(self.kiosk.ground)


def test_workers_that_overtake_each_other_never_publish_for_one_another(kiosk: Kiosk) -> None:
    Counter.kiosk = kiosk
    run(
        Counter,
        settings=settings(
            max_examples=8,
            stateful_step_count=35,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # The database makes each step slow; a long failing run is as telling as a short one.
            phases=(Phase.explicit, Phase.generate),
        ),
    )
