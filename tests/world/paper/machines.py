"""Printer, copier, scanner and phone."""

import numpy as np
from PIL import Image, ImageFilter

from tests.world.paper.pages import PAPER, Picture, Pixels

Random = np.random.Generator
_TABLE = 92
_TONER = 24


def laser(sheet: Picture, gain: float = 0.25) -> Picture:
    """Printed by a laser printer: dots spread (`gain`: how far the edge of a black area moves, in 1/600 inch)."""
    image = sheet.image
    spread = np.asarray(image.filter(ImageFilter.MinFilter(3)), dtype=np.float32)
    share = min(1.0, gain * sheet.dpi / 600)
    printed = (1 - share) * sheet.pixels.astype(np.float32) + share * spread
    toner = _TONER + printed * (PAPER - _TONER) / 255
    return Picture(
        _bytes(np.asarray(_image(toner).filter(ImageFilter.GaussianBlur(0.5 * sheet.dpi / 600)))), sheet.dpi
    )


def copied(sheet: Picture, random: Random, threshold: int = 200, generations: int = 1) -> Picture:
    """Photocopied, black and white: the aperture blurs, the drum decides, the sheet lies a little askew."""
    for _ in range(generations):
        seen = _laid(sheet, random, degrees=0.5, stretch=0.004, shift_mm=1.0)
        optics = seen.image.filter(ImageFilter.GaussianBlur(1.8 * sheet.dpi / 600))
        noisy = np.asarray(optics, dtype=np.float32) + random.normal(0, 5, seen.pixels.shape).astype(np.float32)
        ink = np.where(noisy < threshold, 0, 255).astype(np.uint8)
        sheet = laser(_specks(Picture(ink, sheet.dpi), random))
    return sheet


def copied_grey(sheet: Picture, random: Random) -> Picture:
    """Photocopied by a machine that keeps shades: steeper, a little blurred."""
    seen = _laid(sheet, random, degrees=0.5, stretch=0.004, shift_mm=1.0)
    blurred = np.asarray(seen.image.filter(ImageFilter.GaussianBlur(1.8 * sheet.dpi / 600)), dtype=np.float32)
    steep = np.clip((blurred - 60) * 255 / 170, 0, 255) + random.normal(0, 4, blurred.shape)
    return laser(Picture(_bytes(steep), sheet.dpi))


def scanned(sheet: Picture, dpi: int, random: Random, degrees: float = 3.0, quality: int = 80) -> Picture:
    """On a flatbed scanner, turned by anything up to `degrees`."""
    turned = sheet.image.rotate(
        random.uniform(-degrees, degrees), Image.Resampling.BICUBIC, expand=True, fillcolor=PAPER
    )
    size = (round(turned.width * dpi / sheet.dpi), round(turned.height * dpi / sheet.dpi))
    small = turned.resize(size, Image.Resampling.BOX if dpi <= sheet.dpi else Image.Resampling.BICUBIC)
    noisy = np.asarray(small, dtype=np.float32) * random.uniform(0.94, 1.0) + random.normal(0, 3, (size[1], size[0]))
    return Picture(_bytes(noisy), dpi).jpeg(quality)


def photographed(sheet: Picture, random: Random, width: int = 2400, blur: float = 0.8) -> Picture:
    """By a phone, held by hand over a table: perspective, light from one side, a shadow of the hand, JPEG."""
    height = round(width * 4 / 3)
    page_width, page_height = sheet.pixels.shape[1], sheet.pixels.shape[0]
    scale = min(width * 0.86 / page_width, height * 0.86 / page_height)
    middle = np.array([width / 2, height / 2]) + random.uniform(-0.02, 0.02, 2) * width
    half = np.array([page_width, page_height]) * scale / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    corners = corners * (1 + random.uniform(-0.05, 0.05, (4, 1))) @ _turn(random.uniform(-6, 6)) + middle
    source = [(0, 0), (page_width, 0), (page_width, page_height), (0, page_height)]
    smooth = sheet.image.filter(ImageFilter.GaussianBlur(0.35 / scale)) if scale < 1 else sheet.image
    coefficients = perspective([(x, y) for x, y in corners], source)
    kind = Image.Transform.PERSPECTIVE
    page = smooth.transform((width, height), kind, coefficients, Image.Resampling.BICUBIC, fillcolor=_TABLE)
    lit = np.asarray(page.filter(ImageFilter.GaussianBlur(blur)), dtype=np.float32) * _light(width, height, random)
    return Picture(_bytes(lit + random.normal(0, 4, lit.shape)), sheet.dpi * scale).jpeg(85)


def perspective(
    to: list[tuple[float, float]], source: list[tuple[float, float]]
) -> tuple[float, float, float, float, float, float, float, float]:
    """Coefficients for Image.transform that bring four points of the source to these places."""
    rows, sides = [], []
    for (x, y), (u, v) in zip(to, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        sides += [u, v]
    a, b, c, d, e, f, g, h = np.linalg.solve(np.array(rows), np.array(sides))
    return a, b, c, d, e, f, g, h


def _laid(sheet: Picture, random: Random, degrees: float, stretch: float, shift_mm: float) -> Picture:
    height, width = sheet.pixels.shape
    turn = _turn(random.uniform(-degrees, degrees)) * (1 + random.uniform(-stretch, stretch, (2, 1)))
    middle = np.array([width, height]) / 2
    shift = middle - turn @ middle + random.uniform(-shift_mm, shift_mm, 2) * sheet.dpi / 25.4
    (a, b), (d, e) = turn
    matrix = (a, b, shift[0], d, e, shift[1])
    image = sheet.image.transform(
        (width, height), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC, fillcolor=PAPER
    )
    return Picture(np.asarray(image), sheet.dpi)


def _turn(degrees: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    angle = np.radians(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _specks(sheet: Picture, random: Random) -> Picture:
    """Dust on the glass and pinholes in the toner, a few hundred on a page."""
    pixels = sheet.pixels.copy()
    height, width = pixels.shape
    size = max(1, round(sheet.dpi / 300))
    for shade, count in ((0, 150), (255, 300)):
        for _ in range(random.poisson(count)):
            y, x = random.integers(0, height - size), random.integers(0, width - size)
            pixels[y : y + random.integers(1, size + 1), x : x + random.integers(1, size + 1)] = shade
    return Picture(pixels, sheet.dpi)


def _light(width: int, height: int, random: Random) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    across, down = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    angle = random.uniform(0, 2 * np.pi)
    slope = random.uniform(0.05, 0.2) * (np.cos(angle) * across + np.sin(angle) * down)
    shadow_x, shadow_y = random.uniform(-1, 1, 2)
    shadow = random.uniform(0.05, 0.25) * np.exp(-((across - shadow_x) ** 2 + (down - shadow_y) ** 2) / 0.15)
    return np.asarray(0.82 + slope - shadow, dtype=np.float32)


def _bytes(values: np.ndarray[tuple[int, ...], np.dtype[np.floating]]) -> Pixels:
    return np.asarray(np.clip(values, 0, 255), dtype=np.uint8)


def _image(values: np.ndarray[tuple[int, ...], np.dtype[np.floating]]) -> Image.Image:
    return Image.fromarray(_bytes(values))
