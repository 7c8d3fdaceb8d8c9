"""Two machines: a browser that waits at the portal, and the bridge's own program beside a card reader elsewhere."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import playwright.sync_api as playwright
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from playwright.sync_api import expect

from portal.ground import Ground
from tests.portal.filings.conftest import Family
from tests.portal.identity.cards import Card, link
from tests.portal.resident.at_home import PIN, Home, face, home
from tests.portal.resident.wire import page
from tests.world.ports import free

__all__ = ["home", "page"]


@pytest.fixture
def origin(ground: Ground, home: Home, family: Family, card_key: rsa.RSAPrivateKey) -> Iterator[str]:
    """The face over TLS; the card at the other machine is the spouse's."""
    link(ground, Card(home.certificate, card_key), family.spouse)
    with face(ground, home, f"https://localhost:{free()['resident']}", "http://127.0.0.1:9") as opened:
        yield opened


@pytest.fixture
def other_screen(browser: playwright.Browser) -> Iterator[playwright.Page]:
    """The browser of the other machine."""
    context = browser.new_context(locale="ja-JP")
    yield context.new_page()
    context.close()


@contextmanager
def other_machine(home: Home, origin: str, address: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`python -m kiosk.bridge login` with this address; yields the address of its own page."""
    settings = home.settings(free()["bridge"], origin)
    process = home.start("login", address, "--settings", str(settings), "--no-browser", output=subprocess.PIPE)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/compare/\S+", line)
        assert found is not None, line
        yield found[0], process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=10)


def wait_at(page: playwright.Page, address: str) -> tuple[str, str]:
    """Ask for a code; returns the address for the bridge and the code."""
    page.goto(address)
    page.get_by_role("button", name="別の機器のカードリーダーを使う").click()
    shown = page.get_by_label("アドレス（だれにも見せないでください）").input_value()
    return shown, page.locator(".device-code").inner_text()


def test_a_card_at_another_machine_logs_in_the_browser_that_waits(
    page: playwright.Page, other_screen: playwright.Page, origin: str, home: Home
) -> None:
    address, code = wait_at(page, f"{origin}/moving-out/who")
    (before,) = page.context.cookies()
    expect(page.get_by_role("heading", name="もう一方の機器を待っています")).to_be_visible()
    with other_machine(home, origin, address) as (own_page, process):
        expect(page.get_by_role("heading", name="もう一方の機器につながりました")).to_be_visible()
        other_screen.goto(own_page)
        expect(other_screen.locator(".device-code")).to_have_text(re.compile(r"\s*".join(code.split())))
        expect(other_screen.get_by_text("みさき市")).to_be_visible()
        expect(other_screen.get_by_text(origin)).to_be_visible()
        other_screen.get_by_role("button", name="同じなので進む").click()
        other_screen.get_by_label("利用者証明用の暗証番号").fill(PIN, timeout=15_000)
        other_screen.get_by_role("button", name="ログインする").click()
        expect(other_screen.get_by_role("heading", name="もう一方の画面に戻ってください")).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_have_text("だれが引っ越しますか", timeout=10_000)
        (after,) = page.context.cookies()
        assert after["value"] != before["value"]
        out, _ = process.communicate(timeout=20)
        assert process.returncode == 0
        for secret in (address.partition("#")[2], PIN):
            assert secret not in out


def test_a_code_that_differs_ends_both_without_the_card_being_touched(
    page: playwright.Page, other_screen: playwright.Page, origin: str, home: Home
) -> None:
    address, _ = wait_at(page, f"{origin}/login")
    with other_machine(home, origin, address) as (own_page, process):
        other_screen.goto(own_page)
        other_screen.goto(own_page.replace("/compare/", "/pin/"))
        # There is no way to the PIN around the comparison.
        expect(other_screen.get_by_role("heading", level=1)).to_have_text("もう一方の画面のコードと同じですか")
        other_screen.get_by_role("button", name="ちがうのでやめる").click()
        expect(other_screen.get_by_role("heading", level=1)).to_have_text("やめました")
        process.communicate(timeout=20)
        assert process.returncode == 1
    assert home.world.state("hanako")["tries"] == 3
    expect(page.get_by_role("heading", name="もう一方の機器につながりました")).to_be_visible()


def test_a_relayed_address_is_refused_by_origin_and_named_without_its_token(origin: str, home: Home) -> None:
    token = "B" * 43
    settings = home.settings(free()["bridge"], origin)
    process = home.start(
        "login", f"https://localhost.evil.example/device#{token}", "--settings", str(settings), output=subprocess.PIPE
    )
    out, said = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "https://localhost.evil.example is not a site of this bridge" in said
    assert token not in out + said


def test_the_waiting_page_fits_a_telephone_and_a_desk(
    browser: playwright.Browser, origin: str, scratch: Path
) -> None:
    for width in (320, 1280):
        context = browser.new_context(
            ignore_https_errors=True, locale="ja-JP", viewport={"width": width, "height": 900}
        )
        page = context.new_page()
        wait_at(page, f"{origin}/login")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        drawn = page.locator(".device-qr").bounding_box()
        assert drawn is not None
        assert drawn["width"] >= 200
        assert page.evaluate("document.querySelector('.device-qr').naturalWidth > 0")
        page.screenshot(path=scratch / f"waiting-{width}.png", full_page=True)
        context.close()


def test_without_javascript_the_waiting_page_shows_everything_and_a_button(
    browser: playwright.Browser, origin: str
) -> None:
    context = browser.new_context(ignore_https_errors=True, locale="ja-JP", java_script_enabled=False)
    page = context.new_page()
    wait_at(page, f"{origin}/login")
    page.get_by_role("button", name="読み取りが終わったので進む").click()
    expect(page.get_by_text("カードの読み取りが、まだ終わっていません")).to_be_visible()
    context.close()
