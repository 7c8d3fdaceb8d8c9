"""Compiled forms hold against the full layout; the whole campaign is `tests.portal.certificates.differential`."""

from dataclasses import replace

import pytest

from portal.certificates.kinds import all_kinds
from portal.certificates.press import Press
from tests.portal.certificates import differential, placed
from tests.portal.certificates.sheets import person, printed

# Of few persons, so that WeasyPrint's own layout of them takes seconds and not minutes.
HOUSEHOLDS = 24
MOST_PERSONS = 5


def test_a_compiled_certificate_is_what_the_full_layout_gives(press: Press) -> None:
    cases = list(differential.households(press, range(HOUSEHOLDS), MOST_PERSONS))
    done = [differential.compare(press, case) for case in cases]
    assert len(done) == HOUSEHOLDS
    assert sum(one.characters for one in done) > 500 * HOUSEHOLDS
    assert max(one.farthest for one in done) <= differential.NEAR


def test_so_is_every_form_of_every_other_kind(press: Press) -> None:
    done = [differential.compare(press, case) for case in differential.other_kinds(press, [0])]
    assert len(done) == sum(len(kind.forms) for kind in all_kinds().values() if kind.id != "resident_record")


def test_the_comparison_sees_a_character_a_twentieth_of_a_point_off_and_another_spelling(press: Press) -> None:
    one = placed.pages(printed(press, person(name="渡邉\U000e010f　花子")).document)[0]
    assert "邉\U000e010f" in {character.text for character in one.characters}
    for changed in (
        replace(one.characters[7], x=one.characters[7].x + 0.06),
        replace(one.characters[7], text="邉"),
        replace(one.characters[7], size=one.characters[7].size + 0.06),
    ):
        characters = (*one.characters[:7], changed, *one.characters[8:])
        with pytest.raises(differential.Differs):
            differential.require_same("a page", one, replace(one, characters=characters))
    with pytest.raises(differential.Differs):
        differential.require_same("a page", one, replace(one, art=one.art[:-1]))
