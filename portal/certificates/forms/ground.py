"""The tint under every page as PDF objects: a tiling pattern, and a form that fills the page with it."""

import zlib

import pydyf

from portal.certificates.forms import tint
from portal.certificates.forms.library import Library
from portal.certificates.forms.weasy.writer import HEIGHT, WIDTH


def keep(library: Library) -> int:
    """Put the ground into the library; returns its place."""
    pdf = pydyf.PDF()
    tile = tint.tile()
    # As a stencil: every dot is painted, none is smeared to its place in device pixels.
    picture = pydyf.Stream(
        [zlib.compress(tile.rows, 9)],
        {
            "Type": "/XObject",
            "Subtype": "/Image",
            "Width": tile.width,
            "Height": tile.height,
            "ImageMask": "true",
            "BitsPerComponent": 1,
            "Decode": pydyf.Array([1, 0]),
            "Filter": "/FlateDecode",
        },
    )
    pdf.add_object(picture)
    red, green, blue = (part / 255 for part in tint.INK)
    pattern = pydyf.Stream(
        [b"%.4f %.4f %.4f rg %.4f 0 0 %.4f 0 0 cm /Tile Do" % (red, green, blue, tint.WIDTH, tint.HEIGHT)],
        {
            "Type": "/Pattern",
            "PatternType": 1,
            "PaintType": 1,
            "TilingType": 1,
            "BBox": pydyf.Array([0, 0, tint.WIDTH, tint.HEIGHT]),
            "XStep": tint.WIDTH,
            "YStep": tint.HEIGHT,
            "Resources": pydyf.Dictionary({"XObject": pydyf.Dictionary({"Tile": picture.reference})}),
        },
    )
    pdf.add_object(pattern)
    form = pydyf.Stream(
        [b"/Pattern cs /Tint scn 0 0 %.4f %.4f re f" % (WIDTH, HEIGHT)],
        {
            "Type": "/XObject",
            "Subtype": "/Form",
            "BBox": pydyf.Array([0, 0, WIDTH, HEIGHT]),
            "Resources": pydyf.Dictionary({"Pattern": pydyf.Dictionary({"Tint": pattern.reference})}),
        },
    )
    pdf.add_object(form)
    return library.take(pdf.objects, form.number)
