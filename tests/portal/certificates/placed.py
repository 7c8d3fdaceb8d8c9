"""Reading a page back as a viewer would: every character with its place, every line and area of its art.

Knows nothing of how the press writes: content streams, fonts and encodings are interpreted as ISO 32000 has them.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf

_TO_UNICODE = re.compile(rb"<([0-9a-f]{4})>\s*<([0-9a-f]*)>")
_CID = re.compile(rb"<([0-9a-f]{4})>\s+(\d+)")
_CURVES = {"m", "l", "c", "v", "y"}
_PAINT = {"f", "f*", "F", "S", "s", "B", "B*", "b", "b*", "n"}

Matrix = tuple[float, float, float, float, float, float]
_UNIT: Matrix = (1, 0, 0, 1, 0, 0)


class NotUnderstood(Exception):
    """Raised when a page uses an operator whose meaning for the place of a text is not known here."""


@dataclass(frozen=True)
class Character:
    """One shown character: its text as extracted, where its origin stands on the page, its size and colour."""

    text: str
    x: float
    y: float
    size: float
    colour: tuple[float, ...]


@dataclass(frozen=True)
class Page:
    """Characters and art of a page in the order of drawing. `art` holds operators with their points on the page."""

    characters: tuple[Character, ...]
    art: tuple[tuple[str, tuple[float, ...]], ...]


@dataclass
class _Font:
    """What is needed of a font: how wide each code is, what it says, which character of the font it selects."""

    widths: dict[int, float]
    texts: dict[int, str]
    cids: dict[int, int] | None

    def width(self, code: int) -> float:
        return self.widths[code if self.cids is None else self.cids[code]]


@dataclass
class _State:
    ctm: Matrix = _UNIT
    font: _Font | None = None
    size: float = 0
    colour: tuple[float, ...] = (0,)
    line: Matrix = _UNIT
    text: Matrix = _UNIT


@dataclass
class _Reader:
    characters: list[Character] = field(default_factory=list)
    art: list[tuple[str, tuple[float, ...]]] = field(default_factory=list)
    fonts: dict[tuple[int, int], _Font] = field(default_factory=dict)


def pages(document: bytes) -> list[Page]:
    """Every page of the document; raises NotUnderstood."""
    with pikepdf.open(io.BytesIO(document)) as pdf:
        return [_page(page) for page in pdf.pages]


def _page(page: pikepdf.Page) -> Page:
    reader = _Reader()
    _run(reader, page, page.resources, _State())
    return Page(tuple(reader.characters), tuple(reader.art))


def _run(reader: _Reader, content: Any, resources: Any, state: _State) -> None:  # noqa: C901, PLR0912
    kept: list[tuple[Matrix, _Font | None, float, tuple[float, ...]]] = []
    for instruction in pikepdf.parse_content_stream(content):
        name, given = str(instruction.operator), list(instruction.operands)
        if name == "q":
            kept.append((state.ctm, state.font, state.size, state.colour))
        elif name == "Q":
            state.ctm, state.font, state.size, state.colour = kept.pop()
        elif name == "cm":
            state.ctm = _times(_matrix(given), state.ctm)
        elif name == "rg":
            state.colour = tuple(float(part) for part in given)
        elif name in {"sc", "scn", "g"}:
            state.colour = tuple(float(part) for part in given if not isinstance(part, pikepdf.Name))
        elif name == "BT":
            state.text = state.line = _UNIT
        elif name == "Tf":
            state.font, state.size = _font(reader, resources["/Font"][str(given[0])]), float(given[1])
        elif name == "Tm":
            state.text = state.line = _matrix(given)
        elif name == "Td":
            state.text = state.line = _times((1, 0, 0, 1, float(given[0]), float(given[1])), state.line)
        elif name in {"Tj", "TJ"}:
            reader.characters.extend(_shown(state, given[0] if name == "TJ" else given))
        elif name in _CURVES or name == "re":
            reader.art.append((name, tuple(_points(name, given, state.ctm))))
        elif name in _PAINT:
            reader.art.append((name, state.colour))
        elif name == "Do":
            _draw(reader, resources["/XObject"][str(given[0])], state)
        elif name.startswith("T") and not (name == "Tr" and int(given[0]) == 0):
            raise NotUnderstood(name)


def _draw(reader: _Reader, drawn: Any, state: _State) -> None:
    if drawn["/Subtype"] == "/Form":
        inner = _State(_times(_matrix(drawn.get("/Matrix", _UNIT)), state.ctm), colour=state.colour)
        _run(reader, drawn, drawn["/Resources"], inner)


def _shown(state: _State, parts: Any) -> Iterator[Character]:
    if state.font is None:
        raise NotUnderstood("text without a font")
    for part in parts:
        if not isinstance(part, pikepdf.String):
            state.text = _times((1, 0, 0, 1, -float(part) / 1000 * state.size, 0), state.text)
            continue
        codes = bytes(part)
        for start in range(0, len(codes), 2):
            code = int.from_bytes(codes[start : start + 2])
            a, b, _, _, x, y = _times(state.text, state.ctm)
            yield Character(state.font.texts[code], x, y, state.size * (a * a + b * b) ** 0.5, state.colour)
            state.text = _times((1, 0, 0, 1, state.font.width(code) / 1000 * state.size, 0), state.text)


def _font(reader: _Reader, font: Any) -> _Font:
    known = reader.fonts.get(font.objgen)
    if known is None:
        known = reader.fonts[font.objgen] = _read_font(font)
    return known


def _read_font(font: Any) -> _Font:
    widths: dict[int, float] = {}
    given = list(font["/DescendantFonts"][0]["/W"])
    for first, row in zip(given[::2], given[1::2], strict=True):
        widths.update({int(first) + place: float(width) for place, width in enumerate(row)})
    texts = {
        int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
        for code, text in _TO_UNICODE.findall(font["/ToUnicode"].read_bytes())
    }
    encoding = font["/Encoding"]
    if isinstance(encoding, pikepdf.Name):
        return _Font(widths, texts, None)
    return _Font(widths, texts, {int(code, 16): int(cid) for code, cid in _CID.findall(encoding.read_bytes())})


def _points(name: str, given: list[Any], ctm: Matrix) -> Iterator[float]:
    numbers = [float(number) for number in given]
    if name == "re":
        left, bottom, width, height = numbers
        numbers = [left, bottom, left + width, bottom + height]
    for x, y in zip(numbers[::2], numbers[1::2], strict=True):
        a, b, c, d, e, f = ctm
        yield from (a * x + c * y + e, b * x + d * y + f)


def _matrix(given: Any) -> Matrix:
    a, b, c, d, e, f = (float(number) for number in given)
    return (a, b, c, d, e, f)


def _times(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)
