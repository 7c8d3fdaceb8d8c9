"""One certificate from card to paper and one 転出届 from card to decision, in a browser, through every real part."""

import shutil
import subprocess
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from portal.clock import SystemClock, local_date
from tests.world.browser import launch
from tests.world.city import City, DemoCard
from tests.world.hands.kiosk import KioskVisitor
from tests.world.hands.resident import ResidentAtHome
from tests.world.hands.staff import Officer
from tests.world.house import House

KIOSK_CARD = "card-0004"  # a name with a variation selector: the hardest text to carry to paper unharmed
FILING_CARD = "card-0030"
MONEY_SECONDS = 20


class StepFailedError(Exception):
    """Raised when a step of the run does not end as it must; the message is for the JSON line."""


class Run:
    """The steps of one run, each timed, the first failure named."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.timings: dict[str, float] = {}
        self.step = "start"

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Remember which step runs and how long it took, in seconds."""
        self.step = step
        begun = time.monotonic()
        yield
        self.timings[step] = round(time.monotonic() - begun, 2)

    def certificate(
        self, browser: Browser, card: DemoCard, scope: str | None = "household", kind: str = "resident_record"
    ) -> Path:
        """Card on the reader, PIN, choice, paper; returns the sheet that came out."""
        context = browser.new_context(viewport={"width": 1080, "height": 1920}, locale="ja-JP")
        visitor = KioskVisitor(context.new_page(), self.house.kiosk_url, self.house.payment)
        before = set(self.house.printer.sheets.glob("*.pdf"))
        before_money = set(self.house.payment.entries())
        with self.timed("kiosk_card"):
            visitor.arrive()
            visitor.begin(kind)
            self.house.kiosk_reader.insert(card.card_id)
            visitor.see("enter_pin")
        with self.timed("kiosk_pin"):
            visitor.type_pin(card.pin)
            visitor.choose(scope)
        with self.timed("kiosk_paper"):
            visitor.print_it(self.house.kiosk_reader.remove)
            visitor.leave()
        with self.timed("kiosk_money"):
            self._demand_money(before_money)
        context.close()
        came_out = set(self.house.printer.sheets.glob("*.pdf")) - before
        if len(came_out) != 1:
            raise StepFailedError(f"{len(came_out)} documents came out, one was ordered")
        return came_out.pop()

    def _demand_money(self, before: set[str]) -> None:
        """The fee of the paper that came out is in the box, once."""
        until = time.monotonic() + MONEY_SECONDS
        while True:
            paid = [entry for sale, entry in self.house.payment.entries().items() if sale not in before]
            if [(entry.captures, entry.reversals) for entry in paid] == [(1, 0)]:
                return
            if time.monotonic() > until:
                raise StepFailedError(f"the book of the payment machine says {paid}")
            time.sleep(0.1)

    def refused(self, browser: Browser, card: DemoCard, kind: str = "resident_record") -> str:
        """The code of the page that ends this resident's visit to the kiosk."""
        context = browser.new_context(viewport={"width": 1080, "height": 1920}, locale="ja-JP")
        visitor = KioskVisitor(context.new_page(), self.house.kiosk_url, self.house.payment)
        visitor.arrive()
        visitor.begin(kind)
        self.house.kiosk_reader.insert(card.card_id)
        if visitor.see_one_of("enter_pin", "failed") == "enter_pin":
            visitor.type_pin(card.pin)
        visitor.see("failed")
        code = visitor.page.locator("[data-failure]").get_attribute("data-failure") or ""
        self.house.kiosk_reader.remove()
        visitor.press("start-over")
        visitor.see("attract")
        context.close()
        return code

    def filing(self, browser: Browser, card: DemoCard) -> str:
        """Log-in with the bridge, 転出届, decision at the desk, result on the resident's page."""
        context = browser.new_context(ignore_https_errors=True, locale="ja-JP")
        context.grant_permissions(["local-network-access"], origin=self.house.origin("resident"))
        resident = ResidentAtHome(context.new_page(), self.house.origin("resident"))
        with self.timed("resident_log_in"):
            self.house.home_reader.insert(card.card_id)
            resident.log_in(card.pin)
            self.house.home_reader.remove()
        with self.timed("resident_filing"):
            number = resident.file_moving_out(local_date(SystemClock().now()) + timedelta(days=7))
        with self.timed("staff_decision"):
            desk = browser.new_context(ignore_https_errors=True, locale="ja-JP")
            officer = Officer(desk.new_page(), self.house.origin("staff"), "sato", self.house.totp_secret())
            officer.log_in()
            officer.accept(number)
            desk.close()
        with self.timed("resident_sees_result"):
            state = resident.status()
            if "完了" not in state:
                raise StepFailedError(f"the resident reads {state!r} after the decision")
        context.close()
        return number


def drive_once(house: House, *, kept: Path) -> dict[str, object]:
    """Start the house, drive both paths, stop it. The sheet is copied to `kept`, which outlives the house."""
    run = Run(house)
    kept.mkdir(parents=True, exist_ok=True)
    try:
        with house, sync_playwright() as playwright, launch(playwright) as browser:
            run.timings.update(house.timings)
            card = card_of(house.city, KIOSK_CARD)
            sheet = run.certificate(browser, card)
            run.step = "sheet"
            target = kept / "sheet.pdf"
            shutil.copy(sheet, target)
            name = house.city.name_of(card.resident_number)
            demand_text(target, name)
            number = run.filing(browser, card_of(house.city, FILING_CARD))
            run.step = "stop"
        return {
            "outcome": "success",
            "sheet": str(target),
            "name": name,
            "receipt_number": number,
            "timings": run.timings,
        }
    except Exception as error:  # noqa: BLE001 - whatever it was, the caller reads which step it was in
        traceback.print_exc()
        return {
            "outcome": "failure",
            "step": run.step,
            "error": f"{type(error).__name__}: {str(error)[:400]}",
            "timings": run.timings,
        }
    finally:
        shutil.rmtree(house.folder, ignore_errors=True)


def card_of(city: City, card_id: str) -> DemoCard:
    """One card of the tray by its id."""
    return next(card for card in city.cards() if card.card_id == card_id)


def text_of(sheet: Path) -> str:
    """The text of a document as a reader program extracts it."""
    return subprocess.run(
        ["pdftotext", "-layout", str(sheet), "-"], check=True, capture_output=True, text=True
    ).stdout


def demand_text(sheet: Path, text: str) -> None:
    """Raises StepFailedError unless the sheet holds `text`, code point for code point."""
    if without_spaces(text) not in without_spaces(text_of(sheet)):
        raise StepFailedError("the sheet does not hold the text that the register holds")


def without_spaces(text: str) -> str:
    """Only the characters: a reader program sets spaces as it likes, and never changes a character."""
    return "".join(text.split())
