"""The book of who looked under its seals: nothing can be changed in it without being found, and found where it is."""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from portal import database
from portal.audit import sealing
from portal.audit.sealing import AnchorFileBroken, FaultKind
from portal.ground import Ground
from portal.keys import Purpose, SigningKeys
from portal.keys.opening import opened
from tests.portal.audit.book import Book, record, write
from tests.portal.audit.campaign import found, noticed, tampered
from tests.portal.audit.tampering import TAMPERINGS, Tamperer
from tests.portal.conftest import MORNING

SEALS = 25
TRIES = 6


@pytest.fixture
def dice() -> random.Random:
    return random.Random(8)


@pytest.fixture
def book(engine: sa.Engine, dice: random.Random, tmp_path: Path) -> Book:
    return write(engine, tmp_path / "book.jsonl", dice, SEALS)


@pytest.fixture
def tampering(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect() as connection:
        yield connection


def forget_anchors(engine: sa.Engine) -> None:
    """As in a database whose book was never anchored."""
    with database.transaction(engine) as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        connection.execute(sa.text("DELETE FROM audit_anchors"))


def test_an_untouched_book_is_sound_and_every_event_is_under_a_seal(engine: sa.Engine, book: Book) -> None:
    with engine.connect() as connection:
        seen = sealing.verify(connection, book.anchors(), book.now)
    assert (seen.faults, seen.unsealed, seen.seals) == ([], 0, SEALS)
    assert seen.events == sum(map(len, book.events.values()))


def test_whatever_is_done_to_the_book_is_found_and_located(
    tampering: sa.Connection, book: Book, dice: random.Random
) -> None:
    # One book for all kinds: each is undone, and writing one takes longer than tampering with it.
    for name in TAMPERINGS:
        for _ in range(TRIES):
            expected, faults = tampered(tampering, book, dice, name)
            assert noticed(expected, faults), (name, expected, faults)
    with tampering.begin():
        assert found(tampering, book) == []


def test_one_changed_event_accuses_nothing_else(tampering: sa.Connection, book: Book, dice: random.Random) -> None:
    with tampering.begin() as transaction:
        expected = Tamperer(tampering, book, dice).changes_an_event()
        assert found(tampering, book) == [expected]
        transaction.rollback()


def test_an_event_of_a_transaction_that_ended_late_is_sealed_as_well(engine: sa.Engine, dice: random.Random) -> None:
    with engine.connect() as slow, slow.begin():
        record(slow, dice, MORNING)
        with database.transaction(engine) as quick:
            record(quick, dice, MORNING)
        with database.transaction(engine) as connection:
            first = sealing.seal(connection, MORNING)
    with database.transaction(engine) as connection:
        second = sealing.seal(connection, MORNING)
        third = sealing.seal(connection, MORNING)
    assert [made and made.events for made in (first, second, third)] == [1, 1, None]
    with engine.connect() as connection:
        assert sealing.verify(connection, [], MORNING).faults == []


def test_what_no_seal_covers_yet_has_an_age(engine: sa.Engine, dice: random.Random) -> None:
    with database.transaction(engine) as connection:
        assert sealing.oldest_unsealed(connection) is None
        record(connection, dice, MORNING)
        record(connection, dice, MORNING + timedelta(seconds=5))
        assert sealing.oldest_unsealed(connection) == MORNING
        sealing.seal(connection, MORNING)
        assert sealing.oldest_unsealed(connection) is None


def test_an_event_of_a_moment_ago_waits_for_its_seal_and_one_that_waits_long_is_a_fault(
    engine: sa.Engine, dice: random.Random
) -> None:
    with database.transaction(engine) as connection:
        record(connection, dice, MORNING)
    for seconds, kinds in ((30, []), (90, [FaultKind.EVENT_INSERTED])):
        with engine.connect() as connection:
            seen = sealing.verify(connection, [], MORNING + timedelta(seconds=seconds))
        assert (seen.unsealed, [fault.kind for fault in seen.faults]) == (1, kinds)


@pytest.mark.parametrize("table", ["audit_seals", "audit_leaves"])
@pytest.mark.parametrize("act", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_seals_can_only_be_added_to(engine: sa.Engine, book: Book, table: str, act: str) -> None:
    assert book.seals
    column = "number" if table == "audit_seals" else "seal"
    with pytest.raises(sa.exc.DatabaseError, match="insert-only"), engine.begin() as connection:
        connection.execute(sa.text(act.format(table, column, column)))


def test_anchors_are_signed_appended_and_read_back(
    ground: Ground, book: Book, signing_keys: SigningKeys, tmp_path: Path
) -> None:
    file, keys = tmp_path / "anchors.jsonl", signing_keys.public_keys(Purpose.AUDIT_ANCHOR)
    forget_anchors(ground.engine)
    made = [
        sealing.anchor(
            ground.engine, file, lambda kind, said: signing_keys.jws(Purpose.AUDIT_ANCHOR, kind, said), MORNING
        )
        for _ in range(2)
    ]
    read = sealing.read_anchors(file, lambda kind, token: opened(keys, kind, token))
    assert read == made
    assert read[-1].head == book.anchors()[-1].head


def test_a_line_that_nobody_signed_is_no_anchor(
    engine: sa.Engine, signing_keys: SigningKeys, tmp_path: Path, book: Book
) -> None:
    file, keys = tmp_path / "anchors.jsonl", signing_keys.public_keys(Purpose.AUDIT_ANCHOR)
    forget_anchors(engine)
    sealing.anchor(engine, file, lambda kind, said: signing_keys.jws(Purpose.AUDIT_ANCHOR, kind, said), MORNING)
    good = file.read_text()
    other = signing_keys.jws(Purpose.DEVICE_COMMAND, "audit-anchor", {"v": 1})
    for bad in (f"{good}x\n", good.replace(".", "A.", 1), other, f"{good}\n\n", "{}", book.lines[0]):
        file.write_text(bad)
        with pytest.raises(AnchorFileBroken):
            sealing.read_anchors(file, lambda kind, token: opened(keys, kind, token))


@pytest.mark.parametrize("kept", [0, 1, 40, -1, None])
def test_a_line_that_a_crash_kept_from_the_file_comes_with_the_next(
    engine: sa.Engine, book: Book, kept: int | None
) -> None:
    *before, last = book.lines
    whole = "".join(f"{line}\n" for line in before)
    book.file.write_text(whole + f"{last}\n"[:kept])
    sealing.anchor(engine, book.file, book.pen.sign, MORNING)
    assert book.file.read_text().splitlines()[:-1] == list(book.lines)
    with engine.connect() as connection, connection.begin():
        assert found(connection, book) == []


def test_an_anchor_that_was_remembered_a_moment_ago_may_be_on_its_way_to_the_file(
    engine: sa.Engine, book: Book
) -> None:
    *before, _ = book.lines
    book.file.write_text("".join(f"{line}\n" for line in before))
    last = MORNING + timedelta(seconds=SEALS)
    for seconds, kinds in ((59, []), (60, [FaultKind.ANCHOR_MISSING])):
        with engine.connect() as connection:
            seen = sealing.verify(connection, book.anchors(), last + timedelta(seconds=seconds))
        assert [fault.kind for fault in seen.faults] == kinds


def test_an_empty_book_has_no_anchor(engine: sa.Engine, tmp_path: Path) -> None:
    assert sealing.anchor(engine, tmp_path / "a", lambda *_: "never", MORNING) is None
    with database.transaction(engine) as connection:
        assert sealing.seal(connection, MORNING) is None
    assert not (tmp_path / "a").exists()
    with psycopg.connect(str(engine.url.render_as_string(hide_password=False)).replace("+psycopg", "")) as raw:
        assert raw.execute("SELECT count(*) FROM audit_seals").fetchone() == (0,)
