"""The compiled forms against WeasyPrint's own layout of the same sheets: the same characters at the same places.

`python -m tests.portal.certificates.differential [HOUSEHOLDS]` compares 500 households of 1 to 24 persons with texts
of every script and length; the suite compares a part of them.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import islice, zip_longest
from pathlib import Path
from random import Random

from portal.certificates.forms.weasy.faults import DoesNotFit
from portal.certificates.kinds import kind_of
from portal.certificates.paper import Issue, Kind, Layout
from portal.certificates.press import Press
from portal.certificates.sealing.sealer import Sealed
from portal.certificates.values import texts
from tests.portal.certificates import placed
from tests.portal.certificates.households import Stretching, household, with_texts
from tests.portal.certificates.sheets import ISSUE, NOON, software_sealing

HOUSEHOLDS = 500
NEAR = 0.05
"""How far a character may stand from where the full layout has it; points."""
_SAME_COLOUR = 0.001
_SEED = 20261125


class Differs(AssertionError):
    """Raised when the two layouts of a household are not the same; names the household by its number."""


class OneSeal:
    """Gives the same tie and codes to both layouts of a certificate, and leaves the place of the signature empty."""

    @cached_property
    def _sealed(self) -> dict[int, Sealed]:
        return {}

    def begin(self, issue: Issue, kind: Kind, layout: Layout, municipality_code: str) -> Sealed:
        known = self._sealed.get(id(layout))
        if known is None:
            known = self._sealed[id(layout)] = software_sealing().begin(issue, kind, layout, municipality_code)
        return known

    def sign(self, pdf: bytes, _at: datetime) -> bytes:
        return pdf


@dataclass(frozen=True)
class Compared:
    """What one comparison saw: the household's number and sheets, its characters, how far the farthest was off."""

    number: int
    sheets: int
    characters: int
    farthest: float


def layouts(press: Press, count: int, most_persons: int = 24) -> Iterator[tuple[int, Layout]]:
    """The first `count` households of the corpus: every size in turn, a third of their texts stretched."""
    stretching = Stretching(press.coverage, press._glyphs.advances, press._glyphs.units)
    kind = kind_of("resident_record")
    forms = dict(press._forms(kind, ISSUE.seal).forms)
    for number in range(count):
        random = Random(_SEED + number)
        persons = 1 + number * 7 % most_persons
        plain = household(random, persons, foreign=random.choice((0, 0.3, 1)))
        yield number, _fitting(press, kind, stretching.stretched(random, plain, forms, random.choice((0, 0.3, 0.7))))


def compare(press: Press, number: int, layout: Layout) -> Compared:
    """Both layouts of a household; raises Differs."""
    kind, seal = kind_of("resident_record"), OneSeal()
    office = replace(ISSUE, officer=("岬　進", "渡邉\U000e010f　龍之介左衛門", "JEAN-PIERRE O'BRIEN")[number % 3])
    compiled, reference = (
        press.print(kind, layout, office, NOON, seal, full_layout=full).document for full in (False, True)
    )
    ours, theirs = placed.pages(compiled), placed.pages(reference)
    if len(ours) != len(layout.sheets) or len(theirs) != len(layout.sheets):
        raise Differs(f"household {number}: {len(ours)} and {len(theirs)} pages for {len(layout.sheets)} sheets")
    farthest = max(require_same(number, *both) for both in zip(ours, theirs, strict=True))
    for page, sheet in zip(ours, layout.sheets, strict=True):
        _require_words(number, page, [text.text for text in texts(sheet.values)])
    return Compared(number, len(ours), sum(len(page.characters) for page in ours), farthest)


def _fitting(press: Press, kind: Kind, layout: Layout) -> Layout:
    """The layout with whatever is a little too long cut until its form takes it."""
    while True:
        try:
            press.unsigned(kind, layout, ISSUE, NOON)
        except DoesNotFit as long:
            path = str(long)
            sheets = []
            for sheet in layout.sheets:
                text = next((one.text for one in texts(sheet.values) if one.path == path), "")
                cut = text[: len(text) * 9 // 10].strip(" 　")
                sheets.append(replace(sheet, values=with_texts(sheet.values, {path: cut})))
            layout = Layout(tuple(sheets))
        else:
            return layout


def require_same(number: int, ours: placed.Page, theirs: placed.Page) -> float:
    """The distance of the farthest character; raises Differs."""
    farthest = 0.0
    for mine, other in zip_longest(ours.characters, theirs.characters):
        if mine is None or other is None or mine.text != other.text:
            raise Differs(f"household {number}: other characters")
        if max(abs(a - b) for a, b in zip(mine.colour, other.colour, strict=True)) > _SAME_COLOUR:
            raise Differs(f"household {number}: another colour")
        far = max(abs(mine.x - other.x), abs(mine.y - other.y), abs(mine.size - other.size))
        if far > NEAR:
            raise Differs(f"household {number}: a character is {far:.3f} pt off")
        farthest = max(farthest, far)
    for stroke, same in zip_longest(ours.art, theirs.art, fillvalue=("", ())):
        if stroke[0] != same[0] or len(stroke[1]) != len(same[1]):
            raise Differs(f"household {number}: other art")
        if any(abs(a - b) > NEAR for a, b in zip(stroke[1], same[1], strict=True)):
            raise Differs(f"household {number}: art is off")
    return farthest


def _require_words(number: int, page: placed.Page, wanted: list[str]) -> None:
    """Every value is on the page code point for code point."""
    shown = Counter(character.text[0] for character in page.characters if not character.text.isspace())
    for text in wanted:
        shown.subtract(sign for sign in text if not sign.isspace() and not "\U000e0100" <= sign <= "\U000e01ef")
    if any(count < 0 for count in shown.values()):
        raise Differs(f"household {number}: a text is not on the page")


def main(count: int) -> int:
    """Compare `count` households; prints what was compared, or fails with the first that differs."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        press = Press(Path(folder))
        done = [compare(press, number, layout) for number, layout in layouts(press, count)]
    farthest = max(one.farthest for one in done)
    print(
        f"{len(done)} households, {sum(one.sheets for one in done)} sheets, "
        f"{sum(one.characters for one in done)} characters: all the same, none more than {farthest:.4f} pt off "
        f"({time.monotonic() - began:.0f} s)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(*islice(map(int, sys.argv[1:]), 1)) if sys.argv[1:] else main(HOUSEHOLDS))
