"""Laying a photographed sheet flat: by the map of the whole sheet, then each piece between its folds by its own.

A sheet that was folded is pieces of paper that no longer match quite where they meet. No one map, however bent,
follows both sides of such a line, and what it tears there looks like altered strokes. So the line itself is looked
for: where patches of the page on its two sides follow two maps much better than one. Each piece is then laid by its
own map and by the displacements of its own patches, and the line is found to the pixel by which side fits it better.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from portal.certificates.papers.photo.machine import blurred
from portal.certificates.papers.photo.matching import Grey, Points
from portal.certificates.papers.photo.projecting import projected

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.uint8]

_DIM = 0.4
"""A patch that is no more alike than this says nothing."""
_MISS = 0.6
"""How far a patch usually lies from a map that is right; pixels."""
_GAIN = 12.0
"""How much better, in natural logarithms, two maps must explain the patches than one, to be a fold."""
_MOST_PIECES = 8
_FEWEST = 25
"""Patches on each side of a fold."""
_BETWEEN = 24
"""From one line tried to the next; pixels."""
_STRADDLES = 28
"""A patch whose centre is nearer to a fold belongs to no side, or to both; pixels."""
_BAND = 90
"""How far from where patches see it a fold may lie; pixels."""
_BINS = 24
_SLOPES = np.linspace(-18, 18, 13)
"""How much a fold may rise or fall from one side of the page to the other; pixels (half a degree)."""
_WIDTH = 10
"""How far from the middle of a fold its harm may reach where nothing is torn; pixels of 1/200 inch."""
_DETAIL = 8.0
_SMOOTH = 48.0
"""How far a patch's displacement reaches; pixels."""
_FAINT = 0.05
"""Patches that weigh less than this together are not believed against the base."""
_CELL = 32


@dataclass(frozen=True, repr=False)
class Field:
    """Patches of the page: centres on the grid, how far from the map's place each was found, and how alike it was.

    `firm` says for each direction how well a patch holds its place in it, 0 to 1: a rule alone slides along itself.
    """

    centres: Points
    moved: Points
    alike: Grey
    firm: Points

    def among(self, chosen: Mask) -> "Field":
        """Only these patches."""
        return Field(self.centres[chosen], self.moved[chosen], self.alike[chosen], self.firm[chosen])

    def misses(self, places: Points) -> Points:
        """How far each patch lies from where these displacements have it, as far as it can say."""
        return np.asarray(np.sqrt((self.firm * (self.moved - places) ** 2).sum(axis=1)))


@dataclass(frozen=True, repr=False)
class _Piece:
    """A flat piece of the sheet: its patches, and one smooth displacement of all of it."""

    field: Field
    base: Points

    def shift(self, knots: Points) -> Points:
        """How far the paper lies from the map of the whole at these points of the grid."""
        rest = self.field.moved - _terms(self.field.centres) @ self.base
        return np.asarray(_terms(knots) @ self.base + _smooth(self.field, rest, knots))


@dataclass(frozen=True, repr=False)
class _Fold:
    """A line along which the page has come apart: `axis` 0 runs down it at x = `at`, 1 across it at y = `at`."""

    axis: int
    at: float
    before: _Piece
    after: _Piece

    def gap(self) -> float:
        """How far, in pixels, the two sides have moved against each other at the worst end of the line."""
        ends = np.full((2, 2), self.at)
        low, high = (
            self.before.field.centres[:, 1 - self.axis].min(),
            self.before.field.centres[:, 1 - self.axis].max(),
        )
        ends[:, 1 - self.axis] = low, high
        return float(np.hypot(*(_terms(ends) @ (self.after.base - self.before.base)).T).max())


def flattened(photo: Image.Image, projection: Points, page: Grey, field: Field) -> tuple[Image.Image, Mask]:
    """The photo on the page's grid, every piece in its place, and which pixels lie under a fold that was found.

    `projection` maps the grid into the photo; `page` is the page's ink on the grid.
    """
    labels: Labels = np.zeros(page.shape, np.uint8)
    folds = np.zeros(page.shape, dtype=bool)
    detail = blurred(page, 1.0) - blurred(page, _DETAIL)
    pieces, unfolded = [_piece(field)], [0]
    while unfolded and len(pieces) < _MOST_PIECES:
        label = unfolded.pop()
        fold = _fold(pieces[label])
        if fold is None:
            continue
        mine = labels == label
        beyond = _beyond(photo, projection, detail, mine, fold)
        folds |= mine & (np.abs(beyond) <= _WIDTH + fold.gap())
        labels[mine & (beyond >= 0)] = len(pieces)
        unfolded += [label, len(pieces)]
        pieces[label] = fold.before
        pieces.append(fold.after)
    flat = Image.new("L", (page.shape[1], page.shape[0]), 255)
    for label, piece in enumerate(pieces):
        mine = labels == label
        flat.paste(_laid(photo, projection, piece, mine), mask=Image.fromarray(mine))
    return flat, folds


def _piece(field: Field) -> _Piece:
    """The smooth displacement that follows the many and leaves the few."""
    source = _terms(field.centres)
    first = np.clip(field.alike - _DIM, 0, None).astype(np.float64)
    weights = first
    for _ in range(5):
        base = np.column_stack([_fitted(source, field.moved[:, way], weights * field.firm[:, way]) for way in (0, 1)])
        misses = field.misses(source @ base)
        weights = first / (1 + (misses / _MISS) ** 2)
    return _Piece(field, base)


def _fitted(source: Points, target: Points, weights: Points) -> Points:
    root = np.sqrt(weights)
    return np.asarray(np.linalg.lstsq(source * root[:, None], target * root, rcond=None)[0])


def _fold(piece: _Piece) -> _Fold | None:
    """The line at which the piece is best taken for two, or None where that explains little."""
    known = piece.field.among(piece.field.alike > _DIM)
    best, least = None, float(_strangeness(known, piece).sum()) - _GAIN
    for axis in (0, 1):
        along = known.centres[:, axis]
        for at in np.arange(along.min(), along.max(), _BETWEEN) if len(along) else ():
            sides = along < at - _STRADDLES, along > at + _STRADDLES
            if min(side.sum() for side in sides) < _FEWEST:
                continue
            before, after = (_piece(known.among(side)) for side in sides)
            of_before, of_after = _strangeness(known, before), _strangeness(known, after)
            # Of a patch on the line itself either side may be the one that it was found by.
            on_the_line = np.minimum(of_before, of_after)
            strangeness = float(np.select(list(sides), [of_before, of_after], on_the_line).sum())
            if strangeness < least:
                best, least = _Fold(axis, float(at), before, after), strangeness
    return best


def _strangeness(field: Field, piece: _Piece) -> Points:
    """How badly each patch follows the piece, in natural logarithms."""
    misses = field.misses(_terms(field.centres) @ piece.base)
    return np.asarray((field.alike - _DIM) * np.log1p((misses / _MISS) ** 2))


def _beyond(photo: Image.Image, projection: Points, detail: Grey, mine: Mask, fold: _Fold) -> Grey:
    """For each pixel of the grid how far it lies beyond the fold; below 0 on this side of it.

    Both pieces are laid over the line; it runs where the strokes of the one end and those of the other begin.
    """
    rows, columns = np.indices(mine.shape, dtype=np.float32)
    along, across = (columns, rows) if fold.axis == 0 else (rows, columns)
    near = mine & (np.abs(along - fold.at) <= _BAND)
    before, after = (
        np.asarray(_laid(photo, projection, side, near), dtype=np.float32) for side in (fold.before, fold.after)
    )
    # Dark photo on dark detail speaks for a side: on this side of the line for the one, beyond it for the other.
    gain = np.where(near, detail * (after - before), 0)
    if fold.axis == 0:
        gain = gain.T
    first = max(0, round(fold.at) - _BAND)
    band = gain[first : round(fold.at) + _BAND]
    width = band.shape[1] // _BINS
    binned = band[:, : width * _BINS].reshape(len(band), _BINS, width).sum(axis=2).cumsum(axis=0)
    middles = (np.arange(_BINS) + 0.5) / _BINS - 0.5
    best, place, rise = -np.inf, fold.at - first, 0.0
    for slope in _SLOPES:
        steps = np.rint(middles * slope).astype(int)
        for at in range(int(_SLOPES[-1]), len(band) - int(_SLOPES[-1])):
            fit = float(binned[at + steps, np.arange(_BINS)].sum())
            if fit > best:
                best, place, rise = fit, at, float(slope)
    line = first + place + 0.5 + (across / gain.shape[1] - 0.5) * rise
    return np.asarray(along - line, dtype=np.float32)


def _laid(photo: Image.Image, projection: Points, piece: _Piece, where: Mask) -> Image.Image:
    """The photo on the grid as this piece lies, in all cells that `where` touches."""
    height, width = where.shape
    columns, rows = np.arange(0, width + _CELL, _CELL), np.arange(0, height + _CELL, _CELL)
    across, down = np.meshgrid(columns, rows)
    knots = np.column_stack([across.ravel(), down.ravel()]).astype(np.float64)
    places = projected(projection, knots + piece.shift(knots)).reshape(len(rows), len(columns), 2)
    mesh = [
        (
            (int(columns[i]), int(rows[j]), int(columns[i + 1]), int(rows[j + 1])),
            tuple(float(part) for knot in ((j, i), (j + 1, i), (j + 1, i + 1), (j, i + 1)) for part in places[knot]),
        )
        for j in range(len(rows) - 1)
        for i in range(len(columns) - 1)
        if where[rows[j] : rows[j + 1], columns[i] : columns[i + 1]].any()
    ]
    size = (int(columns[-1]), int(rows[-1]))
    laid = photo.transform(size, Image.Transform.MESH, mesh, Image.Resampling.BICUBIC, fillcolor=255)
    return laid.crop((0, 0, width, height))


def _smooth(field: Field, rest: Points, knots: Points) -> Points:
    """What is left of the displacement at each knot: the mean of the patches around, without the outliers."""
    first = np.clip(field.alike - _DIM, 0, None).astype(np.float64)
    near = np.exp(-((field.centres[:, None] - field.centres[None]) ** 2).sum(axis=-1) / (2 * _SMOOTH**2))
    weights = first
    for _ in range(3):
        around = _mean(near, rest, weights[:, None] * field.firm)
        weights = first / (1 + (field.firm * (rest - around) ** 2).sum(axis=1) / 4) ** 2
    squares = ((knots[:, None] - field.centres[None]) ** 2).sum(axis=-1).astype(np.float32)
    return _mean(np.exp(-squares / (2 * _SMOOTH**2)), rest, weights[:, None] * field.firm)


def _mean(near: Points, values: Points, weights: Points) -> Points:
    """For each row of `near` the mean of the values, weighed by nearness and, for each direction, by weight.

    Where nothing near knows anything it is 0: in margins and blank fields the base alone speaks.
    """
    return np.asarray(near @ (values * weights) / (near @ weights + _FAINT))


def _terms(points: Points) -> Points:
    """What a displacement is made of: a shift, a turn and a stretch, and the bend of a camera's view."""
    x, y = points.T / 1000
    return np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y])
