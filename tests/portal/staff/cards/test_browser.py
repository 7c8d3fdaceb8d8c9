"""The links desk in a real browser, with the bridge of the officer's PC beside it."""

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from portal import database
from portal.ground import Ground
from portal.identity import Role, StaffMember
from portal.identity.login import sessions
from portal.staff import create_app
from tests.portal.identity.cards import Card, log_in
from tests.portal.resident.bridge import BridgeStandIn, serving
from tests.portal.staff.conftest import Employ
from tests.world import ports, tls


@pytest.fixture
def bridge(card: Card) -> Iterator[BridgeStandIn]:
    """The card bridge on the officer's PC; the resident's card lies on its reader."""
    with serving(BridgeStandIn(card, f"https://localhost:{ports.one()}"), 0) as running:
        yield running


@pytest.fixture
def address(ground: Ground, bridge: BridgeStandIn, scratch: Path) -> Iterator[str]:
    """The desk over TLS, for the bridge at its address."""
    folder = scratch / "desk-tls"
    if not folder.exists():
        tls.create(folder)
    origins = dataclasses.replace(ground.settings.origins, staff=bridge.origin, bridge=bridge.url)
    app = create_app(dataclasses.replace(ground, settings=dataclasses.replace(ground.settings, origins=origins)))
    certificate = (str(folder / "server.pem"), str(folder / "server.key"))
    port = int(bridge.origin.rpartition(":")[2])
    server = make_server("localhost", port, app, threaded=True, ssl_context=certificate)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield bridge.origin
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()


@pytest.fixture
def officer(employ: Employ) -> StaffMember:
    return employ("ito", Role.DESK, name="伊藤 葵")


@pytest.fixture
def page(browser: Browser, ground: Ground, address: str, officer: StaffMember) -> Iterator[Page]:
    """The officer's tab; every breach of the content policy and every script error fails the test."""
    with database.transaction(ground.engine) as connection:
        data = {"account": str(officer.id)}
        token = sessions.create(connection, face="staff", data=data, now=ground.clock.now())
    context = browser.new_context(ignore_https_errors=True, locale="ja-JP", viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": "__Host-staff", "value": token, "url": address, "secure": True, "httpOnly": True}])
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
    yield opened
    context.close()
    assert complaints == []


def read_card(page: Page) -> None:
    page.get_by_role("button", name="カードを読み取る").click()
    with page.context.expect_page() as tab:
        page.get_by_role("link", name="暗証番号を入れる画面を開く").click()
    tab.value.close()


def test_from_the_search_to_the_registered_card(
    page: Page, address: str, bridge: BridgeStandIn, ground: Ground, family: list[UUID]
) -> None:
    page.goto(f"{address}/cards")
    page.get_by_label("氏名").fill("本間さくら")
    page.get_by_role("button", name="住民をさがす").click()
    page.get_by_role("link", name="本間　さくら").click()
    expect(page.get_by_text("登録したカードはありません。")).to_be_visible()
    read_card(page)
    expect(page.get_by_role("heading", name="カードを登録しました")).to_be_visible()
    assert [asked["purpose"] for asked in bridge.asked] == ["link"]
    assert log_in(ground, bridge.card).resident_id == family[0]


def test_a_resident_who_does_not_type_the_pin_is_not_registered_and_the_officer_can_begin_again(
    page: Page, address: str, bridge: BridgeStandIn, family: list[UUID]
) -> None:
    page.goto(f"{address}/cards/{family[0]}")
    bridge.state, bridge.error = "ended", "no_card"
    read_card(page)
    expect(page.get_by_role("status").get_by_role("heading")).to_have_text("カードが置かれていません")
    expect(page.get_by_role("button", name="カードを読み取る")).to_be_visible()
    bridge.pin_typed.clear()
    bridge.state, bridge.error = "signed", None
    read_card(page)
    expect(page.get_by_role("heading", name="カードを登録しました")).to_be_visible()
