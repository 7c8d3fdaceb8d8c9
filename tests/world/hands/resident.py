"""A resident at home: a browser, a card reader, the bridge."""

from dataclasses import dataclass
from datetime import date

from playwright.sync_api import Page, expect

from tests.world.hands.bridge import read_card

PATIENCE_MS = 20_000


@dataclass(frozen=True)
class ResidentAtHome:
    """Logs in with the card and files 転出届."""

    page: Page
    origin: str

    def log_in(self, pin: str) -> None:
        """Through the bridge: its own page asks for the PIN."""
        self.page.goto(f"{self.origin}/login")
        read_card(self.page, pin)
        self.page.wait_for_url(f"{self.origin}/me", timeout=PATIENCE_MS)

    def register_card(self, pin: str, sign_password: str) -> None:
        """With a card that nobody has linked: log in as a visitor, and be found by the 署名用 certificate."""
        self.page.goto(f"{self.origin}/login")
        read_card(self.page, pin)
        self.page.wait_for_url(f"{self.origin}/visitor", timeout=PATIENCE_MS)
        read_card(self.page, sign_password)
        self.page.wait_for_url(f"{self.origin}/visitor/check", timeout=PATIENCE_MS)
        self.page.locator("main button[type=submit]").click()
        self.page.wait_for_url(f"{self.origin}/me", timeout=PATIENCE_MS)

    def file_moving_out(self, day: date) -> str:
        """All four questions and the declaration; returns the receipt number."""
        self.say_who_and_when(day)
        return self.say_where_and_declare()

    def say_who_and_when(self, day: date) -> None:
        """The first half: everybody of the household, and the day."""
        self.page.goto(f"{self.origin}/moving-out")
        for box in self.page.locator("input[name=movers]:enabled").all():
            if not box.is_checked():
                self.page.locator(f"label[for={box.get_attribute('id')}]").click()
        self.next()
        for name, value in (("year", day.year), ("month", day.month), ("day", day.day)):
            self.page.locator(f"input[name={name}]").fill(str(value))
        self.next()
        expect(self.page.locator("select[name=prefecture]")).to_be_visible(timeout=PATIENCE_MS)

    def say_where_and_declare(self) -> str:
        """The second half: the new address and the declaration; returns the receipt number."""
        self.page.locator("select[name=prefecture]").select_option(index=14)
        self.page.locator("input[name=municipality]").fill("横浜市西区")
        self.page.locator("input[name=address]").fill("みなとみらい一丁目1番1号 港ハイツ201")
        self.next()
        self.page.locator("main button[type=submit]").click()
        number = self.page.locator(".done-number")
        expect(number).to_be_visible(timeout=PATIENCE_MS)
        return number.inner_text().strip()

    def next(self) -> None:
        """The one button of a question page."""
        self.page.locator("main form .btn-solid").click()

    def status(self) -> str:
        """The state of the newest filing as the resident's own page tells it."""
        self.page.goto(f"{self.origin}/me")
        return self.page.locator("main .tag").first.inner_text()
