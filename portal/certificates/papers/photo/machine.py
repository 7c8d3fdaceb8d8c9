"""What a printer, a copier and a camera have made of a page's ink, learned from the texts of the page itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from portal.certificates.papers.photo.matching import Grey

Part = tuple[slice, slice]

_LEVELS, _DENSITIES = 48, 10
_BLURS = (0.4, 0.7, 1.0, 1.3, 1.7)
_AROUND = 2.5
"""Width of a point's surroundings; pixels."""
_FEW = 40
"""Pixels it takes to believe a level."""
_WHOLE: Part = (slice(None), slice(None))


@dataclass(frozen=True, repr=False)
class Machine:
    """A blur, then for each darkness of a point and of its surroundings a new one, and how widely that varies.

    Ink closes up between dense strokes and thins where a stroke stands alone, so one curve does not do.
    `explained` is the share of the photo's variance that follows from the page; `point` and `around` are the page,
    blurred as the machine does and blurred widely.
    """

    levels: Grey
    spreads: Grey
    explained: float
    point: Grey
    around: Grey
    blur: float
    """of `point`; pixels"""

    def expected(self, part: Part = _WHOLE) -> Grey:
        """What the photo should show there if the page is true."""
        return np.asarray(self.levels[_levels(self.point[part], _LEVELS), _levels(self.around[part], _DENSITIES)])

    def expected_with(self, change: Grey, part: Part) -> Grey:
        """What it should show if the page had that much more ink at each pixel there, and nothing changed beside."""
        point = np.clip(self.point[part] + smoothed(change, self.blur), 0, 1)
        around = np.clip(self.around[part] + smoothed(change, _AROUND), 0, 1)
        return np.asarray(self.levels[_levels(point, _LEVELS), _levels(around, _DENSITIES)])

    def variance(self, part: Part) -> Grey:
        """How far, squared, the photo is usually from that."""
        return np.asarray(self.spreads[_levels(self.point[part], _LEVELS), _levels(self.around[part], _DENSITIES)])


def learned(page: Grey, samples: Sequence[tuple[Part, Grey]]) -> Machine:
    """The machine that explains best how these parts of the page came to look as they do in the photo."""
    photo = np.concatenate([seen.ravel() for _, seen in samples])
    around = blurred(page, _AROUND)
    density = np.concatenate([_levels(around[part], _DENSITIES).ravel() for part, _ in samples])
    none = np.zeros((_LEVELS, _DENSITIES), np.float32)
    best = Machine(none, none, -1.0, around, around, _AROUND)
    for blur in _BLURS:
        point = blurred(page, blur)
        level = np.concatenate([_levels(point[part], _LEVELS).ravel() for part, _ in samples])
        levels = _means(level, density, photo)
        misses = (photo - levels[level, density]) ** 2
        explained = 1 - float(misses.mean()) / max(float(photo.var()), 1e-6)
        if explained > best.explained:
            best = Machine(levels, _means(level, density, misses), explained, point, around, blur)
    return best


def _means(level: npt.NDArray[np.intp], density: npt.NDArray[np.intp], values: Grey) -> Grey:
    """The mean value for each level and density; where a density is rare, that of the level counts."""
    count = np.bincount(level, minlength=_LEVELS)
    curve = np.bincount(level, values, minlength=_LEVELS) / np.maximum(count, 1)
    known = count >= min(_FEW, int(count.max()))
    curve = np.interp(np.arange(_LEVELS), np.flatnonzero(known), curve[known])
    both = level * _DENSITIES + density
    counts = np.bincount(both, minlength=_LEVELS * _DENSITIES).reshape(_LEVELS, _DENSITIES)
    sums = np.bincount(both, values, minlength=_LEVELS * _DENSITIES).reshape(_LEVELS, _DENSITIES)
    return ((sums + _FEW * curve[:, None]) / (counts + _FEW)).astype(np.float32)


def _levels(grey: Grey, count: int) -> npt.NDArray[np.intp]:
    return np.clip((grey * count).astype(np.intp), 0, count - 1)


def blurred(page: Grey, width: float) -> Grey:
    """A whole page under a bell of that width, in steps of a 200th."""
    picture = Image.fromarray(np.clip(page * 200, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(width))
    return np.asarray(picture, dtype=np.float32) / np.float32(200)


def smoothed(part: Grey, width: float) -> Grey:
    """A small part of a page under a bell of that width, exactly."""
    reach = int(3 * width + 1)
    bell = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * width * width)).astype(np.float32)
    bell /= bell.sum()
    for _ in range(2):
        padded = np.pad(part, ((reach, reach), (0, 0)), mode="edge")
        height = part.shape[0]
        part = np.add.reduce([share * padded[step : step + height] for step, share in enumerate(bell)]).T
    return part
