"""The compiled forms against WeasyPrint's own layout of the same sheets: the same characters at the same places.

`python -m tests.portal.certificates.differential [HOUSEHOLDS]` compares 500 households of 1 to 24 persons with texts
of every script and length, and the forms of the other kinds; the suite compares a part of them.
"""

import io
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import chain, product, zip_longest
from pathlib import Path
from random import Random

from PIL import Image

from portal.certificates.forms.weasy.faults import DoesNotFit
from portal.certificates.kinds import all_kinds, kind_of
from portal.certificates.paper import Issue, Kind, Layout, Picture, Sheet
from portal.certificates.press import Press
from portal.certificates.sealing.sealer import Sealed
from portal.certificates.values import pictures, texts
from tests.portal.certificates import placed
from tests.portal.certificates.households import Stretching, household, with_texts
from tests.portal.certificates.sheets import ISSUE, NOON, software_sealing

HOUSEHOLDS = 500
NEAR = 0.05
"""How far a character may stand from where the full layout has it; points."""
_SAME_COLOUR = 0.001
_OTHERS = 5
_SEED = 20261125


class Differs(AssertionError):
    """Raised when the two layouts of a household are not the same; names the certificate."""


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
class Case:
    """A certificate to compare, named for whoever looks into a difference."""

    name: str
    kind: Kind
    layout: Layout


@dataclass(frozen=True)
class Compared:
    """What one comparison saw: sheets, characters, how far the farthest was off."""

    name: str
    sheets: int
    characters: int
    farthest: float


def households(press: Press, numbers: Iterable[int], most_persons: int = 24) -> Iterator[Case]:
    """These households of the corpus: every size in turn, in two of three some or most texts stretched."""
    kind, stretching = kind_of("resident_record"), _stretching(press)
    forms = dict(press._forms(kind, ISSUE.seal).forms)
    for number in numbers:
        random = Random(_SEED + number)
        plain = household(random, 1 + number * 7 % most_persons, foreign=random.choice((0, 0.3, 1)))
        layout = stretching.stretched(random, plain, forms, random.choice((0, 0.3, 0.7)))
        yield Case(f"household {number}", kind, _fitting(press, kind, layout))


def other_kinds(press: Press, numbers: Iterable[int]) -> Iterator[Case]:
    """Every form of every other kind, its specimen's texts stretched, once for each of `numbers`."""
    stretching = _stretching(press)
    for kind in (kind for kind in all_kinds().values() if kind.id != "resident_record"):
        forms = dict(press._forms(kind, ISSUE.seal).forms)
        for number, (form, specimen) in product(numbers, kind.forms.items()):
            shown = dict.fromkeys(pictures(specimen), _impression())
            plain = Layout((Sheet(form, with_texts(specimen, shown)),))
            layout = stretching.stretched(Random(_SEED + number), plain, forms, 0.7)
            yield Case(f"{kind.id} {form} {number}", kind, _fitting(press, kind, layout))


def _impression() -> Picture:
    written = io.BytesIO()
    Image.radial_gradient("L").convert("1").save(written, "PNG")
    return Picture(written.getvalue())


def _stretching(press: Press) -> Stretching:
    return Stretching(press.coverage, press._glyphs.advances, press._glyphs.units)


def compare(press: Press, case: Case) -> Compared:
    """Both layouts of a certificate; raises Differs."""
    kind, layout, seal = case.kind, case.layout, OneSeal()
    officer = ("岬　進", "渡邉\U000e010f　龍之介左衛門", "JEAN-PIERRE O'BRIEN")[len(layout.sheets) % 3]
    compiled, reference = (
        press.print(kind, layout, replace(ISSUE, officer=officer), NOON, seal, full_layout=full).document
        for full in (False, True)
    )
    ours, theirs = placed.pages(compiled), placed.pages(reference)
    if len(ours) != len(layout.sheets) or len(theirs) != len(layout.sheets):
        raise Differs(f"{case.name}: {len(ours)} and {len(theirs)} pages for {len(layout.sheets)} sheets")
    farthest = max(require_same(case.name, *both) for both in zip(ours, theirs, strict=True))
    for page, sheet in zip(ours, layout.sheets, strict=True):
        printed = press._forms(kind, ISSUE.seal).forms[sheet.form].paths()
        _require_words(case.name, page, [text.text for text in texts(sheet.values) if text.path in printed])
    return Compared(case.name, len(ours), sum(len(page.characters) for page in ours), farthest)


def _fitting(press: Press, kind: Kind, layout: Layout) -> Layout:
    """The layout with whatever is a little too long cut until its form takes it."""
    while True:
        try:
            press.unsigned(kind, layout, ISSUE, NOON)
        except DoesNotFit as long:
            layout = _cut(layout, str(long))
        else:
            return layout


def _cut(layout: Layout, path: str) -> Layout:
    sheets = []
    for number, sheet in enumerate(layout.sheets, 1):
        of_sheet = {one.path: one.text for one in texts(sheet.values)}
        own = path.removeprefix(f"{number}.") if len(layout.sheets) > 1 else path
        if own not in of_sheet:
            sheets.append(sheet)
            continue
        shorter = of_sheet[own][: len(of_sheet[own]) * 9 // 10].strip(" 　")
        sheets.append(replace(sheet, values=with_texts(sheet.values, {own: shorter})))
    return Layout(tuple(sheets))


def require_same(name: str, ours: placed.Page, theirs: placed.Page) -> float:
    """The distance of the farthest character; raises Differs."""
    farthest = 0.0
    for mine, other in zip_longest(ours.characters, theirs.characters):
        if mine is None or other is None or mine.text != other.text:
            raise Differs(f"{name}: other characters")
        if max(abs(a - b) for a, b in zip(mine.colour, other.colour, strict=True)) > _SAME_COLOUR:
            raise Differs(f"{name}: another colour")
        far = max(abs(mine.x - other.x), abs(mine.y - other.y), abs(mine.size - other.size))
        if far > NEAR:
            raise Differs(f"{name}: a character is {far:.3f} pt off")
        farthest = max(farthest, far)
    for stroke, same in zip_longest(ours.art, theirs.art, fillvalue=("", ())):
        if stroke[0] != same[0] or len(stroke[1]) != len(same[1]):
            raise Differs(f"{name}: other art")
        if any(abs(a - b) > NEAR for a, b in zip(stroke[1], same[1], strict=True)):
            raise Differs(f"{name}: art is off")
    return farthest


def _require_words(name: str, page: placed.Page, wanted: list[str]) -> None:
    """Every value is on the page code point for code point."""
    shown = Counter(character.text[0] for character in page.characters if not character.text.isspace())
    for text in wanted:
        shown.subtract(sign for sign in text if not sign.isspace() and not "\U000e0100" <= sign <= "\U000e01ef")
    if any(count < 0 for count in shown.values()):
        raise Differs(f"{name}: a text is not on the page")


def main(count: int) -> int:
    """Compare `count` households on all cores; prints what was compared, or fails with the first that differs."""
    began, cores = time.monotonic(), len(os.sched_getaffinity(0))
    with multiprocessing.get_context("fork").Pool(cores) as pool:
        parts = pool.map(_part, [range(first, count, cores) for first in range(cores)], chunksize=1)
    done = [one for part in parts for one in part]
    farthest = max(one.farthest for one in done)
    print(
        f"{len(done)} certificates, {sum(one.sheets for one in done)} sheets, "
        f"{sum(one.characters for one in done)} characters: all the same, none more than {farthest:.4f} pt off "
        f"({time.monotonic() - began:.0f} s)"
    )
    return 0


def _part(numbers: range) -> list[Compared]:
    with tempfile.TemporaryDirectory() as folder:
        press = Press(Path(folder))
        cases = chain(households(press, numbers), other_kinds(press, numbers[:: len(numbers) // _OTHERS or 1]))
        return [compare(press, case) for case in cases]


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else HOUSEHOLDS))
