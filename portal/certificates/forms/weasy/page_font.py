"""The approved font of one document as WeasyPrint's writer wants a font, whoever has laid out the pages.

WeasyPrint writes one text per glyph into a font's ToUnicode map, the first it meets. IPAmj明朝 has thousands of
variation sequences that share the glyph of their base character, so a second spelling of the same glyph would be
extracted as the first. Here every pair of glyph and text has a code of its own, and the codes count the glyphs of the
small font that is made for the document: extraction gives each text exactly as registered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from portal.certificates.characters import FONT_FAMILY
from portal.certificates.forms.glyphs import Glyphs


@dataclass
class PageFont:
    """The approved font as the writer wants one, with a code for each pair of glyph and text."""

    glyphs: Glyphs
    hash: str
    order: list[int] = field(default_factory=list)
    to_unicode: dict[int, str] = field(default_factory=dict)
    widths: dict[int, float] = field(default_factory=dict)
    missing: dict[int, int] = field(default_factory=dict)
    file_content: bytes = b""
    family: str = FONT_FAMILY
    bitmap: bool = False
    used_in_forms: bool = False
    type: str = "ttf"
    italic_angle: int = 0
    stemv: int = 80
    stemh: int = 80
    flags: int = 4
    _hexadecimal: dict[tuple[int, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.renamed(self.hash)
        self.ascent = round(self.glyphs.ascent * 1000 / self.glyphs.units)
        self.descent = round(self.glyphs.descent * 1000 / self.glyphs.units)

    def renamed(self, name: str) -> None:
        """Give the font another name among the resources of its pages."""
        self.hash = name
        self.name = f"/{name}+{FONT_FAMILY}".encode()

    def codes(self, drawn: Sequence[tuple[int, str]]) -> bytes:
        """The codes of these glyphs, each where it stands for its text, as hexadecimal digits."""
        known = self._hexadecimal
        try:
            return "".join(map(known.__getitem__, drawn)).encode("ascii")
        except KeyError:
            for pair in drawn:
                if pair not in known:
                    self._add(pair)
            return self.codes(drawn)

    def _add(self, pair: tuple[int, str]) -> None:
        glyph, text = pair
        self.order.append(glyph)
        code = len(self.order)
        self._hexadecimal[pair] = f"{code:04x}"
        self.to_unicode[code] = text
        self.widths[code] = self.glyphs.advances[glyph] * 1000 / self.glyphs.units

    def take_widths(self, widths: Mapping[int, float]) -> None:
        """The widths of glyphs as somebody else has rounded them."""
        self.widths = {code: widths[glyph] for code, glyph in enumerate(self.order, 1)}

    def clean(self, _to_unicode: dict[int, str], _hinting: bool) -> None:
        """Make the font file; the writer calls this once all pages are painted."""
        self.file_content = self.glyphs.font(self.order)
