"""A model of the issuance against the real one: in any order of events, paper is released once, and to its own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from portal import certificates, database, register
from portal.certificates import (
    Answer,
    IssuanceUnknown,
    NotAbandonable,
    NotAuthorisable,
    NotPaid,
    NotReleasable,
    NotReportable,
    NotSettleable,
    Refused,
    Released,
    Requested,
    State,
    StatementMissing,
)
from portal.certificates.money.tables import PaymentState, payments
from portal.certificates.rendering import MOST_ATTEMPTS
from portal.certificates.states import move
from portal.certificates.tables import Event, issuance_documents, issuances
from portal.register import HoldReason
from tests.portal.certificates.conftest import OTHER_TERMINAL, TERMINAL, Kiosk, Visit
from tests.portal.register.people import TESTER

MONEY = {
    State.REQUESTED: {PaymentState.NONE, PaymentState.AUTHORISED},
    State.RENDERING: {PaymentState.NONE, PaymentState.AUTHORISED},
    State.READY: {PaymentState.NONE, PaymentState.AUTHORISED},
    State.AUTHORISED: {PaymentState.AUTHORISED},
    State.RELEASED: {PaymentState.AUTHORISED},
    State.PRINTED: {PaymentState.CAPTURING},
    State.NOT_PRINTED: {PaymentState.VOIDING},
    State.UNKNOWN: {PaymentState.HELD},
    State.FAILED: {PaymentState.VOIDING, PaymentState.VOIDED},
    State.EXPIRED: {PaymentState.VOIDING, PaymentState.VOIDED},
    # What could not be made was given back before staff said a word; what was held is kept for the paper they saw.
    State.SETTLED: {PaymentState.CAPTURING, PaymentState.VOIDING, PaymentState.VOIDED},
}
OUTCOMES = st.sampled_from(["printed", "not_printed", "unknown"])
BEFORE_RELEASE = {State.REQUESTED, State.RENDERING, State.READY, State.AUTHORISED}
_ROWS = (
    sa.select(
        issuances.c.id,
        issuances.c.state,
        payments.c.state.label("money"),
        sa.exists().where(issuance_documents.c.issuance_id == issuances.c.id).correlate(issuances).label("stored"),
    )
    .join(payments)
    .where(issuances.c.id == sa.func.any(sa.bindparam("of", type_=sa.ARRAY(sa.Uuid))))
)


@dataclass
class Expected:
    """What the model knows of one issuance."""

    visit: Visit
    key: UUID
    state: State = State.REQUESTED
    age: float = 0
    stale: bool = False
    repeated: bool = False
    paid: bool = False
    claims: int = 0
    open_case: bool = False
    out: set[tuple[str, bytes]] = field(default_factory=set)


class Counter(RuleBasedStateMachine):
    """Rules are what kiosks, workers, staff, clocks and the register do."""

    kiosk: Kiosk
    issuances = Bundle("issuances")

    @initialize()
    def open_doors(self) -> None:
        # What an earlier run left waiting would fill the queue of this one: the runs must not know of each other.
        self.kiosk.ground.clock.advance(minutes=11)  # type: ignore[attr-defined]
        certificates.sweep(self.kiosk.ground)
        self.visit = Visit(uuid4(), self.kiosk.household()[0])
        self.held = False
        self.known: dict[UUID, Expected] = {}

    @rule(target=issuances)
    def ask(self) -> UUID:
        return self._asked()

    def _asked(self) -> UUID:
        key = uuid4()
        answer = self.kiosk.ask(self.visit, key=key)
        if self.held:
            assert isinstance(answer, Refused)
            return uuid4()
        assert isinstance(answer, Requested)
        self.known[answer.issuance] = Expected(self.visit, key)
        return answer.issuance

    @rule(
        target=issuances,
        meanwhile=st.sampled_from(["nothing", "nothing", "hold", "correction", "time"]),
        reports=st.lists(OUTCOMES, max_size=3),
    )
    def serve(self, meanwhile: str, reports: list[str]) -> UUID:
        self.lift()
        issuance = self._asked()
        self.render(issuance)
        if meanwhile == "hold":
            self.hold()
        elif meanwhile == "correction":
            self.correct_the_record()
        elif meanwhile == "time":
            self.let_time_pass(minutes=11)
        self.release(issuance)
        for outcome in reports:
            self.report(issuance, outcome)
        return issuance

    @rule(issuance=issuances)
    def ask_again_with_the_same_key(self, issuance: UUID) -> None:
        expected = self.known.get(issuance)
        if expected is not None:
            assert self.kiosk.ask(self.visit, key=expected.key) == Requested(issuance, expected.state)

    @rule(issuance=issuances)
    def render(self, issuance: UUID) -> None:
        if issuance in self.known:
            self._claimed(issuance)
            self.kiosk.render(issuance)
            self._rendered(issuance)

    @rule(issuance=issuances)
    def render_while_another_worker_takes_over(self, issuance: UUID) -> None:
        self._interrupted(lambda: self.render(issuance), issuance)

    @rule(issuance=issuances)
    def render_while_another_worker_takes_over_and_dies(self, issuance: UUID) -> None:
        self._interrupted(lambda: self._claimed_by_the_dying(issuance), issuance)

    @rule(issuance=issuances)
    def render_while_time_runs_out(self, issuance: UUID) -> None:
        self._interrupted(lambda: self.let_time_pass(minutes=11), issuance)

    @rule(issuance=issuances)
    def pay(self, issuance: UUID) -> None:
        expected = self.known.get(issuance)
        if expected is None:
            return
        try:
            self.kiosk.pay(issuance, self.visit)
        except NotAuthorisable:
            assert expected.state is not State.READY
        else:
            expected.state = (
                State.AUTHORISED if expected.state is State.READY and not expected.paid else expected.state
            )
            expected.paid = True

    @rule(issuance=issuances)
    def abandon(self, issuance: UUID) -> None:
        expected = self.known.get(issuance)
        if expected is None:
            return
        try:
            with database.transaction(self.kiosk.ground.engine) as connection:
                certificates.abandon(connection, issuance, TERMINAL, now=self.kiosk.ground.clock.now())
        except NotAbandonable:
            assert expected.state not in BEFORE_RELEASE
        else:
            expected.state = State.EXPIRED if expected.state in BEFORE_RELEASE else expected.state

    @rule(issuance=issuances)
    def fetch_without_paying(self, issuance: UUID) -> None:
        expected = self.known.get(issuance)
        if expected is not None and expected.state is State.READY and not expected.paid:
            try:
                self.kiosk.fetch(issuance, self.visit)
            except NotPaid:
                return
            raise AssertionError("a document left unpaid")

    @rule(issuance=issuances)
    def release(self, issuance: UUID) -> None:
        expected = self.known.get(issuance)
        if expected is None:
            return
        try:
            answer = self.kiosk.release(issuance, self.visit)
        except NotReleasable:
            assert expected.state not in {State.READY, State.AUTHORISED, State.RELEASED}
            return
        expected.paid = True
        if expected.state is State.RELEASED:
            assert isinstance(answer, Released)
        elif self.held or expected.stale:
            assert expected.state in {State.READY, State.AUTHORISED}
            assert isinstance(answer, Refused)
            again = not self.held and not expected.repeated
            expected.state = State.REQUESTED if again else State.FAILED
            expected.repeated, expected.age = expected.repeated or again, 0
            return
        assert isinstance(answer, Released)
        if expected.state in {State.READY, State.AUTHORISED}:
            expected.state, expected.age = State.RELEASED, 0
        expected.out.add((answer.ticket, answer.document))

    @rule(issuance=issuances, other_terminal=st.booleans())
    def release_to_somebody_else(self, issuance: UUID, other_terminal: bool) -> None:
        visit = self.visit if other_terminal else Visit(uuid4(), self.visit.resident_id)
        try:
            self.kiosk.release(issuance, visit, OTHER_TERMINAL if other_terminal else TERMINAL)
        except IssuanceUnknown:
            return
        raise AssertionError("a document went to somebody else")

    @rule(issuance=issuances, outcome=OUTCOMES)
    def report(self, issuance: UUID, outcome: str) -> None:
        expected = self.known.get(issuance)
        if expected is None:
            return
        if expected.state is State.RELEASED:
            expected.state = State(outcome)
            expected.open_case = outcome == "unknown"
        try:
            assert self.kiosk.report(issuance, outcome) is expected.state
        except NotReportable:
            assert not expected.out

    @rule(issuance=issuances, words=st.sampled_from(["", "  ", "用紙が1枚出ていた。"]))
    def settle(self, issuance: UUID, words: str) -> None:
        expected = self.known.get(issuance)
        if expected is None:
            return
        try:
            with database.transaction(self.kiosk.ground.engine) as connection:
                certificates.settle(
                    connection, self.kiosk.ground, issuance,
                    answer=Answer.PRINTED, statement=words, actor=TESTER, now=self.kiosk.ground.clock.now(),
                )  # fmt: skip
        except StatementMissing:
            assert not words.strip()
        except NotSettleable:
            assert not expected.open_case
        else:
            assert expected.open_case
            expected.state, expected.open_case = State.SETTLED, False

    @rule(minutes=st.sampled_from([1, 5, 11]))
    def let_time_pass(self, minutes: int) -> None:
        self.kiosk.ground.clock.advance(minutes=minutes)  # type: ignore[attr-defined]
        certificates.sweep(self.kiosk.ground)
        for expected in self.known.values():
            expected.age += minutes
            if expected.age < 10:
                continue
            if expected.state in BEFORE_RELEASE:
                expected.state = State.EXPIRED
            elif expected.state is State.RELEASED:
                expected.state, expected.open_case = State.UNKNOWN, True

    @rule()
    def hold(self) -> None:
        self.held = True
        with database.transaction(self.kiosk.ground.engine) as connection:
            register.place_hold(
                connection, [self.visit.resident_id], reason=HoldReason.FILING,
                source=str(self.visit.id), actor=TESTER, now=self.kiosk.ground.clock.now(),
            )  # fmt: skip

    @rule()
    def lift(self) -> None:
        self.held = False
        with database.transaction(self.kiosk.ground.engine) as connection:
            register.lift_hold(connection, source=str(self.visit.id), actor=TESTER, now=self.kiosk.ground.clock.now())

    @rule()
    def correct_the_record(self) -> None:
        self.kiosk.correct(self.visit.resident_id, name=f"渡辺　{uuid4().hex[:6]}")
        for expected in self.known.values():
            expected.stale = expected.stale or expected.state in {State.READY, State.AUTHORISED}

    @invariant()
    def the_row_is_where_the_model_says_and_a_document_exists_only_while_it_may_be_fetched(self) -> None:
        known: dict[UUID, Expected] = getattr(self, "known", {})
        with database.transaction(self.kiosk.ground.engine) as connection:
            found = {row.id: (State(row.state), row.stored) for row in connection.execute(_ROWS, {"of": list(known)})}
        assert found == {
            issuance: (expected.state, expected.state in {State.READY, State.AUTHORISED, State.RELEASED})
            for issuance, expected in known.items()
        }

    @invariant()
    def the_money_is_where_the_paper_lets_it_be(self) -> None:
        known: dict[UUID, Expected] = getattr(self, "known", {})
        with database.transaction(self.kiosk.ground.engine) as connection:
            for row in connection.execute(_ROWS, {"of": list(known)}):
                assert PaymentState(row.money) in MONEY[known[row.id].state]
                if row.money == PaymentState.AUTHORISED:
                    assert known[row.id].paid

    @invariant()
    def at_most_one_document_was_ever_released(self) -> None:
        assert all(len(expected.out) <= 1 for expected in getattr(self, "known", {}).values())

    @invariant()
    def what_nobody_knows_stays_an_open_case(self) -> None:
        known: dict[UUID, Expected] = getattr(self, "known", {})
        with database.transaction(self.kiosk.ground.engine) as connection:
            found = {case.issuance for case in certificates.open_cases(connection)} & known.keys()
        assert found == {issuance for issuance, expected in known.items() if expected.open_case}

    def _claimed(self, issuance: UUID) -> None:
        expected = self.known[issuance]
        if expected.state in {State.REQUESTED, State.RENDERING}:
            expected.claims += 1
            expected.state = State.RENDERING
            if expected.claims > MOST_ATTEMPTS:
                expected.state, expected.open_case = State.FAILED, True

    def _rendered(self, issuance: UUID) -> None:
        expected = self.known[issuance]
        if expected.state is State.RENDERING:
            expected.state, expected.age, expected.stale = State.READY, 0, False

    def _claimed_by_the_dying(self, issuance: UUID) -> None:
        self.known[issuance].claims += 1
        with database.transaction(self.kiosk.ground.engine) as connection:
            move(connection, issuance, Event.CLAIM)

    def _interrupted(self, meanwhile: Callable[[], None], issuance: UUID) -> None:
        """A worker claims; while it typesets, `meanwhile` happens; then it comes too late to publish."""
        if issuance not in self.known:
            return
        honest = self.kiosk.press.print

        def slow(*given: object) -> object:
            self.kiosk.press.print = honest  # type: ignore[method-assign]
            meanwhile()
            return honest(*given)  # type: ignore[arg-type]

        self._claimed(issuance)
        self.kiosk.press.print = slow  # type: ignore[method-assign, assignment]
        try:
            self.kiosk.render(issuance)
        finally:
            self.kiosk.press.print = honest  # type: ignore[method-assign]


def test_no_order_of_events_releases_twice_crosses_persons_or_loses_a_case(kiosk: Kiosk) -> None:
    Counter.kiosk = kiosk
    run_state_machine_as_test(
        Counter,
        settings=settings(
            max_examples=16,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # The database makes each step slow; a long failing run is as telling as a short one.
            phases=(Phase.explicit, Phase.generate),
        ),
    )
