"""Hands that tamper with the book as only a database administrator could, or whoever holds the file of anchors."""

import random
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from portal.audit.sealing import Fault, FaultKind
from portal.audit.sealing.copying import copied, driver_of
from portal.audit.sealing.lines import COLUMNS, GENESIS, head, leaf
from portal.audit.sealing.tables import audit_leaves, audit_seals
from portal.audit.tables import audit_events
from tests.portal.audit.book import Book, record
from tests.portal.conftest import MORNING

Found = Fault | str
"""A fault, or what is said of a file of anchors that cannot be read."""
_LINE = f"COPY (SELECT {COLUMNS} FROM audit_events e WHERE e.id = %s) TO STDOUT"  # noqa: S608 - of constants


class Tamperer:
    """Each method does one thing to the book and returns what must be found, and where."""

    def __init__(self, connection: sa.Connection, book: Book, dice: random.Random) -> None:
        self._connection, self._book, self._dice = connection, book, dice
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))

    # Events.

    def changes_an_event(self) -> Found:
        seal, event = self._any_event()
        column, value = self._dice.choice(
            [("actor_id", "x"), ("detail", '{"n":-1}'), ("action", "record.none"), ("actor_kind", "nobody"),
             ("subject", str(UUID(int=7))), ("at", (MORNING + timedelta(days=9)).isoformat())]
        )  # fmt: skip
        self._do(f"UPDATE audit_events SET {column} = :value WHERE id = :id", value=value, id=event)  # noqa: S608
        return Fault(FaultKind.EVENT_CHANGED, seal, event)

    def changes_an_event_and_its_leaf(self) -> Found:
        seal, event = self._any_event()
        self._falsify(event)
        return Fault(FaultKind.SEAL_CHANGED, seal)

    def changes_an_event_its_leaf_and_its_head(self) -> Found:
        seal, event = self._any_event()
        self._falsify(event)
        self._seal_anew(seal)
        return self._after_a_seal_made_anew(seal)

    def deletes_an_event(self) -> Found:
        seal, event = self._any_event()
        self._do("DELETE FROM audit_events WHERE id = :id", id=event)
        return Fault(FaultKind.EVENT_DELETED, seal, event)

    def deletes_an_event_with_its_leaf(self) -> Found:
        seal, event = self._any_event()
        self._do("DELETE FROM audit_events WHERE id = :id", id=event)
        self._do("DELETE FROM audit_leaves WHERE event_id = :id", id=event)
        return Fault(FaultKind.LEAF_COUNT, seal)

    def deletes_an_event_with_its_leaf_and_makes_its_head_anew(self) -> Found:
        seal, event = self._any_event(at_least=2)
        self._do("DELETE FROM audit_events WHERE id = :id", id=event)
        self._do("DELETE FROM audit_leaves WHERE event_id = :id", id=event)
        self._seal_anew(seal)
        return self._after_a_seal_made_anew(seal)

    def inserts_an_event(self) -> Found:
        return Fault(FaultKind.EVENT_INSERTED, None, self._new_event())

    def inserts_a_copy_of_an_event_between_others(self) -> Found:
        _, event = self._any_event()
        self._do(
            "INSERT INTO audit_events OVERRIDING SYSTEM VALUE "
            "SELECT -id, at, actor_kind, actor_id, action, subject, detail FROM audit_events WHERE id = :id",
            id=event,
        )
        return Fault(FaultKind.EVENT_INSERTED, None, -event)

    def inserts_an_event_under_a_seal(self) -> Found:
        event, seal = self._new_event(), self._any_seal()
        self._put_leaf(seal, event, self._dice.choice([self._dice.randbytes(32), self._leaf_of(event)]))
        return Fault(FaultKind.EVENT_INSERTED, seal, event)

    def inserts_an_event_under_a_seal_and_makes_its_head_anew(self) -> Found:
        event, seal = self._new_event(), self._any_seal()
        self._put_leaf(seal, event, self._leaf_of(event))
        self._seal_anew(seal)
        return self._after_a_seal_made_anew(seal)

    def swaps_two_events(self) -> Found:
        (seal, one), (_, other) = self._any_event(), self._any_event()
        while other == one:
            _, other = self._any_event()
        self._free_numbers()
        for number, to in ((one, 0), (other, one), (0, other)):
            self._do("UPDATE audit_events SET id = :to WHERE id = :id", id=number, to=to)
        return Fault(FaultKind.EVENT_CHANGED, seal, one)

    def gives_an_event_another_number(self) -> Found:
        seal, event = self._any_event()
        self._free_numbers()
        self._do("UPDATE audit_events SET id = -id WHERE id = :id", id=event)
        return Fault(FaultKind.EVENT_DELETED, seal, event)

    def cuts_the_last_events_off(self) -> Found:
        seal, event = self._any_event()
        self._do("DELETE FROM audit_events WHERE id >= :id", id=event)
        return Fault(FaultKind.EVENT_DELETED, seal, event)

    # Leaves, seals and heads.

    def changes_a_leaf(self) -> Found:
        seal, event = self._any_event()
        self._do("UPDATE audit_leaves SET leaf = :leaf WHERE event_id = :id", leaf=bytes(32), id=event)
        return Fault(FaultKind.LEAF_CHANGED, seal, event)

    def deletes_a_leaf(self) -> Found:
        seal, event = self._any_event()
        self._do("DELETE FROM audit_leaves WHERE event_id = :id", id=event)
        return Fault(FaultKind.LEAF_COUNT, seal)

    def deletes_every_leaf_of_a_seal(self) -> Found:
        seal = self._any_seal()
        self._do("DELETE FROM audit_leaves WHERE seal = :seal", seal=seal)
        return Fault(FaultKind.LEAF_COUNT, seal)

    def moves_a_leaf_under_another_seal(self) -> Found:
        (seal, event), to = self._any_event(), self._any_seal()
        while to == seal:
            to = self._any_seal()
        self._do("UPDATE audit_leaves SET seal = :to WHERE event_id = :id", to=to, id=event)
        return Fault(FaultKind.LEAF_COUNT, seal)

    def swaps_two_leaves(self) -> Found:
        (seal, one), (_, other) = self._any_event(), self._any_event()
        while other == one:
            _, other = self._any_event()
        for event, hashed in ((one, self._leaf_of(other)), (other, self._leaf_of(one))):
            self._do("UPDATE audit_leaves SET leaf = :leaf WHERE event_id = :id", leaf=hashed, id=event)
        return Fault(FaultKind.LEAF_CHANGED, seal, one)

    def swaps_the_places_of_two_leaves(self) -> Found:
        (seal, one), (another, other) = self._any_event(), self._any_event()
        while another == seal:
            another, other = self._any_event()
        for number, to in ((one, 0), (other, one), (0, other)):
            self._do("UPDATE audit_leaves SET event_id = :to WHERE event_id = :id", id=number, to=to)
        return Fault(FaultKind.EVENT_CHANGED, seal, other)

    def changes_a_head(self) -> Found:
        seal = self._any_seal()
        self._do("UPDATE audit_seals SET head = :head WHERE number = :seal", head=self._dice.randbytes(32), seal=seal)
        return Fault(FaultKind.SEAL_CHANGED, seal)

    def changes_when_a_seal_was_made(self) -> Found:
        seal = self._any_seal()
        self._do("UPDATE audit_seals SET sealed_at = sealed_at + '1 us'::interval WHERE number = :seal", seal=seal)
        return Fault(FaultKind.SEAL_CHANGED, seal)

    def changes_the_count_of_a_seal(self) -> Found:
        seal = self._any_seal()
        self._do("UPDATE audit_seals SET events = events + 1 WHERE number = :seal", seal=seal)
        return Fault(FaultKind.SEAL_CHANGED, seal)

    def removes_a_seal(self) -> Found:
        seal = self._dice.choice(self._book.seals[:-1])
        self._do("DELETE FROM audit_seals WHERE number = :number", number=seal)
        return Fault(FaultKind.SEAL_MISSING, seal)

    def removes_a_seal_with_everything_under_it(self) -> Found:
        seal = self._dice.choice(self._book.seals[:-1])
        self._do("DELETE FROM audit_events WHERE id = ANY(:ids)", ids=list(self._book.events[seal]))
        self._do("DELETE FROM audit_leaves WHERE seal = :seal", seal=seal)
        self._do("DELETE FROM audit_seals WHERE number = :seal", seal=seal)
        return Fault(FaultKind.SEAL_MISSING, seal)

    def adds_a_seal_over_nothing(self) -> Found:
        seal = self._book.seals[-1] + 1
        self._do(
            "INSERT INTO audit_seals (number, sealed_at, events, head) VALUES (:seal, now(), 0, :head)",
            seal=seal, head=self._dice.randbytes(32),
        )  # fmt: skip
        return Fault(FaultKind.LEAF_COUNT, seal)

    def swaps_two_seals(self) -> Found:
        one, other = self._dice.sample(self._book.seals, 2)
        for number, to in ((one, -1), (other, one), (-1, other)):
            self._do("UPDATE audit_seals SET number = :to WHERE number = :number", number=number, to=to)
        same = len(self._book.events[one]) == len(self._book.events[other])
        return Fault(FaultKind.SEAL_CHANGED if same else FaultKind.LEAF_COUNT, one)

    def cuts_the_last_seals_off(self) -> Found:
        first = self._any_seal()
        self._do("DELETE FROM audit_seals WHERE number >= :seal", seal=first)
        return Fault(FaultKind.SEAL_MISSING, first)

    def cuts_the_end_off(self) -> Found:
        first = self._any_seal()
        self._do("DELETE FROM audit_events WHERE id >= :id", id=self._book.events[first][0])
        self._do("DELETE FROM audit_leaves WHERE seal >= :seal", seal=first)
        self._do("DELETE FROM audit_seals WHERE number >= :seal", seal=first)
        return Fault(FaultKind.TRUNCATED, first)

    def empties_the_book(self) -> Found:
        for table in ("audit_events", "audit_leaves", "audit_seals"):
            self._do(f"DELETE FROM {table}")  # noqa: S608
        return Fault(FaultKind.TRUNCATED, 1)

    # The chain is sound again from end to end; the anchors are not.

    def writes_the_end_anew_over_a_changed_event(self) -> Found:
        first, event = self._any_event()
        self._falsify(event)
        return self._writes_the_end_anew(first)

    def writes_the_end_anew_without_an_event(self) -> Found:
        first, event = self._any_event(at_least=2)
        self._do("DELETE FROM audit_events WHERE id = :id", id=event)
        self._do("DELETE FROM audit_leaves WHERE event_id = :id", id=event)
        return self._writes_the_end_anew(first)

    def writes_the_end_anew_with_an_event_put_in(self) -> Found:
        first, event = self._any_seal(), self._new_event()
        self._put_leaf(first, event, self._leaf_of(event))
        return self._writes_the_end_anew(first)

    def writes_the_end_anew_in_another_order(self) -> Found:
        first, _ = self._any_event(at_least=2)
        one, other = self._dice.sample(self._book.events[first], 2)
        self._free_numbers()
        for number, to in ((one, 0), (other, one), (0, other)):
            self._do("UPDATE audit_events SET id = :to WHERE id = :id", id=number, to=to)
        for event in (one, other):
            self._do("UPDATE audit_leaves SET leaf = :leaf WHERE event_id = :id", leaf=self._leaf_of(event), id=event)
        return self._writes_the_end_anew(first)

    def cuts_the_end_off_and_writes_another(self) -> Found:
        cut_off = self.cuts_the_end_off()
        assert isinstance(cut_off, Fault)
        assert cut_off.seal is not None
        first = cut_off.seal
        for number in range(first, self._book.seals[-1] + 1):
            event = self._new_event()
            self._put_leaf(number, event, self._leaf_of(event))
            self._do(
                "INSERT INTO audit_seals (number, sealed_at, events, head) VALUES (:seal, :at, 1, '')",
                seal=number, at=MORNING + timedelta(seconds=number),
            )  # fmt: skip
        return self._writes_the_end_anew(first)

    # Anchors: outside in the file, and what the database remembers of them.

    def changes_an_anchor(self) -> Found:
        line, lines = self._any_line()
        place = self._dice.randrange(len(lines[line]) - 4)
        other = "A" if lines[line][place] != "A" else "B"
        lines[line] = lines[line][:place] + other + lines[line][place + 1 :]
        return self._file(lines, f"line {line + 1}: ")

    def deletes_an_anchor(self) -> Found:
        line, lines = self._any_line()
        del lines[line]
        return self._file(lines, Fault(FaultKind.ANCHOR_MISSING, self._book.anchored[line], anchor=line + 1))

    def inserts_a_forged_anchor(self) -> Found:
        line, lines = self._any_line()
        lines.insert(line, self._dice.choice(["{}", "a.b.c", lines[line][:-8] + "AAAAAAAA"]))
        return self._file(lines, f"line {line + 1}: ")

    def inserts_an_anchor_again(self) -> Found:
        line, lines = self._any_line()
        place = self._dice.randrange(line + 1, len(lines) + 1)
        lines.insert(place, lines[line])
        return self._file(lines, Fault(FaultKind.ANCHOR_MISPLACED, self._book.anchored[line], anchor=place + 1))

    def swaps_two_anchors(self) -> Found:
        lines = list(self._book.lines)
        one, other = sorted(self._dice.sample(range(len(lines)), 2))
        lines[one], lines[other] = lines[other], lines[one]
        # Whatever stands after the one that came too early is behind it.
        return self._file(lines, Fault(FaultKind.ANCHOR_MISPLACED, self._book.anchored[one], anchor=other + 1))

    def cuts_the_last_anchors_off(self) -> Found:
        line, lines = self._any_line()
        return self._file(lines[:line], Fault(FaultKind.ANCHOR_MISSING, self._book.anchored[line], anchor=line + 1))

    def takes_an_anchor_out_of_the_memory(self) -> Found:
        line, _ = self._any_line()
        self._do("DELETE FROM audit_anchors WHERE serial = :serial", serial=line + 1)
        return Fault(FaultKind.ANCHOR_FORGOTTEN, self._book.anchored[line], anchor=line + 1)

    def cuts_the_memory_of_anchors_off(self) -> Found:
        line, _ = self._any_line()
        self._do("DELETE FROM audit_anchors WHERE serial > :serial", serial=line)
        return Fault(FaultKind.ANCHOR_FORGOTTEN, self._book.anchored[line], anchor=line + 1)

    def puts_the_memory_of_anchors_into_another_order(self) -> Found:
        one, other = sorted(self._dice.sample(range(1, len(self._book.lines) + 1), 2))
        for serial, to in ((one, 0), (other, one), (0, other)):
            self._do("UPDATE audit_anchors SET serial = :to WHERE serial = :serial", serial=serial, to=to)
        return Fault(FaultKind.ANCHOR_MISPLACED, self._book.anchored[other - 1], anchor=other)

    def _writes_the_end_anew(self, first: int) -> Fault:
        for number in range(first, self._book.seals[-1] + 1):
            self._seal_anew(number)
        return Fault(FaultKind.REWRITTEN, next(number for number in self._book.anchored if number >= first))

    def _after_a_seal_made_anew(self, seal: int) -> Fault:
        """The next seal does not follow any more; the last one is anchored."""
        if seal == self._book.seals[-1]:
            return Fault(FaultKind.REWRITTEN, seal)
        return Fault(FaultKind.SEAL_CHANGED, seal + 1)

    def _seal_anew(self, number: int) -> None:
        around = sa.select(audit_seals).where(audit_seals.c.number.in_([number - 1, number]))
        seals = {row.number: row for row in self._connection.execute(around)}
        leaves = self._connection.execute(
            sa.select(audit_leaves.c.leaf).where(audit_leaves.c.seal == number).order_by(audit_leaves.c.event_id)
        ).scalars().all()  # fmt: skip
        before = bytes(seals[number - 1].head) if number > 1 else GENESIS
        made = head(before, number, seals[number].sealed_at, b"".join(map(bytes, leaves)), len(leaves))
        self._do(
            "UPDATE audit_seals SET head = :head, events = :events WHERE number = :number",
            head=made, events=len(leaves), number=number,
        )  # fmt: skip

    def _falsify(self, event: int) -> None:
        self._do("UPDATE audit_events SET actor_id = 'x' WHERE id = :id", id=event)
        self._do("UPDATE audit_leaves SET leaf = :leaf WHERE event_id = :id", leaf=self._leaf_of(event), id=event)

    def _new_event(self) -> int:
        record(self._connection, self._dice, MORNING)
        return int(self._connection.execute(sa.select(sa.func.max(audit_events.c.id))).scalar_one())

    def _put_leaf(self, seal: int, event: int, hashed: bytes) -> None:
        self._do("INSERT INTO audit_leaves VALUES (:seal, :id, :leaf)", seal=seal, id=event, leaf=hashed)

    def _leaf_of(self, event: int) -> bytes:
        return leaf(next(copied(driver_of(self._connection), _LINE, (event,))))

    def _file(self, lines: list[str], expected: Found) -> Found:
        self._book.file.write_text("".join(f"{line}\n" for line in lines), "ascii")
        return expected

    def _any_line(self) -> tuple[int, list[str]]:
        lines = list(self._book.lines)
        return self._dice.randrange(len(lines)), lines

    def _free_numbers(self) -> None:
        self._do("ALTER TABLE audit_events ALTER COLUMN id DROP IDENTITY")

    def _any_seal(self) -> int:
        return self._dice.choice(self._book.seals)

    def _any_event(self, at_least: int = 1) -> tuple[int, int]:
        seal = self._dice.choice([seal for seal in self._book.seals if len(self._book.events[seal]) >= at_least])
        return seal, self._dice.choice(self._book.events[seal])

    def _do(self, statement: str, **values: object) -> None:
        self._connection.execute(sa.text(statement), values)


TAMPERINGS = tuple(name for name in vars(Tamperer) if not name.startswith("_"))
