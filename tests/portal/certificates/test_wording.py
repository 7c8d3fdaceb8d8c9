"""Naming a field of a paper in words, without its value."""

from dataclasses import dataclass

import pytest

from portal.certificates.paper import Entry, labelled
from portal.certificates.wording import where


@dataclass(frozen=True)
class Person:
    origin: Entry
    name: str = labelled("氏名")


@dataclass(frozen=True)
class Paper:
    sentence: str
    persons: tuple[Person, ...]
    address: str = labelled("住所")


PAPER = Paper(
    "証明する。",
    (Person(Entry("本　籍", "秘密"), "秘密"), Person(Entry("国籍・地域", "秘密"), "秘密")),
    "秘密",
)


@pytest.mark.parametrize(
    ("path", "sheet", "sheets", "words"),
    [
        ("persons.1.name", 1, 1, "2人目の氏名"),
        ("persons.1.name", 3, 4, "3枚目 2人目の氏名"),
        ("persons.0.origin.value", 1, 1, "1人目の本　籍"),
        ("persons.1.origin.value", 1, 1, "2人目の国籍・地域"),
        ("address", 2, 2, "2枚目 住所"),
        ("sentence", 1, 1, "sentence"),
        ("persons.0.origin.label", 1, 1, "1人目のpersons.0.origin.label"),
        ("issue.officer", 1, 1, "issue.officer"),
    ],
)
def test_a_field_is_named_by_sheet_person_and_label(path: str, sheet: int, sheets: int, words: str) -> None:
    assert where(PAPER, path, sheet, sheets) == words
