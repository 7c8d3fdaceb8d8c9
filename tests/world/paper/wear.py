"""Folds, stains and crumpled corners."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tests.world.paper.machines import Random
from tests.world.paper.pages import PAPER, Picture


def folded(sheet: Picture, random: Random, across: bool | None = None) -> Picture:
    """Folded once, across or along, in the half or in a third, and flattened again: the halves no longer match quite.

    The crease takes toner off a third of a millimetre and throws a thin shadow.
    """
    if across is None:
        across = bool(random.random() < 0.75)
    if not across:
        turned = folded(Picture(np.ascontiguousarray(sheet.pixels.T), sheet.dpi), random, across=True)
        return Picture(np.ascontiguousarray(turned.pixels.T), sheet.dpi)
    height, width = sheet.pixels.shape
    millimetre = sheet.dpi / 25.4
    crease = round(height * (random.choice([1 / 3, 1 / 2, 2 / 3]) + random.uniform(-0.02, 0.02)))
    lower = _sheared(sheet, crease, random.uniform(-0.3, 0.3, 2) * millimetre, random.uniform(-0.2, 0.2))
    pixels = np.vstack([sheet.pixels[:crease], lower.pixels[crease:]]).astype(np.float32)
    distance = np.abs(np.arange(height) - crease)[:, None] / millimetre
    wobble = 0.7 + 0.3 * np.interp(np.arange(width), np.linspace(0, width, 40), random.uniform(0, 1, 40))[None, :]
    shadow = 26 * np.exp(-((distance / 0.8) ** 2)) * wobble
    bare = 0.75 * np.exp(-((distance / 0.17) ** 2)) * wobble
    worn = pixels - shadow
    return Picture(np.clip(worn + (PAPER - worn) * bare, 0, 255).astype(np.uint8), sheet.dpi)


def stained(sheet: Picture, random: Random, darkness: float = 60) -> Picture:
    """A cup stood on it: a ring and a splash, darker than paper and lighter than ink."""
    height, width = sheet.pixels.shape
    layer = Image.new("L", (width // 4, height // 4), 0)
    draw = ImageDraw.Draw(layer)
    radius = round(38 / 25.4 * sheet.dpi / 4)
    x, y = random.uniform(0.2, 0.8) * layer.width, random.uniform(0.15, 0.7) * layer.height
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=160, width=max(2, radius // 12))
    splash = radius * 0.35
    draw.ellipse((x + radius, y - splash, x + radius + 2 * splash, y + splash), fill=110)
    shade = np.asarray(layer.filter(ImageFilter.GaussianBlur(radius / 40)).resize((width, height)), dtype=np.float32)
    return Picture(np.clip(sheet.pixels - shade / 255 * darkness, 0, 255).astype(np.uint8), sheet.dpi)


def crumpled(sheet: Picture, random: Random) -> Picture:
    """The upper right corner crumpled and smoothed: creases in all directions over 5 cm, nothing out of place."""
    width = sheet.pixels.shape[1]
    reach = round(50 / 25.4 * sheet.dpi)
    layer = Image.new("L", (reach, reach), 128)
    draw = ImageDraw.Draw(layer)
    for _ in range(14):
        ends = [(float(random.uniform(0, reach)), float(random.uniform(0, reach * 0.7))) for _ in range(2)]
        draw.line(ends, fill=int(random.choice([70, 190])), width=max(1, round(sheet.dpi / 150)))
    relief = np.asarray(layer.filter(ImageFilter.GaussianBlur(sheet.dpi / 150)), dtype=np.float32) - 128
    pixels = sheet.pixels.astype(np.float32)
    pixels[:reach, width - reach :] += relief * 0.6
    return Picture(np.clip(pixels, 0, 255).astype(np.uint8), sheet.dpi)


def _sheared(
    sheet: Picture, crease: int, shift: "np.ndarray[tuple[int], np.dtype[np.float64]]", degrees: float
) -> Picture:
    """All of the sheet turned about the middle of the crease and moved."""
    height, width = sheet.pixels.shape
    angle = np.radians(degrees)
    cosine, sine = np.cos(angle), np.sin(angle)
    middle = width / 2
    matrix = (
        cosine, -sine, middle - cosine * middle + sine * crease + shift[0],
        sine, cosine, crease - sine * middle - cosine * crease + shift[1],
    )  # fmt: skip
    image = sheet.image.transform(
        (width, height), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC, fillcolor=PAPER
    )
    return Picture(np.asarray(image), sheet.dpi)
