"""Every endpoint of the kiosk's own app and of the bridge: written by hand, compared with what is there.

Both listen on this machine only. Whoever sits before the kiosk's screen may call its app; a page of a site in the
settings may call the bridge's wire; the bridge's own page belongs to the person at this computer.
"""

import flask
import pytest

from kiosk.bridge.app import create_login_app
from kiosk.bridge.compare import ComparePages
from kiosk.bridge.operation import Desk
from kiosk.bridge.settings import Settings
from tests.kiosk.bridge.test_bridge import FUZZED, NONCE, FakeReader
from tests.kiosk.bridge.test_bridge import SITE as SITE_ORIGIN
from tests.kiosk.journey.stage import Stage

SCREEN, SITE, PERSON = "whoever is before the screen", "a page of an allowed site", "the person at this computer"
DOORS: dict[tuple[str, str, str], str] = {
    ("kiosk", "GET", "/static/<path:filename>"): SCREEN,
    ("kiosk", "GET", "/"): SCREEN,
    ("kiosk", "GET", "/screen"): SCREEN,
    ("kiosk", "GET", "/time"): SCREEN,
    ("kiosk", "POST", "/means"): SCREEN,
    ("kiosk", "POST", "/cancel-payment"): SCREEN,
    ("kiosk", "GET", "/help/<topic>"): SCREEN,
    ("kiosk", "GET", "/help"): SCREEN,
    ("kiosk", "GET", "/start"): SCREEN,
    ("kiosk", "GET", "/unit.css"): SCREEN,
    ("kiosk", "GET", "/pin"): SCREEN,
    ("kiosk", "GET", "/sheet/<int:page>"): SCREEN,
    ("kiosk", "GET", "/sheet/<int:page>.png"): SCREEN,
    ("kiosk", "POST", "/press/<name>"): SCREEN,
    ("kiosk", "POST", "/language"): SCREEN,
    ("kiosk", "POST", "/contrast"): SCREEN,
    ("kiosk", "POST", "/certificate"): SCREEN,
    ("kiosk", "POST", "/content"): SCREEN,
    ("kiosk", "POST", "/pin"): SCREEN,
    ("bridge", "GET", "/static/<path:filename>"): PERSON,
    ("bridge", "GET", "/status"): SITE,
    ("bridge", "POST", "/requests"): SITE,
    ("bridge", "GET", "/requests/<operation_id>"): SITE,
    ("bridge", "GET", "/pin/<operation_id>"): PERSON,
    ("bridge", "POST", "/pin/<operation_id>"): PERSON,
    # `python -m kiosk.bridge login` has pages for the person and nothing that a site could ask.
    ("log-in", "GET", "/static/<path:filename>"): PERSON,
    ("log-in", "GET", "/compare/<operation_id>"): PERSON,
    ("log-in", "POST", "/compare/<operation_id>"): PERSON,
    ("log-in", "GET", "/sent/<operation_id>"): PERSON,
    ("log-in", "GET", "/pin/<operation_id>"): PERSON,
    ("log-in", "POST", "/pin/<operation_id>"): PERSON,
}
FORMS = [door for door, who in DOORS.items() if door[1] == "POST" and who != SITE]


@pytest.fixture(scope="module")
def apps() -> dict[str, flask.Flask]:
    """Every app, with doubles behind them."""
    settings, desk = Settings(port=8765, sites={SITE_ORIGIN: "x"}), Desk(lambda: 0.0)
    operation = desk.begin(origin=SITE_ORIGIN, nonce=NONCE, purpose="login")
    pages = ComparePages(settings, desk, operation, "CFH349")
    log_in = create_login_app(settings, desk, pages, FakeReader())  # type: ignore[arg-type]
    log_in.config["SERVER_NAME"] = "127.0.0.1:8765"
    return {"kiosk": Stage().app, "bridge": FUZZED, "log-in": log_in}


def test_every_endpoint_is_in_the_table(apps: dict[str, flask.Flask]) -> None:
    there = {
        (name, method, route.rule)
        for name, app in apps.items()
        for route in app.url_map.iter_rules()
        for method in (route.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert there == set(DOORS)


@pytest.mark.parametrize("door", FORMS, ids=" ".join)
def test_a_post_without_the_token_of_its_page_is_refused(
    apps: dict[str, flask.Flask], door: tuple[str, str, str]
) -> None:
    app, _, rule = door
    path = rule.replace("<name>", "begin").replace("<operation_id>", "none")
    assert apps[app].test_client().post(path).status_code == 400
