"""Finding the page in a photo: from the QR's corners outwards, until every part of the sheet lies on its true place.

The reference is the page as it should look. The QR's four corners say where it lies in the photo near the code; from
there patches of the reference are looked up in the photo at growing distance, each time where the patches found so far
predict them, and a projective map is fitted that outliers cannot pull. What a map cannot follow, a fold or a curled
corner, is followed in a last step by displacements of the patches themselves.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

Grey = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]
Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom in points from the page's upper left corner."""

DPI = 200
"""Of the grid both pictures are brought to."""
_COARSE = 2
"""The map is found at half the grid's resolution."""
_PATCH, _STEP, _REACH = 40, 24, 10
"""Side of a patch, distance of patches, how far each is looked for; pixels of the coarse grid (a quarter millimetre)."""
_GROWTH = 1.6
_TEXTURE = 0.04
_ALIKE = 0.45
_OUTLIER = 1.5
_CELL = 32
"""Side of the cells by which the photo is brought onto the grid; pixels of the fine grid."""


@dataclass(frozen=True, repr=False)
class Located:
    """The photo brought onto the grid of the reference, and how well that went.

    `ink` is 0 for paper and 1 for full black, both pictures `DPI`; `resolution` is the photo's own, in dpi, for each
    cell of `_CELL` pixels; `alike` is the middle correlation of the patches.
    """

    reference: Grey
    photo: Grey
    resolution: float
    alike: float


class PageNotFound(Exception):
    """Raised when the page around the code is not the page that belongs to it, or cannot be made out."""


def corners_of(place: Rectangle, dpi: float) -> Points:
    """The four corners of a rectangle, clockwise from the upper left, in pixels."""
    left, top, right, bottom = place
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)]) * dpi / 72


def ink(picture: Image.Image) -> Grey:
    """How much ink there is at each pixel, whatever the light: 0 paper, 1 the darkest ink of the page."""
    small = picture.resize((max(1, picture.width // 8), max(1, picture.height // 8)), Image.Resampling.BOX)
    bright = small.filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.GaussianBlur(4))
    paper = np.asarray(bright.resize(picture.size, Image.Resampling.BILINEAR), dtype=np.float32)
    dark = 1 - np.asarray(picture, dtype=np.float32) / np.maximum(paper, 1)
    deepest = float(np.quantile(dark[::3, ::3], 0.99))
    return np.clip(dark / max(deepest, 0.2), 0, 1.2).astype(np.float32)
