"""The log-in page as the residents meet it: from a public address, where Chromium asks before it lets a page reach a
program on the person's own computer (Local Network Access). Real page, real script, real bridge process, real card
wire."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import playwright.sync_api as playwright
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from playwright.sync_api import expect

from portal.ground import Ground
from tests.portal.filings.conftest import Family
from tests.portal.identity.cards import Card, link
from tests.portal.resident.at_home import PIN, Home, face, home
from tests.world.browser import launch_beside
from tests.world.ports import free

__all__ = ["home"]
HOST, ELSEWHERE = "portal.example.test", "evil.example.test"
NOT_RUNNING = "カード連携アプリが見つかりません"
NOT_ALLOWED = "ブラウザーがアプリへの接続を止めています"
ONE_OF_BOTH = "カード連携アプリにつながりません"
ASKS = "ブラウザーの問いに「許可」を押してください"
OpenTab = Callable[..., playwright.Page]


@dataclass(frozen=True)
class Street:
    """The public side: the page's origin, and the port on which its bridge is expected."""

    origin: str
    bridge_port: int
    browser: playwright.Browser

    @property
    def bridge(self) -> str:
        return f"http://127.0.0.1:{self.bridge_port}"


@pytest.fixture(scope="module")
def outside(browser: playwright.Browser) -> Iterator[tuple[int, playwright.Browser]]:
    """A port, and a browser for which that port of this machine is a public address."""
    port = free()["resident"]
    arguments = (
        f"--host-resolver-rules=MAP {HOST} 127.0.0.1,MAP {ELSEWHERE} 127.0.0.1",
        f"--ip-address-space-overrides=127.0.0.1:{port}=public",
    )
    with launch_beside(browser.browser_type, *arguments) as public:
        yield port, public


@pytest.fixture
def street(
    ground: Ground,
    home: Home,
    family: Family,
    card_key: rsa.RSAPrivateKey,
    outside: tuple[int, playwright.Browser],
) -> Iterator[Street]:
    """The face at a public address; the card at home is the spouse's."""
    link(ground, Card(home.certificate, card_key), family.spouse)
    port, public = outside
    bridge_port = free()["bridge"]
    with face(ground, home, f"https://{HOST}:{port}", f"http://127.0.0.1:{bridge_port}") as origin:
        yield Street(origin, bridge_port, public)


@pytest.fixture
def tab(street: Street) -> Iterator[OpenTab]:
    """Opens the log-in page with these permissions in hand (None: the browser has yet to ask)."""
    contexts = []

    def opened(permissions: list[str] | None, script: str | None = None) -> playwright.Page:
        context = street.browser.new_context(ignore_https_errors=True, locale="ja-JP")
        contexts.append(context)
        if permissions is not None:
            context.grant_permissions(permissions, origin=street.origin)
        if script is not None:
            context.add_init_script(script)
        page = context.new_page()
        page.goto(f"{street.origin}/login")
        return page

    yield opened
    for context in contexts:
        context.close()


GRANTED = ["local-network-access"]
# Granting anything at all makes Playwright refuse everything else.
REFUSED = ["geolocation"]


def press(page: playwright.Page) -> playwright.Locator:
    page.get_by_role("button", name="カードを読み取る").click()
    return page.get_by_role("status").get_by_role("heading")


def test_with_the_permission_a_page_from_a_public_address_logs_in(street: Street, tab: OpenTab, home: Home) -> None:
    with home.bridge(street.bridge_port, street.origin):
        page = tab(GRANTED)
        press(page)
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="暗証番号を入れる画面を開く").click()
        asks = opened.value
        expect(asks.get_by_text(street.origin)).to_be_visible()
        field = asks.get_by_label("利用者証明用の暗証番号")
        field.fill(PIN, timeout=15_000)
        asks.get_by_role("button", name="ログインする").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("マイページ", timeout=15_000)


def test_a_refused_permission_is_told_apart_from_a_bridge_that_does_not_run(
    street: Street, tab: OpenTab, home: Home
) -> None:
    refused, granted, unasked = tab(REFUSED), tab(GRANTED), tab(None)
    expect(press(refused)).to_have_text(NOT_ALLOWED)
    expect(press(granted)).to_have_text(NOT_RUNNING)
    # A browser without a screen answers its own question with no.
    expect(press(unasked)).to_have_text(NOT_ALLOWED)
    for page in (refused, granted, unasked):
        expect(page.get_by_role("button", name="カードを読み取る")).to_be_enabled()
    with home.bridge(street.bridge_port, street.origin):
        expect(press(refused)).to_have_text(NOT_ALLOWED)
        expect(press(granted)).to_have_text("暗証番号を入れてください")


NO_SUCH_PERMISSION = "navigator.permissions.query = () => Promise.reject(new TypeError('no such permission'));"
NEVER_DECIDED = "navigator.permissions.query = () => Promise.resolve({state: 'prompt'});"


@pytest.mark.parametrize("script", [NO_SUCH_PERMISSION, NEVER_DECIDED])
@pytest.mark.parametrize("permissions", [GRANTED, REFUSED])
def test_where_the_browser_does_not_say_the_page_names_both_causes(
    tab: OpenTab, script: str, permissions: list[str]
) -> None:
    page = tab(permissions, script)
    expect(press(page)).to_have_text(ONE_OF_BOTH)
    said = page.get_by_role("status")
    expect(said).to_contain_text("起動していない")
    expect(said).to_contain_text("ローカルネットワーク")


def test_while_the_browser_asks_the_person_the_page_waits_and_says_what_to_press(tab: OpenTab) -> None:
    page = tab(GRANTED, NEVER_DECIDED)
    held: list[playwright.Route] = []

    def hold(route: playwright.Route) -> None:
        held.append(route)

    page.route("http://127.0.0.1:*/requests", hold)
    with page.expect_request("http://127.0.0.1:*/requests"):
        said = press(page)
    expect(said).to_have_text(ASKS)
    held[0].abort("connectionrefused")
    expect(said).to_have_text(ONE_OF_BOTH)


KNOCK = """async (bridge) => {
  const body = JSON.stringify({nonce: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", purpose: "login"});
  const tries = [
    ["status", {}],
    ["requests", {method: "POST", headers: {"Content-Type": "application/json"}, body}],
    ["requests", {method: "POST", headers: {"Content-Type": "text/plain"}, body}],
    ["requests", {method: "POST", mode: "no-cors", body}],
    ["requests", {method: "POST", mode: "no-cors", body: new URLSearchParams({nonce: "x"})}],
  ];
  const read = [];
  for (const [path, options] of tries) {
    try {
      read.push(await (await fetch(`${bridge}/${path}`, options)).text());
    } catch {
      read.push("");
    }
  }
  return read.join("");
}"""


def test_a_page_of_another_site_gets_nothing_from_the_bridge_although_the_browser_lets_it_through(
    street: Street, home: Home
) -> None:
    port = street.origin.rpartition(":")[2]
    context = street.browser.new_context(ignore_https_errors=True)
    context.grant_permissions(GRANTED, origin=f"https://{ELSEWHERE}:{port}")
    page = context.new_page()
    page.goto(f"https://{ELSEWHERE}:{port}/")
    with home.bridge(street.bridge_port, street.origin):
        assert page.evaluate(KNOCK, street.bridge) == ""
        status = httpx.get(f"{street.bridge}/status", headers={"Origin": street.origin}, trust_env=False).json()
        assert status == {"bridge": "madoguchi", "busy": False}
    context.close()


def test_the_bridge_listens_on_this_machine_only(street: Street, home: Home) -> None:
    with home.bridge(street.bridge_port, street.origin):
        listening = []
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
                local, state = line.split()[1], line.split()[3]
                address, _, port = local.partition(":")
                if state == "0A" and int(port, 16) == street.bridge_port:
                    listening.append(address)
        assert listening == ["0100007F"]
