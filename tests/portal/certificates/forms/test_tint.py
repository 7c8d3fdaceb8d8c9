"""地紋: invisible as letters on the sheet, 複写 on its copy."""

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageFilter

from portal.certificates.forms import tint
from tests.world.paper.machines import copied, laser
from tests.world.paper.pages import Picture

Dots = npt.NDArray[np.bool_]


def _dots() -> Dots:
    tile = tint.tile()
    rows = np.frombuffer(tile.rows, np.uint8).reshape(tile.height, -1)
    return np.unpackbits(rows, axis=1)[:, : tile.width].astype(bool)


def _inside() -> Dots:
    """Which pixels lie inside the letters."""
    return np.kron(tint._letters(), np.ones((tint._CELL, tint._CELL), dtype=bool))


def _on_paper(dots: Dots) -> Picture:
    """A tile, as its colour looks to a copier."""
    red, green, blue = tint.INK
    shade = round(0.299 * red + 0.587 * green + 0.114 * blue)
    return Picture(np.where(dots, shade, 255).astype(np.uint8), tint.DPI)


def _contrast(dots: Dots, threshold: int = 200) -> tuple[float, float]:
    """Share of black on a first copy inside the letters and outside, a letter's edge left out."""
    copy = copied(laser(_on_paper(dots)), np.random.default_rng(5), threshold)
    inside = Image.fromarray(_inside())
    # The copy lies up to a millimetre off: only what is well inside or well outside is counted.
    wide = np.asarray(inside.convert("L").filter(ImageFilter.BoxBlur(30))) > 0
    black = copy.pixels < 128
    letters = np.asarray(inside, dtype=bool)
    return float(black[letters].mean()), float(black[~wide].mean())


def test_letters_and_ground_cover_the_same_share_of_the_paper() -> None:
    dots, inside = _dots(), _inside()
    assert dots[inside].mean() == pytest.approx(tint.COVERAGE, abs=0.0005)
    assert dots[~inside].mean() == pytest.approx(tint.COVERAGE, abs=0.0005)


def test_at_arms_length_the_sheet_is_one_even_tint() -> None:
    # At 60 cm the eye parts lines 0.17 mm from one another; it is given twice that.
    sheet = laser(_on_paper(_dots()), gain=0).image.filter(ImageFilter.GaussianBlur(0.35 * tint.DPI / 25.4))
    seen = np.asarray(sheet, dtype=np.float64)[60:-60, 60:-60]
    inside = _inside()[60:-60, 60:-60]
    assert abs(seen[inside].mean() - seen[~inside].mean()) < 0.6
    assert seen.std() < 1.5
    assert 235 < seen.mean() < 250


def test_a_letter_is_at_least_22_millimetres_high_and_wide() -> None:
    letter = tint._letter("複", 44)
    rows, columns = np.flatnonzero(letter.any(axis=1)), np.flatnonzero(letter.any(axis=0))
    for places in (rows, columns):
        assert (places[-1] - places[0] + 1) * tint._CELL * 25.4 / tint.DPI >= 22


@pytest.mark.parametrize("threshold", [195, 200, 210])
def test_on_a_first_copy_the_letters_stand_out(threshold: int) -> None:
    letters, ground = _contrast(_dots(), threshold)
    assert letters > 0.015
    assert letters > 4 * ground


@pytest.mark.parametrize(
    "wrong",
    [
        tint._lattice(tint._FINE_PITCH, tint._FINE_DOT),
        tint._lattice(tint._COARSE_PITCH, tint._COARSE_DOT),
        np.where(_inside(), tint._lattice(8, 2), tint._lattice(12, 3)),
    ],
    ids=["fine everywhere", "coarse everywhere", "the wrong way round"],
)
def test_the_measure_tells_a_tile_that_shows_nothing(wrong: Dots) -> None:
    letters, ground = _contrast(wrong)
    assert not letters > 4 * ground or letters < 0.015


def test_the_tile_joins_itself_and_no_dot_is_cut() -> None:
    dots = np.pad(_dots(), 3, mode="wrap")
    height, width = tint.tile().height, tint.tile().width
    sizes = {tint._FINE_DOT, tint._COARSE_DOT}
    starts = np.argwhere(dots[3:-3, 3:-3] & ~dots[2:-4, 3:-3] & ~dots[3:-3, 2:-4])
    for down, across in starts[::37]:
        y, x = down + 3, across + 3
        right = next((step for step in range(1, 4) if x + step >= width + 6 or not dots[y, x + step]), 4)
        below = next((step for step in range(1, 4) if y + step >= height + 6 or not dots[y + step, x]), 4)
        assert right == below
        assert right in sizes
