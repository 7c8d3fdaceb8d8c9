"""What came out of one terminal: counts and times, without anybody's name (機器のページ)."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.certificates.kinds import kind_of
from portal.certificates.tables import Answer, State, issuances

_ENDED = (State.PRINTED.value, State.NOT_PRINTED.value, State.UNKNOWN.value, State.SETTLED.value)
_AT = sa.func.coalesce(issuances.c.ended_at, issuances.c.settled_at)
_COUNTED = sa.select(
    sa.func.count().filter(sa.func.coalesce(issuances.c.sheets, 0) > 0).label("papers"),
    sa.func.coalesce(sa.func.sum(issuances.c.sheets), 0).label("sheets"),
).where(
    issuances.c.terminal_id == sa.bindparam("of_terminal"),
    issuances.c.released_at.is_not(None),
    sa.bindparam("since") <= _AT,
)
_LAST = (
    sa.select(
        _AT.label("at"),
        issuances.c.kind,
        issuances.c.state,
        issuances.c.sheets,
        issuances.c.sheets_expected,
        issuances.c.answer,
    )
    .where(
        issuances.c.terminal_id == sa.bindparam("of_terminal"),
        issuances.c.released_at.is_not(None),
        issuances.c.state.in_(_ENDED),
    )
    .order_by(_AT.desc(), issuances.c.id)
    .limit(sa.bindparam("most"))
)


@dataclass(frozen=True)
class Output:
    """Papers of which a sheet came out, and sheets, as far as the terminal knew."""

    papers: int
    sheets: int


@dataclass(frozen=True)
class Delivery:
    """How the printing of one paper ended. `answer`: what staff found where nobody else knew."""

    at: datetime
    name: str
    state: State
    sheets: int | None
    of: int | None
    answer: Answer | None


def output_of(connection: sa.Connection, terminal_id: str, since: datetime) -> Output:
    """What this terminal put out from `since` until now."""
    row = connection.execute(_COUNTED, {"of_terminal": terminal_id, "since": since}).one()
    return Output(int(row.papers), int(row.sheets))


def deliveries_of(connection: sa.Connection, terminal_id: str, most: int) -> tuple[Delivery, ...]:
    """The last papers that were sent to this terminal's printer and have ended, newest first."""
    rows = connection.execute(_LAST, {"of_terminal": terminal_id, "most": most})
    return tuple(
        Delivery(row.at, kind_of(row.kind).name, row.state, row.sheets, row.sheets_expected, row.answer)
        for row in rows
    )
