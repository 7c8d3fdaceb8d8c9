"""What became of the paper: reports of terminals, open cases, statements of staff, the resident's own list."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from portal import audit, terminals
from portal.audit import Action, Actor, ActorKind
from portal.certificates.issuance import IssuanceUnknown, discard_rendering, erase_document
from portal.certificates.money.following import decide, state_of
from portal.certificates.money.tables import Means, PaymentEvent, PaymentState, payments
from portal.certificates.states import NotReportable, NotSettleable, move
from portal.certificates.tables import Answer, Event, RefusalCode, State, issuances
from portal.ground import Ground

_LONGEST_STATEMENT = 2000
_OPEN = sa.or_(
    issuances.c.state == State.UNKNOWN.value,
    sa.and_(issuances.c.state == State.FAILED.value, issuances.c.refusal.is_(None)),
)
_BY_ID = sa.select(issuances).where(issuances.c.id == sa.bindparam("of_issuance"))
_WITH_MONEY = sa.select(
    issuances, payments.c.amount, payments.c.means, payments.c.state.label("money_state")
).outerjoin(payments, payments.c.issuance_id == issuances.c.id)
_CASE = _WITH_MONEY.where(issuances.c.id == sa.bindparam("of_issuance"))
_LOCKED = _BY_ID.with_for_update()
_OPEN_CASES = _WITH_MONEY.where(_OPEN).order_by(issuances.c.ended_at, issuances.c.id).limit(500)
_UNPRINTABLE = (
    _WITH_MONEY.where(
        issuances.c.refusal.in_((RefusalCode.TOO_LONG.value, RefusalCode.CHARACTER.value)),
        issuances.c.ended_at > sa.bindparam("since"),
    )
    .order_by(issuances.c.ended_at.desc(), issuances.c.id)
    .limit(100)
)
_SHOWN_FOR = timedelta(days=30)
_HISTORY = (
    sa.select(issuances)
    .where(issuances.c.resident_id == sa.bindparam("of_resident"), issuances.c.released_at.is_not(None))
    .order_by(issuances.c.requested_at.desc(), issuances.c.id)
    .limit(200)
)


class StatementMissing(Exception):
    """Raised when a case is to be closed without saying what paper left the machine."""


class FeeUndecided(Exception):
    """Raised when a part of the paper came out and nobody has said whether the fee held for it is kept."""


class Outcome(StrEnum):
    """What a terminal can say about a released document."""

    PRINTED = "printed"
    NOT_PRINTED = "not_printed"
    UNKNOWN = "unknown"


_EVENTS = {
    Outcome.PRINTED: Event.REPORT_PRINTED,
    Outcome.NOT_PRINTED: Event.REPORT_NOT_PRINTED,
    Outcome.UNKNOWN: Event.REPORT_UNKNOWN,
}


@dataclass(frozen=True)
class Money:
    """What is known of the fee of one issuance: yen, how it was paid, where it stands."""

    amount: int
    means: Means | None
    state: PaymentState


@dataclass(frozen=True)
class Case:
    """An issuance seen by staff: what is known about its paper, and the statement once there is one. No names."""

    issuance: UUID
    issue_number: str
    kind: str
    terminal_id: str
    state: State
    refusal: RefusalCode | None
    pages: int | None
    copies: int
    sheets: int | None
    sheets_expected: int | None
    detail: str | None
    released_at: datetime | None
    ended_at: datetime | None
    answer: Answer | None
    statement: str | None
    settled_by: str | None
    settled_at: datetime | None
    money: Money | None


@dataclass(frozen=True)
class Issued:
    """One line of a resident's own list of issued paper."""

    issuance: UUID
    kind: str
    issue_number: str
    state: State
    copies: int
    terminal_id: str
    requested_at: datetime


def report_outcome(
    connection: sa.Connection,
    issuance_id: UUID,
    terminal_id: str,
    *,
    outcome: Outcome | str,
    sheets: int,
    of: int,
    detail: str,
    now: datetime,
) -> State:
    """Take a terminal's report; a repeated one changes nothing. The document is erased.

    The first report stands. A later, different one is kept in the audit only: an open case is closed by a statement
    of staff, never by a machine. On State.UNKNOWN the caller locks the terminal.
    Raises IssuanceUnknown, NotReportable.
    """
    said = Outcome(outcome)
    row = connection.execute(_LOCKED, {"of_issuance": issuance_id}).one_or_none()
    if row is None or row.terminal_id != terminal_id:
        raise IssuanceUnknown
    state = State(row.state)
    actor = Actor(ActorKind.TERMINAL, terminal_id)
    facts = {"issuance": str(row.id), "outcome": said.value, "sheets": sheets, "of": of, "detail": detail[:120]}
    if state is State.RELEASED:
        moved = move(
            connection, row.id, _EVENTS[said], sheets=sheets, sheets_expected=of, detail=detail[:120], ended_at=now
        )
        state = State(moved.state)
        _erase(connection, row.id, never_left=state is State.NOT_PRINTED)
    elif row.released_at is None:
        raise NotReportable(issuance_id, state)
    elif state.value == said.value:
        return state
    audit.record(
        connection, at=now, actor=actor, action=Action.ISSUANCE_ENDED, subject=row.resident_id,
        detail={**facts, "state": state.value},
    )  # fmt: skip
    return state


def open_cases(connection: sa.Connection) -> list[Case]:
    """Issuances that ended neither clean nor refused, oldest first (at most 500)."""
    return [_case(row) for row in connection.execute(_OPEN_CASES)]


def unprintable(connection: sa.Connection, now: datetime) -> list[Case]:
    """Issuances of the last 30 days refused for what stands in the record, newest first (at most 100).

    `detail` says which field and which code points, so that the record or the font can be mended; never the value.
    """
    return [_case(row) for row in connection.execute(_UNPRINTABLE, {"since": now - _SHOWN_FOR})]


def case(connection: sa.Connection, issuance_id: UUID) -> Case:
    """One issuance as staff see it, open or not; raises IssuanceUnknown."""
    row = connection.execute(_CASE, {"of_issuance": issuance_id}).one_or_none()
    if row is None:
        raise IssuanceUnknown
    return _case(row)


def settle(
    connection: sa.Connection,
    ground: Ground,
    issuance_id: UUID,
    *,
    answer: Answer | str,
    statement: str,
    keep_fee: bool | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Close an open case by saying what paper left the machine, and command its terminal to unlock.

    What was found also ends the money that was held: all paper there = kept, none = given back. Only where a part of
    it came out staff choose, by `keep_fee`. Raises StatementMissing, FeeUndecided, IssuanceUnknown, NotSettleable.
    """
    established = Answer(answer)
    words = statement.strip()
    if not words or len(words) > _LONGEST_STATEMENT:
        raise StatementMissing
    row = connection.execute(_LOCKED, {"of_issuance": issuance_id}).one_or_none()
    if row is None:
        raise IssuanceUnknown
    if row.refusal is not None:
        raise NotSettleable(issuance_id, State(row.state))
    if state_of(connection, row.id) is PaymentState.HELD:
        decide(connection, row.id, row.terminal_id, _end_of_money(established, keep_fee), now=now)
    move(
        connection, row.id, Event.SETTLE,
        answer=established, statement=words, settled_by=actor.id, settled_at=now,
    )  # fmt: skip
    _erase(connection, row.id, never_left=established is Answer.NOT_PRINTED)
    audit.record(
        connection, at=now, actor=actor, action=Action.ISSUANCE_SETTLED, subject=row.resident_id,
        detail={"issuance": str(row.id), "answer": established.value},
    )  # fmt: skip
    if State(row.state) is State.UNKNOWN:
        terminals.command_unlock(
            connection, ground.keys, row.terminal_id, row.id, established.value, actor=actor, now=now
        )


def _end_of_money(found: Answer, keep_fee: bool | None) -> PaymentEvent:
    if found is not Answer.PARTLY_PRINTED:
        return PaymentEvent.CAPTURE if found is Answer.PRINTED else PaymentEvent.VOID
    if keep_fee is None:
        raise FeeUndecided
    return PaymentEvent.CAPTURE if keep_fee else PaymentEvent.VOID


def history_of(connection: sa.Connection, resident_id: UUID) -> list[Issued]:
    """Paper released to this resident, newest first (at most 200)."""
    return [
        Issued(
            issuance=row.id,
            kind=row.kind,
            issue_number=row.issue_number,
            state=State(row.state),
            copies=row.copies,
            terminal_id=row.terminal_id,
            requested_at=row.requested_at,
        )
        for row in connection.execute(_HISTORY, {"of_resident": resident_id})
    ]


def _erase(connection: sa.Connection, issuance_id: UUID, *, never_left: bool) -> None:
    # Paper that is out, or may be, must stay comparable with what it said.
    if never_left:
        discard_rendering(connection, issuance_id)
    else:
        erase_document(connection, issuance_id)


def _case(row: sa.Row[tuple[object, ...]]) -> Case:
    return Case(
        issuance=row.id,
        issue_number=row.issue_number,
        kind=row.kind,
        terminal_id=row.terminal_id,
        state=State(row.state),
        refusal=None if row.refusal is None else RefusalCode(row.refusal),
        pages=row.pages,
        copies=row.copies,
        sheets=row.sheets,
        sheets_expected=row.sheets_expected,
        detail=row.detail,
        released_at=row.released_at,
        ended_at=row.ended_at,
        answer=None if row.answer is None else Answer(row.answer),
        statement=row.statement,
        settled_by=row.settled_by,
        settled_at=row.settled_at,
        money=_money(row),
    )


def _money(row: sa.Row[tuple[object, ...]]) -> Money | None:
    if row.money_state is None:
        return None
    return Money(row.amount, None if row.means is None else Means(row.means), PaymentState(row.money_state))
