"""The QR codes on a photo or scan, as bytes with their places. What the bytes mean is the caller's business."""

import io
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import zxingcpp
from PIL import Image, ImageFilter, ImageOps

MAX_PIXELS = 64_000_000
"""A4 at 600 dpi is 35 million, the largest phone cameras in common use take 50 million."""
MAX_BYTES = 32 * 1024 * 1024
_FORMATS = ("PNG", "JPEG")
_SIDES = (2600, 1800, 3600, 1200)
"""Longer side of the picture in pixels, in the order tried: 2600 is a page at 220 dpi."""
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_SAME_PLACE = 0.5

Corner = tuple[float, float]


class PhotoBroken(Exception):
    """Raised when the bytes are not a PNG or JPEG picture, or are damaged.

    One that is cut short is refused too, but read as far as it goes in a process that prints: WeasyPrint wants it so.
    """


class PhotoTooLarge(Exception):
    """Raised before decoding when a picture announces more pixels, or has more bytes, than any camera takes."""


@dataclass(frozen=True, repr=False)
class Found:
    """A QR code: its bytes, and its corners in pixels of the upright photo, clockwise from the code's upper left."""

    payload: bytes
    corners: tuple[Corner, Corner, Corner, Corner]

    @property
    def side(self) -> float:
        """Length of the code's side in pixels, the mean of all four."""
        ends = zip(self.corners, self.corners[1:] + self.corners[:1], strict=True)
        return sum(math.hypot(x1 - x0, y1 - y0) for (x0, y0), (x1, y1) in ends) / 4


def open_photo(content: bytes) -> Image.Image:
    """The picture in shades of grey, upright. Raises PhotoTooLarge, PhotoBroken."""
    if len(content) > MAX_BYTES:
        raise PhotoTooLarge(f"{len(content)} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=_FORMATS)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as broken:
        raise _named(broken) from None
    _require_size(picture)
    try:
        return _grey(ImageOps.exif_transpose(picture))
    except (OSError, ValueError, SyntaxError, IndexError) as broken:
        raise _named(broken) from None


def read(image: Image.Image) -> tuple[Found, ...]:
    """Every QR code on the picture, each once, from the largest to the smallest. Raises PhotoTooLarge.

    A code that holds something other than a stamp is given too: an address that is not ours deserves a warning.
    """
    _require_size(image)
    grey = _grey(image)
    found: list[Found] = []
    for attempt, scale in _attempts(grey):
        for code in zxingcpp.read_barcodes(attempt, formats=_QR, try_invert=False):
            place = code.position
            corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
            one = Found(bytes(code.bytes), _scaled([(corner.x, corner.y) for corner in corners], scale))
            if not any(_same(one, other) for other in found):
                found.append(one)
        if found:
            break
    return tuple(sorted(found, key=lambda code: code.side, reverse=True))


def _attempts(grey: Image.Image) -> Iterator[tuple[Image.Image, float]]:
    """The picture at several sizes, then smoothed and stretched: dots of a copier disturb, and so does haze."""
    yield from _sizes(grey, enlarge=False)
    yield from _sizes(grey.filter(ImageFilter.MedianFilter(3)), enlarge=False)
    yield from _sizes(ImageOps.autocontrast(grey.filter(ImageFilter.GaussianBlur(1.2)), cutoff=1), enlarge=True)


def _sizes(grey: Image.Image, *, enlarge: bool) -> Iterator[tuple[Image.Image, float]]:
    longer = max(grey.size)
    if longer <= _SIDES[0]:
        yield grey, 1.0
    for wanted in _SIDES:
        scale = wanted / longer
        if scale < 1 or enlarge:
            size = (max(1, round(grey.width * scale)), max(1, round(grey.height * scale)))
            yield grey.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC), scale


def _scaled(corners: list[Corner], scale: float) -> tuple[Corner, Corner, Corner, Corner]:
    first, second, third, fourth = ((x / scale, y / scale) for x, y in corners)
    return first, second, third, fourth


def _same(one: Found, other: Found) -> bool:
    """Whether two findings are one code: same bytes in the same place."""
    (x0, y0), (x1, y1) = one.corners[0], other.corners[0]
    return one.payload == other.payload and abs(x0 - x1) + abs(y0 - y1) < _SAME_PLACE * one.side


def _require_size(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise PhotoTooLarge(f"{image.width} x {image.height} pixels")


def _grey(image: Image.Image) -> Image.Image:
    """Shades of grey, eight bits; what is transparent is paper."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image.convert("RGBA"))
        return paper.convert("L")
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    return image if image.mode == "L" else image.convert("L")


def _named(broken: Exception) -> Exception:
    return (
        PhotoTooLarge("more pixels than any camera takes")
        if isinstance(broken, Image.DecompressionBombError)
        else PhotoBroken(type(broken).__name__)
    )
