"""印影: a round seal with a surname, drawn by code as the register keeps it (PNG, one bit a pixel, 30 mm wide)."""

import base64
import io
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT = Path("/usr/share/fonts/truetype/ipamj/ipamjm.ttf")
# 30 mm at 400 dpi; the seal itself is 15 mm across.
_PIXELS = 472
_RADIUS = 118
_RING = 9
_EM = 150
_SELECTORS = range(0xE0100, 0xE01F0)


def seal_picture(surname: str) -> bytes:
    """The seal with these characters one below the other; of a Roman name the first letters."""
    characters = [character for character in surname if ord(character) not in _SELECTORS][:4]
    picture = Image.new("1", (_PIXELS, _PIXELS), 1)
    middle = _PIXELS // 2
    edge = (middle - _RADIUS, middle - _RADIUS, middle + _RADIUS, middle + _RADIUS)
    ImageDraw.Draw(picture).ellipse(edge, outline=0, width=_RING)
    # As carved: the characters are stretched until they fill the round.
    high = int(_RADIUS * (1.5 if len(characters) > 1 else 1.1))
    wide = int(_RADIUS * (1.15 if len(characters) > 1 else 1.25))
    carved = _column(characters).resize((wide, high), Image.Resampling.LANCZOS).point(lambda grey: 255 * (grey > 110))
    picture.paste(0, (middle - wide // 2, middle - high // 2), carved.convert("1"))
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _column(characters: list[str]) -> Image.Image:
    """The characters one below the other, white on black, cut to their ink."""
    column = Image.new("L", (_EM + 20, _EM * len(characters) + 20), 0)
    draw = ImageDraw.Draw(column)
    for place, character in enumerate(characters):
        at = (column.width / 2, 10 + _EM * (place + 0.5))
        draw.text(at, character, fill=255, font=_font(), anchor="mm", stroke_width=3)
    return column.crop(column.getbbox())


@cache
def encoded(surname: str) -> str:
    """The picture as the import's file holds it."""
    return base64.b64encode(seal_picture(surname)).decode("ascii")


@cache
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), _EM)
