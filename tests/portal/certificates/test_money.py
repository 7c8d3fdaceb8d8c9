"""The money of an issuance: its own table of states, and that it always follows the paper."""

import base64
import json
from collections.abc import Callable
from datetime import date
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from portal import certificates, database, municipality, terminals
from portal.certificates import (
    CaptureNotDecided,
    FeeUndecided,
    IssuanceUnknown,
    NotAbandonable,
    NotAuthorisable,
    NotPaid,
    PaymentState,
    Released,
    Requested,
    State,
    VoidNotDecided,
    WrongAmount,
)
from portal.certificates.money.states import EXCEPTIONS, SOURCES, TARGETS, IllegalPayment, move_money
from portal.certificates.money.tables import PaymentEvent, payments
from portal.certificates.states import move
from portal.certificates.tables import Event
from portal.register import HoldReason, place_hold
from portal.terminals import CommandKind
from tests.portal.certificates.conftest import OTHER_TERMINAL, TERMINAL, Kiosk, Visit
from tests.portal.conftest import MovableClock
from tests.portal.register.people import TESTER
from tests.world.demo_city.municipality import MUNICIPALITY_TOML

Act = Callable[[Kiosk, Visit, UUID], object]


def money(kiosk: Kiosk, issuance: UUID) -> PaymentState:
    with database.transaction(kiosk.ground.engine) as connection:
        state = sa.select(payments.c.state).where(payments.c.issuance_id == issuance)
        return PaymentState(connection.execute(state).scalar_one())


def commands(kiosk: Kiosk, terminal: str = TERMINAL) -> list[dict[str, object]]:
    with database.transaction(kiosk.ground.engine) as connection:
        tokens = terminals.open_commands(connection, kiosk.ground.keys, terminal, now=kiosk.ground.clock.now())
    return [json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==")) for token in tokens]


def about(kiosk: Kiosk) -> list[tuple[object, object]]:
    return [(said["command"], said["order"]) for said in commands(kiosk)]


def confirm(kiosk: Kiosk, issuance: UUID, done: CommandKind, reference: str | None = "C2") -> PaymentState:
    with database.transaction(kiosk.ground.engine) as connection:
        return certificates.confirm(
            connection, issuance, TERMINAL, done=done, reference=reference, now=kiosk.ground.clock.now()
        )


def abandon(kiosk: Kiosk, issuance: UUID, terminal: str = TERMINAL) -> State:
    with database.transaction(kiosk.ground.engine) as connection:
        return certificates.abandon(connection, issuance, terminal, now=kiosk.ground.clock.now())


def settle(kiosk: Kiosk, issuance: UUID, answer: str, *, keep_fee: bool | None = None) -> None:
    with database.transaction(kiosk.ground.engine) as connection:
        certificates.settle(
            connection, kiosk.ground, issuance,
            answer=answer, statement="見た。", keep_fee=keep_fee, actor=TESTER, now=kiosk.ground.clock.now(),
        )  # fmt: skip


@pytest.fixture
def ready(kiosk: Kiosk, visit: Visit) -> UUID:
    issuance = kiosk.asked(visit)
    kiosk.render(issuance)
    return issuance


@pytest.fixture
def paid(kiosk: Kiosk, visit: Visit, ready: UUID) -> UUID:
    assert kiosk.pay(ready, visit) is State.AUTHORISED
    return ready


def test_every_pair_of_state_and_event_of_the_money_does_what_its_table_says(kiosk: Kiosk, visit: Visit) -> None:
    issuance = kiosk.asked(visit)
    for state in PaymentState:
        for event in PaymentEvent:
            with database.transaction(kiosk.ground.engine) as connection:
                connection.execute(sa.update(payments).values(state=state))
                if state in SOURCES[event]:
                    assert move_money(connection, issuance, event).state == TARGETS[event]
                else:
                    with pytest.raises(EXCEPTIONS[event]):
                        move_money(connection, issuance, event)


def test_every_event_of_the_money_has_an_exception_of_its_own() -> None:
    assert set(EXCEPTIONS) == set(SOURCES) == set(TARGETS) == set(PaymentEvent)
    assert len({*EXCEPTIONS.values()} - {IllegalPayment}) == len(PaymentEvent)


def test_money_that_was_kept_or_given_back_moves_no_more() -> None:
    ends = {PaymentState.CAPTURED, PaymentState.VOIDED}
    assert not any(sources & ends for sources in SOURCES.values())


def test_a_document_leaves_only_for_a_fee_that_is_held(kiosk: Kiosk, visit: Visit, ready: UUID) -> None:
    with pytest.raises(NotPaid):
        kiosk.fetch(ready, visit)
    assert kiosk.state(ready) is State.READY
    kiosk.pay(ready, visit)
    assert isinstance(kiosk.fetch(ready, visit), Released)


def test_what_costs_nothing_needs_no_payment(kiosk: Kiosk, visit: Visit) -> None:
    with database.transaction(kiosk.ground.engine) as connection:
        municipality.load(
            connection, MUNICIPALITY_TOML.replace("resident_record = 300", "resident_record = 0"),
            kiosk.ground.clock.now(),
        )  # fmt: skip
    issuance = kiosk.asked(visit)
    kiosk.render(issuance)
    assert isinstance(kiosk.fetch(issuance, visit), Released)
    kiosk.report(issuance, "printed")
    assert commands(kiosk) == []
    with database.transaction(kiosk.ground.engine) as connection:
        assert connection.execute(sa.select(payments)).all() == []


def test_paying_twice_with_the_same_money_is_paying_once(kiosk: Kiosk, visit: Visit, paid: UUID) -> None:
    assert kiosk.pay(paid, visit) is State.AUTHORISED
    with pytest.raises(NotAuthorisable):
        kiosk.pay(paid, visit, reference="R2")
    assert money(kiosk, paid) is PaymentState.AUTHORISED


def test_another_sum_than_the_fee_or_another_persons_money_buys_nothing(
    kiosk: Kiosk, visit: Visit, ready: UUID
) -> None:
    with pytest.raises(WrongAmount):
        kiosk.pay(ready, visit, amount=200)
    for other, terminal in ((Visit(uuid4(), visit.resident_id), TERMINAL), (visit, OTHER_TERMINAL)):
        with pytest.raises(IssuanceUnknown):
            kiosk.pay(ready, other, terminal=terminal)
    assert (kiosk.state(ready), money(kiosk, ready)) == (State.READY, PaymentState.NONE)


def test_money_for_a_paper_that_is_not_ready_or_is_over_is_refused(kiosk: Kiosk, visit: Visit) -> None:
    issuance = kiosk.asked(visit)
    with pytest.raises(NotAuthorisable):
        kiosk.pay(issuance, visit)
    abandon(kiosk, issuance)
    with pytest.raises(NotAuthorisable):
        kiosk.pay(issuance, visit)


def _released(kiosk: Kiosk, visit: Visit, issuance: UUID) -> None:
    assert isinstance(kiosk.fetch(issuance, visit), Released)


def _print(kiosk: Kiosk, visit: Visit, issuance: UUID) -> None:
    _released(kiosk, visit, issuance)
    kiosk.report(issuance, "printed")


def _print_nothing(kiosk: Kiosk, visit: Visit, issuance: UUID) -> None:
    _released(kiosk, visit, issuance)
    kiosk.report(issuance, "not_printed")


def _refuse(kiosk: Kiosk, visit: Visit, issuance: UUID) -> None:
    with database.transaction(kiosk.ground.engine) as connection:
        place_hold(
            connection, [visit.resident_id], reason=HoldReason.FILING, source="x", actor=TESTER,
            now=kiosk.ground.clock.now(),
        )  # fmt: skip
    assert not isinstance(kiosk.fetch(issuance, visit), Released)


def _expire(kiosk: Kiosk, visit: Visit, issuance: UUID) -> None:
    kiosk.ground.clock.advance(minutes=11)  # type: ignore[attr-defined]
    certificates.sweep(kiosk.ground)


def _abandon(kiosk: Kiosk, visit: Visit, issuance: UUID) -> None:
    abandon(kiosk, issuance)


def _restart(kiosk: Kiosk, visit: Visit, issuance: UUID) -> None:
    with database.transaction(kiosk.ground.engine) as connection:
        assert certificates.begin_anew(connection, TERMINAL, now=kiosk.ground.clock.now()) == 1


def _break(kiosk: Kiosk, visit: Visit, issuance: UUID) -> None:
    kiosk.correct(visit.resident_id, name="渡辺　新")
    assert not isinstance(kiosk.fetch(issuance, visit), Released)
    with database.transaction(kiosk.ground.engine) as connection:
        move(connection, issuance, Event.BREAK, detail="test", ended_at=kiosk.ground.clock.now())


@pytest.mark.parametrize(
    ("act", "decided"),
    [
        (_print, "capture"), (_print_nothing, "void"), (_refuse, "void"), (_expire, "void"), (_abandon, "void"),
        (_restart, "void"), (_break, "void"),
    ],
)  # fmt: skip
def test_every_way_out_of_an_issuance_decides_what_becomes_of_its_fee(
    kiosk: Kiosk, visit: Visit, paid: UUID, act: Act, decided: str
) -> None:
    act(kiosk, visit, paid)
    assert about(kiosk) == [(decided, str(paid))]
    kept = decided == "capture"
    done, end = CommandKind(decided), PaymentState.CAPTURED if kept else PaymentState.VOIDED
    for _ in range(2):
        assert confirm(kiosk, paid, done) is end
    assert commands(kiosk) == []


@pytest.mark.parametrize("act", [_refuse, _expire, _abandon, _restart], ids=lambda act: act.__name__)
def test_money_that_may_have_been_taken_unheard_is_asked_back_too(
    kiosk: Kiosk, visit: Visit, ready: UUID, act: Act
) -> None:
    if act is _refuse:
        with database.transaction(kiosk.ground.engine) as connection:
            move(connection, ready, Event.REFUSE, ended_at=kiosk.ground.clock.now())
    else:
        act(kiosk, visit, ready)
    assert about(kiosk) == [("void", str(ready))]
    assert confirm(kiosk, ready, CommandKind.VOID, None) is PaymentState.VOIDED


def test_a_paper_that_never_got_ready_needs_no_device_to_give_anything_back(kiosk: Kiosk, visit: Visit) -> None:
    issuance = kiosk.asked(visit)
    abandon(kiosk, issuance)
    assert (money(kiosk, issuance), commands(kiosk)) == (PaymentState.VOIDED, [])


def test_one_issuance_whose_fee_is_settled_already_keeps_no_other_from_its_end(
    kiosk: Kiosk, visit: Visit, paid: UUID, visitor: Callable[..., Visit], caplog: pytest.LogCaptureFixture
) -> None:
    other = kiosk.asked(visitor())
    kiosk.render(other)
    with database.transaction(kiosk.ground.engine) as connection:
        move_money(connection, paid, PaymentEvent.CAPTURE, decided_at=kiosk.ground.clock.now())
    kiosk.ground.clock.advance(minutes=11)  # type: ignore[attr-defined]
    assert certificates.sweep(kiosk.ground) == 1
    assert kiosk.state(other) is State.EXPIRED
    assert kiosk.state(paid) is not State.EXPIRED
    assert str(paid) in caplog.text


@pytest.mark.parametrize(
    ("answer", "keep_fee", "decided"),
    [
        ("printed", None, "capture"), ("not_printed", None, "void"), ("printed", False, "capture"),
        ("not_printed", True, "void"), ("partly_printed", True, "capture"), ("partly_printed", False, "void"),
    ],
)  # fmt: skip
def test_while_nobody_knows_the_fee_is_held_and_the_statement_decides(  # noqa: PLR0917
    kiosk: Kiosk, visit: Visit, paid: UUID, answer: str, keep_fee: bool | None, decided: str
) -> None:
    _released(kiosk, visit, paid)
    kiosk.report(paid, "unknown")
    assert (money(kiosk, paid), commands(kiosk)) == (PaymentState.HELD, [])
    for done, refusal in ((CommandKind.CAPTURE, CaptureNotDecided), (CommandKind.VOID, VoidNotDecided)):
        with pytest.raises(refusal):
            confirm(kiosk, paid, done)
    settle(kiosk, paid, answer, keep_fee=keep_fee)
    assert (decided, str(paid)) in about(kiosk)


def test_a_part_of_the_paper_leaves_the_choice_to_staff_who_must_make_it(
    kiosk: Kiosk, visit: Visit, paid: UUID
) -> None:
    _released(kiosk, visit, paid)
    kiosk.report(paid, "unknown")
    with pytest.raises(FeeUndecided):
        settle(kiosk, paid, "partly_printed")
    assert (kiosk.state(paid), money(kiosk, paid)) == (State.UNKNOWN, PaymentState.HELD)


def test_a_document_that_was_fetched_cannot_be_abandoned_and_other_terminals_abandon_nothing(
    kiosk: Kiosk, visit: Visit, paid: UUID
) -> None:
    with pytest.raises(IssuanceUnknown):
        abandon(kiosk, paid, OTHER_TERMINAL)
    _released(kiosk, visit, paid)
    with pytest.raises(NotAbandonable):
        abandon(kiosk, paid)
    with database.transaction(kiosk.ground.engine) as connection:
        assert certificates.begin_anew(connection, TERMINAL, now=kiosk.ground.clock.now()) == 0


def test_money_already_held_pays_for_the_paper_that_is_made_again(kiosk: Kiosk, visit: Visit, paid: UUID) -> None:
    kiosk.correct(visit.resident_id, name="渡辺　新")
    assert not isinstance(kiosk.fetch(paid, visit), Released)
    kiosk.render(paid)
    assert isinstance(kiosk.fetch(paid, visit), Released)
    assert money(kiosk, paid) is PaymentState.AUTHORISED


def test_an_open_command_is_signed_anew_before_it_is_too_old(
    kiosk: Kiosk, visit: Visit, paid: UUID, clock: MovableClock
) -> None:
    abandon(kiosk, paid)
    first = commands(kiosk)
    assert commands(kiosk) == first
    clock.advance(days=30)
    (again,) = commands(kiosk)
    assert (again["id"], again["order"], again["command"]) == (first[0]["id"], str(paid), "void")
    assert isinstance(again["issued"], int)
    assert again["issued"] == int(clock.now().timestamp())


def test_a_fee_changes_on_its_day_for_those_who_ask_from_then_on(
    kiosk: Kiosk, visit: Visit, clock: MovableClock
) -> None:
    dated = MUNICIPALITY_TOML.replace("resident_record = 300\n", "").replace(
        "[calendar]",
        "[[fees.resident_record]]\nfrom = 2026-11-25\nyen = 350\n\n"
        "[[fees.resident_record]]\nfrom = 2020-04-01\nyen = 300\n\n[calendar]",
    )
    with database.transaction(kiosk.ground.engine) as connection:
        city = municipality.load(connection, dated, clock.now())
    assert [city.fee("resident_record", date(*day)) for day in ((2020, 3, 31), (2026, 11, 24), (2026, 11, 25))] == [
        None, 300, 350,
    ]  # fmt: skip
    before = kiosk.asked(visit)
    clock.advance(days=1)
    kiosk_fee = kiosk.row(before).fee
    after = kiosk.ask(visit, copies=2)
    assert isinstance(after, Requested)
    assert (kiosk_fee, kiosk.row(after.issuance).fee) == (300, 700)
