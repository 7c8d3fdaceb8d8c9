"""Whether a photo of a sheet shows the texts that were issued, and nothing besides.

Each text is looked at in windows of a few characters, every window in its own best place. A model of the whole page
says what the machine in between did to ink (spread it, thinned it, blurred it): which darkness in the photo stands
for which darkness on the page. What the model does not explain, smoothed to the width of a stroke, is the
difference; the worst place of a text decides. So does a character that resembles one of its lookalikes more than
itself, be the difference ever so small. A sheet too coarse or too blurred for its strokes is not judged, nor is a
text under a fold.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from PIL import Image

from portal.certificates.characters import approved_font
from portal.certificates.papers.photo.creases import Mask, creases
from portal.certificates.papers.photo.locating import DPI, HEIGHT, WIDTH, Located, Rectangle, locate
from portal.certificates.papers.photo.lookalikes import lookalikes
from portal.certificates.papers.photo.machine import Machine, Part, blurred, learned, smoothed
from portal.certificates.papers.photo.matching import Grey, Points, offsets, placed
from portal.certificates.papers.photo.reading import Found
from portal.certificates.papers.photo.swapping import Look, resemblances
from portal.certificates.press import Reprinted

FEWEST_DPI = 110
"""Below this a photo does not show the strokes of a 7-point text."""

_WINDOW = 36
"""Width of a window in pixels of the grid: two to four characters."""
_HALF_PATCH, _REACH = 24, 4
_AT_HOME = 0.3
_MARGIN = 3
_STROKE = 1.5
"""Width of the smoothing; pixels."""
_USUAL = 0.31 / 1.75
"""A difference counts no more than this for each standard deviation that is usual at such a place."""
_UNREST = 0.01
_CERTAIN, _DOUBTFUL = (0.31, 0.18), (0.235, 0.11)
"""A difference is certain, or doubtful, above the first figure and above the page's usual one plus the second.

Measured: texts of genuine sheets reach 0.30 stained, crumpled and scanned, 0.34 on heavily inked copies (usual there:
0.18); altered ones have 0.24 and more, nine of ten above 0.36.
"""
_OTHER, _PERHAPS_OTHER = 25.0, 5.0
"""So much better another character must explain the photo to be there for certain, or perhaps."""
_EXPLAINED = 0.55
"""Share of the variance of the photo's ink that the model must explain, or nothing is said at all."""

_FREE_MARGIN, _BESIDE = 7, 5
"""How far from its ink the page may darken, and how much further that ink may lie off its place; pixels."""
_EDGE = 40
_SPOT = 24
_SPOT_BLUR, _SPOT_INK, _SPOT_PIXELS = 1.2, 0.36, 16
"""A dot of the tint, black on a copy, comes out of this blur with 0.25, the thinnest stroke with 0.4."""
_QUIET = 12


class Sight(StrEnum):
    """What became of a text in the photo, where it is not simply the same."""

    DIFFERENT = "different"
    UNCLEAR = "unclear"
    ADDED = "added"


@dataclass(frozen=True)
class Difference:
    """One text that is not, or not certainly, what was issued.

    `path` is empty for something ADDED where the page has no text. `place` is on the page, in points.
    """

    path: str
    sight: Sight
    place: Rectangle


@dataclass(frozen=True, repr=False)
class _Window:
    """A part of a text: where on the grid, and the photo there, moved into its best place."""

    path: str
    left: int
    top: int
    photo: Grey
    alike: float

    @property
    def part(self) -> Part:
        height, width = self.photo.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


def compare(photo: Image.Image, found: Found, reference: Image.Image, page: Reprinted) -> tuple[Difference, ...]:
    """Every text that the photo does not clearly show as the reference does; empty when all is as issued.

    `photo` is what `found` was read from; `reference` is a picture of the true `page`, A4, best at 600 dpi, with or
    without its code. Raises PageNotFound when the sheet around the code is another one altogether.
    """
    places = page.places
    located = locate(photo, found, reference, page.code)
    windows = list(_windows(located, places))
    if not windows:
        return ()
    # Texts that were changed must not teach what the machine does to ink: the half that fits better does.
    middle = float(np.median([window.alike for window in windows]))
    machine = learned(located.page, [(one.part, one.photo) for one in windows if one.alike >= middle])
    bare = ~_grown(blurred(located.page, 1.0) > 0.2, _FREE_MARGIN)
    folds = located.folds | creases(located.page, machine.expected(), located.photo, bare)
    if machine.explained < _EXPLAINED:
        return tuple(Difference(path, Sight.UNCLEAR, place) for path, place in places.items())
    worst = _worst(windows, machine, folds)
    usual = float(np.median([outside for outside, _ in worst.values()])) if worst else 0.0
    gains: dict[str, float] = {}
    for one in resemblances(Look(located, machine, folds, usual), page.characters, lookalikes(approved_font())):
        gain = min(one.gain, _OTHER) if one.folded else one.gain
        gains[one.path] = max(gain, gains.get(one.path, 0.0))
    seen = [
        Difference(path, sight, place)
        for path, place in places.items()
        if (sight := _sight(*worst.get(path, (0.0, 1.0)), usual, gains.get(path, 0.0), located.dpi(place)))
        is not None
    ]
    return (*seen, *_added(located, ~_grown(~bare, _BESIDE) & ~folds, places, page.code))


def _sight(outside: float, inside: float, usual: float, gain: float, dpi: float) -> Sight | None:
    """`outside`, `inside`: the worst difference away from folds and under them; `usual`: that of the page's texts;
    `gain`: how much better another character explains one of the text's.
    """
    if dpi < FEWEST_DPI:
        return Sight.UNCLEAR
    certain, doubtful = (max(least, usual + more) for least, more in (_CERTAIN, _DOUBTFUL))
    if outside > certain or gain > _OTHER:
        return Sight.DIFFERENT
    return Sight.UNCLEAR if max(outside, inside) > doubtful or gain > _PERHAPS_OTHER else None


def _windows(located: Located, places: Mapping[str, Rectangle]) -> Iterator[_Window]:
    cuts = [
        (path, left + number * (right - left) / count, left + (number + 1) * (right - left) / count, top, bottom)
        for path, place in places.items()
        for left, top, right, bottom in [[edge * DPI / 72 for edge in place]]
        for count in [max(1, round((right - left) / _WINDOW))]
        for number in range(count)
    ]
    if not cuts:
        return
    centres: Points = np.array([((left + right) / 2, (top + bottom) / 2) for _, left, right, top, bottom in cuts])
    moved, alike = offsets(located.page, located.photo, centres, _HALF_PATCH, _REACH)
    moved[alike < _AT_HOME] = 0
    around = _MARGIN + round(3 * _STROKE)
    for (path, left, right, top, bottom), offset, fit in zip(cuts, moved, alike, strict=True):
        x0, y0 = max(_REACH + 1, int(left) - around), max(_REACH + 1, int(top) - around)
        x1 = min(WIDTH - _REACH - 2, int(right) + around)
        y1 = min(HEIGHT - _REACH - 2, int(bottom) + around)
        if x1 - x0 > 2 * around and y1 - y0 > 2 * around:
            yield _Window(path, x0, y0, placed(located.photo, (x0, y0, x1, y1), offset), float(fit))


def _worst(windows: list[_Window], machine: Machine, folds: Mask) -> dict[str, tuple[float, float]]:
    """For each text the largest unexplained difference away from folds, and under them."""
    worst: dict[str, tuple[float, float]] = {}
    edge = round(3 * _STROKE)
    for window in windows:
        usual = np.sqrt(smoothed(machine.variance(window.part), _STROKE) + _UNREST)
        size = _size(window.photo, machine.expected(window.part), usual)[edge:-edge, edge:-edge]
        height, width = size.shape
        folded = folds[window.top + edge :, window.left + edge :][:height, :width]
        beside, under = (float(np.max(size, where=part, initial=0)) for part in (~folded, folded))
        if beside > _CERTAIN[0] and _cut_by_fold(window, machine, usual):
            beside, under = 0.0, max(beside, under)
        outside, inside = worst.get(window.path, (0.0, 0.0))
        worst[window.path] = (max(outside, beside), max(inside, under))
    return worst


def _size(photo: Grey, expected: Grey, usual: Grey) -> Grey:
    """How large the difference is at each point, once by its darkness and once by what is usual there."""
    left = np.abs(smoothed(photo - expected, _STROKE))
    return np.minimum(left, left * _USUAL / usual)


def _cut_by_fold(window: _Window, machine: Machine, usual: Grey) -> bool:
    """Whether the window is as it should be but for one cut, of whose sides each lies in a place of its own.

    A fold too fine to be seen as one does that. Such a text is not judged, so nobody can hide behind it.
    """
    expected = machine.expected(window.part)
    edge = round(3 * _STROKE)
    height, width = expected.shape
    sizes = np.stack(
        [
            _size(np.roll(window.photo, (down, across), (0, 1)), expected, usual)
            for down in range(-_REACH, _REACH + 1)
            for across in range(-_REACH, _REACH + 1)
        ]
    )
    for turned, length in ((sizes, height), (sizes.transpose(0, 2, 1), width)):
        inner = turned[:, edge:-edge, edge:-edge]
        for cut in range(2, length - 2 * edge - 2, 3):
            halves = (inner[:, : cut - 2], inner[:, cut + 2 :])
            if all(half.size == 0 or half.max(axis=(1, 2)).min() < _DOUBTFUL[0] for half in halves):
                return True
    return False


def _added(located: Located, free: Mask, places: Mapping[str, Rectangle], code: Rectangle) -> Iterator[Difference]:
    """Ink where the page has none, more than specks, dots of the tint and stains make."""
    free = free.copy()
    for place, margin in [(code, _QUIET), *((place, _MARGIN) for place in places.values())]:
        left, top, right, bottom = (round(edge * DPI / 72) for edge in place)
        free[max(0, top - margin) : bottom + margin, max(0, left - margin) : right + margin] = False
    free[:_EDGE] = free[-_EDGE:] = False
    free[:, :_EDGE] = free[:, -_EDGE:] = False
    strong = (blurred(located.photo, _SPOT_BLUR) > _SPOT_INK) & free
    step = _SPOT // 2
    rows, columns = HEIGHT // step, WIDTH // step
    counts = strong[: rows * step, : columns * step].reshape(rows, step, columns, step).sum(axis=(1, 3))
    fourfold = counts[:-1, :-1] + counts[1:, :-1] + counts[:-1, 1:] + counts[1:, 1:]
    for top, left, bottom, right in _groups(fourfold >= _SPOT_PIXELS):
        box = (left * step, top * step, (right + 2) * step, (bottom + 2) * step)
        x0, y0, x1, y1 = (edge * 72 / DPI for edge in box)
        yield Difference("", Sight.ADDED, (x0, y0, x1, y1))


def _grown(mask: Mask, reach: int) -> Mask:
    for _ in range(2):
        padded = np.pad(mask, ((reach, reach), (0, 0)))
        sums = np.cumsum(np.pad(padded, ((1, 0), (0, 0))), axis=0)
        mask = np.asarray(sums[2 * reach + 1 :] > sums[: -2 * reach - 1]).T
    return mask


def _groups(marked: Mask) -> Iterator[tuple[int, int, int, int]]:
    """Boxes (top, left, bottom, right) around marks that touch."""
    left = {(int(row), int(column)) for row, column in np.argwhere(marked)}
    while left:
        open_ends, group = [left.pop()], []
        while open_ends:
            row, column = open_ends.pop()
            group.append((row, column))
            around = {(row + down, column + across) for down in (-1, 0, 1) for across in (-1, 0, 1)} & left
            left -= around
            open_ends += around
        rows, columns = zip(*group, strict=True)
        yield min(rows), min(columns), max(rows), max(columns)
