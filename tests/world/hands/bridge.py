"""Somebody at a PC with a card reader: the page asks, the bridge's own page takes the PIN."""

from playwright.sync_api import Page, expect

PATIENCE_MS = 20_000


def read_card(page: Page, secret: str) -> None:
    """Let the card on the reader answer the page; `secret` is the PIN or password that it asks for."""
    page.locator("#bridge-start").click()
    expect(page.locator("#bridge-pin")).to_be_visible(timeout=PATIENCE_MS)
    with page.context.expect_page() as opened:
        page.locator("#bridge-pin").click()
    type_secret(opened.value, secret)


def type_secret(bridge: Page, secret: str) -> None:
    """On the bridge's own page, once the card is read."""
    field = bridge.locator("input[type=password]")
    expect(field).to_be_visible(timeout=PATIENCE_MS)
    field.fill(secret)
    bridge.locator("main button[type=submit]").first.click()
