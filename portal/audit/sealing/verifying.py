"""Is the book of who looked as it was sealed? Finds what was changed, and says where.

Nothing in the database is believed: leaves are computed anew from the events, heads from the leaves, and the heads
are compared with the anchors outside. Reads in one snapshot; runs beside the service.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

import sqlalchemy as sa

from portal.audit.sealing.anchors import Anchor, digest
from portal.audit.sealing.copying import Driver, copied, driver_of
from portal.audit.sealing.lines import COLUMNS, GENESIS, head, instant, leaf
from portal.audit.sealing.tables import audit_anchors

UNSEALED_FOR = timedelta(minutes=1)
_SEALS = """
    COPY (SELECT number, (extract(epoch from sealed_at) * 1000000)::bigint, events, encode(head, 'hex')
          FROM audit_seals ORDER BY number) TO STDOUT
"""
_LEAVES = f"""
    COPY (SELECT l.seal, l.event_id, encode(l.leaf, 'hex'), {COLUMNS}
          FROM audit_leaves l LEFT JOIN audit_events e ON e.id = l.event_id
          ORDER BY l.seal, l.event_id) TO STDOUT
"""  # noqa: S608 - of constants
_WITHOUT = """
    COPY (SELECT e.id, (extract(epoch from e.at) * 1000000)::bigint FROM audit_events e
          LEFT JOIN audit_leaves l ON l.event_id = e.id WHERE l.event_id IS NULL ORDER BY e.id) TO STDOUT
"""
_REMEMBERED = sa.select(audit_anchors).order_by(audit_anchors.c.serial)
# One snapshot, and no limit of time: the whole book may take minutes.
_AT_ONCE = (
    sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"),
    sa.text("SET LOCAL statement_timeout = 0"),
)


class FaultKind(StrEnum):
    """What was done to the book."""

    EVENT_CHANGED = "event_changed"
    EVENT_DELETED = "event_deleted"
    EVENT_INSERTED = "event_inserted"
    LEAF_CHANGED = "leaf_changed"
    LEAF_COUNT = "leaf_count"
    SEAL_CHANGED = "seal_changed"
    SEAL_MISSING = "seal_missing"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"
    ANCHOR_MISSING = "anchor_missing"
    ANCHOR_FORGOTTEN = "anchor_forgotten"
    ANCHOR_MISPLACED = "anchor_misplaced"


@dataclass(frozen=True)
class Fault:
    """One place where the book is not as it was sealed: the seal, and the event where there is one.

    `anchor` is the line in the file of anchors: the one that is missing, or that the database does not remember, or
    that stands behind a later one.
    """

    kind: FaultKind
    seal: int | None
    event: int | None = None
    anchor: int | None = None


@dataclass
class Verified:
    """What was looked at, and what was found."""

    events: int = 0
    seals: int = 0
    unsealed: int = 0
    anchors: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class _Seal:
    number: int
    sealed_at: datetime
    events: int
    head: bytes

    def follows(self, before: "_Before", leaves: Sequence[bytes]) -> bool:
        """Whether this head is what one before it and these leaves make."""
        return before is None or self.head in self.heads(before, leaves)

    def heads(self, before: "_Before", leaves: Sequence[bytes]) -> tuple[bytes, ...]:
        """What the head must be after each of those before it."""
        joined = b"".join(leaves)
        return tuple(head(each, self.number, self.sealed_at, joined, len(leaves)) for each in before or ())


_Before = tuple[bytes, ...] | None
"""The heads that a seal may follow: what the one before says and what it must say; None when it is gone."""


@dataclass(frozen=True)
class _Leaf:
    event: int
    kept: bytes
    present: bytes | None
    """of the event as it is now; None when it is gone"""


def verify(connection: sa.Connection, anchors: Sequence[Anchor], now: datetime) -> Verified:
    """Look at the whole book, in a transaction that has not begun yet. Faults come in the order of their seals."""
    for statement in _AT_ONCE:
        connection.execute(statement)
    return examine(connection, anchors, now)


def examine(connection: sa.Connection, anchors: Sequence[Anchor], now: datetime) -> Verified:
    """What `verify` does, in a transaction as it is."""
    driver, found = driver_of(connection), Verified(anchors=len(anchors))
    seals = {seal.number: seal for seal in _seals(driver)}
    heads = _heads(found, seals, _leaves(driver))
    _look_at_anchors(found, anchors, heads)
    found.faults += _differing_anchors(anchors, connection.execute(_REMEMBERED).all(), now)
    for event, at in _unsealed(driver):
        found.unsealed += 1
        # What happened a moment ago waits for its seal; what is older was put in behind its back.
        if now - at > UNSEALED_FOR:
            found.faults.append(Fault(FaultKind.EVENT_INSERTED, None, event))
    return found


def _heads(found: Verified, seals: dict[int, _Seal], leaves: Iterable[tuple[int, _Leaf]]) -> dict[int, bytes]:
    """The head after each seal as the seal says it, with every fault on the way."""
    before: _Before = (GENESIS,)
    expected = 1
    for number, group in groupby(leaves, key=lambda entry: entry[0]):
        while expected < number:
            # All leaves of a seal are gone; if the seal is there, its own count says so below.
            before = _without_leaves(found, seals.get(expected), expected)
            expected += 1
        before = _sealed(found, seals.get(number), number, before, [leaf for _, leaf in group])
        expected = number + 1
    for number in range(expected, max(seals, default=0) + 1):
        before = _without_leaves(found, seals.get(number), number)
    return {number: known.head for number, known in seals.items()}


def _without_leaves(found: Verified, known: _Seal | None, number: int) -> _Before:
    found.faults.append(Fault(FaultKind.SEAL_MISSING if known is None else FaultKind.LEAF_COUNT, number))
    return None if known is None else (known.head,)


def _sealed(found: Verified, known: _Seal | None, number: int, before: _Before, leaves: list[_Leaf]) -> _Before:
    """What the next seal may follow. It may be what this one says or should say, so that one fault is told once."""
    found.events += len(leaves)
    for entry in leaves:
        if entry.present is None:
            found.faults.append(Fault(FaultKind.EVENT_DELETED, number, entry.event))
    changed = [entry for entry in leaves if entry.present is not None and entry.present != entry.kept]
    if known is None:
        found.faults.append(Fault(FaultKind.SEAL_MISSING, number))
        found.faults += [Fault(FaultKind.EVENT_CHANGED, number, entry.event) for entry in changed]
        return None
    found.seals += 1
    kept = [entry.kept for entry in leaves]
    if known.follows(before, kept):
        # The seal vouches for the leaves (or the seal before it is gone): what differs is the event.
        found.faults += [Fault(FaultKind.EVENT_CHANGED, number, entry.event) for entry in changed]
        if known.events != len(leaves):
            found.faults.append(Fault(FaultKind.SEAL_CHANGED, number))
        return (known.head,)
    found.faults += _disagreeing(known, before, leaves, changed)
    return (known.head, *known.heads(before, kept))


def _disagreeing(known: _Seal, before: _Before, leaves: list[_Leaf], changed: list[_Leaf]) -> Iterator[Fault]:
    """The head does not follow from the kept leaves: which of them, or the seal itself, is not what it was?"""
    number = known.number
    if known.follows(before, [entry.present or entry.kept for entry in leaves]):
        # The events vouch for other leaves than the kept ones.
        yield from (Fault(FaultKind.LEAF_CHANGED, number, entry.event) for entry in changed)
        return
    yield from (Fault(FaultKind.EVENT_CHANGED, number, entry.event) for entry in changed)
    for put_in in leaves if len(leaves) == known.events + 1 else ():
        if known.follows(before, [entry.kept for entry in leaves if entry is not put_in]):
            yield Fault(FaultKind.EVENT_INSERTED, number, put_in.event)
            return
    yield Fault(FaultKind.SEAL_CHANGED if len(leaves) == known.events else FaultKind.LEAF_COUNT, number)


def _look_at_anchors(found: Verified, anchors: Sequence[Anchor], heads: dict[int, bytes]) -> None:
    last = max(heads, default=0)
    missing = [known for known in anchors if known.number > last]
    if missing:
        found.faults.append(Fault(FaultKind.TRUNCATED, last + 1))
    for known in anchors:
        if known.number <= last and heads.get(known.number) != known.head:
            found.faults.append(Fault(FaultKind.REWRITTEN, known.number))
            return


def _differing_anchors(
    anchors: Sequence[Anchor], remembered: Sequence[sa.Row[tuple[object, ...]]], now: datetime
) -> Iterator[Fault]:
    """The file outside against what the database remembers of it: every line once, and in its order."""
    serials = {digest(row.line): row.serial for row in remembered}
    outside = {known.digest for known in anchors}
    last = 0
    for line, known in enumerate(anchors, 1):
        serial = serials.get(known.digest)
        if serial is None:
            yield Fault(FaultKind.ANCHOR_FORGOTTEN, known.number, anchor=line)
        elif serial <= last:
            yield Fault(FaultKind.ANCHOR_MISPLACED, known.number, anchor=line)
        else:
            last = serial
    for row in remembered:
        # It is remembered before it is written, and the file was read before the database.
        on_its_way = row.serial == remembered[-1].serial and now - row.at < UNSEALED_FOR
        if digest(row.line) not in outside and not on_its_way:
            yield Fault(FaultKind.ANCHOR_MISSING, row.seal, anchor=row.serial)


def _seals(driver: Driver) -> Iterator[_Seal]:
    for line in copied(driver, _SEALS):
        number, at, events, kept = line.split(b"\t")
        yield _Seal(int(number), instant(int(at)), int(events), bytes.fromhex(kept.decode("ascii")))


def _leaves(driver: Driver) -> Iterator[tuple[int, _Leaf]]:
    for line in copied(driver, _LEAVES):
        seal, event, kept, rest = line.split(b"\t", 3)
        present = None if rest.startswith(b"\\N\t") else leaf(rest)
        yield int(seal), _Leaf(int(event), bytes.fromhex(kept.decode("ascii")), present)


def _unsealed(driver: Driver) -> Iterator[tuple[int, datetime]]:
    for line in copied(driver, _WITHOUT):
        event, at = line.split(b"\t")
        yield int(event), instant(int(at))
