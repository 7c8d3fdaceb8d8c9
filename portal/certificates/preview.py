"""見本: the sheets of a document as watermarked pictures, for the screen of the kiosk that asked for it.

The pictures are made of the very bytes that will be printed, in memory only. The words 見本 stand across each of
them, their resolution is a screen's, and the code is covered: a photograph of the screen proves nothing to anybody.
"""

import io
import subprocess
from functools import cache

import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from portal.certificates.characters import approved_font

DPI = 110
_PATIENCE = 10.0
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_MARK = "見本"
_MARK_POINTS, _MARK_TURN, _MARK_GREY = 170, 35, 150
_COVER_GREY, _MARGIN = 200, 4


class PageUnknown(Exception):
    """Raised when a page is asked for that the document does not have, or its picture cannot be made.

    That is so as well when its code is not found: what is not found cannot be covered.
    """


def picture(document: bytes, page: int) -> bytes:
    """One page as a PNG of `DPI` dots an inch, marked as a sample. Raises PageUnknown."""
    try:
        drawn = subprocess.run(
            ["pdftoppm", "-r", str(DPI), "-gray", "-f", str(page), "-l", str(page), "-"],
            input=document,
            capture_output=True,
            check=True,
            timeout=_PATIENCE,
        ).stdout
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        # Not chained: what the program was given is in the exception's arguments.
        raise PageUnknown(type(error).__name__) from None
    if not drawn:
        raise PageUnknown("no such page")
    with Image.open(io.BytesIO(drawn)) as opened:
        marked = _marked(opened.convert("L"))
    target = io.BytesIO()
    marked.save(target, "PNG")
    return target.getvalue()


def _marked(sheet: Image.Image) -> Image.Image:
    """The sheet with the words across it, so lightly that what stands there stays legible, and without its code."""
    codes = zxingcpp.read_barcodes(sheet, formats=_QR)
    if not codes:
        raise PageUnknown("no code")
    sheet.paste(_MARK_GREY, mask=_mark(sheet.size))
    for code in codes:
        corners = (code.position.top_left, code.position.bottom_right)
        (left, top), (right, bottom) = ((corner.x, corner.y) for corner in corners)
        sheet.paste(_COVER_GREY, (left - _MARGIN, top - _MARGIN, right + _MARGIN, bottom + _MARGIN))
    return sheet


@cache
def _mark(size: tuple[int, int]) -> Image.Image:
    """How strongly the grey of the words covers each dot: three times down the sheet, aslant."""
    width, height = size
    cover = Image.new("L", size, 0)
    font = ImageFont.truetype(str(approved_font()), _MARK_POINTS)
    for place in (1, 3, 5):
        line = Image.new("L", (width, height // 3), 0)
        ImageDraw.Draw(line).text((width // 2, height // 6), _MARK, font=font, fill=110, anchor="mm")
        turned = line.rotate(_MARK_TURN, resample=Image.Resampling.BICUBIC)
        cover.paste(turned, (0, place * height // 6 - height // 6), turned)
    return cover
