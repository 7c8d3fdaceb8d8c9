"""Cut each wire in turn: the person learns what happened, nothing hangs, and the next resident is served."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Error, Locator, Page

from tests.world.hands.kiosk import KioskVisitor
from tests.world.hands.staff import Officer
from tests.world.house import House

SPEAKS_WITHIN_S = 10
SERVES_AGAIN_WITHIN_MS = 30_000
CARD, PIN = "card-0001", "1234"


@dataclass(frozen=True)
class Wire:
    """One part: how to cut it, how to mend it."""

    name: str
    cut: Callable[[House], None]
    mend: Callable[[House], None]


def _service(name: str) -> Wire:
    return Wire(name, lambda house: house.services[name].kill(), lambda house: house.services[name].start())


WIRES = [
    _service("terminal"),
    _service("agent"),
    _service("reader"),
    Wire("pcscd", lambda house: house.kiosk_reader.kill_pcscd(), lambda house: house.kiosk_reader.restart_pcscd()),
    Wire("printer", lambda house: house.printer.power_cut(), lambda house: house.printer.start()),
    Wire(
        "postgres",
        lambda house: house.postgres.stop("immediate"),
        lambda house: house.start_postgres(),
    ),
]


def _serve(house: House, visitor: KioskVisitor, card: str = CARD, scope: str = "self") -> None:
    """One resident from the first screen to the paper."""
    visitor.see("attract", patience_ms=SERVES_AGAIN_WITHIN_MS)
    visitor.begin()
    house.kiosk_reader.insert(card)
    visitor.type_pin(PIN)
    visitor.choose(scope)
    visitor.print_it(house.kiosk_reader.remove)
    visitor.leave()


def _says_something_else(visitor: KioskVisitor, than: str) -> str:
    """Wait until the screen's words have changed; fails when it stays silent for ten seconds."""
    deadline = time.monotonic() + SPEAKS_WITHIN_S
    while time.monotonic() < deadline:
        words = visitor.page.locator("#main").inner_text()
        if words != than:
            return words
        visitor.page.wait_for_timeout(50)
    raise AssertionError(f"still the same words after {SPEAKS_WITHIN_S} s: {than[:80]}")


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_a_part_that_is_gone_closes_the_first_screen_and_its_return_opens_it(
    house: House, visitor: KioskVisitor, wire: Wire
) -> None:
    wire.cut(house)
    try:
        visitor.see("unavailable", patience_ms=SPEAKS_WITHIN_S * 1000)
        assert visitor.heading()
    finally:
        wire.mend(house)
    _serve(house, visitor)


@pytest.mark.parametrize("wire", [w for w in WIRES if w.name != "printer"], ids=lambda wire: wire.name)
def test_a_part_lost_after_the_pin_ends_in_words_and_the_next_resident_is_served(
    house: House, visitor: KioskVisitor, wire: Wire
) -> None:
    visitor.begin()
    house.kiosk_reader.insert(CARD)
    visitor.type_pin(PIN)
    visitor.choose("self")
    before = visitor.page.locator("#main").inner_text()
    wire.cut(house)
    try:
        visitor.press("confirm")
        _says_something_else(visitor, before)
        house.kiosk_reader.remove()
    finally:
        wire.mend(house)
    _end(visitor)
    _serve(house, visitor, card="card-0002")


def test_a_killed_worker_is_said_on_the_screen_and_its_return_prints(house: House, visitor: KioskVisitor) -> None:
    visitor.begin()
    house.kiosk_reader.insert(CARD)
    visitor.type_pin(PIN)
    visitor.choose("self")
    house.services["worker-1"].kill()
    try:
        visitor.press("confirm")
        visitor.see("take_card")
        house.kiosk_reader.remove()
        visitor.see("preparing")
        words = visitor.page.locator("#main").inner_text()
        _says_something_else(visitor, words)
    finally:
        house.services["worker-1"].start()
    visitor.see("take_paper", patience_ms=60_000)
    visitor.leave()
    _serve(house, visitor)


@pytest.mark.parametrize("screen", ["place_card", "enter_pin", "pin_half_typed", "choose_content", "confirm"])
def test_a_card_pulled_at_any_screen_is_never_a_wrong_pin_and_costs_no_try(
    house: House, visitor: KioskVisitor, screen: str
) -> None:
    visitor.begin()
    house.kiosk_reader.insert(CARD)
    if screen != "place_card":
        visitor.see("enter_pin")
    if screen == "pin_half_typed":
        visitor.page.locator("form[action='/pin'] button[value='1']").click()
    if screen in {"choose_content", "confirm"}:
        visitor.type_pin(PIN)
        visitor.see("choose_content")
    if screen == "confirm":
        visitor.choose("self")
    house.kiosk_reader.remove()
    if screen in {"enter_pin", "pin_half_typed"}:
        visitor.see("failed", patience_ms=SPEAKS_WITHIN_S * 1000)
    assert "番号がちがいました" not in visitor.page.locator("#main").inner_text()
    assert house.kiosk_reader.state(CARD)["tries"] == 3
    _end(visitor)
    _serve(house, visitor)


def test_a_printer_that_loses_power_between_two_sheets_locks_the_device_until_staff_have_answered(
    house: House, visitor: KioskVisitor, officer_page: Page
) -> None:
    house.printer.fault("media-jam")
    visitor.begin()
    house.kiosk_reader.insert("card-0003")
    visitor.type_pin(PIN)
    visitor.choose("household")
    visitor.press("confirm")
    visitor.see("take_card")
    house.kiosk_reader.remove()
    visitor.see("printing", patience_ms=30_000)
    house.printer.fault(None)
    sheets = house.printer.tray_log
    deadline = time.monotonic() + 20
    while "SHEET" not in sheets.read_text().rpartition("START")[2] and time.monotonic() < deadline:
        visitor.page.wait_for_timeout(20)
    words = visitor.page.locator("#main").inner_text()
    house.printer.power_cut()
    try:
        _says_something_else(visitor, words)
    finally:
        house.printer.start()
    visitor.see("wait_for_staff", patience_ms=30_000)
    visitor.page.wait_for_timeout(3000)
    assert visitor.state() == "wait_for_staff"
    desk = Officer(officer_page, house.origin("staff"), "suzuki", house.totp_secret())
    desk.log_in()
    desk.settle("partly_printed", "鈴木が排紙口と機械の中を見た。1枚だけ出ていたので回収した。")
    visitor.see("attract", patience_ms=SERVES_AGAIN_WITHIN_MS)
    _serve(house, visitor)


def _end(visitor: KioskVisitor) -> None:
    """Whatever screen it is: go back to the first one as a resident would, without waiting for more than a minute."""
    deadline = time.monotonic() + 60
    while visitor.state() not in {"attract", "unavailable"}:
        assert time.monotonic() < deadline, f"still {visitor.state()}: {visitor.heading()}"
        for button in ("start-over", "quit", "paper-taken", "finish"):
            form = visitor.page.locator(f"form[action='/press/{button}'] button")
            if form.count():
                _press_if_still_there(form)
                break
        visitor.page.wait_for_timeout(200)


def _press_if_still_there(button: Locator) -> None:
    """The screen may move on between the look and the press; then there is nothing to press any more."""
    with contextlib.suppress(Error):
        button.first.click(timeout=500)


@pytest.mark.parametrize("face", ["resident", "staff"])
def test_without_its_database_a_web_face_says_so_and_works_on_when_it_is_back(
    house: House, page: Page, face: str
) -> None:
    address = f"{house.origin(face)}/login"
    house.postgres.stop("immediate")
    try:
        begun = time.monotonic()
        # A page that needs no record may still come; one that does must say that it cannot.
        answer = page.goto(house.origin(face))
        assert answer is not None
        assert time.monotonic() - begun < SPEAKS_WITHIN_S
        assert answer.status in {200, 503}
        assert page.locator("h1").inner_text()
    finally:
        house.start_postgres()
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200
