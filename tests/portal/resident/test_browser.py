"""The page's side of the card bridge, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import playwright.sync_api as playwright
import pytest
from playwright.sync_api import expect

from portal.ground import Ground
from tests.portal.filings.conftest import Family
from tests.portal.identity.cards import link
from tests.portal.resident.bridge import BridgeStandIn
from tests.portal.resident.wire import bridge, over_tls, page, read_card

__all__ = ["bridge", "page"]


@pytest.fixture
def address(ground: Ground, bridge: BridgeStandIn, scratch: Path, family: Family) -> Iterator[str]:
    """The residents' face over TLS, for a bridge at its address; the card is the spouse's."""
    link(ground, bridge.card, family.spouse)
    with over_tls(ground, bridge, scratch):
        yield bridge.origin


def test_a_card_on_the_reader_opens_the_page_that_was_asked_for_in_a_new_session(
    page: playwright.Page, address: str, bridge: BridgeStandIn
) -> None:
    page.goto(f"{address}/moving-out/who")
    expect(page.get_by_role("heading", level=1)).to_have_text("カードでログイン")
    (before,) = page.context.cookies()
    read_card(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("だれが引っ越しますか")
    assert bridge.asked[0]["purpose"] == "login"
    (cookie,) = page.context.cookies()
    assert cookie["name"] == "__Host-resident"
    assert cookie["value"] != before["value"]
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Strict")
    page.get_by_role("button", name="ログアウト").click()
    page.goto(f"{address}/me")
    expect(page.get_by_role("heading", level=1)).to_have_text("カードでログイン")


def test_every_end_without_a_signature_is_said_in_words_and_can_be_tried_again(
    page: playwright.Page, address: str, bridge: BridgeStandIn
) -> None:
    page.goto(f"{address}/login")
    said = page.get_by_role("status").get_by_role("heading")
    for state, error, words in (
        ("failed", "pin_blocked", "暗証番号がロックされています"),
        ("failed", "pin_wrong", "暗証番号がちがいました"),
        ("failed", "card_removed", "途中でカードが離れました"),
        ("failed", "something_new", "カードを読み取れませんでした"),
        ("refused", "refused", "読み取りをやめました"),
    ):
        bridge.pin_typed.clear()
        bridge.state, bridge.error = state, error
        read_card(page)
        expect(said).to_have_text(words)
        expect(page.get_by_role("button", name="カードを読み取る")).to_be_enabled()
    bridge.state = "signed"
    page.get_by_role("button", name="カードを読み取る").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("マイページ")


def test_a_bridge_that_is_off_busy_or_false_is_told_apart(page: playwright.Page, address: str) -> None:
    page.goto(f"{address}/login")
    said = page.get_by_role("status").get_by_role("heading")
    anybody = {"Access-Control-Allow-Origin": address}
    elsewhere = {"request": "r1", "pin_page": "https://example.invalid/pin"}
    for answer, words in (
        (lambda route: route.abort("connectionrefused"), "カード連携アプリが見つかりません"),
        (
            lambda route: route.fulfill(status=409, json={}, headers=anybody),
            "カード連携アプリは、ほかの画面で使われています",
        ),
        # The script follows no PIN page outside the bridge.
        (lambda route: route.fulfill(status=201, json=elsewhere, headers=anybody), "カードを読み取れませんでした"),
    ):
        page.route("http://127.0.0.1:*/requests", answer)
        page.get_by_role("button", name="カードを読み取る").click()
        expect(said).to_have_text(words)
        expect(page.get_by_role("link", name="暗証番号を入れる画面を開く")).to_be_hidden()
        page.unroute_all()


def test_a_page_that_lay_open_too_long_is_loaded_anew_instead_of_failing_for_ever(
    page: playwright.Page, address: str
) -> None:
    page.goto(f"{address}/login")
    page.context.clear_cookies()
    with page.expect_navigation():
        page.get_by_role("button", name="カードを読み取る").click()
    read_card(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("マイページ")
