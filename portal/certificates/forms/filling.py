"""From values to what is drawn: lines for every text, then operators for every page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from portal.certificates.characters import Coverage
from portal.certificates.forms.compiling import Form, Place, Setting
from portal.certificates.forms.glyphs import Glyphs
from portal.certificates.forms.setting import broken
from portal.certificates.forms.weasy import writer
from portal.certificates.forms.weasy.faults import DoesNotFit
from portal.certificates.forms.weasy.layout import Align
from portal.certificates.forms.weasy.page_font import PageFont

_ROUNDING = 0.01
TEXT_FONT = "TEXTTT"
"""Name of the font of the values."""

Lines = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, repr=False)
class Texts:
    """Measures and draws texts in the approved font."""

    coverage: Coverage
    glyphs: Glyphs

    def width(self, text: str) -> float:
        """Width of `text` set in a size of 1."""
        advances = self.glyphs.advances
        units = sum([advances[glyph] for glyph, _ in self.coverage.drawn(text)])
        return units / self.glyphs.units

    def set(self, form: Form, texts: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        """The lines of every text that the form prints; raises DoesNotFit."""
        return {entry.path: self._lines(entry, texts[entry.path]) for entry in form.flow if isinstance(entry, Place)}

    def _lines(self, place: Place, text: str) -> tuple[str, ...]:
        if not text:
            return ()
        width, first = self.width(text), place.settings[0]
        if width <= (first.width + _ROUNDING) / first.size:
            return (text,)
        for anywhere in (False, True):
            for count, setting in enumerate(place.settings[1:], 2):
                room = (setting.width + _ROUNDING) / setting.size
                if width <= room * count:
                    pieces, advances = tuple(self.coverage.cut(text)), self._advances(text)
                    lines = broken(pieces, advances, count, room, anywhere=anywhere)
                    if lines is not None:
                        return lines
        raise DoesNotFit(place.path)

    def _advances(self, text: str) -> tuple[float, ...]:
        units = self.glyphs.units
        return tuple(self.glyphs.advances[glyph] / units for glyph, _ in self.coverage.drawn(text))

    def operators(self, form: Form, lines: Lines, font: PageFont) -> bytes:
        """One text object with every text of the page, labels and values in the order of the template."""
        drawn: list[bytes] = [b"BT"]
        for entry in form.flow:
            if isinstance(entry, bytes):
                drawn.append(entry)
                continue
            chosen = lines[entry.path]
            if chosen:
                setting = entry.settings[len(chosen) - 1]
                drawn.append(b"%.4g %.4g %.4g rg /%s %.6g Tf" % (*entry.colour, font.hash.encode(), setting.size))
                drawn.extend(
                    self._line(entry, setting, baseline, line, font)
                    for baseline, line in zip(setting.baselines, chosen, strict=True)
                )
        drawn.append(b"ET")
        return b"\n".join(drawn)

    def characters(self, place: Place, chosen: Sequence[str]) -> Iterator["Character"]:
        """Every character of a text that is set in these lines."""
        setting = place.settings[len(chosen) - 1]
        for baseline, line in zip(setting.baselines, chosen, strict=True):
            left = self._left(place, setting, line)
            for piece, advance in zip(self.coverage.cut(line), self._advances(line), strict=True):
                yield Character(piece, left, baseline, setting.size, advance * setting.size)
                left += advance * setting.size

    def _line(self, place: Place, setting: Setting, baseline: float, line: str, font: PageFont) -> bytes:
        left = self._left(place, setting, line)
        codes = font.codes(self.coverage.drawn(line))
        return b"1 0 0 1 %.4f %.4f Tm <%s> Tj" % (left, writer.HEIGHT - baseline, codes)

    def _left(self, place: Place, setting: Setting, line: str) -> float:
        if place.align is Align.LEFT:
            return setting.left
        free = setting.width - self.width(line) * setting.size
        return setting.left + (free if place.align is Align.RIGHT else free / 2)


@dataclass(frozen=True, repr=False)
class Character:
    """One character of a printed text: where it begins on its baseline, and its size; points from the upper left."""

    character: str
    left: float
    baseline: float
    size: float
    width: float


def characters_of(form: Form, lines: Lines, texts: Texts) -> dict[str, tuple[Character, ...]]:
    """Every character of each text, in the order of reading."""
    return {
        entry.path: tuple(texts.characters(entry, lines[entry.path]))
        for entry in form.flow
        if isinstance(entry, Place) and lines[entry.path]
    }


def places_of(form: Form, lines: Lines, texts: Texts) -> dict[str, tuple[float, float, float, float]]:
    """Where each text stands on the page: left, top, right, bottom in points from the upper left corner."""
    found: dict[str, tuple[float, float, float, float]] = {}
    for entry in form.flow:
        if isinstance(entry, Place) and lines[entry.path]:
            found[entry.path] = _extent(entry, lines[entry.path], texts)
    return found


def _extent(place: Place, chosen: Sequence[str], texts: Texts) -> tuple[float, float, float, float]:
    setting = place.settings[len(chosen) - 1]
    widest = max(texts.width(line) for line in chosen) * setting.size
    free = setting.width - widest
    left = setting.left + (0 if place.align is Align.LEFT else free if place.align is Align.RIGHT else free / 2)
    top, bottom = setting.baselines[0] - 0.88 * setting.size, setting.baselines[-1] + 0.12 * setting.size
    return left, top, left + widest, bottom
