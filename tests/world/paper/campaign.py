"""What a camera makes of many sheets: `python -m tests.world.paper.campaign [sheets]` (`make papers`).

Every sheet is sealed, printed at 600 dpi, folded, photocopied once and scanned at 200 dpi, turned by up to 3°; every
fourth is photographed by a phone instead of copied. Half are genuine. The others are forged: stamped with another
key, swapped between sets, one character changed by somebody who has the press and its font, the code of another sheet
pasted on, a text added in a blank place. Prints one line for each figure, and leaves with 1 when a bound is broken.
"""

import multiprocessing
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Self

import numpy as np

from portal.certificates.papers.judging import Verdict, judge
from portal.certificates.papers.photo import Difference, Found, PageNotFound, Sight, compare, read
from portal.certificates.press import Press
from tests.portal.certificates.papers.making import key_list
from tests.world.paper import forger, machines, wear
from tests.world.paper.pages import Picture, rasterised
from tests.world.paper.sheets import Certificate, Office, household

SHEETS = 500
LEAST_READ = 0.99
_DPI = 300
_REFERENCE_DPI = 600
_MOST_UNCLEAR = 0.1
"""Of the genuine sheets' texts; a fold takes a line of them."""


@dataclass
class Figures:
    """What was found. `verdicts` counts (what was done to the sheet, what was said of it)."""

    sheets: int = 0
    read: int = 0
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    texts: int = 0
    unclear_texts: int = 0
    seconds: list[float] = field(default_factory=list)

    def __iadd__(self, more: "Figures") -> Self:
        self.sheets += more.sheets
        self.read += more.read
        self.verdicts += more.verdicts
        self.texts += more.texts
        self.unclear_texts += more.unclear_texts
        self.seconds += more.seconds
        return self

    @property
    def misjudged(self) -> list[str]:
        """Every forgery that was believed, and every genuine sheet that was accused."""
        genuine = {said for done, said in self.verdicts if done == "genuine"}
        believed = [f"{done}: {said}" for done, said in self.verdicts if done != "genuine" and said == "genuine"]
        return believed + [f"genuine: {said}" for said in genuine if said not in {"genuine", "unclear"}]

    @property
    def wrong(self) -> list[str]:
        """Every broken bound."""
        broken = self.misjudged
        if self.read < LEAST_READ * self.sheets:
            broken.append(f"read {self.read} of {self.sheets}")
        if self.unclear_texts > _MOST_UNCLEAR * self.texts:
            broken.append(f"unclear {self.unclear_texts} of {self.texts} texts")
        return broken

    def lines(self) -> list[str]:
        """The figures for people."""
        said = [f"{done} -> {word}: {count}" for (done, word), count in sorted(self.verdicts.items())]
        middle = sorted(self.seconds)[len(self.seconds) // 2] if self.seconds else 0.0
        return [
            f"read {self.read} of {self.sheets}",
            *said,
            f"unclear texts on genuine sheets: {self.unclear_texts} of {self.texts}",
            f"a comparison: {middle:.2f} s of processor time in the middle",
        ]


class Campaign:
    """One office, one stranger with a key of their own, and sheets on which something has happened."""

    def __init__(self, press: Press, seed: int = 0) -> None:
        self._press = press
        self._office, self._stranger = Office(), Office()
        self._keys = key_list(self._office.sealer)
        self._seed = seed
        self.figures = Figures()

    def sheet(self, number: int) -> None:
        """Make, wear, look at and judge sheet `number`; its fate follows from the number."""
        rng = random.Random(f"{self._seed}.{number}")
        forged = (self._altered, self._pasted, self._foreign, self._swapped, self._added)
        done = self._genuine if number % 2 == 0 else forged[number // 2 % len(forged)]
        said = done(number, rng)
        self.figures.verdicts[done.__name__.strip("_"), said] += 1

    def _genuine(self, number: int, rng: random.Random) -> str:
        sheet = self._issued(number, rng)
        photo, found = self._seen(sheet.printed(_DPI)[0], sheet.sealed.stamps[0], number)
        return self._said(photo, found, sheet, genuine=True)

    def _altered(self, number: int, rng: random.Random) -> str:
        sheet = self._issued(number, rng)
        forged = self._office.misused(self._press, forger.one_character(sheet.persons, rng), sheet)
        photo, found = self._seen(forged.printed(_DPI)[0], sheet.sealed.stamps[0], number)
        return self._said(photo, found, sheet)

    def _pasted(self, number: int, rng: random.Random) -> str:
        sheet, other = self._issued(number, rng), self._issued(number + 1_000_000, rng)
        code = sheet.true_page(self._press, 1).code
        forged = forger.pasted(other.printed(_DPI)[0], sheet.printed(_DPI)[0], code)
        photo, found = self._seen(forged, sheet.sealed.stamps[0], number)
        return self._said(photo, found, sheet)

    def _added(self, number: int, rng: random.Random) -> str:
        sheet = self._issued(number, rng)
        page = sheet.true_page(self._press, 1)
        _, top, right, bottom = page.places["persons.0.remark.label"]
        forged = forger.added(sheet.printed(_DPI)[0], (right + 25, top), bottom - top, "同上")
        photo, found = self._seen(forged, sheet.sealed.stamps[0], number)
        return self._said(photo, found, sheet)

    def _foreign(self, number: int, rng: random.Random) -> str:
        sheet = self._stranger.issue(self._press, household(number, rng.randint(1, 4)))
        _, found = self._seen(sheet.printed(_DPI)[0], sheet.sealed.stamps[0], number)
        return self._judged([found])

    def _swapped(self, number: int, rng: random.Random) -> str:
        one, other = (self._office.issue(self._press, household(number + more, 5)) for more in (0, 1_000_000))
        pages = [(one, 0), (other, 1)]
        photos = [self._seen(sheet.printed(_DPI)[at], sheet.sealed.stamps[at], number) for sheet, at in pages]
        return self._judged([found for _, found in photos])

    def _issued(self, number: int, rng: random.Random) -> Certificate:
        return self._office.issue(self._press, household(number, rng.randint(1, 4)))

    def _seen(self, sheet: Picture, stamp: bytes, number: int) -> tuple[Picture, tuple[Found, ...]]:
        """The sheet after all that happens to paper, and the codes a camera finds on it."""
        random = np.random.default_rng([self._seed, number])
        paper = wear.folded(machines.laser(sheet), random)
        if number % 4 == 3:
            photo = machines.photographed(paper, random)
        else:
            photo = machines.scanned(machines.copied(paper, random), 200, random)
        found = read(photo.image)
        self.figures.sheets += 1
        self.figures.read += stamp in [code.payload for code in found]
        return photo, found

    def _judged(self, sheets: list[tuple[Found, ...]]) -> str:
        verdict = judge([[code.payload for code in found] for found in sheets], self._keys).verdict
        return "genuine" if verdict is Verdict.GENUINE_OFFLINE else verdict.value

    def _said(self, photo: Picture, found: tuple[Found, ...], sheet: Certificate, *, genuine: bool = False) -> str:
        """What a checker would say who holds the sheet's words against the photo."""
        judged = self._judged([found])
        if judged != "genuine":
            return judged
        page = sheet.true_page(self._press, 1)
        reference = rasterised(page.document, _REFERENCE_DPI)[0].image
        started = time.process_time()
        try:
            differences = compare(photo.image, found[0], reference, page)
        except PageNotFound:
            return "another page"
        self.figures.seconds.append(time.process_time() - started)
        if genuine:
            self.figures.texts += len(page.places)
            self.figures.unclear_texts += sum(one.sight is Sight.UNCLEAR for one in differences)
        return worst(differences)


def worst(differences: tuple[Difference, ...]) -> str:
    """The strongest word among the differences."""
    sights = {one.sight for one in differences}
    for sight in (Sight.DIFFERENT, Sight.ADDED, Sight.UNCLEAR):
        if sight in sights:
            return sight.value
    return "genuine"


def main() -> int:
    """Run it on all processors; 1 when a bound is broken."""
    sheets = int(sys.argv[1]) if len(sys.argv) > 1 else SHEETS
    show: Callable[[str], int] = sys.stdout.write
    figures = Figures()
    with multiprocessing.get_context("spawn").Pool(initializer=_prepare) as pool:
        for done, (number, one) in enumerate(pool.imap_unordered(_one_sheet, range(sheets)), 1):
            figures += one
            for line in one.misjudged:
                show(f"papers: sheet {number}: {line}\n")
            if done % 25 == 0:
                show(f"papers: {done} sheets, {dict(figures.verdicts)}\n")
            sys.stdout.flush()
    for line in figures.lines():
        show(f"papers: {line}\n")
    for line in figures.wrong:
        show(f"papers: BROKEN {line}\n")
    return 1 if figures.wrong else 0


_here: list[Campaign] = []
"""The one campaign of a process of the pool."""


def _prepare() -> None:
    folder = tempfile.mkdtemp(prefix="papers-")
    Finalize(None, shutil.rmtree, args=(folder,), exitpriority=1)
    _here.append(Campaign(Press(Path(folder))))


def _one_sheet(number: int) -> tuple[int, Figures]:
    campaign = _here[0]
    campaign.figures = Figures()
    campaign.sheet(number)
    return number, campaign.figures


if __name__ == "__main__":
    sys.exit(main())
