"""Finding the page in a photo: from the QR's corners outwards, until every part of the sheet lies on its true place.

The reference is the page as it should look. The QR's four corners say where it lies in the photo near the code; from
there patches of the reference are looked up in the photo at growing distance, each time where those found so far
predict them, and a projective map is fitted. What no such map can follow, a fold or a curled corner, is left to
`unfolding`.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from portal.certificates.papers.photo.matching import Grey, Points, offsets
from portal.certificates.papers.photo.projecting import affine, projected, robust
from portal.certificates.papers.photo.reading import Found
from portal.certificates.papers.photo.unfolding import Field, Mask, flattened

Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom in points from the page's upper left corner."""

DPI = 200
"""Of the grid to which page and photo are brought."""
WIDTH, HEIGHT = 1654, 2339
"""Of that grid, for A4; pixels."""

_HALF = 2
"""The map is found on half the grid."""
_PATCH, _STEP, _REACH = 20, 24, 10
"""Half a patch, from patch to patch, how far each is looked for; pixels of the half grid (a quarter millimetre)."""
_MOST_PATCHES = 260
_FIRST_RING, _GROWTH = 1.3, 1.6
"""How far from the middle of the code the first patches may lie, in sides of the code, and by what that grows."""
_AFFINE_RING, _STIFF_RING = 2.2, 4.0
_STIFFNESS = 1e-3
_TEXTURE = 0.05
_FIRM = 3.0
"""A patch whose slopes in one direction, squared, add up to this holds its place by half."""
_ALIKE = 0.45
_ENOUGH = 0.5
"""Share of the patches that must be found; folded, stained copies have 0.8 and more."""
_FINELY = Image.Resampling.HAMMING
"""The mean over a box leaves out or doubles a line where sizes are no multiples; all that follows jumps a pixel."""
_FULL = 200
"""Ink is kept in bytes while pictures are turned and smoothed; this is 1.0."""


@dataclass(frozen=True, repr=False)
class Located:
    """Page and photo on one grid of `DPI`: 0 is paper, 1 is ink. `projection` maps the grid into the photo.

    `folds` are the pixels where two pieces of the sheet meet that no longer match.
    """

    page: Grey
    photo: Grey
    projection: Points
    folds: Mask

    def dpi(self, place: Rectangle) -> float:
        """How many pixels an inch the photo itself had there, in the worse direction."""
        left, top, right, bottom = (edge * DPI / 72 for edge in place)
        x, y = (left + right) / 2, (top + bottom) / 2
        middle, beside, below = projected(self.projection, np.array([(x, y), (x + 1, y), (x, y + 1)]))
        return DPI * float(np.linalg.svd(np.array([beside - middle, below - middle]), compute_uv=False)[-1])


class PageNotFound(Exception):
    """Raised when what lies around the code is not the page that belongs to it, or cannot be made out at all."""


def locate(photo: Image.Image, found: Found, reference: Image.Image, code: Rectangle) -> Located:
    """Bring the photo onto the page. `code` is the place of the QR on the page. Raises PageNotFound."""
    page = ink(reference.resize((WIDTH, HEIGHT), _FINELY))
    small = _halved(page)
    corners = np.array(found.corners)
    shrink = min(1.0, DPI / _HALF / _code_dpi(found, code))
    reduced = _reduced(photo, shrink)
    scale = np.array([reduced.width / photo.width, reduced.height / photo.height])
    seen = _as_bytes(ink(reduced))
    patches = _patches(small, code)
    rough = _outwards(small, seen, patches, _corners(code, DPI / _HALF), corners * scale)
    moved, alike = offsets(small, _turned(seen, rough), patches, _PATCH, _REACH)
    if (alike > _ALIKE).mean() < _ENOUGH:
        raise PageNotFound
    whole = np.diag([1 / scale[0], 1 / scale[1], 1]) @ rough @ np.diag([1 / _HALF, 1 / _HALF, 1])
    reduced = _reduced(photo, min(1.0, shrink * _HALF * 1.1))
    onto = np.diag([reduced.width / photo.width, reduced.height / photo.height, 1]) @ whole
    flat, folds = flattened(reduced, onto, page, Field(patches * _HALF, moved * _HALF, alike, _firm(small, patches)))
    return Located(page, ink(flat), whole, folds)


def ink(picture: Image.Image) -> Grey:
    """How much ink there is at each pixel, whatever the light: 0 paper, 1 the darkest ink of the page."""
    small = picture.resize((max(1, picture.width // 8), max(1, picture.height // 8)), Image.Resampling.BOX)
    bright = small.filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.GaussianBlur(4))
    paper = np.asarray(bright.resize(picture.size, Image.Resampling.BILINEAR), dtype=np.float32)
    dark = 1 - np.asarray(picture, dtype=np.float32) / np.maximum(paper, 1)
    deepest = float(np.quantile(dark[::3, ::3], 0.99))
    return np.clip(dark / max(deepest, 0.2), 0, 1.2).astype(np.float32)


def _outwards(small: Grey, seen: Image.Image, patches: Points, code: Points, corners: Points) -> Points:
    """The map from the half grid into the reduced photo, found ring by ring."""
    side = float(code[1, 0] - code[0, 0])
    distance = np.hypot(*(patches - code.mean(axis=0)).T)
    found = affine(code, corners, np.ones(4))
    ring = side * _FIRST_RING
    while True:
        inside = patches[distance < ring]
        inside = inside[:: max(1, len(inside) // _MOST_PATCHES)]
        if len(inside):
            moved, alike = offsets(small, _turned(seen, found), inside, _PATCH, _REACH)
            good = alike > _ALIKE
            source = np.vstack([inside[good], code])
            target = np.vstack([projected(found, inside[good] + moved[good]), corners])
            weights = np.concatenate([alike[good] ** 2, np.ones(4)]).astype(np.float64)
            stiffness = None if ring < side * _AFFINE_RING else _STIFFNESS if ring < side * _STIFF_RING else 0.0
            found = robust(source, target, weights, stiffness)
        if ring > distance.max():
            return found
        ring *= _GROWTH


def _patches(small: Grey, code: Rectangle) -> Points:
    """Centres of all patches with something on them, without the code, which the reference may lack."""
    height, width = small.shape
    across, down = np.meshgrid(np.arange(_PATCH, width - 10, _STEP), np.arange(_PATCH, height - 10, _STEP))
    centres = np.column_stack([across.ravel(), down.ravel()])
    spread = np.array(
        [small[max(0, y - _PATCH) : y + _PATCH, max(0, x - _PATCH) : x + _PATCH].std() for x, y in centres]
    )
    (left, top), _, (right, bottom), _ = _corners(code, DPI / _HALF)
    margin = _PATCH * 0.7
    x, y = centres.T
    beside = (x < left - margin) | (x > right + margin) | (y < top - margin) | (y > bottom + margin)
    return np.asarray(centres[(spread > _TEXTURE) & beside], dtype=np.float64)


def _firm(small: Grey, patches: Points) -> Points:
    """How well each patch holds its place across and down: by the strokes that run the other way."""
    down, across = np.gradient(small)
    energy = []
    for slope in (across, down):
        sums = np.pad(slope * slope, ((1, 0), (1, 0))).cumsum(axis=0, dtype=np.float64).cumsum(axis=1)
        left, top = (np.clip(patches[:, way].astype(int) - _PATCH, 0, None) for way in (0, 1))
        right, bottom = np.minimum(left + 2 * _PATCH, WIDTH // _HALF), np.minimum(top + 2 * _PATCH, HEIGHT // _HALF)
        energy.append(sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left])
    return np.column_stack(energy) / (np.column_stack(energy) + _FIRM)


def _corners(place: Rectangle, dpi: float) -> Points:
    left, top, right, bottom = place
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)]) * dpi / 72


def _code_dpi(found: Found, code: Rectangle) -> float:
    return max(1.0, found.side / (code[2] - code[0]) * 72)


def _reduced(photo: Image.Image, scale: float) -> Image.Image:
    size = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
    return photo if size == photo.size else photo.resize(size, _FINELY)


def _turned(seen: Image.Image, found: Points) -> Grey:
    """The photo's ink on the half grid."""
    coefficients = tuple(float(part) for part in (found / found[2, 2]).ravel()[:8])
    size = (WIDTH // _HALF, HEIGHT // _HALF)
    return _smooth(seen.transform(size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR))


def _halved(grey: Grey) -> Grey:
    return _smooth(_as_bytes(grey[: HEIGHT // _HALF * _HALF, : WIDTH // _HALF * _HALF]).reduce(_HALF))


def _as_bytes(grey: Grey) -> Image.Image:
    return Image.fromarray(np.clip(grey * _FULL, 0, 255).astype(np.uint8))


def _smooth(picture: Image.Image) -> Grey:
    return np.asarray(picture.filter(ImageFilter.BoxBlur(0.7)), dtype=np.float32) / np.float32(_FULL)
