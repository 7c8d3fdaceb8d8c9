"""Importing whole folders: what comes in, what is refused, what a second run does."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal import database, register
from portal.audit import Action
from portal.ground import Ground
from portal.register import IssueBlock, ResidentRecord, ResidentStatus
from portal.register.changes import present_record
from portal.register.importing import Difference, DifferenceKind, ImportReport, Refusal, RefusalCode, import_directory
from portal.register.seals.tables import seals
from portal.register.tables import resident_history
from tests.portal.conftest import MORNING, MovableClock
from tests.portal.register.events import subjects
from tests.portal.register.files import (
    HOME,
    OTHER_HOME,
    child,
    household,
    protection,
    replace_in,
    resident,
    seal,
    text_of,
    write,
)
from tests.portal.register.people import TESTER

Spoil = Callable[[Path], None]
FALLEN = RefusalCode.REFUSED_WITH_HOUSEHOLD


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two households: head 1 with child 2, and head 3 with a seal."""
    return write(
        tmp_path / "in",
        households=[household("H1"), household("H2", address=OTHER_HOME)],
        residents=[resident("1"), child("2"), resident("3", household_number="H2", address=OTHER_HOME)],
        seals=[seal("3")],
        protections=[],
    )


def run(ground: Ground, folder: Path) -> ImportReport:
    return import_directory(ground.engine, ground.fields, folder, actor=TESTER, clock=MovableClock())


def record(ground: Ground, number: str) -> ResidentRecord:
    with ground.engine.connect() as connection:
        return present_record(connection, register.resident_id_of(connection, number))


def block(ground: Ground, number: str) -> IssueBlock | None:
    with ground.engine.connect() as connection:
        return register.issue_block(connection, register.resident_id_of(connection, number))


def numbers(ground: Ground) -> list[str]:
    with ground.engine.connect() as connection:
        return list(connection.execute(sa.text("SELECT number FROM residents ORDER BY number")).scalars())


def test_a_good_folder_comes_in_whole(ground: Ground, folder: Path) -> None:
    report = run(ground, folder)
    assert (report.added, report.changed, report.unchanged, report.refusals) == (3, 0, 0, [])
    assert numbers(ground) == ["1", "2", "3"]
    with ground.engine.connect() as connection:
        assert connection.execute(sa.select(seals.c.seal_number)).scalars().all() == ["S3"]


def test_a_second_run_changes_nothing(ground: Ground, folder: Path) -> None:
    run(ground, folder)
    before = [record(ground, number) for number in "123"]
    report = run(ground, folder)
    assert (report.added, report.changed, report.unchanged, report.differences) == (0, 0, 3, [])
    assert [record(ground, number) for number in "123"] == before
    with ground.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(resident_history)).scalar_one() == 3


def test_names_come_in_code_point_by_code_point(ground: Ground, tmp_path: Path) -> None:
    name = "渡邉\U000e010f　\U00020bb7\ufa19が\u3099"
    run(ground, write(tmp_path / "in", households=[household()], residents=[resident("1", name=name)]))
    assert record(ground, "1").name == name


def test_every_resident_that_came_in_is_in_the_audit(ground: Ground, folder: Path) -> None:
    run(ground, folder)
    with ground.engine.connect() as connection:
        about = subjects(connection, Action.RECORD_IMPORTED)
        ids = {register.resident_id_of(connection, number) for number in "123"}
    assert set(about) == {*ids, None}
    assert len(about) == 4


def test_a_changed_cell_is_a_new_version_and_a_difference_without_its_value(ground: Ground, folder: Path) -> None:
    run(ground, folder)
    replace_in(folder / "residents.csv", "山田　小花", "山田　大花")
    report = run(ground, folder)
    assert (report.changed, report.unchanged) == (1, 2)
    assert report.differences == [Difference("2", DifferenceKind.CHANGED, ("name",))]
    assert (record(ground, "2").name, record(ground, "2").version) == ("山田　大花", 2)


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        (("2010-04-01", "2010-04-31"), "became_resident_on", RefusalCode.BAD_DATE),
        (("山田　小花", "山田\u200b小花"), "name", RefusalCode.CONTROL_CHARACTER),
        (("山田　小花", "\ue000"), "name", RefusalCode.PRIVATE_CHARACTER),
        (("1980-05-05", "2026-11-25"), "birth_date", RefusalCode.DATES_OUT_OF_ORDER),
        (("2010-04-01", "1980-05-04"), "became_resident_on", RefusalCode.DATES_OUT_OF_ORDER),
        (("resident,", "deceased,"), "ended_on", RefusalCode.STATUS_INCOMPLETE),
        (("resident,", "planned_departure,"), "destination", RefusalCode.STATUS_INCOMPLETE),
        ((HOME, OTHER_HOME), "address", RefusalCode.ADDRESS_DIFFERS),
        (("子", "世帯主"), "relationship", RefusalCode.HEAD_MISMATCH),
        (("H1", "H9"), "household_number", RefusalCode.UNKNOWN_HOUSEHOLD),
    ],
)
def test_one_bad_row_refuses_its_household_and_nobody_else(
    ground: Ground, folder: Path, change: tuple[str, str], column: str, code: RefusalCode
) -> None:
    path = folder / "residents.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    assert change[0] in lines[2]
    lines[2] = lines[2].replace(*change, 1)
    path.write_bytes("".join(lines).encode())
    report = run(ground, folder)
    assert Refusal("residents.csv", 3, column, code) in report.refusals
    assert Refusal("residents.csv", 2, "", FALLEN) in report.refusals
    assert Refusal("households.csv", 2, "", FALLEN) in report.refusals
    assert numbers(ground) == ["3"]


@pytest.mark.parametrize("column", ["resident_number", "individual_number", "resident_code"])
def test_a_number_in_two_rows_refuses_both_households(ground: Ground, tmp_path: Path, column: str) -> None:
    third = resident("3", household_number="H2", address=OTHER_HOME)
    third[column] = resident("1")[column]
    folder = write(
        tmp_path / "in",
        households=[household("H1"), household("H2", address=OTHER_HOME), household("H3")],
        residents=[resident("1"), third, resident("4", household_number="H3")],
    )
    report = run(ground, folder)
    duplicates = [refusal.row for refusal in report.refusals if refusal.code is RefusalCode.DUPLICATE_NUMBER]
    assert duplicates == [2, 3]
    assert numbers(ground) == ["4"]


def test_a_number_someone_else_in_the_register_has_is_refused_whole(ground: Ground, folder: Path) -> None:
    run(ground, folder)
    write(
        folder,
        households=[household("H3")],
        residents=[
            resident("7", household_number="H3"),
            child("8", household_number="H3", resident_code=resident("1")["resident_code"]),
        ],
    )
    report = run(ground, folder)
    assert Refusal("residents.csv", 3, "individual_number", RefusalCode.NUMBER_TAKEN) in report.refusals
    assert numbers(ground) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([child("1")], RefusalCode.NO_HEAD),
        ([resident("1"), resident("2")], RefusalCode.SEVERAL_HEADS),
        ([], RefusalCode.HOUSEHOLD_WITHOUT_MEMBERS),
    ],
)
def test_a_household_has_exactly_one_head(
    ground: Ground, tmp_path: Path, rows: list[dict[str, str]], code: RefusalCode
) -> None:
    report = run(ground, write(tmp_path / "in", households=[household()], residents=rows))
    assert Refusal("households.csv", 2, "household_number", code) in report.refusals
    assert numbers(ground) == []


def test_a_dead_head_beside_a_living_one_is_no_second_head(ground: Ground, tmp_path: Path) -> None:
    dead = resident("1", status="deceased", ended_on="2026-11-01")
    report = run(ground, write(tmp_path / "in", households=[household()], residents=[dead, resident("2")]))
    assert report.added == 2


def _without_file(folder: Path) -> None:
    (folder / "households.csv").unlink()


def _latin(folder: Path) -> None:
    (folder / "residents.csv").write_bytes("山田".encode("cp932"))


def _without_column(folder: Path) -> None:
    replace_in(folder / "residents.csv", ",birth_date,", ",birthday,")


def _column_twice(folder: Path) -> None:
    replace_in(folder / "seals.csv", "picture\n", "picture,seal_number\n")


def _short_row(folder: Path) -> None:
    with (folder / "seals.csv").open("a", encoding="utf-8") as file:
        file.write("1,S1\n")


def _open_quote(folder: Path) -> None:
    with (folder / "seals.csv").open("a", encoding="utf-8") as file:
        file.write('1,"S1,2020-01-01,\n')


def _unclear_protection(folder: Path) -> None:
    (folder / "protections.csv").write_bytes(text_of("protections.csv", [protection("99")]).encode())


def _homeless_resident(folder: Path) -> None:
    replace_in(folder / "residents.csv", "3,H2,", "3,H9,")
    replace_in(folder / "residents.csv", OTHER_HOME, "どこか")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_without_file, RefusalCode.MISSING_FILE),
        (_latin, RefusalCode.NOT_UTF8),
        (_without_column, RefusalCode.MISSING_COLUMN),
        (_without_column, RefusalCode.UNKNOWN_COLUMN),
        (_column_twice, RefusalCode.DUPLICATE_COLUMN),
        (_short_row, RefusalCode.MALFORMED_ROW),
        (_open_quote, RefusalCode.MALFORMED_ROW),
        (_unclear_protection, RefusalCode.UNKNOWN_RESIDENT),
        (_homeless_resident, RefusalCode.NO_HOUSEHOLD_TO_REFUSE),
    ],
)
def test_files_that_cannot_be_trusted_import_nothing(
    ground: Ground, folder: Path, spoil: Spoil, code: RefusalCode
) -> None:
    spoil(folder)
    report = run(ground, folder)
    assert report.stopped
    assert code in {refusal.code for refusal in report.refusals}
    assert numbers(ground) == []


@pytest.mark.parametrize(
    ("bad", "column", "code"),
    [
        (seal("3", registered_on="yesterday"), "registered_on", RefusalCode.BAD_DATE),
        (seal("3", seal_number="S1"), "seal_number", RefusalCode.DUPLICATE_NUMBER),
    ],
)
def test_a_bad_seal_refuses_its_owners_household(
    ground: Ground, folder: Path, bad: dict[str, str], column: str, code: RefusalCode
) -> None:
    (folder / "seals.csv").write_bytes(
        text_of("seals.csv", [bad, seal("2", seal_number="S1")][: 1 + (column == "seal_number")]).encode()
    )
    report = run(ground, folder)
    assert Refusal("seals.csv", 2, column, code) in report.refusals
    assert "3" not in numbers(ground)


def test_a_seal_that_is_no_longer_in_its_file_is_gone(ground: Ground, folder: Path) -> None:
    run(ground, folder)
    (folder / "seals.csv").write_bytes(text_of("seals.csv", []).encode())
    report = run(ground, folder)
    assert report.differences == [Difference("3", DifferenceKind.CHANGED, ("seals",))]
    with ground.engine.connect() as connection:
        assert connection.execute(sa.select(seals)).all() == []


def test_a_file_that_is_not_there_leaves_what_it_would_bring(ground: Ground, folder: Path) -> None:
    run(ground, folder)
    (folder / "seals.csv").unlink()
    assert run(ground, folder).unchanged == 3
    with ground.engine.connect() as connection:
        assert len(connection.execute(sa.select(seals)).all()) == 1


def test_a_protection_comes_in_and_is_ended_by_no_file(ground: Ground, folder: Path) -> None:
    (folder / "protections.csv").write_bytes(text_of("protections.csv", [protection("1")]).encode())
    run(ground, folder)
    (folder / "protections.csv").write_bytes(text_of("protections.csv", []).encode())
    run(ground, folder)
    assert block(ground, "1") is IssueBlock.PROTECTED


def test_a_change_under_way_blocks_until_an_import_says_it_is_over(ground: Ground, folder: Path) -> None:
    write(folder, households=[household()], residents=[resident("1", change_in_progress="1")])
    run(ground, folder)
    assert block(ground, "1") is IssueBlock.IN_PROGRESS
    write(folder, households=[household()], residents=[resident("1")])
    run(ground, folder)
    assert block(ground, "1") is None


def test_a_lagging_file_never_takes_back_a_departure_decided_here(ground: Ground, folder: Path) -> None:
    run(ground, folder)
    with database.transaction(ground.engine) as connection:
        leaving = register.resident_id_of(connection, "2")
        register.change(
            connection, leaving, {"status": ResidentStatus.PLANNED_DEPARTURE, "destination": "東京都"},
            valid_from=MORNING.date(), actor=TESTER, reason=register.ChangeReason.MOVING_OUT, filing_id=None,
            now=MORNING,
        )  # fmt: skip
    report = run(ground, folder)
    assert report.differences == [Difference("2", DifferenceKind.STATUS_KEPT, ("status",))]
    assert (record(ground, "2").status, record(ground, "2").destination) == (
        ResidentStatus.PLANNED_DEPARTURE,
        "東京都",
    )


def test_someone_who_is_in_no_file_is_named_and_stays(ground: Ground, folder: Path) -> None:
    run(ground, folder)
    write(folder, households=[household()], residents=[resident("1")])
    report = run(ground, folder)
    assert [(each.resident_number, each.kind) for each in report.differences] == [
        ("2", DifferenceKind.ABSENT),
        ("3", DifferenceKind.ABSENT),
    ]
    assert numbers(ground) == ["1", "2", "3"]


def _swap(folder: Path) -> None:
    """The heads of both households change places."""
    write(
        folder,
        households=[household("H1"), household("H2", address=OTHER_HOME)],
        residents=[
            resident("3"),
            child("2"),
            resident("1", household_number="H2", address=OTHER_HOME),
        ],
    )


def test_households_that_exchange_members_change_together(ground: Ground, folder: Path) -> None:
    run(ground, folder)
    _swap(folder)
    assert run(ground, folder).changed == 2
    assert record(ground, "1").household_id != record(ground, "2").household_id
    assert record(ground, "3").household_id == record(ground, "2").household_id


def test_households_that_exchange_members_are_refused_together(ground: Ground, folder: Path) -> None:
    run(ground, folder)
    before = [record(ground, number) for number in "123"]
    _swap(folder)
    replace_in(folder / "residents.csv", "山田　小花", "\ue000")
    report = run(ground, folder)
    assert {refusal.code for refusal in report.refusals} == {RefusalCode.PRIVATE_CHARACTER, FALLEN}
    assert len(report.refusals) == 5
    assert [record(ground, number) for number in "123"] == before


def test_a_head_who_is_missing_from_the_files_stops_a_second_one(ground: Ground, folder: Path) -> None:
    run(ground, folder)
    write(folder, households=[household()], residents=[resident("2")])
    report = run(ground, folder)
    assert Refusal("households.csv", 2, "household_number", RefusalCode.SEVERAL_HEADS) in report.refusals
    assert record(ground, "2").version == 1


def test_the_report_repeats_no_value(ground: Ground, folder: Path) -> None:
    replace_in(folder / "residents.csv", "山田　小花", "秘密\u200b")
    assert "秘密" not in repr(run(ground, folder))
