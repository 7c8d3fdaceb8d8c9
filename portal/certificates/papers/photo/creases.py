"""Folds in the paper: lines right across the page along which toner is lost or the paper is darker.

A text under a fold may have lost strokes without anybody having touched it; of it nothing is said. On a photocopy of
a folded sheet shadow and loss may be gone; that its two sides no longer match quite remains, and `unfolding` sees it.
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
_LOST = 0.2
_DARKER = 0.025
_SHADE = 0.12
"""What is darker than this is no shadow but ink: dots of the tint, which a copy makes black."""
_SHARE, _FEWEST = 0.6, 6
"""Of all bins that can say something, so many must say so; and so many must be able to."""
_WIDTH = 9
"""How far from the middle of a fold its harm may reach; pixels of 1/200 inch."""
_INK = 0.5
_RUN = 5


def creases(page: Grey, expected: Grey, photo: Grey, bare: Mask) -> Mask:
    """Which pixels lie under a fold, across or along. `bare`: where the page has nothing near."""
    across = _lines(page, expected, photo, bare)
    along = _lines(page.T, expected.T, photo.T, bare.T).T
    return np.asarray(across | along)


def _lines(page: Grey, expected: Grey, photo: Grey, bare: Mask) -> Mask:
    """Folds that run from left to right."""
    height, width = page.shape
    mask = np.zeros(page.shape, dtype=bool)
    columns = np.arange(width)
    for signs in (_lost(page, expected, photo), _darker(photo, bare)):
        for slope in _SLOPES:
            rise = np.rint(np.linspace(-slope / 2, slope / 2, _BINS)).astype(int)
            sheared = np.stack([np.roll(signs[:, place], -rise[place]) for place in range(_BINS)], axis=1)
            known = (~np.isnan(sheared)).sum(axis=1)
            said = np.nansum(sheared, axis=1)
            for band in np.flatnonzero((known >= _FEWEST) & (said >= _SHARE * known)):
                middle = (band + 0.5) * _BAND + (columns / width - 0.5) * slope * _BAND
                top, bottom = int(max(0, middle.min() - _WIDTH)), int(min(height, middle.max() + _WIDTH + 1))
                mask[top:bottom] |= np.abs(np.arange(top, bottom)[:, None] - middle[None]) <= _WIDTH
    return mask


def _lost(page: Grey, expected: Grey, photo: Grey) -> npt.NDArray[np.float64]:
    """For each band and bin: 1 where strokes have lost ink, 0 where they have not, nan where there are none.

    Only strokes that cross the band can lose ink to a fold; a rule that lies along it could merely lie a little off.
    """
    crossing = page > _INK
    crossing[_RUN:-_RUN] &= (page[: -2 * _RUN] > _INK) & (page[2 * _RUN :] > _INK)
    before = _binned(np.where(crossing, expected, 0))
    now = _binned(np.where(crossing, _widened(photo), 0))
    strokes = _binned(crossing.astype(np.float32))
    return np.where(strokes < 2, np.nan, np.where(now < (1 - _LOST) * before, 1.0, 0.0))


def _darker(photo: Grey, bare: Mask) -> npt.NDArray[np.float64]:
    """For each band and bin: 1 where bare paper is darker than around, 0 where it is not, nan where there is none."""
    empty = _binned(bare.astype(np.float32))
    shade = _binned(np.where(bare, np.minimum(photo, _SHADE), 0)) / np.maximum(empty, 1)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(shade, ((12, 12), (0, 0)), mode="edge"), 25, axis=0)
    usual = np.median(around, axis=-1)
    # The dots that 複写 is made of give bands of their own; a shadow must stand out from them.
    unrest = np.median(np.abs(around - usual[..., None]), axis=-1)
    return np.where(empty < 20, np.nan, np.where(shade > usual + np.maximum(_DARKER, 3 * unrest), 1.0, 0.0))


def _widened(photo: Grey) -> Grey:
    """The darkest within two pixels to the left and right: a rule a little off its place is not lost."""
    padded = np.pad(photo, ((0, 0), (2, 2)), mode="edge")
    return np.asarray(np.max([padded[:, step : step + photo.shape[1]] for step in range(5)], axis=0))


def _binned(values: Grey) -> npt.NDArray[np.float64]:
    height, width = values.shape
    bands, bin_width = height // _BAND, width // _BINS
    cut = values[: bands * _BAND, : bin_width * _BINS]
    return np.asarray(cut.reshape(bands, _BAND, _BINS, bin_width).sum(axis=(1, 3)), dtype=np.float64)
