"""The forger: one character of a text changed, a text added, the code of another sheet pasted over.

No forger's hand shows on a plain copy of a genuine sheet ("replayed"): its stamp, its texts and its standing are
genuine. Only 複写 on the paper, and the checks on record, tell that there is more than one of it.
"""

import random
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from PIL import ImageDraw, ImageFont

from portal.certificates.characters import approved_font
from portal.register import ResidentRecord
from tests.world.paper.pages import Picture

Rectangle = tuple[float, float, float, float]

# What a forger would change into what: alike at a glance, and of the same width.
_ALIKE = {
    "一": "二", "二": "三", "三": "二", "四": "五", "五": "四", "1": "7", "7": "1", "3": "8", "8": "3", "0": "6",
    "6": "8", "2": "3", "5": "6", "4": "1", "9": "0", "田": "由", "子": "了", "大": "太", "木": "本", "本": "木",
    "井": "丼", "日": "目", "太": "大", "千": "干", "代": "伐", "山": "出", "中": "申", "石": "右", "東": "束",
    "西": "酉", "上": "土", "邉": "邊", "辺": "込", "斎": "齋", "高": "髙", "崎": "﨑",
}  # fmt: skip
_KANJI = "阿石宇江岡加木久古佐志須世曽田津手戸奈根野羽日布保真三武目茂八由与良利和"
_FIELDS = ("name", "domicile", "previous_address", "family_head", "birth_date")


def one_character(family: tuple[ResidentRecord, ...], rng: random.Random) -> tuple[ResidentRecord, ...]:
    """The family with one character of one text changed, or the day of one birth."""
    number = rng.randrange(len(family))
    victim, field = family[number], rng.choice(_FIELDS)
    if field == "birth_date":
        born = date.fromisoformat(victim.birth_date)
        text = next(
            day.isoformat()
            for day in (born + timedelta(days=days) for days in (1, -1, 2, -2, 3, -3))
            if day.month == born.month and len(str(day.day)) == len(str(born.day))
        )
    else:
        text = _changed(str(getattr(victim, field)), rng)
    changed = replace(victim, **{field: text})  # type: ignore[arg-type]
    return (*family[:number], changed, *family[number + 1 :])


def added(sheet: Picture, corner: tuple[float, float], size: float, text: str) -> Picture:
    """`text` printed into a blank place, in the font of the certificate; `corner` and `size` in points."""
    image, pixels = sheet.image, sheet.dpi / 72
    font = ImageFont.truetype(str(approved_font()), round(size * pixels))
    ImageDraw.Draw(image).text((corner[0] * pixels, corner[1] * pixels), text, font=font, fill=0)
    return Picture(np.asarray(image), sheet.dpi)


def pasted(sheet: Picture, other: Picture, place: Rectangle) -> Picture:
    """What the other sheet has at that place (its code), pasted onto this one."""
    left, top, right, bottom = sheet.box(place)
    pixels = sheet.pixels.copy()
    pixels[top:bottom, left:right] = other.pixels[top:bottom, left:right]
    return Picture(pixels, sheet.dpi)


def _changed(text: str, rng: random.Random) -> str:
    place = rng.choice([place for place, character in enumerate(text) if character not in "　-"])
    old = text[place]
    new = _ALIKE.get(old) if rng.random() < 0.7 else None
    if new is None:
        new = rng.choice([other for other in ("0123456789" if old.isdigit() else _KANJI) if other != old])
    return text[:place] + new + text[place + 1 :]
