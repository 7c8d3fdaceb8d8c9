"""A certificate on its way through other hands: from the printer to the page that checks it, and back home."""

import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.conftest import CHECKOUT
from tests.world import settings_files
from tests.world.drive import Run, card_of
from tests.world.hands.resident import ResidentAtHome
from tests.world.house import House

CARD = "card-0068"


def pictures_of(sheet: Path, folder: Path) -> list[Path]:
    """The printed pages as somebody scans them."""
    subprocess.run(["pdftoppm", "-r", "200", "-png", str(sheet), str(folder / "page")], check=True)
    return sorted(folder.glob("page*.png"))


def test_a_certificate_from_the_kiosk_is_found_genuine_and_its_holder_sees_that_it_was_checked(
    house: House, browser: Browser, tmp_path: Path
) -> None:
    card = card_of(house.city, CARD)
    sheet = Run(house).certificate(browser, card, "self")
    office = browser.new_context(ignore_https_errors=True, locale="ja-JP")
    page = office.new_page()
    page.goto(house.origin("verify"))
    (scan,) = pictures_of(sheet, tmp_path)
    page.locator("#pictures").set_input_files(scan)
    found = page.locator("#verdict [data-verdict=genuine_current]")
    expect(found).to_be_visible(timeout=30_000)
    expect(page.locator("#says")).to_contain_text(house.city.name_of(card.resident_number))
    page.get_by_role("button", name="すべて同じ").click()
    expect(found).to_contain_text("本物で、いまも有効です")
    number = found.locator("[data-fill=number]").inner_text()
    office.close()

    for handed_over, said in ((sheet, "signature of the document: ours"), (scan, "as issued")):
        checked = subprocess.run(
            [sys.executable, "-m", "portal", "verify", str(handed_over), "--online"],
            cwd=CHECKOUT, env={**os.environ, **settings_files.environment(house.folder, house.runtime)},
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert said in checked.stdout

    home = browser.new_context(ignore_https_errors=True, locale="ja-JP")
    home.grant_permissions(["local-network-access"], origin=house.origin("resident"))
    resident = ResidentAtHome(home.new_page(), house.origin("resident"))
    house.home_reader.insert(card.card_id)
    resident.log_in(card.pin)
    house.home_reader.remove()
    resident.page.goto(f"{house.origin('resident')}/me")
    paper = resident.page.locator(".paper", has_text=number)
    expect(paper.locator(".paper-check")).to_have_count(3)
    expect(paper).to_contain_text("に確認されました")
    home.close()
