"""A visitor at a real browser: both certificates of the card answer through the bridge."""

from collections.abc import Iterator
from pathlib import Path

import playwright.sync_api as playwright
import pytest
from playwright.sync_api import expect

from portal.ground import Ground
from portal.municipality import Municipality
from tests.portal.identity.visitors import HANAKO, person
from tests.portal.resident.bridge import BridgeStandIn
from tests.portal.resident.guests import Sign
from tests.portal.resident.wire import bridge, over_tls, page, read_card

__all__ = ["bridge", "page"]


@pytest.fixture
def address(ground: Ground, bridge: BridgeStandIn, scratch: Path, city: Municipality, sign: Sign) -> Iterator[str]:
    """The residents' face over TLS, and a card with both its halves that nobody has linked."""
    bridge.signing = sign(HANAKO)
    with over_tls(ground, bridge, scratch):
        yield bridge.origin


def heading(page: playwright.Page) -> playwright.Locator:
    return page.get_by_role("heading", level=1)


def test_a_visitor_reads_the_card_twice_and_is_a_resident(
    page: playwright.Page, address: str, bridge: BridgeStandIn, ground: Ground
) -> None:
    person(ground)
    page.goto(f"{address}/me")
    read_card(page)
    expect(heading(page)).to_have_text("このカードは、まだみさき市に登録されていません")
    bridge.pin_typed.clear()
    bridge.state, bridge.error = "failed", "pin_wrong"
    read_card(page)
    expect(page.get_by_role("status")).to_contain_text("5回続けてまちがえると")
    bridge.pin_typed.clear()
    bridge.state = "signed"
    read_card(page)
    expect(heading(page)).to_have_text("あなたのことですか")
    page.get_by_role("button", name="わたしのカードとして登録する").click()
    expect(heading(page)).to_have_text("マイページ")
    assert [asked["purpose"] for asked in bridge.asked] == ["login", "identify", "identify"]


def test_the_script_passes_no_challenge_on_that_is_for_another_purpose_than_the_page_shows(
    page: playwright.Page, address: str, bridge: BridgeStandIn
) -> None:
    page.goto(f"{address}/login")
    wrong = {"challenge": "00000000-0000-0000-0000-000000000000", "nonce": "AA==", "purpose": "identify"}
    page.route("**/login/challenge", lambda route: route.fulfill(status=201, json=wrong))
    page.get_by_role("button", name="カードを読み取る").click()
    expect(page.get_by_role("status")).to_contain_text("カードを読み取れませんでした")
    assert bridge.asked == []
