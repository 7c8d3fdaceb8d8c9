"""A sealed book of many events, and hands that tamper with it as only a database administrator could."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from portal import audit, database
from portal.audit import Action, Actor, ActorKind, sealing
from portal.audit.sealing import Anchor, FaultKind
from portal.audit.sealing.tables import audit_leaves, audit_seals
from portal.audit.tables import audit_events
from tests.portal.conftest import MORNING

EVENTS_A_SEAL = (1, 12)
UNSEALED = 3


@dataclass(frozen=True)
class Book:
    """Numbers of the seals and, by seal, of their events; the anchors outside."""

    seals: tuple[int, ...]
    events: dict[int, tuple[int, ...]]
    anchors: tuple[Anchor, ...]

    @property
    def now(self) -> datetime:
        """A moment in which everything written is older than any grace."""
        return MORNING + timedelta(days=1)


def write(engine: sa.Engine, dice: random.Random, seals: int) -> Book:
    """A book of `seals` seals, each over some events, and an anchor after every tenth."""
    anchors = []
    for number in range(1, seals + 1):
        at = MORNING + timedelta(seconds=number)
        with database.transaction(engine) as connection:
            for _ in range(dice.randint(*EVENTS_A_SEAL)):
                record(connection, dice, at)
        with database.transaction(engine) as connection:
            made = sealing.seal(connection, at)
            assert made is not None
            assert made.number == number
        if number % 10 == 0 or number == seals:
            anchors.append(Anchor(made.number, made.head, at))
    with database.transaction(engine) as connection:
        rows = connection.execute(
            sa.select(audit_leaves.c.seal, audit_leaves.c.event_id).order_by(audit_leaves.c.event_id)
        ).all()
    events: dict[int, tuple[int, ...]] = {}
    for seal, event in rows:
        events[seal] = (*events.get(seal, ()), event)
    return Book(tuple(events), events, tuple(anchors))


def record(connection: sa.Connection, dice: random.Random, at: datetime) -> None:
    """One event as any room writes it."""
    audit.record(
        connection, at=at, actor=Actor(dice.choice(list(ActorKind)), f"a{dice.randrange(9)}"),
        action=dice.choice(list(Action)), subject=UUID(int=dice.getrandbits(128)) if dice.random() < 0.8 else None,
        detail={"n": dice.randrange(10**6), "what": dice.choice(["", "タブ\tと\n改行", "\\N", "\\"])},
    )  # fmt: skip


class Tamperer:
    """Each method does one thing to the book and returns what must be found: (kind, seal, event)."""

    def __init__(self, connection: sa.Connection, book: Book, dice: random.Random) -> None:
        self._connection, self._book, self._dice = connection, book, dice
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))

    def changes_an_event(self) -> tuple[FaultKind, int | None, int | None]:
        seal, event = self._any_event()
        column, value = self._dice.choice(
            [("actor_id", "x"), ("detail", '{"n":-1}'), ("action", "record.none"), ("actor_kind", "nobody"),
             ("subject", str(UUID(int=7))), ("at", (MORNING + timedelta(days=9)).isoformat())]
        )  # fmt: skip
        self._do(f"UPDATE audit_events SET {column} = :value WHERE id = :id", value=value, id=event)  # noqa: S608
        return FaultKind.EVENT_CHANGED, seal, event

    def changes_an_event_and_its_leaf(self) -> tuple[FaultKind, int | None, int | None]:
        seal, event = self._any_event()
        self._do("UPDATE audit_events SET actor_id = 'x' WHERE id = :id", id=event)
        self._do(
            "UPDATE audit_leaves SET leaf = sha256(convert_to(concat_ws(E'\\t', e.id, "
            "(extract(epoch from e.at) * 1000000)::bigint, e.actor_kind, e.actor_id, e.action, "
            "coalesce(e.subject::text, '\\N'), replace(replace(replace(e.detail, '\\', '\\\\'), E'\\t', '\\t'), "
            "E'\\n', '\\n')), 'UTF8')) FROM audit_events e WHERE e.id = event_id AND e.id = :id",
            id=event,
        )
        return FaultKind.SEAL_CHANGED, seal, None

    def deletes_an_event(self) -> tuple[FaultKind, int | None, int | None]:
        seal, event = self._any_event()
        self._do("DELETE FROM audit_events WHERE id = :id", id=event)
        return FaultKind.EVENT_DELETED, seal, event

    def deletes_an_event_with_its_leaf(self) -> tuple[FaultKind, int | None, int | None]:
        seal, event = self._any_event()
        self._do("DELETE FROM audit_events WHERE id = :id", id=event)
        self._do("DELETE FROM audit_leaves WHERE event_id = :id", id=event)
        return FaultKind.LEAF_COUNT, seal, None

    def inserts_an_event(self) -> tuple[FaultKind, int | None, int | None]:
        record(self._connection, self._dice, MORNING)
        event = self._connection.execute(sa.select(sa.func.max(audit_events.c.id))).scalar_one()
        return FaultKind.EVENT_INSERTED, None, event

    def inserts_an_event_under_a_seal(self) -> tuple[FaultKind, int | None, int | None]:
        _, _, event = self.inserts_an_event()
        seal = self._dice.choice(self._book.seals)
        self._do(
            "INSERT INTO audit_leaves VALUES (:seal, :id, :leaf)",
            seal=seal, id=event, leaf=self._dice.randbytes(32),
        )  # fmt: skip
        return FaultKind.EVENT_INSERTED, seal, event

    def swaps_two_events(self) -> tuple[FaultKind, int | None, int | None]:
        (seal, one), (_, other) = self._any_event(), self._any_event()
        while other == one:
            _, other = self._any_event()
        self._free_numbers()
        for number, to in ((one, -1), (other, one), (-1, other)):
            self._do("UPDATE audit_events SET id = :to WHERE id = :id", id=number, to=to)
        return FaultKind.EVENT_CHANGED, seal, one

    def swaps_two_seals(self) -> tuple[FaultKind, int | None, int | None]:
        one, other = self._dice.sample(self._book.seals, 2)
        for number, to in ((one, -1), (other, one), (-1, other)):
            self._do("UPDATE audit_seals SET number = :to WHERE number = :number", number=number, to=to)
        same = len(self._book.events[one]) == len(self._book.events[other])
        return FaultKind.SEAL_CHANGED if same else FaultKind.LEAF_COUNT, one, None

    def changes_a_leaf(self) -> tuple[FaultKind, int | None, int | None]:
        seal, event = self._any_event()
        self._do("UPDATE audit_leaves SET leaf = :leaf WHERE event_id = :id", leaf=bytes(32), id=event)
        return FaultKind.LEAF_CHANGED, seal, event

    def removes_a_seal(self) -> tuple[FaultKind, int | None, int | None]:
        seal = self._dice.choice(self._book.seals[:-1])
        self._do("DELETE FROM audit_seals WHERE number = :number", number=seal)
        return FaultKind.SEAL_MISSING, seal, None

    def cuts_the_end_off(self) -> tuple[FaultKind, int | None, int | None]:
        first = self._dice.choice(self._book.seals)
        event = self._book.events[first][0]
        self._do("DELETE FROM audit_events WHERE id >= :id", id=event)
        self._do("DELETE FROM audit_leaves WHERE seal >= :seal", seal=first)
        self._do("DELETE FROM audit_seals WHERE number >= :seal", seal=first)
        return FaultKind.TRUNCATED, first, None

    def writes_the_end_anew(self) -> tuple[FaultKind, int | None, int | None]:
        """Everything from one seal on is sealed anew over changed events: the chain is sound, the anchors are not."""
        self._free_numbers()
        first = self._dice.choice(self._book.seals)
        event = self._book.events[first][0]
        times = dict(
            self._connection.execute(
                sa.select(audit_seals.c.number, audit_seals.c.sealed_at).where(audit_seals.c.number >= first)
            ).all()
        )
        self._do("UPDATE audit_events SET actor_id = 'x' WHERE id = :id", id=event)
        self._do("DELETE FROM audit_leaves WHERE seal >= :seal", seal=first)
        self._do("DELETE FROM audit_seals WHERE number >= :seal", seal=first)
        hidden = {number: self._book.events[number] for number in times}
        for number, events in hidden.items():
            later = [other for beyond, ids in hidden.items() if beyond > number for other in ids]
            self._do("UPDATE audit_events SET id = -id WHERE id = ANY(:later)", later=later)
            made = sealing.seal(self._connection, times[number])
            assert (made.number, made.events) == (number, len(events)) if made else False
            self._do("UPDATE audit_events SET id = -id WHERE id < 0")
        return FaultKind.REWRITTEN, next(known.number for known in self._book.anchors if known.number >= first), None

    def _free_numbers(self) -> None:
        self._do("ALTER TABLE audit_events ALTER COLUMN id DROP IDENTITY")

    def _any_event(self) -> tuple[int, int]:
        seal = self._dice.choice(self._book.seals)
        return seal, self._dice.choice(self._book.events[seal])

    def _do(self, statement: str, **values: object) -> None:
        self._connection.execute(sa.text(statement), values)


TAMPERINGS = tuple(name for name in vars(Tamperer) if not name.startswith("_"))
