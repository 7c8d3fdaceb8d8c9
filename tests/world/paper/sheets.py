"""Sealed sheets to work on: invented households on the press's own forms, with tie, stamps and tint."""

import random
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import cast

from portal.certificates import numbers
from portal.certificates.kinds import kind_of
from portal.certificates.paper import Extent, Issue, Kind, Layout, Subject
from portal.certificates.papers.contents import Words, disclose
from portal.certificates.press import Press, Reprinted
from portal.certificates.sealing.active import Active, DocumentKey
from portal.certificates.sealing.sealer import Sealed, Sealing
from portal.keys import Purpose, SigningKeys
from portal.register import ResidentRecord
from tests.portal.certificates.papers.making import Sealer
from tests.portal.certificates.sheets import EVERYTHING, ISSUE, NOON, person, self_signed
from tests.world.demo_city import names, places
from tests.world.paper.pages import Picture, rasterised

_KIND = "resident_record"
_PRINTER_DPI = 600


@dataclass(frozen=True, repr=False)
class Certificate:
    """A certificate as it left the press, with all that its municipality knows about it."""

    issue: Issue
    persons: tuple[ResidentRecord, ...]
    document: bytes
    sealed: Sealed
    words: Words

    def true_page(self, press: Press, number: int) -> Reprinted:
        """Page `number` (from 1) set again from its words, with the places of its texts."""
        return press.reprint(kind_of(_KIND), self.words, number, self.issue, self.sealed.tie)

    def printed(self, dpi: int) -> tuple[Picture, ...]:
        """Its pages as the printer has them, 600 dpi, then reduced to what the paper is simulated with."""
        factor = _PRINTER_DPI // dpi
        return tuple(page.reduced(factor) for page in rasterised(self.document, _PRINTER_DPI))


class Office:
    """A municipality's seal: one key for everything."""

    def __init__(self, sealer: Sealer | None = None) -> None:
        self.sealer = sealer or Sealer()
        document = DocumentKey(
            self.sealer.id, self_signed(self.sealer.private), NOON.replace(year=2020), NOON.replace(year=2040)
        )
        active = Active(stamp_key_id=self.sealer.id, document=document)
        self._sealing = Sealing(cast("SigningKeys", self), lambda: active)

    def sign_by(self, _purpose: Purpose, _key_id: str, data: bytes) -> bytes:
        return self.sealer.sign(data)

    def issue(self, press: Press, persons: tuple[ResidentRecord, ...]) -> Certificate:
        """A new certificate of these persons."""
        return self._set(press, persons, replace(ISSUE, number=numbers.draw(ISSUE.municipality_code)), None)

    def misused(self, press: Press, persons: tuple[ResidentRecord, ...], genuine: Certificate) -> Certificate:
        """These persons under tie and stamps of another certificate: the forger has the very same press and font."""
        return self._set(press, persons, genuine.issue, genuine.sealed)

    def _set(
        self, press: Press, persons: tuple[ResidentRecord, ...], issue: Issue, sealed: Sealed | None
    ) -> Certificate:
        kind = kind_of(_KIND)
        layout = kind.compose(Subject(persons=persons, head=persons[0], extent=Extent.WHOLE, items=EVERYTHING))
        seal = _Remembering(self._sealing, sealed)
        document = press.print(kind, layout, issue, NOON, seal).document
        assert seal.sealed is not None
        words = disclose(seal.sealed.content.ciphertext, seal.sealed.secret, issue.number)
        return Certificate(issue, persons, document, seal.sealed, words)


class _Remembering:
    """Seals and keeps what was sealed; with `sealed` given it puts that on whatever is printed."""

    def __init__(self, sealing: Sealing, sealed: Sealed | None) -> None:
        self._sealing = sealing
        self.sealed = sealed

    def begin(self, issue: Issue, kind: Kind, layout: Layout, municipality_code: str) -> Sealed:
        self.sealed = self.sealed or self._sealing.begin(issue, kind, layout, municipality_code)
        return self.sealed

    def sign(self, pdf: bytes, at: datetime) -> bytes:
        return self._sealing.sign(pdf, at)


def household(seed: int, persons: int) -> tuple[ResidentRecord, ...]:
    """Invented residents; the same for the same seed."""
    rng = random.Random(seed)
    home, before = places.home(rng).address, places.elsewhere(rng)
    surname, kana = rng.choice(names.SURNAMES)
    family = []
    for number in range(persons):
        born = date(rng.randint(1936, 2020), rng.randint(1, 12), rng.randint(1, 28))
        given, reading = rng.choice(names.given_names(woman=rng.random() < 0.5, born=born.year))
        moved = date(rng.randint(2000, 2025), rng.randint(1, 12), rng.randint(1, 28))
        family.append(
            person(
                name=f"{surname}　{given}", reading=f"{kana}　{reading}", birth_date=born.isoformat(),
                relationship=("世帯主", "妻", "長男", "二女", "父")[number % 5], previous_address=before,
                domicile=places.domicile(rng), family_head=f"{surname}　{given}", address=home,
                became_resident_on=moved, address_since=moved, notified_on=moved,
            )
        )  # fmt: skip
    return tuple(family)
