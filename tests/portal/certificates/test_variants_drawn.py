"""The table of variants against the fonts: the register itself knows none, its data must still be true."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from portal.certificates.characters import approved_font
from portal.register.variants import adobe_japan, moji_joho

NOTO = Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc")


def drawn_sequences(font: Path) -> set[str]:
    with TTFont(font, fontNumber=0, lazy=True) as opened:
        return {
            chr(base) + chr(selector)
            for table in opened["cmap"].tables
            if table.format == 14
            for selector, pairs in table.uvsDict.items()
            if selector >= 0xE0100
            for base, _ in pairs
        }


def test_the_register_knows_exactly_the_sequences_of_the_approved_font() -> None:
    assert moji_joho() == drawn_sequences(approved_font())


def test_what_the_table_rewrites_are_adobe_japan_sequences() -> None:
    assert adobe_japan().keys() <= drawn_sequences(NOTO)


def _picture(font: ImageFont.FreeTypeFont, sequence: str) -> npt.NDArray[np.float32]:
    image = Image.new("L", (168, 188), 0)
    ImageDraw.Draw(image).text((20, 10), sequence, fill=255, font=font)
    image = image.crop(image.getbbox()).resize((96, 96), Image.Resampling.BILINEAR)
    picture = np.asarray(image.filter(ImageFilter.GaussianBlur(2.2)), dtype=np.float32)
    picture -= picture.mean()
    return picture / np.float32(np.linalg.norm(picture))


def test_each_rewritten_sequence_looks_most_like_the_one_it_is_written_as() -> None:
    ours, theirs = (
        ImageFont.truetype(file, 128, layout_engine=ImageFont.Layout.RAQM) for file in (approved_font(), NOTO)
    )
    forms = defaultdict(list)
    for sequence in moji_joho():
        forms[sequence[0]].append(sequence)
    # 邉 and 邊 differ in strokes finer than this comparison; they were decided by eye.
    for sequence, written in adobe_japan().items():
        if sequence[0] not in "邉邊":
            wanted = _picture(theirs, sequence)
            likeness = {form: float((wanted * _picture(ours, form)).sum()) for form in forms[sequence[0]]}
            assert max(likeness, key=lambda form: likeness[form]) == written, sequence
