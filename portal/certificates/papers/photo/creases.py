"""Folds in the paper: lines right across the page along which toner is lost or the paper is darker.

A text under a fold may have lost strokes without anybody having touched it; of it nothing is said.
"""

import numpy as np
import numpy.typing as npt

from portal.certificates.papers.photo.matching import Grey

Mask = npt.NDArray[np.bool_]

_BINS = 24
_BAND = 3
"""Lines taken together; pixels."""
_SLOPES = range(-6, 7)
"""Bands a fold may rise or fall from one side of the page to the other: half a degree."""
_LOST = 0.3
_DARKER = 0.05
_SHARE, _FEWEST = 0.6, 6
"""Of all bins that can say something, so many must say so; and so many must be able to."""
_WIDTH = 9
"""How far from the middle of a fold its harm may reach; pixels of 1/200 inch."""
_INK, _PAPER = 0.5, 0.08
_RUN = 5


def creases(page: Grey, expected: Grey, photo: Grey) -> Mask:
    """Which pixels lie under a fold, across or along."""
    across = _lines(page, expected, photo)
    along = _lines(page.T, expected.T, photo.T).T
    return np.asarray(across | along)


def _lines(page: Grey, expected: Grey, photo: Grey) -> Mask:
    """Folds that run from left to right."""
    signs = _signs(page, expected, photo)
    height, width = page.shape
    mask = np.zeros(page.shape, dtype=bool)
    columns = np.arange(width)
    for slope in _SLOPES:
        rise = np.rint(np.linspace(-slope / 2, slope / 2, _BINS)).astype(int)
        sheared = np.stack([np.roll(signs[:, place], -rise[place]) for place in range(_BINS)], axis=1)
        known = ~np.isnan(sheared)
        said = (np.nan_to_num(sheared) > 0).sum(axis=1)
        for band in np.flatnonzero((known.sum(axis=1) >= _FEWEST) & (said >= _SHARE * known.sum(axis=1))):
            middle = (band + 0.5) * _BAND + (columns / width - 0.5) * slope * _BAND
            top = int(max(0, middle.min() - _WIDTH))
            rows = np.arange(top, int(min(height, middle.max() + _WIDTH + 1)))
            mask[rows[0] : rows[-1] + 1] |= np.abs(rows[:, None] - middle[None]) <= _WIDTH
    return mask


def _signs(page: Grey, expected: Grey, photo: Grey) -> npt.NDArray[np.float64]:
    """For each band and bin: 1 where a fold would show and something does, 0 where nothing does, else nan.

    Only strokes that cross the band can lose ink to a fold; a rule that lies along it could merely lie a little off.
    """
    crossing = page > _INK
    crossing[_RUN:-_RUN] &= (page[: -2 * _RUN] > _INK) & (page[2 * _RUN :] > _INK)
    blank = page < _PAPER
    before = _binned(np.where(crossing, expected, 0))
    now = _binned(np.where(crossing, photo, 0))
    strokes, empty = _binned(crossing.astype(np.float32)), _binned(blank.astype(np.float32))
    shade = _binned(np.where(blank, photo, 0)) / np.maximum(empty, 1)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(shade, ((12, 12), (0, 0)), mode="edge"), 25, axis=0)
    usual = np.median(around, axis=-1)
    lost = (strokes >= 2) & (now < (1 - _LOST) * before)
    darker = (empty >= 20) & (shade > usual + _DARKER)
    signs = np.where(lost | darker, 1.0, 0.0)
    signs[(strokes < 2) & ~darker] = np.nan
    return signs


def _binned(values: Grey) -> npt.NDArray[np.float64]:
    height, width = values.shape
    bands, bin_width = height // _BAND, width // _BINS
    cut = values[: bands * _BAND, : bin_width * _BINS]
    return np.asarray(cut.reshape(bands, _BAND, _BINS, bin_width).sum(axis=(1, 3)), dtype=np.float64)
