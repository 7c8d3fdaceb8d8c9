"""A photo of a sealed sheet against its true page: what was changed is named, what was not is never accused."""

import random
from dataclasses import dataclass, replace

import numpy as np
import pytest
from PIL import Image

from portal.certificates.characters import approved_font
from portal.certificates.papers.photo import PageNotFound, Sight, compare, comparing, read
from portal.certificates.papers.photo.locating import DPI, HEIGHT, WIDTH, locate
from portal.certificates.papers.photo.lookalikes import lookalikes
from portal.certificates.papers.photo.matching import offsets
from portal.certificates.papers.photo.projecting import projected
from portal.certificates.papers.photo.unfolding import Mask
from portal.certificates.press import Press, Reprinted
from tests.world.paper import forger, machines, wear
from tests.world.paper.campaign import Campaign
from tests.world.paper.pages import Picture, rasterised
from tests.world.paper.sheets import Certificate, Office, household


@dataclass(frozen=True)
class Desk:
    """A certificate, its first sheet from the printer (300 dpi), and its true page."""

    press: Press
    office: Office
    certificate: Certificate
    sheet: Picture
    page: Reprinted
    reference: Image.Image

    def seen(self, photo: Picture) -> dict[str, Sight]:
        (found,) = read(photo.image)
        differences = compare(photo.image, found, self.reference, self.page)
        return {one.path: one.sight for one in differences}

    def copied_and_scanned(self, sheet: Picture, seed: int, dpi: int = 200) -> Picture:
        chance = np.random.default_rng(seed)
        copy = machines.copied(wear.folded(machines.laser(sheet), chance, across=True), chance)
        return machines.scanned(copy, dpi, chance)


@pytest.fixture(scope="module")
def desk(press: Press) -> Desk:
    office = Office()
    certificate = office.issue(press, household(11, 2))
    page = certificate.true_page(press, 1)
    reference = rasterised(page.document, 600)[0].image
    return Desk(press, office, certificate, certificate.printed(300)[0], page, reference)


def test_a_folded_and_copied_genuine_sheet_is_not_accused(desk: Desk) -> None:
    seen = desk.seen(desk.copied_and_scanned(desk.sheet, 1))
    assert set(seen.values()) <= {Sight.UNCLEAR}
    assert len(seen) < 0.2 * len(desk.page.places)


def test_a_stained_and_crumpled_genuine_sheet_photographed_by_hand_is_not_accused(desk: Desk) -> None:
    chance = np.random.default_rng(2)
    worn = wear.crumpled(wear.stained(machines.laser(desk.sheet), chance), chance)
    seen = desk.seen(machines.photographed(worn, chance))
    assert set(seen.values()) <= {Sight.UNCLEAR}
    assert len(seen) < 0.2 * len(desk.page.places)


def test_one_character_by_somebody_who_has_the_press_and_its_font_is_named_on_a_copy(desk: Desk) -> None:
    head, other = desk.certificate.persons
    domicile = other.domicile or ""
    digit = next(character for character in domicile if character.isdigit())
    forged_domicile = domicile.replace(digit, "7" if digit != "7" else "1", 1)
    forged = (head, replace(other, domicile=forged_domicile))
    sheet = desk.office.misused(desk.press, forged, desk.certificate).printed(300)[0]
    seen = desk.seen(desk.copied_and_scanned(sheet, 3))
    accused = {path for path, sight in seen.items() if sight is not Sight.UNCLEAR}
    assert accused == {"persons.1.origin.value"}


def test_one_stroke_is_enough_where_it_makes_another_character(desk: Desk) -> None:
    head, other = desk.certificate.persons
    issued = desk.office.issue(desk.press, (head, replace(other, domicile="いずみ県高崎市千石町15番地")))
    page = issued.true_page(desk.press, 1)
    reference = rasterised(page.document, 600)[0].image
    for text in ("いずみ県髙崎市千石町15番地", "いずみ県高崎市干石町15番地", "いずみ県高崎市千石町16番地"):
        forged = desk.office.misused(desk.press, (head, replace(other, domicile=text)), issued).printed(300)[0]
        photo = machines.photographed(machines.laser(forged), np.random.default_rng(8))
        (found,) = read(photo.image)
        accused = {one.path for one in compare(photo.image, found, reference, page) if one.sight is Sight.DIFFERENT}
        assert accused == {"persons.1.origin.value"}


def test_of_a_character_under_a_fold_nobody_is_accused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    head, other = desk.certificate.persons
    issued = desk.office.issue(desk.press, (head, replace(other, domicile="いずみ県高崎市千石町15番地")))
    page = issued.true_page(desk.press, 1)
    changed = desk.office.misused(desk.press, (head, replace(other, domicile="いずみ県髙崎市千石町15番地")), issued)
    photo = machines.photographed(machines.laser(changed.printed(300)[0]), np.random.default_rng(8))
    place = page.characters["persons.1.origin.value"][4]
    column = round(place.left * DPI / 72)

    def folded(*_: object) -> Mask:
        mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
        mask[:, column - 6 : column + 6] = True
        return mask

    monkeypatch.setattr(comparing, "creases", folded)
    (found,) = read(photo.image)
    differences = compare(photo.image, found, rasterised(page.document, 600)[0].image, page)
    assert {(one.path, one.sight) for one in differences} == {("persons.1.origin.value", Sight.UNCLEAR)}


@pytest.mark.parametrize("across", [True, False], ids=["across", "along"])
def test_a_fold_is_found_where_it_is_and_both_sides_lie_in_their_places(desk: Desk, across: bool) -> None:
    chance = np.random.default_rng(9)
    folded = wear.folded(desk.sheet, chance, across=across)
    photo = machines.scanned(machines.copied(machines.laser(folded), chance), 200, chance)
    (found,) = read(photo.image)
    located = locate(photo.image, found, desk.reference, desk.page.code)
    shares = located.folds.mean(axis=1 if across else 0)
    lines = np.flatnonzero(shares > 0.5)
    assert 0 < len(lines) < 45
    assert min(abs(float(lines.mean()) / len(shares) - place) for place in (1 / 3, 1 / 2, 2 / 3)) < 0.03
    centres = np.array([[x, y] for x in range(200, WIDTH - 200, 60) for y in range(200, HEIGHT - 500, 60)], float)
    moved, alike = offsets(located.page, located.photo, centres, 20, 6)
    written = (alike > 0.7) & ~located.folds[centres[:, 1].astype(int), centres[:, 0].astype(int)]
    assert written.sum() > 50
    assert np.median(np.hypot(*moved[written].T)) < 0.4


def test_a_flat_sheet_has_no_fold(desk: Desk) -> None:
    photo = machines.photographed(machines.laser(desk.sheet), np.random.default_rng(10))
    (found,) = read(photo.image)
    assert not locate(photo.image, found, desk.reference, desk.page.code).folds.any()


def test_lookalikes_are_of_the_same_script_and_width_and_the_nearest_come_first() -> None:
    alike = lookalikes(approved_font())
    assert alike.of("高")[0] == "髙"
    assert alike.of("﨑")[0] == "崎"
    assert "干" in alike.of("千")
    assert set(alike.of("5")) <= set("0123456789") - {"5"}


def test_a_text_in_a_blank_place_is_found_where_it_stands(desk: Desk) -> None:
    _, top, right, bottom = desk.page.places["persons.0.remark.label"]
    sheet = forger.added(desk.sheet, (right + 30, top), bottom - top, "同上")
    photo = machines.scanned(machines.laser(sheet), 200, np.random.default_rng(4))
    (found,) = read(photo.image)
    differences = compare(photo.image, found, desk.reference, desk.page)
    (added,) = [one for one in differences if one.sight is Sight.ADDED]
    assert added.path == ""
    assert added.place[0] < right + 32
    assert added.place[1] < bottom
    assert added.place[3] > top


def test_a_text_wiped_out_is_not_the_same(desk: Desk) -> None:
    left, top, right, bottom = desk.sheet.box(desk.page.places["persons.1.name"])
    pixels = desk.sheet.pixels.copy()
    pixels[top:bottom, left:right] = 255
    photo = machines.scanned(machines.laser(Picture(pixels, 300)), 200, np.random.default_rng(5))
    assert desk.seen(photo)["persons.1.name"] is Sight.DIFFERENT


def test_of_a_photo_too_coarse_for_its_strokes_nothing_is_said(desk: Desk) -> None:
    photo = machines.scanned(machines.laser(desk.sheet), 105, np.random.default_rng(6), degrees=1.0)
    assert desk.seen(photo) == dict.fromkeys(desk.page.places, Sight.UNCLEAR)


def test_another_sheet_under_the_code_is_another_page_or_full_of_differences(desk: Desk) -> None:
    other = desk.office.issue(desk.press, household(12, 2))
    pasted = forger.pasted(other.printed(300)[0], desk.sheet, desk.page.code)
    photo = machines.scanned(machines.laser(pasted), 200, np.random.default_rng(7))
    assert sum(sight is Sight.DIFFERENT for sight in desk.seen(photo).values()) > 8
    (found,) = read(photo.image)
    blank = Image.new("L", photo.image.size, 245)
    with pytest.raises(PageNotFound):
        locate(blank, found, desk.reference, desk.page.code)


@pytest.mark.parametrize("number", [5], ids=["another key"])
def test_stamps_read_from_copies_tell_strangers_and_mixed_sets(press: Press, number: int) -> None:
    campaign = Campaign(press)
    campaign.sheet(number)
    assert campaign.figures.read == campaign.figures.sheets
    assert {said for _, said in campaign.figures.verdicts} <= {"unknown_issuer", "different_sets"}


def test_the_campaign_knows_a_broken_bound(press: Press) -> None:
    figures = Campaign(press).figures
    assert figures.wrong == []
    figures.verdicts["altered", "genuine"] += 1
    figures.verdicts["genuine", "different"] += 1
    figures.sheets, figures.read = 100, 98
    assert figures.wrong == ["altered: genuine", "genuine: different", "read 98 of 100"]


def test_a_forged_household_differs_in_one_text() -> None:
    family = household(3, 4)
    for seed in range(40):
        forged = forger.one_character(family, random.Random(seed))
        changed = [one for one, other in zip(family, forged, strict=True) if one != other]
        assert len(changed) == 1


def test_the_page_is_found_to_its_far_corner_however_the_phone_was_held(desk: Desk) -> None:
    height, width = desk.sheet.pixels.shape
    page = [(0.0, 0.0), (float(width), 0.0), (float(width), float(height)), (0.0, float(height))]
    held = [(520.0, 380.0), (1890.0, 330.0), (2260.0, 2950.0), (160.0, 3020.0)]
    into_page = machines.perspective(held, page)
    photo = desk.sheet.image.transform(
        (2400, 3200), Image.Transform.PERSPECTIVE, into_page, Image.Resampling.BICUBIC, fillcolor=90
    )
    (found,) = read(photo)
    located = locate(photo, found, desk.reference, desk.page.code)
    grid = np.array(page) * DPI / desk.sheet.dpi
    assert np.hypot(*(projected(located.projection, grid) - np.array(held)).T).max() < 3
    corner, centre = located.dpi((20, 20, 60, 40)), located.dpi((280, 600, 320, 620))
    assert corner < 0.85 * centre
