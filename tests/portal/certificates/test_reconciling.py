"""Each kind of gap in the books is found by its name, and nothing that is right is called a gap."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from portal import certificates, database
from portal.certificates import Gap, PaymentState, State
from portal.certificates.money.reconciling import Books, gaps
from portal.certificates.money.tables import payments, reconciliation_gaps
from portal.certificates.tables import Answer, issuances
from portal.commands.line import parser
from portal.terminals import CommandKind
from tests.portal.certificates.conftest import Kiosk, Visit
from tests.portal.certificates.test_money import confirm
from tests.portal.conftest import MovableClock

TODAY = date(2026, 11, 24)
PRINTED = Books(
    state=State.PRINTED, refused=False, released=True, answer=None, fee=300, overdue=True, requests=1, rendered=True,
    deliveries=1, money=PaymentState.CAPTURED, amount=300, money_overdue=True,
)  # fmt: skip
EXPIRED = replace(
    PRINTED, state=State.EXPIRED, released=False, rendered=False, deliveries=0, money=PaymentState.VOIDED
)


@pytest.mark.parametrize(
    ("books", "gap"),
    [
        (replace(PRINTED, requests=0), Gap.REQUEST_MISSING),
        (replace(PRINTED, requests=2), Gap.REQUEST_MISSING),
        (replace(PRINTED, rendered=False), Gap.RENDERING_MISSING),
        (replace(PRINTED, deliveries=0), Gap.DELIVERY_MISSING),
        (replace(PRINTED, deliveries=2), Gap.DELIVERY_TWICE),
        (replace(EXPIRED, deliveries=1), Gap.DELIVERY_TWICE),
        (replace(PRINTED, state=State.RELEASED, money=PaymentState.AUTHORISED), Gap.OUTCOME_MISSING),
        (replace(EXPIRED, state=State.READY, money=PaymentState.NONE), Gap.OUTCOME_MISSING),
        (replace(EXPIRED, state=State.FAILED), Gap.STATEMENT_MISSING),
        (replace(PRINTED, money=None, amount=None), Gap.PAYMENT_MISSING),
        (replace(PRINTED, amount=200), Gap.AMOUNT_DIFFERS),
        (replace(PRINTED, money=PaymentState.CAPTURING), Gap.FEE_NOT_KEPT),
        (replace(PRINTED, money=PaymentState.VOIDED), Gap.PAPER_WITHOUT_FEE),
        (replace(EXPIRED, money=PaymentState.VOIDING), Gap.FEE_NOT_RETURNED),
        (replace(EXPIRED, money=PaymentState.CAPTURED), Gap.FEE_WITHOUT_PAPER),
        (
            replace(PRINTED, state=State.SETTLED, answer=Answer.NOT_PRINTED),
            Gap.FEE_WITHOUT_PAPER,
        ),
        (
            replace(PRINTED, state=State.SETTLED, answer=Answer.PRINTED, money=PaymentState.VOIDED),
            Gap.PAPER_WITHOUT_FEE,
        ),
    ],
    ids=lambda value: value.value if isinstance(value, Gap) else "",
)
def test_each_gap_is_found_by_its_name_and_no_other(books: Books, gap: Gap) -> None:
    assert gaps(books) == [gap]


@pytest.mark.parametrize(
    "books",
    [
        PRINTED,
        EXPIRED,
        replace(PRINTED, fee=0, money=None, amount=None),
        replace(PRINTED, money=PaymentState.CAPTURING, money_overdue=False),
        replace(EXPIRED, money=PaymentState.VOIDING, money_overdue=False),
        replace(PRINTED, state=State.NOT_PRINTED, money=PaymentState.VOIDED),
        replace(EXPIRED, state=State.FAILED, refused=True),
        replace(PRINTED, state=State.RELEASED, money=PaymentState.AUTHORISED, overdue=False),
        replace(PRINTED, state=State.SETTLED, answer=Answer.PARTLY_PRINTED),
        replace(PRINTED, state=State.SETTLED, answer=Answer.PARTLY_PRINTED, money=PaymentState.VOIDED),
    ],
)
def test_books_that_agree_have_no_gap(books: Books) -> None:
    assert gaps(books) == []


@given(
    state=st.sampled_from([State.PRINTED, State.NOT_PRINTED, State.EXPIRED]),
    money=st.sampled_from(PaymentState),
)
def test_of_what_has_ended_long_ago_exactly_one_end_of_the_money_is_right(state: State, money: PaymentState) -> None:
    right = PaymentState.CAPTURED if state is State.PRINTED else PaymentState.VOIDED
    found = gaps(replace(PRINTED, state=state, money=money))
    # A payment nobody ever made is nothing to give back.
    assert (found == []) is (money is right) or (state is not State.PRINTED and money is PaymentState.NONE)


def run(kiosk: Kiosk, *arguments: str) -> int:
    parsed = parser().parse_args(["reconcile", *arguments])
    result: int = parsed.run(parsed, kiosk.ground)
    return result


def open_gaps(kiosk: Kiosk) -> list[tuple[UUID, Gap]]:
    with database.transaction(kiosk.ground.engine) as connection:
        return [(each.issuance, each.gap) for each in certificates.open_gaps(connection)]


def test_a_day_without_gaps_is_a_table_of_fees(
    kiosk: Kiosk, visit: Visit, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        issuance, _ = kiosk.released(visit)
        kiosk.report(issuance, "printed")
        confirm(kiosk, issuance, CommandKind.CAPTURE)
    assert run(kiosk, "--day", "2026-11-24") == 0
    said = capsys.readouterr().out
    assert "2026-11-24 resident_record                  2        600" in said
    assert said.endswith("0 gaps\n")


def test_a_gap_is_named_kept_as_open_and_closes_when_a_later_comparison_no_longer_finds_it(
    kiosk: Kiosk, visit: Visit, clock: MovableClock, capsys: pytest.CaptureFixture[str]
) -> None:
    issuance, _ = kiosk.released(visit)
    kiosk.report(issuance, "printed")
    clock.advance(minutes=20)
    assert run(kiosk) == 1
    assert f"gap {issuance} {kiosk.row(issuance).issue_number} kiosk-01 fee_not_kept" in capsys.readouterr().out
    assert open_gaps(kiosk) == [(issuance, Gap.FEE_NOT_KEPT)]
    assert run(kiosk) == 1
    confirm(kiosk, issuance, CommandKind.CAPTURE)
    clock.advance(minutes=1)
    assert run(kiosk) == 0
    assert open_gaps(kiosk) == []


def test_each_book_is_read_where_it_is_kept(kiosk: Kiosk, visit: Visit, clock: MovableClock) -> None:
    """Rows are altered behind the portal's back: the insert-only audit does not agree with them any more."""
    issuance, _ = kiosk.released(visit)
    kiosk.report(issuance, "printed")
    confirm(kiosk, issuance, CommandKind.CAPTURE)
    for change, gap in (
        (sa.update(issuances).values(sha256="0" * 64), Gap.RENDERING_MISSING),
        (sa.update(issuances).values(released_at=None), Gap.DELIVERY_TWICE),
        (sa.update(issuances).values(fee=200), Gap.AMOUNT_DIFFERS),
        (sa.update(payments).values(state=PaymentState.VOIDED), Gap.PAPER_WITHOUT_FEE),
        (sa.delete(payments), Gap.PAYMENT_MISSING),
    ):
        with kiosk.ground.engine.connect() as connection, connection.begin() as change_back:
            connection.execute(change)
            change_back.commit()
        found = certificates.reconcile(kiosk.ground, TODAY)
        assert gap in {each.gap for each in found}


def test_by_night_yesterday_is_compared_once_whichever_worker_comes_first(
    kiosk: Kiosk, visit: Visit, clock: MovableClock
) -> None:
    issuance, _ = kiosk.released(visit)
    kiosk.report(issuance, "printed")
    assert certificates.reconcile_by_night(kiosk.ground)
    assert open_gaps(kiosk) == []
    clock.advance(days=1)
    assert certificates.reconcile_by_night(kiosk.ground)
    assert not certificates.reconcile_by_night(kiosk.ground)
    assert open_gaps(kiosk) == [(issuance, Gap.FEE_NOT_KEPT)]
    with database.transaction(kiosk.ground.engine) as connection:
        found = connection.execute(sa.select(reconciliation_gaps.c.found_at)).scalar_one()
    assert clock.now() - found < timedelta(seconds=1)
