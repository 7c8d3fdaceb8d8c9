"""The web faces without their database, and killed in the middle of the work: said in words, and nothing is lost."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Error, Page

from portal.clock import SystemClock, local_date
from tests.world.drive import card_of
from tests.world.hands.resident import ResidentAtHome
from tests.world.hands.staff import Officer
from tests.world.house import House

CARD = "card-0035"
SPEAKS_WITHIN_MS = 10_000


@pytest.fixture(scope="module")
def resident(house: House, browser: Browser) -> Iterator[ResidentAtHome]:
    """A resident who is logged in at home."""
    context = browser.new_context(ignore_https_errors=True, locale="ja-JP")
    context.grant_permissions(["local-network-access"], origin=house.origin("resident"))
    at_home = ResidentAtHome(context.new_page(), house.origin("resident"))
    card = card_of(house.city, CARD)
    house.home_reader.insert(card.card_id)
    at_home.log_in(card.pin)
    house.home_reader.remove()
    yield at_home
    context.close()


@pytest.fixture(scope="module")
def officer(house: House, browser: Browser) -> Iterator[Officer]:
    """An officer who is logged in at the desk."""
    context = browser.new_context(ignore_https_errors=True, locale="ja-JP")
    desk = Officer(context.new_page(), house.origin("staff"), "sato", house.totp_secret())
    desk.log_in()
    yield desk
    context.close()


def status_of(page: Page, address: str) -> int:
    """The HTTP status of a page that was opened; its heading is never empty."""
    answer = page.goto(address, timeout=SPEAKS_WITHIN_MS)
    assert answer is not None
    assert page.locator("h1").inner_text()
    return answer.status


def test_without_the_database_residents_and_officers_read_so_and_go_on_when_it_is_back(
    house: House, resident: ResidentAtHome, officer: Officer
) -> None:
    pages = {resident.page: f"{resident.origin}/me", officer.page: f"{officer.origin}/queue"}
    house.postgres.stop("immediate")
    try:
        for page, address in pages.items():
            assert status_of(page, address) == 503
            assert "いま" in page.locator("main").inner_text()
    finally:
        house.start_postgres()
    for page, address in pages.items():
        assert status_of(page, address) == 200
        assert page.url == address, "the session went on"


def test_a_killed_resident_face_loses_neither_the_log_in_nor_what_was_answered(
    house: House, resident: ResidentAtHome
) -> None:
    resident.say_who_and_when(local_date(SystemClock().now()) + timedelta(days=7))
    house.services["resident"].kill()
    try:
        with pytest.raises(Error):
            resident.page.reload()
    finally:
        house.services["resident"].start()
    resident.page.goto(f"{resident.origin}/moving-out/where")
    assert resident.say_where_and_declare()


def test_a_killed_staff_face_does_not_end_the_log_in_of_an_officer(house: House, officer: Officer) -> None:
    house.services["staff"].kill()
    try:
        with pytest.raises(Error):
            officer.page.reload()
    finally:
        house.services["staff"].start()
    assert status_of(officer.page, f"{officer.origin}/queue") == 200
    assert officer.page.url == f"{officer.origin}/queue"
