"""The fee in the whole house: whatever is switched off, it is kept exactly for the paper that came out."""

import time
from collections.abc import Callable

from tests.whole.wires import SERVES_AGAIN_WITHIN_MS, to_confirm
from tests.world.hands.kiosk import KioskVisitor
from tests.world.house import House
from tests.world.payment.book import Entry

RESTS_WITHIN_S = 30
CARD = "card-0002"


def to_paying(house: House, visitor: KioskVisitor, means: str) -> set[str]:
    """A resident before the payment machine; the sales it knows of already."""
    before = set(house.payment.entries())
    to_confirm(house, visitor, CARD)
    visitor.press("confirm")
    visitor.see("take_card")
    house.kiosk_reader.remove()
    visitor.choose_means(means)
    assert house.payment.wait_for_payment() == 300
    return before


def new(house: House, before: set[str]) -> list[Entry]:
    return [entry for sale, entry in house.payment.entries().items() if sale not in before]


def until(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + RESTS_WITHIN_S
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_machine_that_loses_power_while_it_holds_the_fee_keeps_it_when_it_is_back(
    house: House, visitor: KioskVisitor
) -> None:
    before = to_paying(house, visitor, "contactless")
    house.payment.tap()
    visitor.see("take_paper", patience_ms=60_000)
    house.payment.power_cut()
    visitor.leave_without_looking()
    house.payment.start()
    until(lambda: [(entry.captures, entry.reversals) for entry in new(house, before)] == [(1, 0)])
    visitor.see("attract", patience_ms=SERVES_AGAIN_WITHIN_MS)


def test_a_kiosk_that_dies_between_the_coins_and_the_paper_leaves_the_book_right(
    house: House, visitor: KioskVisitor
) -> None:
    sheets = len(house.printer.documents())
    before = to_paying(house, visitor, "cash")
    house.payment.insert(100)
    house.payment.insert(100)
    house.services["kiosk"].kill()
    house.payment.insert(100)
    house.services["kiosk"].start()
    until(lambda: all(not entry.open for entry in new(house, before)) and house.payment.asks_for() is None)
    came_out = len(house.printer.documents()) - sheets
    assert sum(entry.captures for entry in new(house, before)) == came_out
    visitor.arrive_again()
