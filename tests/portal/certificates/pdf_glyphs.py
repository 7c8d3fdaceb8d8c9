"""Which glyphs a PDF draws for which text: code → glyph of the embedded font → outline, beside code → text."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pikepdf
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

from tests.portal.certificates.pdf_text import operations

Outline = tuple[tuple[str, tuple[Any, ...]], ...]

_TEXT = re.compile(rb"<([0-9a-fA-F]{4})> <([0-9a-fA-F]*)>")
_CODE = re.compile(rb"<([0-9a-fA-F]{4})> ([0-9]+)")


class Outlines:
    """The outlines of a font file by number of the glyph."""

    def __init__(self, file: bytes) -> None:
        self.font = TTFont(io.BytesIO(file), lazy=True)
        self._glyphs = self.font.getGlyphSet()
        self._known: dict[int, Outline] = {}

    def of(self, glyph: int) -> Outline:
        """The outline of a glyph, its components resolved."""
        if glyph not in self._known:
            pen = DecomposingRecordingPen(self._glyphs)
            self._glyphs[self.font.getGlyphName(glyph)].draw(pen)
            self._known[glyph] = tuple((operator, tuple(points)) for operator, points in pen.value)
        return self._known[glyph]


class ApprovedOutlines(Outlines):
    """The approved font, asked by character or variation sequence as its own tables have it."""

    def named(self, sequence: str) -> Outline:
        """The outline the font has for `sequence`."""
        return self.of(self._numbers[sequence])

    def has(self, sequence: str) -> bool:
        """Whether the font's tables have `sequence` at all."""
        return sequence in self._numbers

    @cached_property
    def _numbers(self) -> dict[str, int]:
        best = self.font.getBestCmap()
        plain = {chr(code): self.font.getGlyphID(name) for code, name in best.items()}
        varied = {
            chr(base) + chr(selector): plain[chr(base)] if name is None else self.font.getGlyphID(name)
            for table in self.font["cmap"].tables
            if table.format == 14
            for selector, pairs in table.uvsDict.items()
            for base, name in pairs
        }
        joined = {
            letter + mark: self.font.getGlyphID(ligature.LigGlyph)
            for lookup in self.font["GSUB"].table.LookupList.Lookup
            for subtable in lookup.SubTable
            if lookup.LookupType == 4
            for mark in _MARKS
            for letter, name in ((chr(code), name) for code, name in best.items())
            for ligature in subtable.ligatures.get(name, ())
            if ligature.Component == [best[ord(mark)]]
        }
        return plain | varied | joined


# What the font joins with the letter before it.
_MARKS = "\u3099\u309a\u0300\u0301`´\u02e5\u02e9"


@dataclass(frozen=True)
class Drawn:
    """One code drawn on a page: the text it stands for and the outline that is seen."""

    text: str
    outline: Outline


class _Font:
    def __init__(self, font: pikepdf.Object) -> None:
        inner = font["/DescendantFonts"][0]
        self._outlines = Outlines(inner["/FontDescriptor"]["/FontFile2"].read_bytes())
        assert str(inner["/CIDToGIDMap"]) == "/Identity"
        self._texts = {
            int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
            for code, text in _TEXT.findall(font["/ToUnicode"].read_bytes())
        }
        encoding = font["/Encoding"]
        self._glyphs = (
            {int(code, 16): int(glyph) for code, glyph in _CODE.findall(encoding.read_bytes())}
            if isinstance(encoding, pikepdf.Stream)
            else None
        )

    def drawn(self, code: int) -> Drawn:
        return Drawn(self._texts[code], self._outlines.of(code if self._glyphs is None else self._glyphs[code]))


def pages(document: bytes) -> list[list[Drawn]]:
    """Every code each page draws, in drawing order."""
    with pikepdf.open(io.BytesIO(document)) as pdf:
        fonts: dict[tuple[int, int], _Font] = {}
        return [list(_codes(page, fonts)) for page in pdf.pages]


def _codes(page: pikepdf.Page, fonts: dict[tuple[int, int], _Font]) -> Iterator[Drawn]:
    font: _Font | None = None
    for operator, operands in operations(page):
        if operator == "Tf":
            named = page.resources["/Font"][str(operands[0])]
            font = fonts.get(named.objgen) or fonts.setdefault(named.objgen, _Font(named))
        elif operator in {"TJ", "Tj"} and font is not None:
            parts = operands[0] if operator == "TJ" else operands
            for part in (bytes(part) for part in parts if isinstance(part, pikepdf.String)):
                for place in range(0, len(part), 2):
                    yield font.drawn(int.from_bytes(part[place : place + 2], "big"))
