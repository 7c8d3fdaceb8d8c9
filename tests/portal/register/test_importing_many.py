"""An import of many: in bulk what can be, the same as one by one; tried without writing; broken off and run again."""

import json
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal import database, register
from portal.audit import audit_events
from portal.ground import Ground
from portal.migrations.models import metadata
from portal.register.changes import present_record
from portal.register.importing import DifferenceKind, ImportReport, directory, import_directory
from portal.register.importing.entering import enter_units
from portal.register.importing.sifting import Sifted
from portal.register.importing.writing import Writer
from portal.register.tables import holds, households, protections, resident_history, resident_numbers, residents
from tests.portal.conftest import MovableClock
from tests.portal.register.files import (
    HOME,
    assessment,
    child,
    family_member,
    family_register,
    household,
    lived,
    protection,
    resident,
    seal,
    write,
)
from tests.portal.register.people import TESTER

HOMES = 12
_PLAIN = ("id", "household_id", "resident_id")


def feed(folder: Path, *, without: frozenset[int] = frozenset(), **changed: dict[str, str]) -> Path:
    """`HOMES` households of two, some with what hangs on a resident; `changed` by 宛名番号 (`r3=…`)."""
    people = []
    for home in range(HOMES):
        if home not in without:
            place = {"household_number": f"H{home}"}
            people += [resident(str(2 * home + 1), **place), child(str(2 * home + 2), **place)]
    people = [row | changed.get(f"r{row['resident_number']}", {}) for row in people]
    numbers = {row["resident_number"] for row in people}
    return write(
        folder,
        households=[household(f"H{home}") for home in range(HOMES) if home not in without],
        residents=people,
        seals=[seal(number) for number in ("1", "5") if number in numbers],
        tax=[assessment(number) for number in ("2", "5") if number in numbers],
        protections=[protection(number) for number in ("9",) if number in numbers],
        family_registers=[family_register()],
        family_members=[family_member("1", "1")],
        domicile=[lived("1")],
    )


def run(ground: Ground, folder: Path, *, dry_run: bool = False) -> ImportReport:
    return import_directory(ground.engine, ground.fields, folder, actor=TESTER, clock=MovableClock(), dry_run=dry_run)


def everything(engine: sa.Engine) -> dict[str, list[str]]:
    """What the register and its audit hold, without the ids and nonces that differ from run to run."""
    held: dict[str, list[str]] = {}
    with database.transaction(engine) as connection:
        number_of = dict(connection.execute(sa.select(residents.c.id, residents.c.number)).all())
        home_of = dict(connection.execute(sa.select(households.c.id, households.c.number)).all())
        names = {str(key): f"<{value}>" for key, value in (number_of | home_of).items()}
        for table in (households, residents, resident_history, resident_numbers, holds, protections, audit_events):
            columns = [
                column for column in table.c
                if (not isinstance(column.type, sa.LargeBinary | sa.BigInteger | sa.Identity)
                and not (column.name == "id" and table not in (households, residents)))
                or column.name.endswith("_index")
            ]  # fmt: skip
            rows = []
            for row in connection.execute(sa.select(*columns)):
                text = repr(tuple(row))
                for key, value in names.items():
                    text = text.replace(key, value)
                rows.append(text)
            held[table.name] = sorted(rows)
    return held


def empty(engine: sa.Engine) -> None:
    with database.transaction(engine) as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for table in metadata.sorted_tables:
            connection.execute(table.delete())


def one_by_one(_connection: object, _fields: object, units: list[object]) -> Sifted:
    return Sifted(other=units)  # type: ignore[arg-type]


def test_what_comes_in_at_once_is_what_comes_in_one_by_one(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = feed(tmp_path / "in", r3={"change_in_progress": "1", "valid_from": "2026-02-03"}, r4={"name": "葛󠄀葉"})
    at_once = run(ground, folder)
    held = everything(ground.engine)
    empty(ground.engine)
    monkeypatch.setattr(directory, "sift", one_by_one)
    assert run(ground, folder) == at_once
    assert everything(ground.engine) == held
    assert at_once.added == 2 * HOMES


def test_what_is_as_the_files_say_is_only_read(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(
        tmp_path / "in",
        households=[household(f"H{home}") for home in range(HOMES)],
        residents=[resident(str(home), household_number=f"H{home}") for home in range(HOMES)],
    )
    run(ground, folder)

    def never(*_: object) -> None:
        raise AssertionError("written")

    monkeypatch.setattr(Writer, "write", never)
    monkeypatch.setattr(directory, "enter_units", never)
    report = run(ground, folder)
    assert (report.unchanged, report.differences) == (HOMES, [])


CHANGES: dict[str, dict[str, str]] = {
    "name": {"name": "山田　別名"},
    "hold": {"change_in_progress": "1"},
    "number": {"individual_number": "123456789018"},
    "code": {"resident_code": "55555555555"},
    "status": {"status": "removed", "ended_on": "2026-10-01"},
    "home": {"household_number": "H6", "relationship": "子", "is_head": "0"},
}


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
def test_a_dry_run_says_what_an_import_then_does_and_writes_nothing(
    ground: Ground, tmp_path: Path, changed: dict[str, str]
) -> None:
    run(ground, feed(tmp_path / "in", without=frozenset({10})))
    before = everything(ground.engine)
    folder = feed(tmp_path / "in", without=frozenset({11}), r8=changed)
    tried = run(ground, folder, dry_run=True)
    after = everything(ground.engine)
    said = set(after.pop("audit_events")) - set(before.pop("audit_events"))
    assert after == before
    assert len(said) == 1
    assert '"dry_run":true' in said.pop()
    done = run(ground, folder)
    assert tried.dry_run
    tried.dry_run = False
    assert tried == done
    kinds = [difference.kind for difference in done.differences]
    assert kinds.count(DifferenceKind.ADDED) == 2
    assert kinds.count(DifferenceKind.ABSENT) == 2
    # A hold is placed beside the record, which stays as it is.
    assert kinds.count(DifferenceKind.CHANGED) == (0 if "change_in_progress" in changed else 1)


@pytest.mark.parametrize("batches", [1, 2, 3])
def test_an_import_that_broke_off_is_run_again_and_ends_the_same(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batches: int
) -> None:
    monkeypatch.setattr(directory, "_BATCH", 3)
    folder = feed(tmp_path / "in")
    run(ground, folder)
    whole = everything(ground.engine)
    empty(ground.engine)
    left = iter(range(batches))
    genuine: Callable[..., ImportReport] = enter_units

    def cut_off(*arguments: object, **named: object) -> ImportReport:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return genuine(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(directory, "enter_units", cut_off)
        with pytest.raises(KeyboardInterrupt):
            run(ground, folder)
    run(ground, folder)
    again = everything(ground.engine)
    runs = [held.pop("audit_events") for held in (whole, again)]
    assert again == whole
    assert [len([line for line in lines if "dry_run" not in line]) for lines in runs] == [len(runs[0]) - 1] * 2


def test_a_number_that_somebody_has_falls_with_its_own_household(ground: Ground, tmp_path: Path) -> None:
    run(ground, write(tmp_path / "in", households=[household("X")], residents=[resident("99", household_number="X")]))
    taken = resident("99")["individual_number"]
    report = run(ground, feed(tmp_path / "in", r3={"individual_number": taken}))
    assert report.added == 2 * HOMES - 2
    assert {refusal.code.value for refusal in report.refusals} >= {"number_taken", "refused_with_household"}


def test_while_an_import_runs_nobody_is_refused_and_nobody_gets_what_is_no_longer_so(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release: the row is locked, nothing may stop it, and the record read then is the newest there is."""
    monkeypatch.setattr(directory, "_BATCH", 4)
    plain = tmp_path / "in"
    numbers = [str(number) for number in range(1, 25)]

    def days(day: int) -> Path:
        homes = [household(f"H{number}", address=f"{HOME}{day}") for number in numbers]
        here = [
            resident(number, household_number=f"H{number}", address=f"{HOME}{day}", change_in_progress="0")
            for number in numbers
        ]
        return write(plain, households=homes, residents=here)

    run(ground, days(0))
    ended, waits, dice = threading.Event(), list[float](), random.Random(3)

    def issue() -> None:
        while not ended.is_set():
            number = dice.choice(numbers)
            begun = time.monotonic()
            with database.transaction(ground.engine) as connection:
                person = register.resident_id_of(connection, number)
                assert register.issue_block(connection, person, for_update=True) is None
                waits.append(time.monotonic() - begun)
                record = present_record(connection, person)
                newest = sa.select(sa.func.max(resident_history.c.version)).where(
                    resident_history.c.resident_id == person
                )
                assert connection.execute(newest).scalar_one() == record.version
                [written] = connection.execute(
                    sa.select(resident_history.c.record).where(
                        resident_history.c.resident_id == person, resident_history.c.version == record.version
                    )
                ).scalars()
                assert json.loads(written)["address"] == record.address

    failed: list[BaseException] = []

    def guarded() -> None:
        try:
            issue()
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread
            failed.append(error)

    issuer = threading.Thread(target=guarded)
    issuer.start()
    for day in range(1, 4):
        assert run(ground, days(day)).changed == len(numbers)
    ended.set()
    issuer.join()
    assert not failed, failed
    assert waits
