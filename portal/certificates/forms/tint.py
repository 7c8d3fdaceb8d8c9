"""地紋: the ground tint under every page, and けん制文字 in it, the letters 複写 that come out on a photocopy.

Fine dots stand on a staggered lattice everywhere but inside the letters, where coarser dots stand. Both cover the
same share of the paper, so the eye at arm's length sees one even tint. A copier's aperture spreads a dot before it
decides between ink and paper: the fine dots fall below the threshold and vanish, the coarse ones show the letters.

The letters are drawn here, stroke by stroke, in the weight of a bold Gothic: thin strokes of 明朝 hold too few dots.
No font is asked, so the tile is the same on every machine.

For the page: a tiling pattern (PaintType 1, TilingType 1) whose BBox and steps are `WIDTH` × `HEIGHT` points, whose
content sets `INK` as fill colour and paints `tile()` as a stencil: /ImageMask true, /BitsPerComponent 1,
/Decode [1 0], no Interpolate. An indexed picture takes the same time in poppler (0.8 s a page at 600 dpi) but is
smeared there to its place in device pixels, which eats the difference between the dots; a stencil keeps every dot.
The tint lies under everything else, and not under the QR and its quiet zone.
"""

from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from portal.certificates.forms.bits import Bits

DPI = 600
INK = (0, 124, 158)
"""Close to a full process cyan, so that a printer has little reason to screen the dots. 6 % of it is a pale sea."""

_FINE_PITCH, _FINE_DOT = 8, 2
_COARSE_PITCH, _COARSE_DOT = 12, 3
COVERAGE = (_COARSE_DOT / _COARSE_PITCH) ** 2
"""Share of the paper under dots, inside the letters and outside."""

_CELL = _COARSE_PITCH
"""A cell is wholly coarse or wholly fine, so that no dot is ever cut; pixels."""
_SLOT = 576
"""From one letter to the next; pixels (24.4 mm). Steps of both lattices divide it."""
_LETTER = 528
"""Side of a letter; pixels (22.4 mm)."""
_HALF_STROKE = 4.1
"""Half the width of a stroke, in hundredths of a letter (a stroke is 1.8 mm wide)."""
_SIDE, _ROWS = 3 * _SLOT, 2 * _SLOT
"""複写 and a gap of one letter; the second row begins one and a half letters later."""
WIDTH, HEIGHT = _SIDE * 72 / DPI, _ROWS * 72 / DPI
"""Size of the tile on paper; points."""

# Strokes as polylines, in hundredths of a letter from its upper left corner.
_STROKES = {
    "複": (
        ((21, 4), (21, 24)), ((5, 25), (36, 25), (22, 47), (4, 65)), ((21, 50), (21, 97)),
        ((38, 42), (29, 53)), ((25, 52), (39, 68)),
        ((55, 4), (48, 20), (38, 36)), ((50, 16), (95, 16)),
        ((51, 29), (51, 53)), ((51, 29), (85, 29), (85, 53)), ((51, 41), (85, 41)), ((51, 53), (85, 53)),
        ((62, 55), (52, 67), (37, 80)), ((58, 65), (87, 65), (70, 82), (36, 96)),
        ((56, 69), (66, 80), (80, 89), (96, 95)),
    ),
    "写": (
        ((9, 8), (9, 28)), ((9, 10), (91, 10), (88, 28)),
        ((36, 20), (28, 54)), ((34, 34), (79, 34)),
        ((29, 53), (77, 53), (74, 80), (67, 92), (46, 90)), ((5, 72), (93, 72)),
    ),
}  # fmt: skip


@cache
def tile() -> Bits:
    """One tile of the tint; it joins itself on all sides."""
    inside = np.kron(_letters(), np.ones((_CELL, _CELL), dtype=bool))
    dots = np.where(inside, _lattice(_COARSE_PITCH, _COARSE_DOT), _lattice(_FINE_PITCH, _FINE_DOT))
    return Bits(width=_SIDE, height=_ROWS, rows=np.packbits(dots, axis=1).tobytes())


def _lattice(pitch: int, dot: int) -> npt.NDArray[np.bool_]:
    down, across = np.mgrid[0:_ROWS, 0:_SIDE]
    shifted = across + (down // pitch % 2) * (pitch // 2)
    return np.asarray((shifted % pitch < dot) & (down % pitch < dot))


def _letters() -> npt.NDArray[np.bool_]:
    """Which cells of the tile lie inside a letter."""
    cells = np.zeros((_ROWS // _CELL, _SIDE // _CELL), dtype=bool)
    slot, letter = _SLOT // _CELL, _LETTER // _CELL
    margin = (slot - letter) // 2
    for row in range(2):
        for place, character in enumerate("複写"):
            line = np.zeros_like(cells)
            left = place * slot + margin
            line[row * slot + margin :][:letter, left : left + letter] = _letter(character, letter)
            cells |= np.roll(line, row * slot * 3 // 2, axis=1)
    return cells


def _letter(character: str, cells: int) -> npt.NDArray[np.bool_]:
    centres = (np.arange(cells) + 0.5) * 100 / cells
    across, down = np.meshgrid(centres, centres)
    near = np.full(across.shape, np.inf)
    for stroke in _STROKES[character]:
        for (x0, y0), (x1, y1) in pairwise(stroke):
            along = ((across - x0) * (x1 - x0) + (down - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2)
            along = np.clip(along, 0, 1)
            near = np.minimum(near, np.hypot(across - x0 - along * (x1 - x0), down - y0 - along * (y1 - y0)))
    return np.asarray(near <= _HALF_STROKE)
