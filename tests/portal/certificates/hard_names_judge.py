"""What becomes of a name: through the rules of entry, then through the press, 24 to a household."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from portal.certificates.characters import UnprintableCharacter, sequences
from portal.certificates.forms.weasy.faults import DoesNotFit
from portal.certificates.press import Press
from portal.register.importing.columns import RESIDENTS, ValueRefused
from portal.register.importing.report import RefusalCode
from portal.register.variants import adobe_japan
from tests.portal.certificates import pdf_glyphs
from tests.portal.certificates.sheets import person, printed

HOUSEHOLD = 24
_NAME = next(column for column in RESIDENTS.columns if column.name == "name")
_ABOUT_THE_WHOLE = {RefusalCode.TOO_LONG, RefusalCode.REQUIRED}
_BORN = "昭和60年7月20日"
_NEVER_PRINTED = ("C", "M", "Zl", "Zp")
# So many full-width places always fit; whoever is refused for less is refused wrongly.
_ALWAYS_FITS = 30


class Fate(StrEnum):
    """Printed right, refused by name at one of the gates, or neither."""

    PRINTED = "printed"
    REFUSED_ON_ENTRY = "refused_on_entry"
    REFUSED_CHARACTER = "refused_character"
    REFUSED_LENGTH = "refused_length"
    WRONG = "wrong"


@dataclass(frozen=True)
class Verdict:
    """What became of one name, and the words of the refusal (or of what went wrong)."""

    fate: Fate
    said: str = ""


class Judge:
    """Judges names on one press against the approved font."""

    def __init__(self, press: Press, font: Path) -> None:
        self._press = press
        self._approved = pdf_glyphs.ApprovedOutlines(font.read_bytes())

    def judge(self, names: Sequence[str]) -> list[Verdict]:
        """One verdict for each name, in order."""
        verdicts: dict[int, Verdict] = {}
        waiting: list[tuple[int, str]] = []
        for place, name in enumerate(names):
            registered = self._entered(name)
            if isinstance(registered, Verdict):
                verdicts[place] = registered
            else:
                waiting.append((place, registered))
        while waiting:
            group, waiting = waiting[:HOUSEHOLD], waiting[HOUSEHOLD:]
            verdicts |= self._print(group)
        return [_without_value(verdicts[place], name) for place, name in enumerate(names)]

    def _entered(self, name: str) -> str | Verdict:
        try:
            registered = _NAME.value(name)
        except ValueRefused as refused:
            if not refused.code_points and refused.code not in _ABOUT_THE_WHOLE:
                return Verdict(Fate.WRONG, f"refused on entry without a code point: {refused.code}")
            return Verdict(Fate.REFUSED_ON_ENTRY, f"name: {refused.code.value} {refused.code_points}".strip())
        pairs = zip(sequences(name), sequences(str(registered)), strict=True)
        if any(theirs != ours and adobe_japan().get(theirs) != ours for theirs, ours in pairs):
            return Verdict(Fate.WRONG, "changed on entry")
        return str(registered)

    def _print(self, group: list[tuple[int, str]]) -> dict[int, Verdict]:
        """Print a household; whoever is refused by name leaves it, and the others are tried again."""
        if not group:
            return {}
        people = [person(name=name, reading=_mark(number)) for number, (_, name) in enumerate(group)]
        try:
            document = printed(self._press, *people).document
        except UnprintableCharacter as refused:
            place = next(place for place, name in group if _holds(name, refused))
            others = [entry for entry in group if entry[0] != place]
            return {place: self._justified(refused)} | self._print(others)
        except DoesNotFit as refused:
            if len(group) > 1:
                middle = len(group) // 2
                return self._print(group[:middle]) | self._print(group[middle:])
            [(place, name)] = group
            if sum(1 if ord(one[0]) > 0x2000 else 0.5 for one in sequences(name)) <= _ALWAYS_FITS:
                return {place: Verdict(Fate.WRONG, f"refused as too long at {len(name)} code points")}
            return {place: Verdict(Fate.REFUSED_LENGTH, str(refused))}
        drawn = [code for page in pdf_glyphs.pages(document) for code in page]
        return {place: self._printed(name, _mark(number), drawn) for number, (place, name) in enumerate(group)}

    def _printed(self, name: str, mark: str, drawn: Sequence[pdf_glyphs.Drawn]) -> Verdict:
        texts = [code.text for code in drawn]
        starts = [place for place in range(len(texts)) if "".join(texts[place : place + len(mark)]) == mark]
        if len(starts) != 1:
            return Verdict(Fate.WRONG, f"the place of the name is there {len(starts)} times")
        begin = starts[0] + len(mark)
        length = _pieces(texts[begin:], name)
        shown, after = drawn[begin : begin + length], "".join(texts[begin + length : begin + length + 20])
        if "".join(code.text for code in shown) != name or not after.startswith(("生年月日", _BORN)):
            return Verdict(Fate.WRONG, f"another text is extracted: {_code_points(name)}")
        if any(code.outline != self._approved.named(code.text) for code in shown):
            return Verdict(Fate.WRONG, f"another glyph is drawn: {_code_points(name)}")
        return Verdict(Fate.PRINTED)

    def _justified(self, refused: UnprintableCharacter) -> Verdict:
        sequence = "".join(chr(int(point.removeprefix("U+"), 16)) for point in refused.code_points.split())
        categories = [unicodedata.category(character) for character in sequence]
        printable = not categories[0].startswith(_NEVER_PRINTED) and self._approved.has(sequence)
        if printable and not (categories[0] == "Zs" and sequence not in " \u3000"):
            return Verdict(Fate.WRONG, f"refused though the font has it: {refused.code_points}")
        return Verdict(Fate.REFUSED_CHARACTER, str(refused))


def _holds(name: str, refused: UnprintableCharacter) -> bool:
    return refused.code_points in (_code_points(sequence) for sequence in sequences(name))


def _pieces(texts: Sequence[str], name: str) -> int:
    """How many codes the name takes; a letter and the mark that the font joins with it have one."""
    reached = 0
    for count, text in enumerate(texts):
        if reached >= len(name):
            return count
        reached += len(text)
    return len(texts)


def _code_points(text: str) -> str:
    return " ".join(f"U+{ord(character):04X}" for character in text)


def _mark(number: int) -> str:
    return f"ヨミ{number:02}号"


def _without_value(verdict: Verdict, name: str) -> Verdict:
    if len(name) > 1 and name in verdict.said:
        return Verdict(Fate.WRONG, "the refusal repeats the name")
    return verdict
