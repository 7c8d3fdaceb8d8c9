"""A card pulled at any screen: never a wrong PIN, no try lost, the cause in words, the next resident served."""

from collections.abc import Callable

import pytest

from tests.whole.wires import PIN, SPEAKS_WITHIN_MS, serve, to_confirm, to_pin
from tests.world.hands.kiosk import KioskVisitor
from tests.world.house import House

CARD = "card-0001"


def place_card(house: House, visitor: KioskVisitor) -> None:
    visitor.begin()
    house.kiosk_reader.insert(CARD)


def last_try(house: House, visitor: KioskVisitor) -> None:
    house.kiosk_reader.set_tries(CARD, 1)
    place_card(house, visitor)
    visitor.see("last_try")


def enter_pin(house: House, visitor: KioskVisitor) -> None:
    to_pin(house, visitor, CARD)


def pin_half_typed(house: House, visitor: KioskVisitor) -> None:
    to_pin(house, visitor, CARD)
    visitor.type_digits(PIN[:2])


def checking_card(house: House, visitor: KioskVisitor) -> None:
    to_pin(house, visitor, CARD)
    house.kiosk_reader.set_faults(CARD, sign_delay=2.0)
    visitor.type_pin(PIN)
    visitor.see("checking_card")


def choose_content(house: House, visitor: KioskVisitor) -> None:
    to_pin(house, visitor, CARD)
    visitor.type_pin(PIN)
    visitor.see("choose_content")


def confirm(house: House, visitor: KioskVisitor) -> None:
    to_confirm(house, visitor, CARD)


@pytest.mark.parametrize("reach", [last_try, enter_pin, pin_half_typed, checking_card, choose_content, confirm])
def test_a_card_pulled_at_this_screen_ends_the_visit_with_that_cause(
    house: House, visitor: KioskVisitor, reach: Callable[[House, KioskVisitor], None]
) -> None:
    reach(house, visitor)
    tries = house.kiosk_reader.state(CARD)["tries"]
    house.kiosk_reader.remove()
    try:
        visitor.reads("card_pulled", patience_ms=SPEAKS_WITHIN_MS)
        assert house.kiosk_reader.state(CARD)["tries"] == tries
    finally:
        house.kiosk_reader.set_tries(CARD, 3)
        house.kiosk_reader.set_faults(CARD)
    visitor.give_up()
    serve(house, visitor)


def test_a_card_pulled_before_it_was_read_is_asked_for_again(house: House, visitor: KioskVisitor) -> None:
    place_card(house, visitor)
    house.kiosk_reader.remove()
    ending = visitor.see_one_of("place_card", "failed")
    if ending == "failed":
        visitor.reads("card_pulled")
        visitor.give_up()
        visitor.begin()
    house.kiosk_reader.insert(CARD)
    visitor.see("enter_pin")
    assert house.kiosk_reader.state(CARD)["tries"] == 3
    house.kiosk_reader.remove()
    visitor.give_up()
