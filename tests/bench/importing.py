"""Importing a register: residents a second, first of an empty register, then of a feed in which little has changed.

Beside the feed ten residents a second are looked at as a release does; how long the slowest waited is a figure too.
`PEOPLE=2000000` in the environment measures a large city.
"""

import csv
import os
import random
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from portal import database, register
from portal.audit import Actor, ActorKind
from portal.clock import SystemClock
from portal.ground import Ground
from portal.register.importing import ImportReport, import_directory
from portal.register.importing.columns import HOUSEHOLDS, RESIDENTS
from portal.register.numbers import check_digit
from portal.register.tables import residents
from tests.bench.figures import Figure
from tests.proof.plan import Plan
from tests.proof.world import World
from tests.world import ports
from tests.world.city import CHECKOUT

PEOPLE = int(os.environ.get("PEOPLE", "20000"))
A_HOUSEHOLD = 2
CHANGED_ONE_IN = 100
ISSUANCES_A_SECOND = 10
_IMPORTER = Actor(ActorKind.SYSTEM, "measured")


class ImportFailedError(Exception):
    """Raised when an import that is measured refuses somebody, or a release beside it is refused or stale."""


def measure() -> Iterator[Figure]:
    """Start a database; import a city, import it again a day later."""
    world = World(CHECKOUT / ".state" / f"bench-{os.getpid()}")
    folder = CHECKOUT / ".state" / f"bench-{os.getpid()}-files"
    folder.mkdir(parents=True)
    try:
        world.start()
        with world.town(Plan(households=2, kiosks=1), ports.one()) as town:
            _write(folder, day=0)
            taken, report = _imported(town.ground, folder)
            _demand(report.added == PEOPLE and not report.refusals)
            yield Figure("register_import_per_s", PEOPLE / taken, "1/s")
            _write(folder, day=1)
            beside = _Issuances(town.ground)
            beside.start()
            taken, report = _imported(town.ground, folder)
            slowest = beside.end()
            _demand(report.changed == PEOPLE // CHANGED_ONE_IN and not report.refusals)
            yield Figure("register_feed_per_s", PEOPLE / taken, "1/s")
            yield Figure("register_feed_release_wait_max_ms", slowest * 1000, "ms")
    finally:
        world.stop()
        shutil.rmtree(world.folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


class _Issuances:
    """Ten residents a second, each locked and read as a release does it."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._ended = threading.Event()
        self._waits: list[float] = []
        self._failed: list[BaseException] = []
        self._thread = threading.Thread(target=self._run)
        with database.transaction(ground.engine) as connection:
            ours = sa.select(residents.c.id).where(residents.c.number.like("M%")).limit(10_000)
            self._people = connection.execute(ours).scalars().all()

    def start(self) -> None:
        """Begin to issue."""
        self._thread.start()

    def end(self) -> float:
        """Stop; seconds that the slowest waited for its lock. Raises ImportFailedError."""
        self._ended.set()
        self._thread.join()
        _demand(not self._failed and bool(self._waits))
        return max(self._waits)

    def _run(self) -> None:
        dice = random.Random(1)
        try:
            while not self._ended.wait(1 / ISSUANCES_A_SECOND):
                self._one(dice.choice(self._people))
        except Exception as error:  # noqa: BLE001 - told by `end`
            self._failed.append(error)

    def _one(self, person: object) -> None:
        begun = time.monotonic()
        with database.transaction(self._ground.engine) as connection:
            _demand(register.issue_block(connection, person, for_update=True) is None)  # type: ignore[arg-type]
            self._waits.append(time.monotonic() - begun)


def _imported(ground: Ground, folder: Path) -> tuple[float, ImportReport]:
    begun = time.monotonic()
    report = import_directory(ground.engine, ground.fields, folder, actor=_IMPORTER, clock=SystemClock())
    return time.monotonic() - begun, report


def _demand(so: bool) -> None:
    if not so:
        raise ImportFailedError


def _write(folder: Path, *, day: int) -> None:
    """The files of a day: on day 1, one resident in a hundred has another reading."""
    for file, rows in ((HOUSEHOLDS, _homes()), (RESIDENTS, _people(day))):
        with (folder / file.name).open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, [column.name for column in file.columns], restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _homes() -> Iterator[dict[str, str]]:
    for home in range(PEOPLE // A_HOUSEHOLD):
        yield {"household_number": f"M{home}", "postal_code": "9820001", "address": _address(home)}


def _people(day: int) -> Iterator[dict[str, str]]:
    for number in range(PEOPLE):
        home, head = number // A_HOUSEHOLD, number % A_HOUSEHOLD == 0
        eleven = f"88{number:09}"
        yield {
            "resident_number": f"M{number}", "household_number": f"M{home}", "status": "resident",
            "name": "渡辺　花子" if head else "渡辺　一郎", "birth_date": f"{1940 + number % 80}-05-05",
            "reading": "ワタナベ　ハナエ" if day and number % CHANGED_ONE_IN == 0 else "ワタナベ　ハナコ",
            "reading_registered": "1", "sex": "female", "relationship": "世帯主" if head else "子",
            "is_head": "1" if head else "0", "address": _address(home), "became_resident_on": "2022-04-01",
            "notified_on": "2022-04-05", "domicile": "東京都新宿区西新宿二丁目8番", "family_head": "渡辺　花子",
            "change_in_progress": "0", "individual_number": eleven + check_digit(eleven),
            "resident_code": f"88{number:09}",
        }  # fmt: skip


def _address(home: int) -> str:
    return f"いずみ県みさき市港町{home % 30 + 1}丁目{home // 30 % 40 + 1}番{home // 1200 + 1}号"
