"""Tampering with a book many times over, each time somewhere else: is all of it found, and located?

`python -m tests.portal.audit.campaign [N]` does each kind of it N times; the suite does each a few times.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from portal import database
from portal.audit.sealing import AnchorFileBroken, Fault
from portal.audit.sealing.verifying import examine
from portal.embedded import EmbeddedPostgres
from portal.migrations.models import metadata
from tests.portal.audit.book import Book, write
from tests.portal.audit.tampering import TAMPERINGS, Found, Tamperer

SEALS = 40
_SEED = 20261125


def tampered(connection: sa.Connection, book: Book, dice: random.Random, name: str) -> tuple[Found, list[Found]]:
    """Do it, and undo it: what had to be found, and what was."""
    with connection.begin() as transaction:
        expected = getattr(Tamperer(connection, book, dice), name)()
        faults = found(connection, book)
        transaction.rollback()
    book.restore()
    return expected, faults


def noticed(expected: Found, faults: list[Found]) -> bool:
    """Whether what was done is among what was found, with its place."""
    if isinstance(expected, Fault):
        return expected in faults
    return any(isinstance(fault, str) and fault.startswith(expected) for fault in faults)


def found(connection: sa.Connection, book: Book) -> list[Found]:
    """Everything that a verification says now."""
    try:
        anchors = book.anchors()
    except AnchorFileBroken as broken:
        return [str(broken)]
    return list(examine(connection, anchors, book.now).faults)


@contextmanager
def _engine(folder: Path) -> Iterator[sa.Engine]:
    """An empty database of its own."""
    server = EmbeddedPostgres(folder / "postgres", folder)
    server.ensure_running("-c fsync=off", "-c synchronous_commit=off", "-c full_page_writes=off")
    engine = database.create_engine(server.url)
    try:
        yield engine
    finally:
        engine.dispose()
        server.stop("immediate")


def main(arguments: list[str]) -> int:
    """Every kind N times; 0 when all of it was found and located."""
    tries, dice, begun, missed = int(arguments[0]) if arguments else 200, random.Random(_SEED), time.monotonic(), 0
    folder = Path(tempfile.mkdtemp(prefix="tampering-", dir=Path("/run") if os.geteuid() == 0 else None))
    with _engine(folder) as engine:
        metadata.create_all(engine)
        book = write(engine, folder / "anchors.jsonl", dice, SEALS)
        with engine.connect() as connection:
            for name in TAMPERINGS:
                done = [tampered(connection, book, dice, name) for _ in range(tries)]
                located = sum(noticed(expected, faults) for expected, faults in done)
                missed += tries - located
                print(f"{name.replace('_', ' ')}: {located} of {tries} found and located", flush=True)
            with connection.begin():
                untouched = found(connection, book)
    total = len(TAMPERINGS) * tries
    print(
        f"tampering: {len(TAMPERINGS)} kinds, {total - missed} of {total} found and located, {len(untouched)} faults "
        f"in the untouched book ({time.monotonic() - begun:.0f} s)"
    )
    return 1 if missed or untouched else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
