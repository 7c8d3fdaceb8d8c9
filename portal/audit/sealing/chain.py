"""Sealing: every event that is not sealed yet gets its leaf, and all of them together the next head of the chain.

Events are found by not having a leaf, never by a number that is expected: numbers of transactions that were rolled
back stay empty, and a transaction may end after a later one, however long it takes. Only the events after `settled`
have to be looked at, the number below which every event is sealed or will never be there:

Each seal keeps the last number that any event had got (`last_event`), and read after it the first transaction that
had not begun (`next_transaction`). An event's transaction is numbered before the event is (a trigger of migration
0009), so everything up to `last_event` belongs to transactions before `next_transaction`. Once all of those have
ended, a later seal sees every such event, and settles them. No clock has a part in it.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.audit.sealing.copying import copied, driver_of
from portal.audit.sealing.lines import COLUMNS, GENESIS, head, leaf
from portal.audit.sealing.tables import audit_leaves, audit_seals
from portal.audit.tables import audit_events

MOST_EVENTS = 50_000
_LAST = (
    sa.select(audit_seals.c.number, audit_seals.c.head, sa.func.coalesce(audit_seals.c.settled, 0).label("settled"))
    .order_by(audit_seals.c.number.desc())
    .limit(1)
)
_LAST_EVENT = sa.text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM audit_events_id_seq")
_TRANSACTIONS = sa.text(
    "SELECT pg_snapshot_xmin(now)::text::bigint AS oldest, pg_snapshot_xmax(now)::text::bigint AS next "
    "FROM pg_current_snapshot() now"
)
_SEEN_BY_NOW = (
    sa.select(audit_seals.c.last_event)
    .where(audit_seals.c.next_transaction <= sa.bindparam("oldest"))
    .order_by(audit_seals.c.number.desc())
    .limit(1)
)
_UNSEALED = sa.select(sa.func.min(audit_events.c.at)).where(
    audit_events.c.id > sa.bindparam("settled"),
    ~sa.exists().where(audit_leaves.c.event_id == audit_events.c.id),
)
_NEW = f"""
    COPY (SELECT {COLUMNS} FROM audit_events e
          WHERE e.id > %s AND NOT EXISTS (SELECT FROM audit_leaves l WHERE l.event_id = e.id)
          ORDER BY e.id LIMIT {MOST_EVENTS}) TO STDOUT
"""  # noqa: S608 - of constants
_ADD_SEAL = audit_seals.insert()
# Two sealers never extend one chain at once; the lock ends with the transaction.
_ALONE = sa.text("SELECT pg_advisory_xact_lock(5512607403)")
# Nobody stands in front of this answer; a sealer that gives up would never get past a long book.
_NO_HURRY = sa.text("SET LOCAL statement_timeout = 0")


@dataclass(frozen=True)
class Seal:
    """One link of the chain."""

    number: int
    events: int
    head: bytes


@dataclass(frozen=True)
class _Mark:
    """Where a seal stands among numbers and transactions; read before its events are."""

    last_event: int
    oldest_transaction: int
    next_transaction: int


def seal(connection: sa.Connection, now: datetime) -> Seal | None:
    """Seal what is new; None when nothing is. The caller commits.

    READ COMMITTED only: what is committed while this waits for another sealer has to be seen.
    """
    connection.execute(_NO_HURRY)
    connection.execute(_ALONE)
    number, before, settled = _last(connection)
    number += 1
    mark = _mark(connection)
    raw = driver_of(connection)
    new = [(int(line.partition(b"\t")[0]), leaf(line)) for line in copied(raw, _NEW, (settled,))]
    if not new:
        return None
    with raw.cursor() as cursor, cursor.copy("COPY audit_leaves (seal, event_id, leaf) FROM STDIN") as copy:
        for event_id, hashed in new:
            copy.write_row((number, event_id, hashed))
    last_looked_at = new[-1][0] if len(new) == MOST_EVENTS else mark.last_event
    settled = max(settled, min(_seen_by_now(connection, mark), last_looked_at))
    made = Seal(number, len(new), head(before, number, now, b"".join(hashed for _, hashed in new), len(new)))
    connection.execute(
        _ADD_SEAL,
        {
            "number": number, "sealed_at": now, "events": made.events, "head": made.head,
            "last_event": mark.last_event, "next_transaction": mark.next_transaction, "settled": settled,
        },
    )  # fmt: skip
    return made


def last_head(connection: sa.Connection) -> tuple[int, bytes]:
    """Number and head of the last seal; 0 and the chain's beginning before there is one."""
    number, last, _ = _last(connection)
    return number, last


def oldest_unsealed(connection: sa.Connection) -> datetime | None:
    """When the oldest event happened that no seal covers yet, among those that a sealer would still look at."""
    _, _, settled = _last(connection)
    found: datetime | None = connection.execute(_UNSEALED, {"settled": settled}).scalar_one()
    return found


def _last(connection: sa.Connection) -> tuple[int, bytes, int]:
    last = connection.execute(_LAST).one_or_none()
    return (0, GENESIS, 0) if last is None else (last.number, bytes(last.head), last.settled)


def _mark(connection: sa.Connection) -> _Mark:
    # Two statements: a snapshot that is older than the number would not know that number's transaction.
    last_event = connection.execute(_LAST_EVENT).scalar_one()
    now = connection.execute(_TRANSACTIONS).one()
    return _Mark(last_event, now.oldest, now.next)


def _seen_by_now(connection: sa.Connection, mark: _Mark) -> int:
    """A number up to which every event there will ever be was there to be seen when this seal looked."""
    found = connection.execute(_SEEN_BY_NOW, {"oldest": mark.oldest_transaction}).scalar_one_or_none()
    return found or 0
