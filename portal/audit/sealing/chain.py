"""Sealing: every event that is not sealed yet gets its leaf, and all of them together the next head of the chain.

Events are found by not having a leaf, never by a number that is expected: numbers of transactions that were rolled
back stay empty, and a transaction may end after a later one. No transaction lives longer than `LONGEST`, so that only
the events since then have to be looked at.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.audit.sealing.copying import copied, driver_of
from portal.audit.sealing.lines import COLUMNS, GENESIS, head, leaf
from portal.audit.sealing.tables import audit_leaves, audit_seals
from portal.audit.tables import audit_events

LONGEST = timedelta(minutes=10)
MOST_EVENTS = 50_000
_LAST = sa.select(audit_seals.c.number, audit_seals.c.head).order_by(audit_seals.c.number.desc()).limit(1)
_SETTLED = sa.select(sa.func.coalesce(sa.func.max(audit_leaves.c.event_id), 0)).where(
    audit_leaves.c.seal
    <= sa.select(sa.func.coalesce(sa.func.max(audit_seals.c.number), 0))
    .where(audit_seals.c.sealed_at < sa.bindparam("long_ago"))
    .scalar_subquery()
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


@dataclass(frozen=True)
class Seal:
    """One link of the chain."""

    number: int
    events: int
    head: bytes


def seal(connection: sa.Connection, now: datetime) -> Seal | None:
    """Seal what is new; None when nothing is. The caller commits."""
    connection.execute(_ALONE)
    number, before = last_head(connection)
    number += 1
    raw = driver_of(connection)
    lines = copied(raw, _NEW, (_settled(connection, now),))
    new = [(int(line.partition(b"\t")[0]), leaf(line)) for line in lines]
    if not new:
        return None
    with raw.cursor() as cursor, cursor.copy("COPY audit_leaves (seal, event_id, leaf) FROM STDIN") as copy:
        for event_id, hashed in new:
            copy.write_row((number, event_id, hashed))
    made = Seal(number, len(new), head(before, number, now, b"".join(hashed for _, hashed in new), len(new)))
    connection.execute(_ADD_SEAL, {"number": number, "sealed_at": now, "events": made.events, "head": made.head})
    return made


def last_head(connection: sa.Connection) -> tuple[int, bytes]:
    """Number and head of the last seal; 0 and the chain's beginning before there is one."""
    last = connection.execute(_LAST).one_or_none()
    return (0, GENESIS) if last is None else (last.number, bytes(last.head))


def oldest_unsealed(connection: sa.Connection, now: datetime) -> datetime | None:
    """When the oldest event happened that no seal covers yet, among those that a sealer would still look at."""
    found: datetime | None = connection.execute(_UNSEALED, {"settled": _settled(connection, now)}).scalar_one()
    return found


def _settled(connection: sa.Connection, now: datetime) -> int:
    """The number below which every event is sealed or will never be there."""
    return int(connection.execute(_SETTLED, {"long_ago": now - LONGEST}).scalar_one())
