"""What a forger could have put in a character's place: the characters of the same font that look most like it."""

import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from portal.certificates.papers.photo.matching import Grey

_SIDE = 24
_MOST = 8
_FINER = 4
"""Glyphs are drawn this many times larger than the grid, then reduced: no hinting, and places between pixels."""
_ASCENT, _DESCENT = 0.88, 0.12
_LEADS = (*range(0x81, 0xA0), *range(0xE0, 0xEB), *range(0xFA, 0xFD))
"""First bytes of code page 932: JIS X 0208, and the kanji of names that makers added to it (髙, 﨑)."""


class Lookalikes:
    """Characters by their shapes in one font."""

    def __init__(self, font: Path) -> None:
        self._font = font
        self._alike: dict[str, str] = {}
        self._drawn: dict[str, Grey] = {}
        self._candidates, self._widths, self._scripts = "", np.empty(0), np.empty(0, np.str_)
        self._shapes = np.empty((0, _SIDE * _SIDE), np.float32)

    def of(self, character: str) -> str:
        """The characters of the same width that look most like it, the most alike first."""
        found = self._alike.get(character)
        if found is None:
            self._learn()
            shape, width = self._shape(character)
            distance = ((self._shapes - shape) ** 2).sum(axis=1)
            distance[(np.abs(self._widths - width) > 0.02) | (self._scripts != _script(character))] = np.inf
            nearest = [place for place in np.argsort(distance)[: _MOST + 1] if np.isfinite(distance[place])]
            others = (self._candidates[place] for place in nearest)
            found = self._alike[character] = "".join(other for other in others if other != character)[:_MOST]
        return found

    def ink(self, character: str, left: float, baseline: float, size: float, shape: tuple[int, int]) -> Grey:
        """The character on a grid of that shape (rows, columns), 1 where it is black; all else in pixels of it."""
        rows, columns = shape
        picture = Image.new("L", (columns * _FINER, rows * _FINER), 0)
        font = _font(self._font, round(size * _FINER * 64))
        ImageDraw.Draw(picture).text((left * _FINER, baseline * _FINER), character, font=font, fill=255, anchor="ls")
        return np.asarray(picture.resize((columns, rows), Image.Resampling.BOX), dtype=np.float32) / np.float32(255)

    def _learn(self) -> None:
        if self._candidates:
            return
        shapes = {character: self._shape(character) for character in _typed()}
        self._candidates = "".join(character for character, (shape, _) in shapes.items() if shape.any())
        self._shapes = np.stack([shapes[character][0] for character in self._candidates])
        self._widths = np.array([shapes[character][1] for character in self._candidates])
        self._scripts = np.array([_script(character) for character in self._candidates])

    def _shape(self, character: str) -> tuple[Grey, float]:
        """A small blurred picture of the character, as ink on its square, and its width in squares."""
        font = _font(self._font, _SIDE * 64)
        picture = Image.new("L", (_SIDE, _SIDE), 0)
        ImageDraw.Draw(picture).text((0, _ASCENT * _SIDE), character, font=font, fill=255, anchor="ls")
        small = picture.filter(ImageFilter.GaussianBlur(1.2))
        return np.asarray(small, dtype=np.float32).ravel() / np.float32(255), font.getlength(character) / _SIDE


@cache
def lookalikes(font: Path) -> Lookalikes:
    """Those of this font; drawn once in a process."""
    return Lookalikes(font)


@cache
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    """`size` in 64ths of a pixel."""
    return ImageFont.truetype(str(path), size / 64, layout_engine=ImageFont.Layout.BASIC)


def _script(character: str) -> str:
    """KATAKANA, CJK, DIGIT ...: nobody takes a letter for a kanji."""
    words = unicodedata.name(character, "UNKNOWN").removeprefix("FULLWIDTH ").split()
    return words[0]


def _typed() -> Iterator[str]:
    """What a Japanese keyboard can type."""
    yield from (chr(code) for code in range(0x21, 0x7F))
    for lead in _LEADS:
        for trail in range(0x40, 0xFD):
            character = bytes((lead, trail)).decode("cp932", errors="ignore")
            if len(character) == 1 and ord(character) > 0x7F:
                yield character
