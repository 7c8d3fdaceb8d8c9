"""A part of the corpus of hard names; all 2,000 go through `python -m tests.portal.certificates.hard_names`."""

from collections import Counter

from portal.certificates.characters import approved_font
from portal.certificates.press import Press
from tests.portal.certificates.hard_names import HOW_MANY, hard_names
from tests.portal.certificates.hard_names_judge import Fate, Judge

SAMPLE = 150


def test_the_corpus_is_the_same_every_time_and_has_no_name_twice() -> None:
    names = hard_names()
    assert names == hard_names()
    assert len({hard.name for hard in names}) == len(names) == HOW_MANY


def test_every_part_of_the_corpus_holds_something_of_every_family() -> None:
    families = {hard.family for hard in hard_names()} - {"mixed"}
    assert {hard.family for hard in hard_names()[:SAMPLE]} == families


def test_hard_names_are_printed_exactly_or_refused_by_name(press: Press) -> None:
    verdicts = Judge(press, approved_font()).judge([hard.name for hard in hard_names()[:SAMPLE]])
    assert [verdict.said for verdict in verdicts if verdict.fate is Fate.WRONG] == []
    counted = Counter(verdict.fate for verdict in verdicts)
    assert min(counted[fate] for fate in (Fate.PRINTED, Fate.REFUSED_ON_ENTRY, Fate.REFUSED_CHARACTER)) >= 20
    assert all(verdict.said for verdict in verdicts if verdict.fate is not Fate.PRINTED)
