"""How long a search of the register takes over two million residents, and how long making them took.

The searches are the product's own, each in a transaction of its own with its audit. Whom they look for is drawn from
the residents themselves, by a seed.
"""

import os
import random
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from portal import database, register
from portal.audit import Actor, ActorKind
from portal.commands.database import MIGRATIONS
from portal.embedded import EmbeddedPostgres
from portal.keys import FieldCipher
from portal.register import FoundPage, SearchTooWide
from tests.bench import synthetic
from tests.bench.figures import Figure
from tests.world.city import CHECKOUT
from tests.world.runtime import runtime_folder

RESIDENTS = 2_000_000
SEARCHES = 400
"""Of each kind."""

# No disk is waited for while loading; a quarter of the data stays in the server's own memory, as on a small machine.
SERVER_OPTIONS = (
    "-c fsync=off", "-c synchronous_commit=off", "-c full_page_writes=off", "-c max_wal_size=8GB",
    "-c shared_buffers=1GB",
)  # fmt: skip
_OFFICER = Actor(ActorKind.STAFF, "measured")
_DRAWN = sa.text(
    "SELECT name, reading, birth_date, address, former_surname FROM residents TABLESAMPLE SYSTEM (2) REPEATABLE (7) "
    'WHERE NOT "foreign" ORDER BY id LIMIT :count'
)
_OTHER_SHAPE = str.maketrans(
    "髙﨑齋齊澤邊邉濱嶋櫻廣冨國惠眞瀧關高崎斎沢辺浜島桜広富国恵真滝関",
    "高崎斎斎沢辺辺浜島桜広富国恵真滝関髙﨑齋澤邊濱嶋櫻廣冨國惠眞瀧關",
)


@dataclass(frozen=True)
class _Person:
    """Whom a search looks for."""

    name: str
    reading: str
    birth_date: str
    address: str
    former_surname: str | None

    @property
    def surname(self) -> str:
        return self.name.split("\u3000")[0]

    @property
    def given_name(self) -> str:
        return self.name.split("\u3000")[1]

    @property
    def town(self) -> str:
        """The part of the address that an officer types: behind the ward."""
        return self.address.partition("区")[2].partition("\u3000")[0]


class NotFoundError(Exception):
    """Raised when a search does not find the resident it was made from."""


EXACT: dict[str, Callable[[_Person], dict[str, str]]] = {
    "name and day": lambda one: {"name": one.name, "birth_date": one.birth_date},
    "reading and day": lambda one: {"reading": one.reading, "birth_date": one.birth_date},
    "all four": lambda one: {
        "name": one.name, "reading": one.reading, "birth_date": one.birth_date, "address": one.address,
    },
    "name and address": lambda one: {"name": one.name, "address": one.address},
}  # fmt: skip
PARTIAL: dict[str, Callable[[_Person], dict[str, str]]] = {
    "given name and year": lambda one: {"name": one.given_name, "birth_date": one.birth_date[:4]},
    "surname and month": lambda one: {"name": one.surname, "birth_date": one.birth_date[:7]},
    "whole name alone": lambda one: {"name": one.name},
    "kana inside and year": lambda one: {"reading": one.reading[2:6], "birth_date": one.birth_date[:4]},
    "kana of the given name and month": lambda one: {
        "reading": one.reading.split("\u3000")[1], "birth_date": one.birth_date[:7],
    },
    "other shape and year": lambda one: {
        "name": one.surname.translate(_OTHER_SHAPE), "reading": one.reading.split("\u3000")[1][:2],
        "birth_date": one.birth_date[:4],
    },
    "surname and part of the address": lambda one: {"name": one.surname, "address": one.town},
    "given name and three years": lambda one: {
        "name": one.given_name, "birth_date": str(int(one.birth_date[:4]) - 1),
        "born_until": str(int(one.birth_date[:4]) + 1),
    },
    "one kanji and month": lambda one: {"name": one.given_name[-1], "birth_date": one.birth_date[:7]},
}  # fmt: skip
WIDE: dict[str, Callable[[_Person], dict[str, str]]] = {
    "surname alone": lambda one: {"name": one.surname},
    "one kanji": lambda one: {"name": one.given_name[-1]},
    "year": lambda one: {"birth_date": one.birth_date[:4]},
    "two kana": lambda one: {"reading": one.reading[:2]},
    "ward and year": lambda one: {"address": one.address[8:11], "birth_date": one.birth_date[:4]},
    "town": lambda one: {"address": one.town[:3]},
    "ten years": lambda one: {"birth_date": one.birth_date[:3] + "0", "born_until": one.birth_date[:3] + "9"},
}


def measure() -> Iterator[Figure]:
    """Make the register, then search it."""
    folder = CHECKOUT / ".state" / f"bench-{os.getpid()}"
    server = EmbeddedPostgres(folder / "postgres", runtime_folder())
    try:
        engine = database.create_engine(server.ensure_running(*SERVER_OPTIONS))
        yield from filled(engine, RESIDENTS)
        yield from searched(engine)
        engine.dispose()
    finally:
        server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


def filled(engine: sa.Engine, count: int) -> Iterator[Figure]:
    """Bring an empty database to the newest schema and load so many residents."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    begun = time.perf_counter()
    synthetic.load(engine, count)
    yield Figure("register_load_s_2m", time.perf_counter() - begun, "s")


def searched(engine: sa.Engine, searches: int = SEARCHES, *, report: Path | None = None) -> Iterator[Figure]:
    """Search for people who are there. Raises NotFoundError."""
    with engine.connect() as connection:
        people = [_Person(*row) for row in connection.execute(_DRAWN, {"count": searches})]
    random.Random("order").shuffle(people)
    lines = []
    for name, kinds in (("exact", EXACT), ("partial", PARTIAL), ("wide", WIDE)):
        taken = []
        for kind, terms in kinds.items():
            times, totals = _timed(engine, people, terms)
            taken += times
            lines.append(
                f"{name} | {kind} | {statistics.median(times):.2f} | {_p95(times):.2f} | {max(times):.2f} | "
                f"{statistics.median(totals):.0f} | {sum(total > register.MOST_FOUND for total in totals)}"
            )
        yield Figure(f"register_search_{name}_p95_ms_2m", _p95(taken), "ms")
    yield Figure("register_search_number_p95_ms_2m", _p95(_by_number(engine, searches)), "ms")
    if report is not None:
        report.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _timed(
    engine: sa.Engine, people: list[_Person], terms: Callable[[_Person], dict[str, str]]
) -> tuple[list[float], list[int]]:
    times, totals = [], []
    for person in people:
        begun = time.perf_counter()
        found = _search(engine, terms(person))
        times.append((time.perf_counter() - begun) * 1000)
        totals.append(found.total)
        if found.total == 0:
            raise NotFoundError("a resident was not found by what is registered of them")
    return times, totals


def _search(engine: sa.Engine, terms: dict[str, str]) -> FoundPage:
    with database.transaction(engine) as connection:
        try:
            return register.search(connection, **terms, reader=_OFFICER, why="bench", now=datetime.now(UTC))  # type: ignore[arg-type]
        except SearchTooWide:
            return FoundPage((), register.MOST_FOUND + 1, more=False)


def _by_number(engine: sa.Engine, searches: int) -> list[float]:
    cipher, times = FieldCipher(synthetic.FIELD_KEY), []
    for place in range(searches):
        begun = time.perf_counter()
        with database.transaction(engine) as connection:
            found = register.find_by_individual_number(
                connection, cipher, synthetic.individual_number_of(place * 997), reader=_OFFICER, why="bench",
                now=datetime.now(UTC),
            )  # fmt: skip
        times.append((time.perf_counter() - begun) * 1000)
        if found is None:
            raise NotFoundError("a resident was not found by their number")
    return times


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
