"""A whole running house, shared by the tests that cut its wires."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import CHECKOUT
from tests.world import city, ports
from tests.world.hands.kiosk import KioskVisitor
from tests.world.house import House, Options
from tests.world.runtime import runtime_folder


@pytest.fixture(scope="session")
def house(scratch: Path) -> Iterator[House]:
    """Every program of the product and the world around it. A test leaves it as it found it: whole."""
    prepared = city.ready(CHECKOUT / ".state")
    started = House(
        scratch / "house", runtime_folder(), prepared, ports=ports.free(), options=Options(page_seconds=0.2)
    )
    with started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new browser profile with the kiosk's display."""
    context = browser.new_context(viewport={"width": 1080, "height": 1920}, ignore_https_errors=True, locale="ja-JP")
    yield context.new_page()
    context.close()


@pytest.fixture
def visitor(house: House, page: Page) -> Iterator[KioskVisitor]:
    """A resident before the kiosk's first screen; nothing lies on the reader before or after."""
    house.kiosk_reader.remove()
    arriving = KioskVisitor(page, house.kiosk_url, house.payment)
    arriving.arrive()
    yield arriving
    house.kiosk_reader.remove()
    arriving.give_up()


@pytest.fixture
def officer_page(browser: Browser) -> Iterator[Page]:
    """The desk's browser, another one than the kiosk's."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, ignore_https_errors=True, locale="ja-JP")
    yield context.new_page()
    context.close()
