"""The desk in a real browser: with and without scripts, under the strict content policy."""

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from portal import database
from portal.ground import Ground
from portal.identity import Role, StaffMember
from portal.identity.login import sessions
from portal.identity.login.sessions import LIMITS
from portal.staff import create_app
from tests.portal.conftest import MovableClock
from tests.portal.staff.conftest import Employ
from tests.portal.staff.town import file_moving_out, settle_family
from tests.world import ports, tls


@pytest.fixture(scope="module")
def certificate(scratch: Path) -> tuple[str, str]:
    folder = scratch / "staff-tls"
    tls.create(folder)
    return str(folder / "server.pem"), str(folder / "server.key")


@pytest.fixture
def origin(ground: Ground, certificate: tuple[str, str]) -> Iterator[str]:
    """The desk, served over TLS on a free port."""
    port = ports.one()
    address = f"https://localhost:{port}"
    origins = dataclasses.replace(ground.settings.origins, staff=address)
    served = dataclasses.replace(ground, settings=dataclasses.replace(ground.settings, origins=origins))
    server = make_server("127.0.0.1", port, create_app(served), threaded=True, ssl_context=certificate)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield address
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def officer(employ: Employ) -> StaffMember:
    return employ("hanako", Role.REVIEWER)


def enter(browser: Browser, ground: Ground, origin: str, officer: StaffMember, *, scripts: bool) -> BrowserContext:
    """A browser in which the officer has logged in."""
    with database.transaction(ground.engine) as connection:
        data = {"account": str(officer.id)}
        token = sessions.create(connection, face="staff", data=data, now=ground.clock.now())
    context = browser.new_context(ignore_https_errors=True, java_script_enabled=scripts, locale="ja-JP")
    context.add_cookies([{"name": "__Host-staff", "value": token, "url": origin, "secure": True, "httpOnly": True}])
    return context


def complaints(page: Page) -> list[str]:
    """Collects what the browser finds wrong with the page, a breach of the content policy above all."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_the_search_to_the_decision(
    browser: Browser, ground: Ground, origin: str, officer: StaffMember, scripts: bool
) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    with enter(browser, ground, origin, officer, scripts=scripts) as context:
        page = context.new_page()
        found = complaints(page)
        page.goto(f"{origin}/queue")
        page.get_by_label("受付番号でさがす").fill(filing.receipt_number)
        page.get_by_label("受付番号でさがす").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("本間")
        page.get_by_text("照らし合わせました").click()
        page.get_by_role("button", name="受理する").click()
        expect(page.get_by_role("heading", name="受理の結果")).to_be_visible()
        assert found == []


def test_the_counts_follow_without_losing_the_place_of_the_keyboard(
    browser: Browser, ground: Ground, origin: str, officer: StaffMember
) -> None:
    with enter(browser, ground, origin, officer, scripts=True) as context:
        page = context.new_page()
        found = complaints(page)
        page.clock.install()
        page.goto(f"{origin}/queue")
        waiting = page.get_by_role("link", name="未割当")
        expect(waiting).to_contain_text("0")
        waiting.focus()
        file_moving_out(ground, settle_family(ground))
        page.clock.run_for(11_000)
        expect(waiting).to_contain_text("1")
        expect(waiting).to_be_focused()
        assert found == []


def test_an_abandoned_screen_loses_the_personal_data_when_its_session_ends(
    browser: Browser, ground: Ground, origin: str, officer: StaffMember, clock: MovableClock
) -> None:
    filing = file_moving_out(ground, settle_family(ground))
    with enter(browser, ground, origin, officer, scripts=True) as context:
        page = context.new_page()
        page.clock.install()
        page.goto(f"{origin}/filings/{filing.id}")
        expect(page.get_by_role("heading", level=1)).to_contain_text("本間")
        clock.advance(seconds=LIMITS["staff"].idle.total_seconds())
        page.clock.run_for(11_000)
        expect(page.get_by_role("heading", name="職員ログイン")).to_be_visible()
        expect(page.get_by_text("本間")).to_have_count(0)
