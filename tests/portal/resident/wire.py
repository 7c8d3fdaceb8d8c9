"""The residents' face over real TLS, with a bridge and a browser: what the tests of its script stand on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import playwright.sync_api as playwright
import pytest
from werkzeug.serving import make_server

from portal.ground import Ground
from portal.resident import create_app
from tests.portal.identity.cards import Card
from tests.portal.resident.bridge import BridgeStandIn, serving
from tests.world import ports, tls


@pytest.fixture
def bridge(card: Card) -> Iterator[BridgeStandIn]:
    """The card bridge, running."""
    origin = f"https://localhost:{ports.one()}"
    with serving(BridgeStandIn(card, origin), 0) as running:
        yield running


@contextmanager
def over_tls(ground: Ground, bridge: BridgeStandIn, scratch: Path) -> Iterator[None]:
    """The residents' face at the bridge's origin."""
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
    yield
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
    """Press the button, and type the PIN on the bridge's own page."""
    page.get_by_role("button", name="カードを読み取る").click()
    with page.context.expect_page() as tab:
        page.get_by_role("link", name="暗証番号を入れる画面を開く").click()
    tab.value.close()
