"""Whether another character stands where one was issued: which of the two the photo resembles more.

A stroke more or less between two characters that look alike is no larger than what a copier does to any character.
But it is *that* stroke: what is odd in the photo is compared with what would be odd if the other character stood
there. What machines do to every character, to shift, darken and spread it, is taken out of both first; what is left
chance does not draw like a stroke.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from portal.certificates.forms.filling import Character
from portal.certificates.papers.photo.locating import DPI, HEIGHT, WIDTH, Located
from portal.certificates.papers.photo.lookalikes import Lookalikes
from portal.certificates.papers.photo.machine import Machine, Part, smoothed
from portal.certificates.papers.photo.matching import Grey, Points, offsets, placed
from portal.certificates.papers.photo.unfolding import Mask

_HALF_PATCH, _REACH = 18, 4
_AT_HOME = 0.3
_MARGIN = 8
_ASCENT, _DESCENT = 0.88, 0.12
"""Of a character's square, above and below its baseline."""
_STROKE = 1.5
_UNREST = 0.01
_GRAIN = 1.0
_SPREAD = 2.0


@dataclass(frozen=True, repr=False)
class Resemblance:
    """The character that a place of a text resembles most, next to the one issued.

    `share` is 0 where it does not at all and 1 where it is that one; `weight` says how much the two differ, measured
    in what usually varies there. `folded`: part of the character lies under a fold, which may have done it.
    """

    path: str
    other: str
    share: float
    weight: float
    folded: bool

    @property
    def gain(self) -> float:
        """How much better the other explains the photo; above 0 it is the nearer of the two."""
        return self.weight * (2 * self.share - 1)


@dataclass(frozen=True, repr=False)
class _Cell:
    """A character's part of the grid, and where it stands in it; pixels."""

    path: str
    character: str
    part: Part
    left: float
    baseline: float
    size: float

    @property
    def box(self) -> tuple[int, int, int, int]:
        rows, columns = self.part
        return columns.start, rows.start, columns.stop, rows.stop

    @property
    def shape(self) -> tuple[int, int]:
        left, top, right, bottom = self.box
        return bottom - top, right - left

    def ink(self, character: str, alike: Lookalikes) -> Grey:
        return alike.ink(character, self.left, self.baseline, self.size, self.shape)


@dataclass(frozen=True, repr=False)
class Look:
    """A photo on its page: what the machine does to ink, where folds are, and how large a difference is usual."""

    located: Located
    machine: Machine
    folds: Mask
    usual: float


def resemblances(
    look: Look, characters: Mapping[str, Sequence[Character]], alike: Lookalikes
) -> Iterator[Resemblance]:
    """For each character that differs by more than is usual, the lookalike that the photo resembles most."""
    located, machine = look.located, look.machine
    cells = [cell for path, line in characters.items() for one in line if (cell := _cell(path, one)) is not None]
    if not cells:
        return
    middles: Points = np.array([((x0 + x1) / 2, (y0 + y1) / 2) for x0, y0, x1, y1 in (cell.box for cell in cells)])
    moved, fits = offsets(located.page, located.photo, middles, _HALF_PATCH, _REACH)
    moved[fits < _AT_HOME] = 0
    inner = slice(_MARGIN // 2, -_MARGIN // 2)
    for cell, offset in zip(cells, moved, strict=True):
        odd = placed(located.photo, cell.box, offset) - machine.expected(cell.part)
        if np.abs(smoothed(odd, _STROKE))[inner, inner].max() >= look.usual:
            found = _likenesses(cell, odd, machine, ~look.folds[cell.part], alike)
            yield max(found, key=lambda one: one.gain)


def _cell(path: str, one: Character) -> _Cell | None:
    """None for blanks, for what has no lookalikes (a variant chosen by a selector), and at the page's edge."""
    if len(one.character) != 1 or one.character.isspace():
        return None
    left, baseline, size = (value * DPI / 72 for value in (one.left, one.baseline, one.size))
    x0, x1 = round(left) - _MARGIN, round(left + one.width * DPI / 72) + _MARGIN
    y0, y1 = round(baseline - _ASCENT * size) - _MARGIN, round(baseline + _DESCENT * size) + _MARGIN
    if min(x0, y0) <= _REACH or x1 >= WIDTH - _REACH - 1 or y1 >= HEIGHT - _REACH - 1:
        return None
    return _Cell(path, one.character, (slice(y0, y1), slice(x0, x1)), left - x0, baseline - y0, size)


def _likenesses(cell: _Cell, odd: Grey, machine: Machine, counts: Mask, alike: Lookalikes) -> Iterator[Resemblance]:
    """How much the photo resembles each lookalike, where it `counts`; at least that it resembles none."""
    folded = not counts.all()
    yield Resemblance(cell.path, cell.character, 0.0, 0.0, folded)
    expected = machine.expected(cell.part)
    roots = np.sqrt(counts / (smoothed(machine.variance(cell.part), _STROKE) + _UNREST))
    usual = np.linalg.qr(np.column_stack([_weighed(one, roots) for one in _done_to_all(expected)]))[0]
    seen = _without(usual, _weighed(odd, roots))
    mine = cell.ink(cell.character, alike)
    for other in alike.of(cell.character):
        change = machine.expected_with(cell.ink(other, alike) - mine, cell.part) - expected
        wanted = _without(usual, _weighed(change, roots))
        weight = float(wanted @ wanted)
        if weight > 0:
            yield Resemblance(cell.path, other, float(wanted @ seen) / weight, weight, folded)


def _done_to_all(expected: Grey) -> list[Grey]:
    """What a machine does to any character: it lies a little off, is darker or fainter, has spread or thinned."""
    down, across = (np.asarray(slope, dtype=np.float32) for slope in np.gradient(expected))
    return [across, down, expected, smoothed(expected, _SPREAD) - expected, np.ones_like(expected)]


def _weighed(one: Grey, roots: Grey) -> Grey:
    return np.asarray((roots * smoothed(one, _GRAIN)).ravel())


def _without(usual: Grey, vector: Grey) -> Grey:
    """What the usual does not explain; its vectors are at right angles."""
    return np.asarray(vector - usual @ (usual.T @ vector))
