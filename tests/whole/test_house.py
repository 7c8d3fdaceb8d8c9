"""The house as a whole: both paths through every real part, and nothing open to the outside."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.running import VERSION
from portal.staff.words import PROGRAMS
from tests.world.demo_city.cast import CAST, Role
from tests.world.drive import Run, card_of, demand_text, text_of, without_spaces
from tests.world.hands.staff import Officer
from tests.world.house import House

# Names that real systems refuse or print wrongly, and a household of four sheets.
HARD_CARDS = ["card-0004", "card-0005", "card-0006", "card-0007", "card-0003"]
LISTENING = "0A"


def test_hard_names_come_out_of_the_printer_code_point_for_code_point(house: House, browser: Browser) -> None:
    for card_id in HARD_CARDS:
        card = card_of(house.city, card_id)
        sheet = Run(house).certificate(browser, card)
        demand_text(sheet, house.city.name_of(card.resident_number))


def test_no_sheet_holds_a_number_that_a_kiosk_never_prints(house: House, browser: Browser) -> None:
    sheet = Run(house).certificate(browser, card_of(house.city, "card-0001"))
    assert not re.search(r"\d{11,}", without_spaces(text_of(sheet)))


def test_a_seal_is_certified_from_the_card_to_the_paper_until_it_is_cancelled(house: House, browser: Browser) -> None:
    cards = {card.resident_number: card for card in house.city.cards()}
    owner, former = (CAST[role].resident_number for role in (Role.VARIANT_NAME, Role.SEAL_CANCELLED))
    sheet = Run(house).certificate(browser, cards[owner], scope=None, kind="seal_registration")
    demand_text(sheet, house.city.name_of(owner))
    assert "登録されている印影と相違ない" in without_spaces(text_of(sheet))
    assert Run(house).refused(browser, cards[former], kind="seal_registration") == "seal_cancelled"


def test_a_filing_goes_from_the_card_at_home_to_the_decision_and_stops_the_kiosk(
    house: House, browser: Browser
) -> None:
    card = card_of(house.city, "card-0030")
    run = Run(house)
    assert run.filing(browser, card).startswith("T")
    assert run.refused(browser, card) == "moving"


@pytest.mark.parametrize(
    ("role", "code"),
    [
        (Role.AGED_14, "under_age"),
        (Role.PROTECTED, "in_progress"),
        (Role.IN_PROGRESS, "in_progress"),
        (Role.MOVING_OUT, "moving"),
        (Role.DECEASED, "deceased"),
        (Role.REMOVED, "moved_out"),
        (Role.CARD_EXPIRED, "certificate_expired"),
        (Role.CARD_REVOKED, "certificate_revoked"),
        (Role.CARD_ON_HOLD, "certificate_on_hold"),
        (Role.CARD_UNLINKED, "not_linked"),
        (Role.CARD_BLOCKED, "pin_blocked"),
    ],
)
def test_each_hard_case_ends_on_the_page_of_its_own_cause(
    house: House, browser: Browser, role: Role, code: str
) -> None:
    number = CAST[role].resident_number
    card = next(card for card in house.city.cards() if card.resident_number == number)
    assert Run(house).refused(browser, card) == code


def test_every_program_of_the_house_says_its_version(house: House, officer_page: Page) -> None:
    officer = Officer(officer_page, house.origin("staff"), "suzuki", house.totp_secret())
    officer.log_in()
    officer_page.goto(f"{house.origin('staff')}/devices")
    expect(officer_page.locator("table.rows").first).to_contain_text(f"印刷プログラム 版 {VERSION}")
    programs = officer_page.locator("section.versions tbody tr td:first-child").all_inner_texts()
    assert sorted(programs) == sorted(PROGRAMS.values())
    expect(officer_page.locator("section.versions .notice")).to_have_count(0)


def test_nothing_of_the_house_listens_beyond_loopback(house: House) -> None:
    ports = {f"{port:04X}": name for name, port in house.ports.items()} | {"8C7B": "card", "8C7C": "card"}
    beyond = []
    for table, local in (("/proc/net/tcp", {"0100007F"}), ("/proc/net/tcp6", {"0" * 24 + "01000000"})):
        for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
            address, _, port = line.split()[1].partition(":")
            if line.split()[3] == LISTENING and port in ports and address not in local:
                beyond.append((ports[port], address))
    assert beyond == []
