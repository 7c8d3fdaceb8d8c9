"""The queue of filings: views, keyset pages, counts, and finding one by its receipt number."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from portal.clock import local_date
from portal.database import Instant
from portal.filings.reading import Filing, filing_of
from portal.filings.states import PENDING
from portal.filings.tables import filings

_RECEIPT_LENGTH = 32

_c = filings.c
_PENDING = _c.state.in_(sorted(PENDING))
_NOW = sa.bindparam("now", type_=Instant)
_OFFICER = sa.bindparam("officer", type_=sa.Uuid)
_MINE = sa.and_(_PENDING, _c.claimed_by == _OFFICER)
_UNASSIGNED = sa.and_(
    _PENDING, sa.or_(_c.claimed_by.is_(None), _c.claim_ends_at <= _NOW), _c.claimed_by.is_distinct_from(_OFFICER)
)
_OTHERS = sa.and_(_PENDING, _c.claimed_by != _OFFICER, _c.claim_ends_at > _NOW)


class QueueView(StrEnum):
    """What part of the queue is shown. A claim whose lease has run out counts as unassigned for everybody else."""

    MINE = "mine"
    UNASSIGNED = "unassigned"
    OTHERS = "others"
    DONE = "done"


@dataclass(frozen=True)
class Cursor:
    """Where the next page begins: after the filing with this promised date and running number."""

    promised_on: date
    number: int


@dataclass(frozen=True, repr=False)
class QueuePage:
    """One page of the queue; `after` leads to the next, None at the end."""

    filings: tuple[Filing, ...]
    after: Cursor | None


@dataclass(frozen=True)
class QueueCounts:
    """How many filings each view holds, and how many pending ones are late or promised for today."""

    views: dict[QueueView, int]
    overdue: int
    due_today: int


_CONDITIONS = {
    QueueView.MINE: _MINE,
    QueueView.UNASSIGNED: _UNASSIGNED,
    QueueView.OTHERS: _OTHERS,
    QueueView.DONE: sa.not_(_PENDING),
}
_LIMIT = sa.bindparam("at_most", type_=sa.Integer)
_AFTER = sa.tuple_(_c.promised_on, _c.number)
_AFTER_BOUND = sa.tuple_(sa.bindparam("after_day", type_=sa.Date), sa.bindparam("after_number", type_=sa.BigInteger))


def _pages(view: QueueView) -> tuple[sa.Select[tuple[object, ...]], sa.Select[tuple[object, ...]]]:
    """The statements of a view's first and of its later pages: the most urgent first, the latest done first."""
    chosen = sa.select(filings).where(_CONDITIONS[view]).limit(_LIMIT)
    if view is QueueView.DONE:
        return chosen.order_by(_c.promised_on.desc(), _c.number.desc()), chosen.where(_AFTER < _AFTER_BOUND).order_by(
            _c.promised_on.desc(), _c.number.desc()
        )
    return chosen.order_by(_c.promised_on, _c.number), chosen.where(_AFTER > _AFTER_BOUND).order_by(
        _c.promised_on, _c.number
    )


_STATEMENTS = {view: _pages(view) for view in QueueView}
_TODAY = sa.bindparam("today", type_=sa.Date)
_COUNTS = sa.select(
    *(sa.func.count().filter(condition).label(view.value) for view, condition in _CONDITIONS.items()),
    sa.func.count().filter(_PENDING, _c.promised_on < _TODAY).label("overdue"),
    sa.func.count().filter(_PENDING, _c.promised_on == _TODAY).label("due_today"),
).select_from(filings)
_FIND = sa.select(_c.id).where(_c.receipt_number == sa.bindparam("wanted"))


def queue(
    connection: sa.Connection,
    *,
    view: QueueView,
    officer: UUID,
    now: datetime,
    after: Cursor | None = None,
    limit: int = 50,
) -> QueuePage:
    """One page of a view as this officer sees it at `now`."""
    first, later = _STATEMENTS[view]
    values: dict[str, object] = {"officer": officer, "now": now, "at_most": limit + 1}
    if after is not None:
        values |= {"after_day": after.promised_on, "after_number": after.number}
    rows = connection.execute(first if after is None else later, values).all()
    shown = rows[:limit]
    more = Cursor(shown[-1].promised_on, shown[-1].number) if len(rows) > limit else None
    return QueuePage(tuple(filing_of(row) for row in shown), more)


def queue_counts(connection: sa.Connection, *, officer: UUID, now: datetime) -> QueueCounts:
    """The figures above the queue."""
    values = {"officer": officer, "now": now, "today": local_date(now)}
    row = connection.execute(_COUNTS, values).mappings().one()
    return QueueCounts({view: row[view.value] for view in QueueView}, row["overdue"], row["due_today"])


def find_by_receipt_number(connection: sa.Connection, typed: str) -> UUID | None:
    """The id of the filing with this receipt number, however it was typed; tells nothing about it."""
    folded = typed.strip().upper()[:_RECEIPT_LENGTH]
    return connection.execute(_FIND, {"wanted": folded}).scalar_one_or_none()
