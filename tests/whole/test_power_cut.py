"""A printer that loses power in the middle of an order: nobody can know what came out, so people must look."""

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.whole.wires import SERVES_AGAIN_WITHIN_MS, SPEAKS_WITHIN_MS, serve, to_confirm
from tests.world.hands.kiosk import KioskVisitor
from tests.world.hands.staff import Officer
from tests.world.house import House

SHEETS_COME_WITHIN_MS = 30_000
STEP_S = 0.01
HEARTBEATS_MS = 3000


@pytest.fixture
def household_is_printing(house: House, visitor: KioskVisitor) -> Iterator[KioskVisitor]:
    """An order of four sheets that stands still after the first ones came out."""
    earlier = len(house.printer.documents())
    to_confirm(house, visitor, "card-0003", scope="household")
    visitor.press("confirm")
    visitor.see("take_card")
    house.kiosk_reader.remove()
    visitor.pay()
    try:
        until(lambda: len(house.printer.documents()) > earlier and house.printer.documents()[-1].sheets > 0)
        house.printer.fault("media-jam")
        visitor.reads("paper_jam", patience_ms=SPEAKS_WITHIN_MS)
        assert 0 < house.printer.documents()[-1].sheets < 4
        yield visitor
    finally:
        house.printer.fault(None)


def test_a_printer_that_loses_power_between_two_sheets_locks_the_device_until_staff_have_answered(
    house: House, household_is_printing: KioskVisitor, officer_page: Page
) -> None:
    visitor = household_is_printing
    house.printer.power_cut()
    house.printer.fault(None)
    try:
        told = visitor.page.locator("[data-obstacle=printer_offline], #screen[data-state=wait_for_staff]")
        expect(told).to_be_visible(timeout=SPEAKS_WITHIN_MS)
    finally:
        house.printer.start()
    visitor.see("wait_for_staff", patience_ms=30_000)
    visitor.page.wait_for_timeout(HEARTBEATS_MS)
    assert visitor.state() == "wait_for_staff", "a printer that is back does not unlock anything"
    desk = Officer(officer_page, house.origin("staff"), "suzuki", house.totp_secret())
    desk.log_in()
    desk.settle("partly_printed", "鈴木が排紙口と機械の中を見た。1枚だけ出ていたので回収した。", keep_fee=False)
    visitor.see("attract", patience_ms=SERVES_AGAIN_WITHIN_MS)
    serve(house, visitor)


def until(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds."""
    deadline = time.monotonic() + SHEETS_COME_WITHIN_MS / 1000
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(STEP_S)
