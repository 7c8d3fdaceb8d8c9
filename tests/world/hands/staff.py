"""An officer at the review desk."""

import time
from dataclasses import dataclass

import pyotp
from playwright.sync_api import Page, expect

from tests.world.city import STAFF_PASSWORD
from tests.world.hands.bridge import read_card

PATIENCE_MS = 20_000
_STEP_S = 30
_last_step: dict[str, int] = {}


@dataclass(frozen=True)
class Officer:
    """Logs in with two factors, accepts filings, answers for paper."""

    page: Page
    origin: str
    login: str
    secret: str

    def log_in(self) -> None:
        """A one-time code is taken once only, so a second log-in waits for the next one."""
        while int(time.time()) // _STEP_S == _last_step.get(self.login):
            self.page.wait_for_timeout(200)
        _last_step[self.login] = int(time.time()) // _STEP_S
        self.page.goto(f"{self.origin}/login")
        self.page.locator("input[name=login]").fill(self.login)
        self.page.locator("input[name=password]").fill(STAFF_PASSWORD)
        self.page.locator("input[name=code]").fill(pyotp.TOTP(self.secret).now())
        self.page.locator("main button[type=submit]").click()
        expect(self.page.locator("main.desk-login")).to_have_count(0, timeout=PATIENCE_MS)

    def accept(self, receipt_number: str) -> str:
        """Find the filing among the unassigned, open it, accept it; returns the heading of the result."""
        self.page.goto(f"{self.origin}/queue?view=unassigned")
        self.page.get_by_role("link", name=receipt_number).click()
        self.page.locator("label[for=checked]").click()
        self.page.locator("form.decide button[type=submit]").click()
        result = self.page.locator(".proof[data-kind=ok]")
        expect(result).to_be_visible(timeout=PATIENCE_MS)
        return result.inner_text()

    def link_card(self, name: str, pin: str) -> None:
        """Find a resident by name and register the card that lies on the reader; its holder types the PIN."""
        self.page.goto(f"{self.origin}/cards")
        self.page.locator("input[name=name]").fill(name)
        self.page.locator("form[action='/cards'] button[type=submit]").click()
        self.page.locator("table.rows tbody a").first.click()
        read_card(self.page, pin)
        expect(self.page.locator(".notice[data-kind=ok][role=status]")).to_be_visible(timeout=PATIENCE_MS)

    def settle(self, answer: str, statement: str, *, keep_fee: bool | None = None) -> None:
        """Say what paper left the machine, for the oldest open case; of a part of it, whether its fee is kept."""
        self.page.goto(f"{self.origin}/cases")
        self.page.locator("table.rows tbody a").first.click()
        self.page.locator(f"label:has(+ input[value={answer}]), input[value={answer}] + label").click()
        if keep_fee is not None:
            self.page.locator(f"input[name=keep_fee][value={'yes' if keep_fee else 'no'}] + label").click()
        self.page.locator("textarea[name=statement]").fill(statement)
        self.page.locator("form.settle button[type=submit]").click()
        expect(self.page.locator("form.settle")).to_have_count(0, timeout=PATIENCE_MS)
