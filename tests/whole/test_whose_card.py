"""A card that nobody has linked becomes its holder's: at home by both its certificates, or at the counter."""

from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser, Page

from tests.world.city import DemoCard
from tests.world.drive import Run, card_of, demand_text
from tests.world.hands.resident import ResidentAtHome
from tests.world.hands.staff import Officer
from tests.world.house import House
from tests.world.jpki.authority import Authority, CardOrder

PIN, PASSWORD = "2468", "KIOKU7"
_NUMBERS = count(1)


@pytest.fixture(params=["card-0065", "card-0066"])
def renewed(request: pytest.FixtureRequest, house: House) -> DemoCard:
    """The renewed card of a resident: genuine, of their own 4情報, and known to nobody here."""
    old = card_of(house.city, request.param)
    order = CardOrder(
        f"card-renewed-{next(_NUMBERS)}",
        pin=PIN,
        sign_password=PASSWORD,
        label="renewed",
        four_items=house.city.four_items()[old.resident_number],
    )
    Authority(house.folder / "jpki").issue_card(house.folder / "cards", order)
    return DemoCard(order.card_id, old.resident_number, order.label, PIN, "unlinked")


@pytest.fixture
def home(house: House, browser: Browser) -> Iterator[Page]:
    """A browser at a PC with the bridge."""
    context = browser.new_context(ignore_https_errors=True, locale="ja-JP")
    for face in ("resident", "staff"):
        context.grant_permissions(["local-network-access"], origin=house.origin(face))
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("renewed", ["card-0065"], indirect=True)
def test_a_renewed_card_is_its_holders_after_both_its_certificates_have_answered_and_the_kiosk_serves_it(
    house: House, home: Page, browser: Browser, renewed: DemoCard
) -> None:
    assert Run(house).refused(browser, renewed) == "not_linked"
    house.home_reader.insert(renewed.card_id)
    ResidentAtHome(home, house.origin("resident")).register_card(PIN, PASSWORD)
    assert house.home_reader.state(renewed.card_id)["tries"] == 3
    assert house.home_reader.state(renewed.card_id)["sign_tries"] == 5
    house.home_reader.remove()
    sheet = Run(house).certificate(browser, renewed)
    demand_text(sheet, house.city.name_of(renewed.resident_number))


@pytest.mark.parametrize("renewed", ["card-0066"], indirect=True)
def test_a_card_that_an_officer_links_with_its_holder_present_is_served_at_the_kiosk(
    house: House, home: Page, browser: Browser, renewed: DemoCard
) -> None:
    house.home_reader.insert(renewed.card_id)
    officer = Officer(home, house.origin("staff"), "ito", house.totp_secret())
    officer.log_in()
    officer.link_card(house.city.name_of(renewed.resident_number), PIN)
    house.home_reader.remove()
    sheet = Run(house).certificate(browser, renewed)
    demand_text(sheet, house.city.name_of(renewed.resident_number))
