"""docs/invariants.md names code and tests that exist."""

import ast
import re

import pytest

from tests.conftest import CHECKOUT

_ROWS = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in (CHECKOUT / "docs" / "invariants.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| \d+ \|", line)
]
_NAMED = re.compile(r"`([\w/.]+\.py)::(\w+)`")


def test_all_eighteen_are_there_and_each_says_whether_it_holds() -> None:
    assert [int(row[0]) for row in _ROWS] == list(range(1, 19))
    assert all(len(row) == 6 for row in _ROWS)
    assert all(row[2] == ("in part" if row[5] else "yes") for row in _ROWS)


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row[0])
def test_every_place_and_test_that_is_named_exists(row: list[str]) -> None:
    places, tests = _NAMED.findall(row[3]), _NAMED.findall(row[4])
    assert places
    assert tests
    assert all(file.startswith(("portal/", "print_agent/", "kiosk/")) for file, _ in places)
    assert all(file.startswith("tests/") and name.startswith("test_") for file, name in tests)
    missing = [f"{file}::{name}" for file, name in places + tests if name not in _defined(file)]
    assert missing == []


def _defined(file: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse((CHECKOUT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found
