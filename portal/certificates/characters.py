"""文字: what the approved font can print, decided before anything is printed.

The one font of every certificate is IPAmj明朝. Its own tables (cmap and variation sequences) say which texts can be
printed exactly; anything else is refused by name. Nothing is normalised, substituted or drawn from another font.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont

FONT_FAMILY = "IPAmjMincho"
_FONT_FILE = "ipamjm.ttf"
_FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
_FIRST_SELECTOR, _LAST_SELECTOR = 0xE0100, 0xE01EF
_SELECTORS = chr(_FIRST_SELECTOR)
_SPACES = {" ", "\u3000"}
# Controls, formats, private use (外字), surrogates, unassigned, separators, and marks that join with their base.
_REFUSED_CATEGORIES = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp", "Zs", "Mn", "Mc", "Me"}


class FontMissing(Exception):
    """Raised when the approved font is not installed; no certificate can be printed."""


class UnprintableCharacter(Exception):
    """Raised when a value holds a character or variation sequence the approved font does not have.

    Names the field and the code points, never the value.
    """

    def __init__(self, field: str, sequence: str) -> None:
        self.field = field
        self.sequence = sequence
        self.code_points = " ".join(f"U+{ord(character):04X}" for character in sequence)
        super().__init__(f"{field}: {self.code_points}")


@cache
def approved_font() -> Path:
    """The file of the approved font; raises FontMissing."""
    for folder in _FONT_FOLDERS:
        found = sorted(folder.rglob(_FONT_FILE))
        if found:
            return found[0]
    raise FontMissing(_FONT_FILE)


class Coverage:
    """The font's character and variation tables, and what it makes of a letter and the mark that follows it."""

    def __init__(self, font: Path) -> None:
        with TTFont(font, lazy=True) as opened:
            self._glyphs: dict[int, int] = {
                code: opened.getGlyphID(name) for code, name in opened.getBestCmap().items()
            }
            self._variations: dict[tuple[int, int], int] = {
                (base, selector): self._glyphs[base] if name is None else opened.getGlyphID(name)
                for table in opened["cmap"].tables
                if table.format == 14
                for selector, pairs in table.uvsDict.items()
                for base, name in pairs
            }
            self._joined = _joined(opened, self._glyphs)
        self._joining = frozenset(pair[1] for pair in self._joined)
        # Sequences that have been looked up, each with its glyph: at most as many as the font has.
        self._known: dict[str, tuple[int, str]] = {}

    def glyph(self, sequence: str) -> int | None:
        """Glyph of a character, a variation sequence or a letter with its mark; None if it cannot be printed."""
        if not sequence:
            return None
        base = sequence[0]
        if base not in _SPACES and unicodedata.category(base) in _REFUSED_CATEGORIES:
            return None
        if len(sequence) == 1:
            return self._glyphs.get(ord(base))
        if len(sequence) != 2:
            return None
        return self._variations.get((ord(base), ord(sequence[1])), self._joined.get(sequence))

    def cut(self, text: str) -> Sequence[str]:
        """`text` in the pieces that have a glyph each."""
        if self._joining.isdisjoint(text):
            return text if max(text, default="") < _SELECTORS else sequences(text)
        pieces: list[str] = []
        for sequence in sequences(text):
            if pieces and pieces[-1] + sequence in self._joined:
                pieces[-1] += sequence
            else:
                pieces.append(sequence)
        return pieces

    def shaped(self, text: str) -> bool:
        """Whether the font joins letters of `text` with their marks (か゚), which is a matter for a shaper."""
        return not self._joining.isdisjoint(text) and any(piece in self._joined for piece in self.cut(text))

    def drawn(self, text: str) -> tuple[tuple[int, str], ...]:
        """The glyph of each character sequence of `text`, with the sequence; raises UnprintableCharacter."""
        known, cut = self._known, self.cut(text)
        try:
            return tuple(map(known.__getitem__, cut))
        except KeyError:
            for sequence in cut:
                glyph = self.glyph(sequence)
                if glyph is None:
                    raise UnprintableCharacter("", sequence) from None
                known[sequence] = (glyph, sequence)
            return tuple(map(known.__getitem__, cut))

    def require(self, name: str, text: str) -> None:
        """Raises UnprintableCharacter, which names the field and the code points, unless `text` can be printed."""
        try:
            self.drawn(text)
        except UnprintableCharacter as error:
            raise UnprintableCharacter(name, error.sequence) from None


def _joined(font: TTFont, glyphs: Mapping[int, int]) -> dict[str, int]:
    """The ligatures of `ccmp`, by every spelling of theirs in characters."""
    written: dict[int, list[str]] = {}
    for code, glyph in glyphs.items():
        written.setdefault(glyph, []).append(chr(code))
    table = font["GSUB"].table
    lookups = {
        number
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == "ccmp"
        for number in record.Feature.LookupListIndex
    }
    return {
        letter + mark: font.getGlyphID(ligature.LigGlyph)
        for number in lookups
        for subtable in table.LookupList.Lookup[number].SubTable
        for first, ligatures in subtable.ligatures.items()
        for ligature in ligatures
        for letter in written[font.getGlyphID(first)]
        for mark in written[font.getGlyphID(*ligature.Component)]
    }


def sequences(text: str) -> list[str]:
    """`text` cut into characters, each with the variation selector that follows it."""
    cut: list[str] = []
    for character in text:
        if cut and _FIRST_SELECTOR <= ord(character) <= _LAST_SELECTOR and len(cut[-1]) == 1:
            cut[-1] += character
        else:
            cut.append(character)
    return cut
