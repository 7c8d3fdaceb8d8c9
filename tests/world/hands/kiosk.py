"""A resident in front of the kiosk."""

import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Error, Page, expect

from tests.world.payment.control import PaymentHands

PATIENCE_MS = 15_000


@dataclass(frozen=True)
class KioskVisitor:
    """Presses what a resident would press; waits for the screen that must come."""

    page: Page
    url: str
    till: PaymentHands

    def arrive(self) -> None:
        """Stand before the first screen."""
        self.page.goto(self.url)
        self.see("attract")

    def see(self, state: str, patience_ms: float = PATIENCE_MS) -> None:
        """Wait until the screen of `state` is there."""
        expect(self.page.locator("#screen")).to_have_attribute("data-state", state, timeout=patience_ms)

    def see_one_of(self, *states: str, patience_ms: float = PATIENCE_MS) -> str:
        """Wait until one of these screens is there; which one."""
        pattern = re.compile(f"^({'|'.join(states)})$")
        expect(self.page.locator("#screen")).to_have_attribute("data-state", pattern, timeout=patience_ms)
        return self.state()

    def state(self) -> str:
        """The screen that is there now."""
        return self.page.locator("#screen").get_attribute("data-state") or ""

    def heading(self) -> str:
        """The words at the top of the screen."""
        return self.page.locator("h1").inner_text()

    def reads(self, cause: str, patience_ms: float = PATIENCE_MS) -> None:
        """Wait for the words of one cause, on the page that ends a visit or on the closed first screen."""
        told = self.page.locator(f"[data-failure={cause}], [data-obstacle={cause}]")
        expect(told).to_be_visible(timeout=patience_ms)
        expect(told.locator("h1, h2").first).not_to_be_empty()

    def press_if_still_there(self, name: str) -> None:
        """Press, unless the screen has moved on between the look and the press."""
        with contextlib.suppress(Error):
            self.page.locator(f"form[action='/press/{name}'] button").first.click(timeout=500)

    def press(self, name: str) -> None:
        """Press the button of one step."""
        self.page.locator(f"form[action='/press/{name}'] button").click()

    def begin(self, kind: str = "resident_record") -> None:
        """From the first screen to "put your card here". A machine that closes just then is tried again."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while self.state() != "choose_certificate":
            if time.monotonic() > deadline:
                self.see("choose_certificate", patience_ms=1)
            if self.state() == "attract":
                with contextlib.suppress(Error):
                    self.page.locator("form[action='/press/begin'] button").click(timeout=1000)
            self.page.wait_for_timeout(100)
        self.page.locator(f"button[name=kind][value={kind}]").click()
        self.see("place_card")

    def type_pin(self, pin: str) -> None:
        """Four keys and "next"."""
        self.type_digits(pin)
        self.press("pin")

    def type_digits(self, digits: str) -> None:
        """Some keys of the pad, one by one."""
        self.see("enter_pin")
        for count, digit in enumerate(digits, start=1):
            self.page.locator(f"form[action='/pin'] button[value='{digit}']").click()
            expect(self.page.locator("#pin [data-on]")).to_have_count(count)

    def choose(self, scope: str | None) -> None:
        """Whose record; the items stay as offered. None where the paper leaves nothing to be chosen."""
        if scope is None:
            self.see("confirm")
            return
        self.see("choose_content")
        self.page.locator(f"input[name=scope][value={scope}]").check()
        self.page.locator("button[form=content]").click()
        self.see("confirm")

    def print_it(self, take_card: Callable[[], None]) -> None:
        """Confirm, take the card away, wait for the paper."""
        self.press("confirm")
        self.see("take_card")
        take_card()
        self.pay()
        self.see("take_paper", patience_ms=60_000)

    def choose_means(self, means: str) -> None:
        """Cash or contactless, once the paper is ready."""
        self.see("choose_means", patience_ms=60_000)
        self.page.locator(f"button[name=means][value={means}]").click()
        self.see("paying")

    def pay(self) -> None:
        """The fee, in 100-yen coins; what costs nothing is not asked for."""
        if self.see_one_of("choose_means", "printing", "take_paper", patience_ms=60_000) != "choose_means":
            return
        self.choose_means("cash")
        for _ in range(-(-self.till.wait_for_payment() // 100)):
            self.till.insert(100)

    def give_up(self, patience_s: float = 60) -> None:
        """From whatever screen it is back to the first one, as a resident would."""
        deadline = time.monotonic() + patience_s
        while self.state() not in {"attract", "unavailable"}:
            assert time.monotonic() < deadline, f"still {self.state()}: {self.heading()}"
            for button in ("start-over", "quit", "paper-taken", "finish"):
                if self.page.locator(f"form[action='/press/{button}'] button").count():
                    self.press_if_still_there(button)
                    break
            self.page.wait_for_timeout(100)

    def leave_without_looking(self) -> None:
        """Take the paper and go, whatever the screen says then."""
        self.press("paper-taken")
        self.see("done")
        self.press("finish")

    def arrive_again(self) -> None:
        """Whoever stood here is gone; the machine serves the next person."""
        self.page.goto(self.url)
        self.give_up()
        self.see("attract")

    def leave(self) -> str:
        """Take the paper and go; returns the reference number of the last screen."""
        self.press("paper-taken")
        self.see("done")
        words = self.page.locator(".k-ref").inner_text()
        self.press("finish")
        self.see("attract")
        found = re.search(r"[0-9A-Z][0-9A-Za-z-]{3,}", words)
        return found.group() if found else ""
