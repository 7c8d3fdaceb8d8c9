"""Pictures of one bit a pixel."""

import io
from dataclasses import dataclass

from PIL import Image


@dataclass(frozen=True)
class Bits:
    """Rows packed with the most significant bit first, each padded to whole bytes; 1 is black."""

    width: int
    height: int
    rows: bytes


def of_png(png: bytes) -> Bits:
    """The picture of a PNG, every pixel darker than the middle black."""
    with Image.open(io.BytesIO(png)) as opened:
        grey = opened.convert("L")
    # Pillow packs white as 1.
    rows = grey.point(lambda value: 0 if value >= _MIDDLE else 255).convert("1").tobytes()
    return Bits(grey.width, grey.height, rows)


_MIDDLE = 128
