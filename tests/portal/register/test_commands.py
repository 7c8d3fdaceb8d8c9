"""The two commands, as an operator sees them."""

import argparse
from pathlib import Path

import pytest

from portal import municipality
from portal.commands import municipality as municipality_command
from portal.commands import register as register_command
from portal.ground import Ground
from tests.portal.register.files import household, replace_in, resident, write
from tests.world.demo_city.municipality import MUNICIPALITY_TOML


def run(ground: Ground, *words: str) -> int:
    parser = argparse.ArgumentParser()
    topics = parser.add_subparsers(required=True)
    municipality_command.add_parser(topics)
    register_command.add_parser(topics)
    arguments = parser.parse_args(words)
    status: int = arguments.run(arguments, ground)
    return status


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "in", households=[household()], residents=[resident("1", name="秘密　名前")])


def test_an_import_ends_well_and_counts(ground: Ground, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(ground, "register", "import", str(folder)) == 0
    assert capsys.readouterr().out == "added 1 changed 0 unchanged 0\n"


def test_refused_rows_are_listed_without_their_values(
    ground: Ground, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replace_in(folder / "residents.csv", "1980-05-05", "1980-05-55")
    assert run(ground, "register", "import", str(folder)) == 2
    shown = capsys.readouterr().out
    assert "refused residents.csv row 2 birth_date bad_date\n" in shown
    assert "秘密" not in shown
    assert "1980" not in shown


def test_an_import_that_stops_says_that_nothing_was_imported(
    ground: Ground, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "households.csv").unlink()
    assert run(ground, "register", "import", str(folder)) == 1
    shown = capsys.readouterr().out
    assert "refused households.csv row 0 - missing_file\n" in shown
    assert shown.endswith("stopped, nothing was imported\n")


def test_a_municipality_is_loaded(ground: Ground, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "municipality.toml"
    file.write_text(MUNICIPALITY_TOML, encoding="utf-8")
    assert run(ground, "municipality", "load", str(file)) == 0
    assert capsys.readouterr().out == "982016 みさき市\n"
    with ground.engine.connect() as connection:
        assert municipality.current(connection).name == "みさき市"


def test_a_municipality_file_that_cannot_be_used_is_named_with_its_key(
    ground: Ground, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "municipality.toml"
    assert run(ground, "municipality", "load", str(file)) == 1
    file.write_text(MUNICIPALITY_TOML.replace("982016", "982017"), encoding="utf-8")
    assert run(ground, "municipality", "load", str(file)) == 1
    assert "code: the check digit is wrong" in capsys.readouterr().err
