"""The page's side of the card bridge, in a real browser."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import playwright.sync_api as playwright
import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from portal.ground import Ground
from portal.resident import create_app
from tests.portal.filings.conftest import Family
from tests.portal.identity.cards import Card, link
from tests.portal.resident.bridge import BridgeStandIn, serving
from tests.world import tls


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def bridge(card: Card) -> Iterator[BridgeStandIn]:
    """The card bridge, running."""
    origin = f"https://localhost:{_free_port()}"
    with serving(BridgeStandIn(card, origin), 0) as running:
        yield running


@pytest.fixture
def address(ground: Ground, bridge: BridgeStandIn, scratch: Path, family: Family) -> Iterator[str]:
    """The residents' face over TLS, for a bridge at its address; the card is the spouse's."""
    link(ground, bridge.card, family.spouse)
    folder = scratch / "wire"
    if not folder.exists():
        tls.create(folder)
    origins = replace(ground.settings.origins, resident=bridge.origin, bridge=bridge.url)
    app = create_app(replace(ground, settings=replace(ground.settings, origins=origins)))
    port = int(bridge.origin.rpartition(":")[2])
    certificate = (str(folder / "server.pem"), str(folder / "server.key"))
    server = make_server("localhost", port, app, threaded=True, ssl_context=certificate)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield bridge.origin
    server.shutdown()
    thread.join(timeout=10)


@pytest.fixture
def page(browser: playwright.Browser) -> Iterator[playwright.Page]:
    """A tab whose every policy violation and script error fails the test."""
    context = browser.new_context(ignore_https_errors=True, locale="ja-JP")
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
    yield opened
    context.close()
    assert complaints == []


def read_card(page: playwright.Page) -> None:
    page.get_by_role("button", name="カードを読み取る").click()
    with page.context.expect_page() as tab:
        page.get_by_role("link", name="暗証番号を入れる画面を開く").click()
    tab.value.close()


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
