"""WeasyPrint's own pages, written so that extraction gives each text exactly as registered.

WeasyPrint writes one text per glyph into a font's ToUnicode map, the first it meets. IPAmj明朝 has thousands of
variation sequences that share the glyph of their base character, so a second spelling of the same glyph would be
extracted as the first. Here every (glyph, text) pair gets a character code of its own, and the codes are mapped back
to glyphs by an embedded encoding CMap.
"""

import re
from collections.abc import Callable, Iterator

import pydyf
from weasyprint.document import Page
from weasyprint.pdf.fonts import Font

from portal.certificates.characters import FONT_FAMILY
from portal.certificates.forms.weasy.faults import TypesettingBroken

_CODES = re.compile(rb"<((?:[0-9a-f]{4})+)>")
_LAST_CODE = 0xFFFF


class ExactText:
    """Codes of one document: each pair of glyph and text has its own."""

    def __init__(self, glyph_of: Callable[[str], int | None]) -> None:
        self._glyph_of = glyph_of
        self._codes: dict[tuple[int, str], int] = {}
        self._taken: dict[int, int] = {}
        self._next = 1
        self.texts: dict[int, str] = {}

    def code(self, glyph: int, text: str) -> int:
        """The code of `glyph` where it stands for `text`: its own number for its first text, else a free one."""
        known = self._codes.get((glyph, text))
        if known is not None:
            return known
        if self._glyph_of(text) != glyph:
            raise TypesettingBroken("a glyph was drawn that the font's tables do not give for its text")
        code = glyph if glyph not in self._taken else self._free()
        self._codes[glyph, text] = code
        self._taken[code] = glyph
        self.texts[code] = text
        return code

    def encoding(self) -> dict[int, int] | None:
        """code → glyph, or None while every code is its glyph."""
        return self._taken if any(code != glyph for code, glyph in self._taken.items()) else None

    def _free(self) -> int:
        while self._next in self._taken:
            self._next += 1
        if self._next > _LAST_CODE:
            raise TypesettingBroken("more than 65535 different characters in one document")
        return self._next


class Drawn(dict[int, str]):
    """Stands in for a font's ToUnicode dictionary: claims to know no glyph, so that each one drawn is reported."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[tuple[int, str]] = []

    def __contains__(self, glyph: object) -> bool:
        return False

    def __setitem__(self, glyph: int, text: str) -> None:
        self.order.append((glyph, text))


class ApprovedFonts(dict[int, Font]):
    """The fonts of a document; only the approved one may ever enter."""

    def __init__(self, drawn: Drawn) -> None:
        super().__init__()
        self._drawn = drawn

    def __setitem__(self, key: int, font: Font) -> None:
        if font.family != FONT_FAMILY:
            raise TypesettingBroken(f"text was set in {font.family}")
        if self:
            raise TypesettingBroken("a second style of the font was asked for")
        font.to_unicode = self._drawn
        super().__setitem__(key, font)


class ExactPage:
    """A page whose text is rewritten into exact codes right after WeasyPrint has painted it."""

    def __init__(self, page: Page, drawn: Drawn, exact: ExactText) -> None:
        self._page = page
        self._drawn = drawn
        self._exact = exact

    def __getattr__(self, name: str) -> object:
        return getattr(self._page, name)

    def paint(self, stream: pydyf.Stream, scale: float = 1) -> None:
        self._drawn.order.clear()
        self._page.paint(stream, scale)
        drawn = iter(self._drawn.order)
        stream.stream[:] = [self._recode(part, drawn) for part in stream.stream]
        if next(drawn, None) is not None:
            raise TypesettingBroken("text was drawn outside the page's own stream")
        # The page's texts so far, in the form WeasyPrint reads when it writes the font.
        self._drawn.update(self._exact.texts)

    def _recode(self, part: object, drawn: Iterator[tuple[int, str]]) -> object:
        if not isinstance(part, bytes) or not part.endswith(b"TJ"):
            return part

        def replace(match: re.Match[bytes]) -> bytes:
            digits = match[1]
            codes = []
            for start in range(0, len(digits), 4):
                glyph, text = next(drawn)
                if int(digits[start : start + 4], 16) != glyph:
                    raise TypesettingBroken("the order of drawing is not the order of the stream")
                codes.append(b"%04x" % self._exact.code(glyph, text))
            return b"<" + b"".join(codes) + b">"

        return _CODES.sub(replace, part)


def embed_encoding(pdf: pydyf.PDF, exact: ExactText) -> None:
    encoding = exact.encoding()
    if encoding is None:
        return
    extra = pydyf.Dictionary(
        {
            "Type": "/CMap",
            "CMapName": "/Exact-Text-0",
            "CIDSystemInfo": pydyf.Dictionary(
                {"Registry": pydyf.String("Adobe"), "Ordering": pydyf.String("Identity"), "Supplement": 0}
            ),
        }
    )
    lines = [
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        b"/CIDSystemInfo 3 dict dup begin /Registry (Adobe) def /Ordering (Identity) def /Supplement 0 def end def",
        b"/CMapName /Exact-Text-0 def /CMapType 1 def",
        b"1 begincodespacerange <0000> <ffff> endcodespacerange",
    ]
    pairs = sorted(encoding.items())
    for start in range(0, len(pairs), 100):
        block = pairs[start : start + 100]
        lines.append(b"%d begincidchar" % len(block))
        lines.extend(b"<%04x> %d" % pair for pair in block)
        lines.append(b"endcidchar")
    lines.append(b"endcmap CMapName currentdict /CMap defineresource pop end end")
    stream = pydyf.Stream(lines, extra, compress=True)
    pdf.add_object(stream)
    for entry in pdf.objects:
        if isinstance(entry, dict) and entry.get("Encoding") == "/Identity-H":
            entry["Encoding"] = stream.reference
