"""照合: the books of each issuance of a day laid side by side - request, rendering, delivery, outcome, money.

The row of an issuance and its payment say one thing, the insert-only audit says it again; whatever is not the same
1:1 is a gap with a name. Nothing is repaired here: a gap is an open case until a later comparison no longer finds it.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from portal import database
from portal.audit import Action, audit_events
from portal.certificates.money.tables import Gap, PaymentState, payments, reconciliation_gaps, reconciliations
from portal.certificates.tables import Answer, State, issuances
from portal.clock import JAPAN, local_date
from portal.ground import Ground

# What is under way is no gap; a device that is on has done within seconds what it was told.
SOON = timedelta(minutes=15)
# The night's own hour: kiosks have closed, and yesterday's issuances have come to rest.
_NIGHT = time(2, 0)
_ENDS = frozenset({State.PRINTED, State.NOT_PRINTED, State.SETTLED, State.FAILED, State.EXPIRED})
_NOT_KEPT = frozenset({PaymentState.AUTHORISED, PaymentState.HELD, PaymentState.CAPTURING})
_MONEY_OUT = frozenset({PaymentState.NONE, PaymentState.VOIDING, PaymentState.VOIDED})
_MONEY_IN = frozenset({PaymentState.AUTHORISED, PaymentState.HELD, PaymentState.VOIDING})
_BOOKS = (Action.ISSUANCE_REQUESTED, Action.ISSUANCE_RENDERED, Action.ISSUANCE_RELEASED)

_OF_DAY = (
    sa.select(issuances, payments.c.state.label("money"), payments.c.amount, payments.c.decided_at)
    .outerjoin(payments, payments.c.issuance_id == issuances.c.id)
    .where(issuances.c.requested_at >= sa.bindparam("begins"), issuances.c.requested_at < sa.bindparam("ends"))
    .order_by(issuances.c.requested_at, issuances.c.id)
)
_EVENTS = sa.select(audit_events.c.action, audit_events.c.detail).where(
    audit_events.c.action.in_([action.value for action in _BOOKS]),
    audit_events.c.at >= sa.bindparam("begins"),
    audit_events.c.at < sa.bindparam("ends"),
)
_FOUND = insert(reconciliation_gaps)
_FOUND = _FOUND.on_conflict_do_update(
    index_elements=["issuance_id", "gap"],
    set_={"gone_at": None, "found_at": sa.func.least(reconciliation_gaps.c.found_at, _FOUND.excluded.found_at)},
)
_GONE = (
    sa.update(reconciliation_gaps)
    .where(
        reconciliation_gaps.c.gone_at.is_(None),
        reconciliation_gaps.c.issuance_id.in_(
            sa.select(issuances.c.id).where(
                issuances.c.requested_at >= sa.bindparam("begins"), issuances.c.requested_at < sa.bindparam("ends")
            )
        ),
        reconciliation_gaps.c.found_at < sa.bindparam("at"),
    )
    .values(gone_at=sa.bindparam("at"))
)
_OPEN = (
    sa.select(reconciliation_gaps, issuances.c.issue_number, issuances.c.terminal_id)
    .join(issuances)
    .where(reconciliation_gaps.c.gone_at.is_(None))
    .order_by(reconciliation_gaps.c.found_at, reconciliation_gaps.c.issuance_id)
    .limit(500)
)
_BEGIN = insert(reconciliations).on_conflict_do_nothing().returning(reconciliations.c.day)
_FEES = (
    sa.select(payments.c.amount, payments.c.ended_at, issuances.c.kind)
    .join(issuances, issuances.c.id == payments.c.issuance_id)
    .where(
        payments.c.state == PaymentState.CAPTURED.value,
        payments.c.ended_at >= sa.bindparam("begins"),
        payments.c.ended_at < sa.bindparam("ends"),
    )
)


@dataclass(frozen=True)
class Books:
    """What is written in each place about one issuance."""

    state: State
    refused: bool
    released: bool
    answer: Answer | None
    fee: int
    overdue: bool
    """what was pending has been so for too long"""
    requests: int
    rendered: bool
    """the very bytes that were released are in the book of renderings"""
    deliveries: int
    money: PaymentState | None
    amount: int | None
    money_overdue: bool


@dataclass(frozen=True)
class FoundGap:
    """One gap of one issuance."""

    issuance: UUID
    issue_number: str
    terminal_id: str
    gap: Gap
    found_at: datetime


@dataclass(frozen=True)
class FeeLine:
    """One line of the city's books: fees kept on one day for one kind."""

    day: date
    kind: str
    papers: int
    yen: int


def gaps(books: Books) -> list[Gap]:
    """Everything that is not 1:1 in the books of one issuance."""
    return [*_paper_gaps(books), *_money_gaps(books)]


def _paper_gaps(books: Books) -> list[Gap]:
    found = {
        Gap.REQUEST_MISSING: books.requests != 1,
        Gap.RENDERING_MISSING: books.released and not books.rendered,
        Gap.DELIVERY_MISSING: books.released and not books.deliveries,
        Gap.DELIVERY_TWICE: books.deliveries > 1 or (bool(books.deliveries) and not books.released),
        Gap.OUTCOME_MISSING: books.overdue and books.state not in _ENDS,
        Gap.STATEMENT_MISSING: books.state is State.UNKNOWN or (books.state is State.FAILED and not books.refused),
    }
    return [gap for gap, there in found.items() if there]


def _money_gaps(books: Books) -> list[Gap]:
    if books.money is None:
        return [Gap.PAYMENT_MISSING] if books.fee else []
    printed = books.state is State.PRINTED or (
        books.state is State.SETTLED and books.answer is Answer.PRINTED and books.released
    )
    partly = books.state is State.SETTLED and books.answer is Answer.PARTLY_PRINTED
    nothing_left = books.state in _ENDS and not printed and not partly
    found = {
        Gap.AMOUNT_DIFFERS: books.amount != books.fee,
        Gap.PAPER_WITHOUT_FEE: printed and books.money in _MONEY_OUT,
        Gap.FEE_NOT_KEPT: printed and books.money_overdue and books.money in _NOT_KEPT,
        Gap.FEE_WITHOUT_PAPER: nothing_left and books.money in {PaymentState.CAPTURING, PaymentState.CAPTURED},
        Gap.FEE_NOT_RETURNED: nothing_left and books.money_overdue and books.money in _MONEY_IN,
    }
    return [gap for gap, there in found.items() if there]


def reconcile(ground: Ground, day: date) -> list[FoundGap]:
    """Compare the books of every issuance asked for on `day` (Japan); keeps what it finds and returns it."""
    now = ground.clock.now()
    begins, ends = _bounds(day)
    with database.transaction(ground.engine) as connection:
        # An issuance of the last minute is delivered after midnight.
        told = connection.execute(_EVENTS, {"begins": begins, "ends": ends + timedelta(hours=1)})
        book = _book([(Action(row.action), json.loads(row.detail)) for row in told])
        rows = connection.execute(_OF_DAY, {"begins": begins, "ends": ends}).all()
        found = [
            FoundGap(row.id, row.issue_number, row.terminal_id, gap, now)
            for row in rows
            for gap in gaps(_books(row, book, now))
        ]
        connection.execute(_GONE, {"begins": begins, "ends": ends, "at": now})
        for each in found:
            connection.execute(
                _FOUND, {"issuance_id": each.issuance, "gap": each.gap, "found_at": now, "gone_at": None}
            )
    return found


def reconcile_by_night(ground: Ground) -> bool:
    """Compare yesterday's books once a night, whichever worker comes first; whether it was this one."""
    now = ground.clock.now()
    yesterday = local_date(now) - timedelta(days=1)
    if now.astimezone(JAPAN).time() < _NIGHT:
        return False
    with database.transaction(ground.engine) as connection:
        mine = connection.execute(_BEGIN, {"day": yesterday, "begun_at": now}).scalar_one_or_none() is not None
    if mine:
        reconcile(ground, yesterday)
    return mine


def open_gaps(connection: sa.Connection) -> list[FoundGap]:
    """The gaps that the last comparison of their day still found, oldest first (at most 500)."""
    return [
        FoundGap(row.issuance_id, row.issue_number, row.terminal_id, Gap(row.gap), row.found_at)
        for row in connection.execute(_OPEN)
    ]


def fees(connection: sa.Connection, day: date) -> list[FeeLine]:
    """Fees kept on `day` (Japan), by kind."""
    begins, ends = _bounds(day)
    papers: Counter[str] = Counter()
    yen: Counter[str] = Counter()
    for row in connection.execute(_FEES, {"begins": begins, "ends": ends}):
        papers[row.kind] += 1
        yen[row.kind] += row.amount
    return [FeeLine(day, kind, papers[kind], yen[kind]) for kind in sorted(papers)]


def _bounds(day: date) -> tuple[datetime, datetime]:
    begins = datetime.combine(day, time(), tzinfo=JAPAN)
    return begins, datetime.combine(day + timedelta(days=1), time(), tzinfo=JAPAN)


@dataclass(frozen=True)
class _Book:
    requests: Counter[str]
    deliveries: Counter[str]
    rendered: set[tuple[str, str]]


def _book(events: list[tuple[Action, Mapping[str, object]]]) -> _Book:
    book = _Book(Counter(), Counter(), set())
    for action, detail in events:
        issuance = str(detail["issuance"])
        if action is Action.ISSUANCE_REQUESTED:
            book.requests[issuance] += 1
        elif action is Action.ISSUANCE_RELEASED:
            book.deliveries[issuance] += 1
        else:
            book.rendered.add((issuance, str(detail["sha256"])))
    return book


def _books(row: sa.Row[tuple[object, ...]], book: _Book, now: datetime) -> Books:
    ended = row.ended_at or row.due_at
    return Books(
        state=State(row.state),
        refused=row.refusal is not None,
        released=row.released_at is not None,
        answer=None if row.answer is None else Answer(row.answer),
        fee=row.fee,
        overdue=now - row.due_at > SOON,
        requests=book.requests[str(row.id)],
        rendered=(str(row.id), row.sha256) in book.rendered,
        deliveries=book.deliveries[str(row.id)],
        money=None if row.money is None else PaymentState(row.money),
        amount=row.amount,
        money_overdue=now - (row.decided_at or ended) > SOON,
    )
