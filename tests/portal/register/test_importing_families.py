"""Seals, assessments and 附票 of an import: whole or not at all, and nobody's protection lost on the way."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from portal import database, register
from portal.ground import Ground
from portal.register.domiciles import FamilyRegister, family_register_of
from portal.register.importing import Difference, DifferenceKind, ImportReport, Refusal, RefusalCode, import_directory
from portal.register.seals import SealRegistration, cancel, seal_of
from portal.register.taxes import tax_of
from tests.portal.conftest import MORNING, MovableClock
from tests.portal.register.files import (
    OTHER_HOME,
    assessment,
    child,
    family_member,
    family_register,
    household,
    lived,
    resident,
    seal,
    text_of,
    write,
)
from tests.portal.register.people import TESTER

Rows = list[dict[str, str]]
PEOPLE, LIVED, BOOKS = "family_members.csv", "domicile.csv", "family_registers.csv"
Code = RefusalCode
REGISTERS = [family_register("F1"), family_register("F2")]
MEMBERS = [
    family_member("1", "1"),
    family_member("2", "", name="山田　遠子"),
    family_member("1", "2", register_number="F2", name="山田　小花"),
]
ADDRESSES = [
    lived("1", "2", since="2010-04-01"),
    lived("1", "1", address=OTHER_HOME),
    lived("2", address=OTHER_HOME),
    lived("1", register_number="F2"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A household of two, each the head of a family register; somebody else lives elsewhere."""
    return write(
        tmp_path / "in",
        households=[household()],
        residents=[resident("1"), child("2")],
        seals=[seal("1")],
        tax=[assessment("1", income_yen="1000")],
        protections=[],
        family_registers=REGISTERS,
        family_members=MEMBERS,
        domicile=ADDRESSES,
    )


def run(ground: Ground, folder: Path) -> ImportReport:
    return import_directory(ground.engine, ground.fields, folder, actor=TESTER, clock=MovableClock())


def put(folder: Path, name: str, rows: Rows) -> None:
    (folder / name).write_bytes(text_of(name, rows).encode())


def found(ground: Ground, number: str) -> FamilyRegister | None:
    with database.transaction(ground.engine) as connection:
        resident_id = register.resident_id_of(connection, number)
        return family_register_of(connection, resident_id, reader=TESTER, why="test", now=MORNING)


def seal_now(ground: Ground) -> SealRegistration | None:
    with database.transaction(ground.engine) as connection:
        resident_id = register.resident_id_of(connection, "1")
        return seal_of(connection, ground.fields, resident_id, reader=TESTER, why="test", now=MORNING)


def test_seals_assessments_and_registers_come_in_with_everything_on_them(ground: Ground, folder: Path) -> None:
    report = run(ground, folder)
    assert (report.added, report.registers_changed, report.refusals) == (2, 2, [])
    first = found(ground, "1")
    assert first is not None
    assert [(member.name, member.lives_here) for member in first.members] == [
        ("山田　太郎", True),
        ("山田　遠子", False),
    ]
    assert [entry.address for entry in first.members[0].entries] == [OTHER_HOME, lived("1")["address"]]
    stored = seal_now(ground)
    assert stored is not None
    assert stored.picture.startswith(b"\x89PNG")
    with database.transaction(ground.engine) as connection:
        owner = register.resident_id_of(connection, "1")
        assessed = tax_of(connection, owner, 2026, reader=TESTER, why="test", now=MORNING)
    assert assessed is not None
    assert assessed.income_yen == 1000


def test_a_second_run_changes_nothing(ground: Ground, folder: Path) -> None:
    run(ground, folder)
    before = [found(ground, number) for number in "12"]
    report = run(ground, folder)
    assert (report.registers_changed, report.differences, report.refusals) == (0, [], [])
    assert [found(ground, number) for number in "12"] == before


def test_a_register_that_is_no_longer_in_the_file_is_gone(ground: Ground, folder: Path) -> None:
    run(ground, folder)
    for name, rows in (
        ("family_registers.csv", REGISTERS),
        ("family_members.csv", MEMBERS),
        ("domicile.csv", ADDRESSES),
    ):
        put(folder, name, [row for row in rows if row["register_number"] == "F1"])
    assert run(ground, folder).registers_changed == 1
    assert found(ground, "1") is not None
    assert found(ground, "2") is None


def test_without_the_files_of_the_registers_they_stay_as_they_are(ground: Ground, folder: Path) -> None:
    run(ground, folder)
    for name in ("family_registers.csv", "family_members.csv", "domicile.csv"):
        (folder / name).unlink()
    assert run(ground, folder).registers_changed == 0
    assert found(ground, "2") is not None


def test_one_of_the_three_files_alone_stops_the_import(ground: Ground, folder: Path) -> None:
    (folder / "domicile.csv").unlink()
    report = run(ground, folder)
    assert report.stopped
    assert report.refusals == [Refusal("domicile.csv", 0, "", RefusalCode.MISSING_FILE)]


@pytest.mark.parametrize(
    ("file", "rows", "refusal"),
    [
        (PEOPLE, [*MEMBERS, family_member("1")], Refusal(PEOPLE, 2, "place", Code.DUPLICATE_NUMBER)),
        (PEOPLE, [*MEMBERS, family_member("3", "1")], Refusal(PEOPLE, 2, "resident_number", Code.DUPLICATE_NUMBER)),
        (PEOPLE, [*MEMBERS, family_member("3")], Refusal(PEOPLE, 5, "place", Code.MEMBER_WITHOUT_ADDRESS)),
        (
            PEOPLE,
            [MEMBERS[0] | {"usage_completed_on": "2026-01-01"}, *MEMBERS[1:]],
            Refusal(PEOPLE, 2, "usage_asked_on", Code.DATES_OUT_OF_ORDER),
        ),
        (PEOPLE, MEMBERS[2:], Refusal(BOOKS, 2, "register_number", Code.REGISTER_WITHOUT_MEMBERS)),
        (LIVED, [*ADDRESSES, lived("9")], Refusal(LIVED, 6, "place", Code.UNKNOWN_MEMBER)),
        (LIVED, [*ADDRESSES, lived("9")], Refusal(LIVED, 2, "", Code.REFUSED_WITH_REGISTER)),
        (
            LIVED,
            [*ADDRESSES, lived("2", "2", address="\ue000")],
            Refusal(LIVED, 6, "address", Code.PRIVATE_CHARACTER),
        ),
        (BOOKS, [*REGISTERS, REGISTERS[0]], Refusal(BOOKS, 4, "register_number", Code.DUPLICATE_NUMBER)),
    ],
)
def test_one_bad_row_refuses_its_register_and_no_other(
    ground: Ground, folder: Path, file: str, rows: Rows, refusal: Refusal
) -> None:
    put(folder, file, rows)
    assert refusal in run(ground, folder).refusals
    assert found(ground, "1") is None
    assert found(ground, "2") is not None


def test_a_refused_register_keeps_what_it_said(ground: Ground, folder: Path) -> None:
    run(ground, folder)
    before = found(ground, "1")
    put(folder, "domicile.csv", [*ADDRESSES, lived("9")])
    run(ground, folder)
    assert found(ground, "1") == before


def test_a_person_of_no_register_here_is_refused_as_such(ground: Ground, folder: Path) -> None:
    put(folder, "family_members.csv", [MEMBERS[0] | {"resident_number": "9"}, *MEMBERS[1:]])
    report = run(ground, folder)
    assert report.refusals == [Refusal("family_members.csv", 2, "resident_number", RefusalCode.UNKNOWN_RESIDENT)]
    assert found(ground, "2") is not None


@pytest.mark.parametrize("protected", ["1", "yes"])
def test_a_protection_that_cannot_be_taken_over_stops_the_whole_import(
    ground: Ground, folder: Path, protected: str
) -> None:
    put(
        folder,
        "family_members.csv",
        [MEMBERS[0], MEMBERS[1] | {"protected": protected, "name": "\ue000"}, MEMBERS[2]],
    )
    assert run(ground, folder).stopped
    with ground.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM residents")).scalar_one() == 0


def test_a_seal_cancelled_here_stays_cancelled_against_a_file_that_is_behind(ground: Ground, folder: Path) -> None:
    run(ground, folder)
    with database.transaction(ground.engine) as connection:
        owner = register.resident_id_of(connection, "1")
        cancel(connection, owner, on=MORNING.date(), actor=TESTER, now=MORNING)
    report = run(ground, folder)
    assert report.differences == [Difference("1", DifferenceKind.STATUS_KEPT, ("seals",))]
    stored = seal_now(ground)
    assert stored is not None
    assert stored.cancelled_on == MORNING.date()


@pytest.mark.parametrize("picture", ["", "?", "aGVsbG8=", "iVBORw0KGgo="])
def test_a_seal_without_a_whole_picture_is_refused(ground: Ground, folder: Path, picture: str) -> None:
    put(folder, "seals.csv", [seal("1", picture=picture)])
    report = run(ground, folder)
    code = RefusalCode.BAD_PICTURE if picture else RefusalCode.REQUIRED
    assert Refusal("seals.csv", 2, "picture", code) in report.refusals
    assert seal_of_nobody(ground)


def seal_of_nobody(ground: Ground) -> bool:
    with ground.engine.connect() as connection:
        return not connection.execute(sa.text("SELECT 1 FROM seals")).all()
