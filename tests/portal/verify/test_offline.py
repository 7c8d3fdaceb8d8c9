"""The offline page: one file on a device without a network, opened from the disk."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import playwright.sync_api as playwright
import pytest
from flask.testing import FlaskClient
from playwright.sync_api import expect

from tests.portal.certificates.papers.making import MISAKI, Sealer, paper, photo
from tests.portal.conftest import MORNING
from tests.portal.verify.conftest import show, verdict

Keep = Callable[[playwright.Page, str], None]


@pytest.fixture
def file(client: FlaskClient, tmp_path: Path) -> Path:
    """The page, saved."""
    answer = client.get("/offline.html", base_url="https://verify.test")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.mimetype == "application/octet-stream"
    saved = tmp_path / "certificate-check.html"
    saved.write_bytes(answer.data)
    return saved


@pytest.fixture
def alone(browser: playwright.Browser, file: Path) -> Iterator[playwright.Page]:
    """A browser without a network; whatever asks for one, breaks the policy or fails in a script fails the test."""
    context = browser.new_context(locale="ja-JP", offline=True)
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text))
    page.on("request", lambda request: asked.append(request.url))
    page.clock.set_fixed_time(MORNING)
    page.goto(file.as_uri())
    yield page
    context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_signature_and_issuer_are_judged_and_what_is_not_known_is_said(
    alone: playwright.Page, sealer: Sealer, keep: Keep
) -> None:
    show(alone, photo(*paper().codes(sealer)))
    found = verdict(alone, "genuine_offline", "standing_not_asked")
    expect(found.locator("[data-finding=signature]")).to_have_attribute("data-state", "yes")
    expect(found.locator("[data-finding=set]")).to_have_attribute("data-state", "yes")
    expect(found.locator("[data-finding=standing]")).to_have_attribute("data-state", "open")
    expect(found.locator("[data-finding=text]")).to_have_attribute("data-state", "open")
    expect(found).to_contain_text("発行番号・発行年月日が紙の印字と同じか見てください")
    online = alone.get_by_role("link", name="ネットワークで照会する")
    expect(online).to_have_attribute("href", "https://verify.test/")
    keep(alone, "offline")


def test_sets_and_strangers_are_told_apart_without_a_network(alone: playwright.Page, sealer: Sealer) -> None:
    two, other = paper(2, number=f"{MISAKI}-AAAAA-BBBBB"), paper(2, number=f"{MISAKI}-CCCCC-DDDDD")
    show(alone, photo(*paper().codes(Sealer())))
    verdict(alone, "unknown_issuer", "unknown_key")
    show(alone, photo(b"https://verify.test.evil.test/"))
    verdict(alone, "unknown_issuer", "lookalike_address")
    show(alone, photo())
    verdict(alone, "unreadable", "no_code")
    show(alone, photo(two.codes(sealer)[0]))
    verdict(alone, "incomplete_set", "pages_missing")
    expect(alone.get_by_role("button", name="いまある紙だけで照会する")).to_be_hidden()
    show(alone, photo(other.codes(sealer)[1]))
    verdict(alone, "different_sets", "other_number")


def test_the_file_says_how_old_its_keys_are_and_warns_when_they_are_too_old(alone: playwright.Page) -> None:
    expect(alone.locator(".answers dd").first).to_have_text("2026-11-24")
    expect(alone.locator("#stale")).to_be_hidden()
    alone.clock.set_fixed_time(datetime(2026, 11, 24, tzinfo=UTC) + timedelta(days=91))
    alone.reload()
    expect(alone.locator("#stale")).to_contain_text("このファイルは古くなっています")


def test_the_file_needs_nothing_beside_itself_and_may_reach_nothing(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert not re.search(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="(?!data:)', text)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    allowed = policy[1].replace("&#39;", "'")
    assert allowed.startswith("default-src 'none'; script-src 'sha256-")
    assert "connect-src" not in allowed
    assert "unsafe-inline" not in allowed
    assert "'unsafe-eval'" not in allowed


def test_the_file_comes_in_english_too(client: FlaskClient) -> None:
    text = client.get("/offline.html?lang=en", base_url="https://verify.test").get_data(as_text=True)
    assert '<html lang="en">' in text
    assert "Check a certificate without a network" in text
