"""The whole house where the city asks no responder but keeps the authority's lists (`revocation = "crl"`)."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from cryptography import x509
from playwright.sync_api import Browser

from tests.world import settings_files
from tests.world.city import CHECKOUT
from tests.world.drive import Run, card_of, demand_text
from tests.world.house import House
from tests.world.jpki import ocsp, server
from tests.world.jpki.authority import Authority

CARD = "card-0067"
CERTIFICATE = "auth.der"


@pytest.fixture
def listed(house: House) -> Iterator[House]:
    """The house with lists instead of a responder, which from now on answers nobody truthfully."""
    settings = house.folder / "portal.toml"
    before = settings.read_text(encoding="utf-8")
    authority = Authority(house.folder / "jpki")
    base = f"http://127.0.0.1:{house.ports['ocsp']}/crl"
    urls = ", ".join(f'"{base}/{root.id}.crl"' for root in (*authority.auth_roots, *authority.sign_roots))
    settings.write_text(
        before.replace("ocsp_url =", f'revocation = "crl"\ncrl_urls = [{urls}]\nocsp_url ='), encoding="utf-8"
    )
    server.set_mode(house.folder / "jpki", ocsp.Mode.SILENT)
    fetch(house)
    again(house)
    yield house
    settings.write_text(before, encoding="utf-8")
    server.set_mode(house.folder / "jpki", ocsp.Mode.NORMAL)
    again(house)


def fetch(house: House) -> None:
    """What the hourly refresh does."""
    command = [sys.executable, "-m", "portal", "revocation", "refresh"]
    variables = {**os.environ, **settings_files.environment(house.folder, house.runtime)}
    subprocess.run(command, cwd=CHECKOUT, env=variables, check=True, capture_output=True)


def again(house: House) -> None:
    """The kiosks' face with the settings as they are now."""
    house.services["terminal"].stop()
    house.services["terminal"].start()


def test_a_kiosk_serves_by_the_lists_and_refuses_a_card_as_soon_as_a_fetched_list_names_it(
    listed: House, browser: Browser
) -> None:
    card = card_of(listed.city, CARD)
    demand_text(Run(listed).certificate(browser, card), listed.city.name_of(card.resident_number))
    held = (listed.folder / "cards" / CARD / CERTIFICATE).read_bytes()
    Authority(listed.folder / "jpki").revoke(x509.load_der_x509_certificate(held))
    fetch(listed)
    again(listed)
    assert Run(listed).refused(browser, card) == "certificate_revoked"
