"""The picture of a seal (印影) as the core system gives it."""

import io

from PIL import Image

# 30 mm at 200 and at 1200 dpi.
_SMALLEST, _LARGEST = 236, 1417


def is_seal_picture(png: bytes) -> bool:
    """Whether `png` is a whole PNG, square, of one bit a pixel and 236 to 1417 pixels wide."""
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
            if picture.mode != "1" or picture.width != picture.height or not _SMALLEST <= picture.width <= _LARGEST:
                return False
            picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        # What the library raises for damaged files differs from place to place.
        return False
    return True
