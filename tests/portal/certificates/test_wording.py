"""Naming a field of a paper in words, without its value."""

from dataclasses import dataclass

import pytest

from portal.certificates.kinds import all_kinds
from portal.certificates.paper import Entry, Layout, Sheet, labelled
from portal.certificates.values import texts
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


ONE = Layout((Sheet("1", PAPER),))
FOUR = Layout((Sheet("1", PAPER),) * 4)


@pytest.mark.parametrize(
    ("layout", "path", "words"),
    [
        (ONE, "persons.1.name", "2人目の氏名"),
        (FOUR, "3.persons.1.name", "3枚目 2人目の氏名"),
        (ONE, "persons.0.origin.value", "1人目の本籍"),
        (ONE, "persons.1.origin.value", "2人目の国籍・地域"),
        (FOUR, "2.address", "2枚目 住所"),
        (ONE, "sentence", "sentence"),
        (ONE, "issue.officer", "長の氏名"),
        (FOUR, "issue.office", "長の職名"),
        (FOUR, "9.address", "9.address"),
        (ONE, "nowhere", "nowhere"),
    ],
)
def test_a_field_is_named_by_sheet_person_and_label(layout: Layout, path: str, words: str) -> None:
    assert where(layout, path) == words


@pytest.mark.parametrize("kind", sorted(all_kinds()))
def test_every_text_a_kind_prints_has_a_name_people_know(kind: str) -> None:
    for form, values in all_kinds()[kind].forms.items():
        layout = Layout((Sheet(form, values),))
        for text in texts(values):
            if not text.path.endswith((".label", "number")) and not text.path.startswith("blanks."):
                assert not where(layout, text.path).isascii(), text.path
