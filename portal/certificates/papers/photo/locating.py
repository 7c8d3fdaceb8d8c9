"""Finding the page in a photo: from the QR's corners outwards, until every part of the sheet lies on its true place.

The reference is the page as it should look. The QR's four corners say where it lies in the photo near the code; from
there patches of the reference are looked up in the photo at growing distance, each time where those found so far
predict them, and a projective map is fitted. What no such map can follow, a fold or a curled corner, is followed in a
last step by the displacements of the patches themselves.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from portal.certificates.papers.photo.matching import Grey, Points, offsets
from portal.certificates.papers.photo.projecting import affine, projected, robust
from portal.certificates.papers.photo.reading import Found

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
_ALIKE = 0.45
_ENOUGH = 0.5
"""Share of the patches that must be found; folded, stained copies have 0.8 and more."""
_SMOOTH = 24.0
"""How far a patch's displacement reaches; pixels of the half grid."""
_FAR = 150.0
_CELL = 32
_FULL = 200
"""Ink is kept in bytes while pictures are turned and smoothed; this is 1.0."""


@dataclass(frozen=True, repr=False)
class Located:
    """Page and photo on one grid of `DPI`: 0 is paper, 1 is ink. `projection` maps the grid into the photo."""

    page: Grey
    photo: Grey
    projection: Points

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
    page = ink(reference.resize((WIDTH, HEIGHT), Image.Resampling.BOX))
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
    straight = _straightened(photo, whole, shrink, patches=patches, moved=moved, alike=alike)
    return Located(page, ink(straight), whole)


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


def _straightened(
    photo: Image.Image, whole: Points, shrink: float, *, patches: Points, moved: Points, alike: Grey
) -> Image.Image:
    """The photo on the full grid, each cell by the map and the displacements around it."""
    reduced = _reduced(photo, min(1.0, shrink * _HALF * 1.1))
    scale = np.diag([reduced.width / photo.width, reduced.height / photo.height, 1])
    columns, rows = np.arange(0, WIDTH + _CELL, _CELL), np.arange(0, HEIGHT + _CELL, _CELL)
    across, down = np.meshgrid(columns, rows)
    knots = np.column_stack([across.ravel(), down.ravel()]).astype(np.float64)
    shift = _displacements(patches, moved, alike, knots / _HALF) * _HALF
    places = projected(scale @ whole, knots + shift).reshape(len(rows), len(columns), 2)
    mesh = [
        (
            (int(columns[i]), int(rows[j]), int(columns[i + 1]), int(rows[j + 1])),
            tuple(float(part) for knot in ((j, i), (j + 1, i), (j + 1, i + 1), (j, i + 1)) for part in places[knot]),
        )
        for j in range(len(rows) - 1)
        for i in range(len(columns) - 1)
    ]
    size = (int(columns[-1]), int(rows[-1]))
    straight = reduced.transform(size, Image.Transform.MESH, mesh, Image.Resampling.BICUBIC, fillcolor=255)
    return straight.crop((0, 0, WIDTH, HEIGHT))


def _displacements(patches: Points, moved: Points, alike: Grey, knots: Points) -> Points:
    """How far the paper lies from its map at each knot: the mean of the patches around, without the outliers."""
    first = np.clip(alike - 0.4, 0, None).astype(np.float64)
    near = np.exp(-((patches[:, None] - patches[None]) ** 2).sum(axis=-1) / (2 * _SMOOTH**2))
    weights = first
    for _ in range(3):
        shares = near * weights
        around = shares @ moved / (shares.sum(axis=1, keepdims=True) + 1e-6)
        weights = first / (1 + np.hypot(*(moved - around).T) ** 2) ** 2
    squares = ((knots[:, None] - patches[None]) ** 2).sum(axis=-1).astype(np.float32)
    # The wide, faint part speaks where no patch is near: in margins and blank fields.
    shares = (np.exp(-squares / (2 * _SMOOTH**2)) + 1e-6 * np.exp(-squares / (2 * _FAR**2))) * weights
    return np.asarray(shares @ moved / (shares.sum(axis=1, keepdims=True) + 1e-12))


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


def _corners(place: Rectangle, dpi: float) -> Points:
    left, top, right, bottom = place
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)]) * dpi / 72


def _code_dpi(found: Found, code: Rectangle) -> float:
    return max(1.0, found.side / (code[2] - code[0]) * 72)


def _reduced(photo: Image.Image, scale: float) -> Image.Image:
    size = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
    return photo if size == photo.size else photo.resize(size, Image.Resampling.BOX)


def _turned(seen: Image.Image, found: Points) -> Grey:
    """The photo's ink on the half grid."""
    coefficients = tuple(float(part) for part in (found / found[2, 2]).ravel()[:8])
    size = (WIDTH // _HALF, HEIGHT // _HALF)
    return _smooth(seen.transform(size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR))


def _halved(grey: Grey) -> Grey:
    return _smooth(_as_bytes(grey).resize((WIDTH // _HALF, HEIGHT // _HALF), Image.Resampling.BOX))


def _as_bytes(grey: Grey) -> Image.Image:
    return Image.fromarray(np.clip(grey * _FULL, 0, 255).astype(np.uint8))


def _smooth(picture: Image.Image) -> Grey:
    return np.asarray(picture.filter(ImageFilter.BoxBlur(0.7)), dtype=np.float32) / np.float32(_FULL)
