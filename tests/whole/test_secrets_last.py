"""After everything else has run: no PIN, no private key and no session token anywhere in what the run has written."""

import json
import os
import random
import secrets
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from portal.clock import SystemClock, local_date
from tests.whole.leaks import Secrets, digest, files_under, key_material, leaks, unused_pin
from tests.world.hands.kiosk import KioskVisitor
from tests.world.hands.resident import ResidentAtHome
from tests.world.hands.staff import Officer
from tests.world.house import House

# Cards that no other test uses: their chips are still to be read from their folders.
# Two at each place: one PIN in a file may be chance, both are none.
KIOSK_CARDS = ("card-0061", "card-0062")
HOME_CARDS = ("card-0063", "card-0064")
# Where private keys and PINs are at home: the chips, the HSM, the authority, and files that only a program may read.
KEEPERS = {"cards", "hsm", "jpki", "private", "secrets", "tls"}


@dataclass(frozen=True)
class Traces:
    """A house in which people have been, and what must not be found of them."""

    folders: tuple[Path, ...]
    secrets: Secrets


def _give_pin(house: House, card: str, pin: str) -> None:
    file = house.folder / "cards" / card / "card.json"
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), "pin": pin}), encoding="utf-8")


def _keep(page: Page, folder: Path) -> None:
    """What a screenshot would show, and what stands behind it."""
    number = len(list(folder.iterdir()))
    (folder / f"{number:03}.html").write_text(page.content(), encoding="utf-8")


def _visit_kiosk(house: House, context: BrowserContext, card: str, pin: str, kept: Path) -> None:
    """A wrong PIN, the right one, a certificate."""
    wrong = f"{(int(pin) + 1) % 10000:04}"
    visitor = KioskVisitor(context.new_page(), house.kiosk_url, house.payment)
    visitor.arrive()
    visitor.begin()
    house.kiosk_reader.insert(card)
    visitor.type_digits(wrong[:2])
    _keep(visitor.page, kept)
    visitor.page.locator("form[action='/pin'] button[value='erase']").first.click()
    visitor.page.locator("form[action='/pin'] button[value='erase']").first.click()
    visitor.type_digits(wrong)
    visitor.press("pin")
    visitor.page.locator("form[action='/pin'] button[value='1']").wait_for()
    _keep(visitor.page, kept)
    visitor.type_pin(pin)
    visitor.choose("self")
    _keep(visitor.page, kept)
    visitor.print_it(house.kiosk_reader.remove)
    _keep(visitor.page, kept)
    visitor.leave()
    _keep(visitor.page, kept)


def _at_home(house: House, context: BrowserContext, card: str, pin: str, kept: Path) -> None:
    resident = ResidentAtHome(context.new_page(), house.origin("resident"))
    house.home_reader.insert(card)
    resident.log_in(pin)
    house.home_reader.remove()
    resident.file_moving_out(local_date(SystemClock().now()) + timedelta(days=9))
    for page in context.pages:
        _keep(page, kept)
    resident.page.goto(f"{resident.origin}/me")
    resident.page.locator("form[action='/logout'] button").click()


def _tokens(house: House, contexts: list[BrowserContext]) -> set[bytes]:
    """The digests of every session there was: those in the database, and those of browsers that have logged out."""
    found = {
        digest(str(cookie["value"])) for context in contexts for cookie in context.cookies() if cookie.get("httpOnly")
    }
    url = house.postgres.url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url) as connection:
        for column, table in (("token_sha256", "kiosk_sessions"), ("token_hash", "web_sessions")):
            found |= {row[0] for row in connection.execute(f"SELECT {column} FROM {table}")}  # noqa: S608
    return found


@pytest.fixture(scope="module")
def traces(house: House, browser: Browser, scratch: Path) -> Iterator[Traces]:
    """Two visits at the kiosk, two filings from home, an officer at the desk; all with PINs found nowhere before."""
    baseline = list(files_under(house.folder / "logs", house.folder / "postgres"))
    chance = random.Random()
    candidates = [f"{chance.randrange(2100, 10000)}" for _ in range(400)]
    pins: dict[str, str] = {}
    for card in (*KIOSK_CARDS, *HOME_CARDS):
        pins[card] = unused_pin(baseline, [pin for pin in candidates if pin not in pins.values()])
        _give_pin(house, card, pins[card])
    kept = scratch / "screens"
    kept.mkdir()
    kiosk = browser.new_context(viewport={"width": 1080, "height": 1920}, locale="ja-JP")
    home = browser.new_context(ignore_https_errors=True, locale="ja-JP")
    home.grant_permissions(["local-network-access"], origin=house.origin("resident"))
    desk = browser.new_context(ignore_https_errors=True, locale="ja-JP")
    for card in KIOSK_CARDS:
        _visit_kiosk(house, kiosk, card, pins[card], kept)
    for card in HOME_CARDS:
        _at_home(house, home, card, pins[card], kept)
    officer = Officer(desk.new_page(), house.origin("staff"), "tanaka", house.totp_secret())
    officer.log_in()
    _keep(officer.page, kept)
    folders = [house.folder / "secrets", house.folder / "tls", *(house.folder / "cards" / card for card in pins)]
    key_files = [path for path in files_under(*folders) if path.suffix == ".key" and _is_pem(path)]
    wanted = Secrets(
        texts={f"PIN of {card}": pin for card, pin in pins.items()},
        keys={f"key {path.parent.name}/{path.name}": key_material(path) for path in key_files},
        token_digests=_tokens(house, [kiosk, home, desk]),
    )
    yield Traces((scratch, house.runtime, Path(tempfile.gettempdir())), wanted)
    for context in (kiosk, home, desk):
        context.close()


def _is_pem(path: Path) -> bool:
    return path.read_bytes().startswith(b"-----BEGIN")


def _outside_keepers(*folders: Path) -> Iterator[Path]:
    return (path for path in files_under(*folders) if not KEEPERS & set(path.parts))


def test_nothing_that_the_run_has_written_holds_a_pin_a_private_key_or_a_session_token(traces: Traces) -> None:
    assert len(traces.secrets.keys) >= 2 * len(traces.secrets.texts)
    assert len(traces.secrets.token_digests) > 4
    # A four-digit number comes by chance, too: as a port, or in a measured time. A leak would show all of them.
    found = list(leaks(_outside_keepers(*traces.folders), traces.secrets))
    pins_by_file: dict[Path, set[str]] = {}
    for leak in found:
        if leak.what.startswith("PIN"):
            pins_by_file.setdefault(leak.file, set()).add(leak.what)
    assert [leak for leak in found if not leak.what.startswith("PIN")] == []
    assert {file: pins for file, pins in pins_by_file.items() if len(pins) > 1} == {}


def test_the_search_finds_what_is_planted(tmp_path: Path) -> None:
    token, key, pin = secrets.token_urlsafe(32), secrets.token_bytes(48), "7305"
    (tmp_path / "a.log").write_text(f"typed {pin}, answered\n", encoding="utf-8")
    (tmp_path / "b.bin").write_bytes(os.urandom(100) + key + os.urandom(100))
    (tmp_path / "c.html").write_text(f'<input value="{token}">', encoding="utf-8")
    (tmp_path / "d.log").write_text(f"7{pin} {b64encode(key[:9]).decode()} x{token}", encoding="utf-8")
    planted = Secrets({"a PIN": pin}, {"a key": key}, {digest(token)})
    assert [(leak.file.name, leak.what) for leak in leaks(files_under(tmp_path), planted)] == [
        ("a.log", "a PIN"),
        ("b.bin", "a key"),
        ("c.html", "session token"),
    ]
