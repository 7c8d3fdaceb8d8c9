"""WeasyPrint's own pages, written with our codes: what it draws is caught glyph by glyph with its text."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import pydyf
from weasyprint.document import Page
from weasyprint.pdf.fonts import Font

from portal.certificates.characters import FONT_FAMILY
from portal.certificates.forms.weasy.faults import TypesettingBroken
from portal.certificates.forms.weasy.page_font import PageFont

_CODES = re.compile(rb"<((?:[0-9a-f]{4})+)>")


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
    """The fonts of a document; only the approved one may ever enter, and it is written as `own`."""

    def __init__(self, drawn: Drawn, own: PageFont) -> None:
        super().__init__()
        self._drawn = drawn
        self._own = own

    def __setitem__(self, key: int, font: Font) -> None:
        if font.family != FONT_FAMILY:
            raise TypesettingBroken(f"text was set in {font.family}")
        if self:
            raise TypesettingBroken("a second style of the font was asked for")
        font.to_unicode = self._drawn
        super().__setitem__(key, font)

    def values(self) -> list[PageFont]:  # type: ignore[override]
        """What is written once all pages are painted: our codes, under WeasyPrint's name and with its widths."""
        for font in super().values():
            if font.missing:
                raise TypesettingBroken("a character without a glyph was drawn")
            self._own.renamed(font.hash)
            # WeasyPrint rounds widths, and sets what it has rounded away between the letters.
            self._own.take_widths(font.widths)
        return [self._own] if self else []


class ExactPage:
    """A page whose text is rewritten into exact codes right after WeasyPrint has painted it."""

    def __init__(self, page: Page, drawn: Drawn, codes: Callable[[Sequence[tuple[int, str]]], bytes]) -> None:
        self._page = page
        self._drawn = drawn
        self._codes = codes

    def __getattr__(self, name: str) -> object:
        return getattr(self._page, name)

    def paint(self, stream: pydyf.Stream, scale: float = 1) -> None:
        self._drawn.order.clear()
        self._page.paint(stream, scale)
        drawn = iter(self._drawn.order)
        stream.stream[:] = [self._recode(part, drawn) for part in stream.stream]
        if next(drawn, None) is not None:
            raise TypesettingBroken("text was drawn outside the page's own stream")

    def _recode(self, part: object, drawn: Iterator[tuple[int, str]]) -> object:
        if not isinstance(part, bytes) or not part.endswith(b"TJ"):
            return part

        def replace(match: re.Match[bytes]) -> bytes:
            digits = match[1]
            pairs = list(islice(drawn, len(digits) // 4))
            if b"".join(b"%04x" % glyph for glyph, _ in pairs) != digits:
                raise TypesettingBroken("the order of drawing is not the order of the stream")
            return b"<" + self._codes(pairs) + b">"

        return _CODES.sub(replace, part)
