"""Cut each wire in turn: the person at the kiosk reads its cause within ten seconds, and the next one is served."""

import pytest
from playwright.sync_api import expect

from tests.whole.wires import (
    PIN,
    SERVES_AGAIN_WITHIN_MS,
    SPEAKS_WITHIN_MS,
    STAFF,
    WIRES,
    Wire,
    serve,
    to_confirm,
    to_pin,
)
from tests.world.hands.kiosk import KioskVisitor
from tests.world.house import House

CARD = "card-0001"


@pytest.mark.parametrize("wire", [wire for wire in WIRES if wire.closes], ids=lambda wire: wire.name)
def test_a_part_that_is_gone_closes_the_first_screen_with_its_cause_and_its_return_opens_it(
    house: House, visitor: KioskVisitor, wire: Wire
) -> None:
    with wire.is_cut(house):
        visitor.see("unavailable", patience_ms=SPEAKS_WITHIN_MS)
        visitor.reads(str(wire.closes), patience_ms=SPEAKS_WITHIN_MS)
    visitor.see("attract", patience_ms=SERVES_AGAIN_WITHIN_MS)


@pytest.mark.parametrize("wire", [wire for wire in WIRES if wire.at_pin], ids=lambda wire: wire.name)
def test_a_part_lost_before_the_pin_is_checked_is_named_costs_no_try_and_the_next_resident_is_served(
    house: House, visitor: KioskVisitor, wire: Wire
) -> None:
    to_pin(house, visitor, CARD)
    visitor.type_digits(PIN)
    with wire.is_cut(house):
        visitor.press_if_still_there("pin")
        visitor.reads(str(wire.at_pin), patience_ms=SPEAKS_WITHIN_MS)
        house.kiosk_reader.remove()
    assert house.kiosk_reader.state(CARD)["tries"] == 3
    visitor.give_up()
    serve(house, visitor)


@pytest.mark.parametrize("wire", [wire for wire in WIRES if wire.at_confirm], ids=lambda wire: wire.name)
def test_a_part_lost_before_the_choice_is_confirmed_is_named_and_the_next_resident_is_served(
    house: House, visitor: KioskVisitor, wire: Wire
) -> None:
    to_confirm(house, visitor, CARD)
    with wire.is_cut(house):
        visitor.press_if_still_there("confirm")
        visitor.see_one_of("take_card", "failed")
        house.kiosk_reader.remove()
        assert _ending(visitor) in wire.at_confirm
    visitor.give_up()
    serve(house, visitor)


def _ending(visitor: KioskVisitor) -> str:
    """The cause on the page that ends the visit, or the screen that waits for staff."""
    ending = visitor.page.locator(f"[data-failure], #screen[data-state={STAFF}]")
    expect(ending).to_be_visible(timeout=SPEAKS_WITHIN_MS)
    expect(visitor.page.locator("h1")).not_to_be_empty()
    return ending.get_attribute("data-failure") or STAFF


def test_a_killed_worker_is_said_on_the_screen_and_its_return_prints(house: House, visitor: KioskVisitor) -> None:
    to_confirm(house, visitor, CARD)
    house.services["worker-1"].kill()
    try:
        visitor.press("confirm")
        visitor.see("take_card")
        house.kiosk_reader.remove()
        visitor.see("preparing")
        status = visitor.page.get_by_role("status")
        expect(status).to_contain_text("いつもより時間がかかっています", timeout=SPEAKS_WITHIN_MS)
        expect(visitor.page.locator("form[action='/press/quit'] button")).to_be_visible()
    finally:
        house.services["worker-1"].start()
    visitor.pay()
    visitor.see("take_paper", patience_ms=60_000)
    visitor.leave()
    serve(house, visitor)
