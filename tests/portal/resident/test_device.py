"""The waiting page of a log-in with another device's card reader, and the wire of that device's bridge."""

import base64
import html
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import flask
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import BadRequest
from werkzeug.test import TestResponse

from portal.ground import Ground
from portal.identity import payload
from portal.identity.card.payload import nonce_digest
from portal.identity.login.sessions import web_sessions
from portal.municipality import Municipality
from portal.resident import create_app, device_wire
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card
from tests.portal.resident.browser import ORIGIN, Browser, hidden_fields, title, words

Browse = Callable[[Callable[[Ground], flask.Flask], str], FlaskClient]
HTMX = {"HX-Request": "true"}


@dataclass
class OtherDevice:
    """A bridge, as far as the wire goes."""

    client: FlaskClient

    def post(self, path: str, body: object) -> TestResponse:
        return self.client.post(path, base_url=ORIGIN, json=body)

    def claim(self, token: str) -> TestResponse:
        return self.post("/device/challenge", {"token": token})

    def sign(self, token: str, card: Card, *, told: str = ORIGIN) -> TestResponse:
        asked = self.claim(token).get_json()
        nonce = base64.b64decode(asked["nonce"])
        signed = card.sign(payload(origin=ORIGIN, nonce_sha256=nonce_digest(nonce), purpose=asked["purpose"]))
        return self.post(
            "/device/answer",
            {
                "token": token,
                "challenge": asked["challenge"],
                "certificate": base64.b64encode(card.certificate).decode(),
                "signature": base64.b64encode(signed).decode(),
                "origin": told,
            },
        )


@dataclass
class Waiting:
    """A browser at the waiting page."""

    browser: Browser
    page: TestResponse

    @property
    def text(self) -> str:
        return html.unescape(self.page.get_data(as_text=True))

    @property
    def token(self) -> str:
        found = re.search(rf"{ORIGIN}/device#([\w-]{{43}})<", self.text)
        assert found is not None
        return found[1]

    @property
    def code(self) -> str:
        found = re.search(r'role="img" aria-label="確認コード ([^"]+)"', self.text)
        assert found is not None
        return found[1].replace(" ", "")

    def poll(self) -> TestResponse:
        asked = re.search(r'data-hx-get="([^"]+)"', self.text)
        assert asked is not None
        return self.browser.get(asked[1], **HTMX)

    def enter(self, **headers: str) -> TestResponse:
        fields = hidden_fields(self.page)
        return self.browser.post("/login/device/enter", fields, **headers)


@pytest.fixture
def new_browser(ground: Ground, browse: Browse, city: Municipality) -> Callable[[], Browser]:
    return lambda: Browser(browse(create_app, ground.settings.origins.resident))


@pytest.fixture
def waiting(new_browser: Callable[[], Browser]) -> Waiting:
    return wait(new_browser())


def wait(browser: Browser, to: str = "") -> Waiting:
    fields = hidden_fields(browser.get(f"/login?to={to}"))
    wanted = {name: value for name, value in fields.items() if name.startswith("device-")}
    page = browser.post("/login/device", wanted)
    assert page.status_code == 200
    return Waiting(browser, page)


@pytest.fixture
def other(ground: Ground) -> OtherDevice:
    return OtherDevice(create_app(ground).test_client())


def test_a_card_on_another_device_logs_the_waiting_browser_in_under_a_new_session(
    waiting: Waiting, other: OtherDevice, card: Card, linked: UUID
) -> None:
    before = waiting.browser.client.get_cookie("__Host-resident", domain="resident.test")
    assert other.sign(waiting.token, card).status_code == 204
    told = waiting.poll()
    assert told.headers["HX-Retarget"] == "#device"
    assert "もう一方の機器から答えが届きました" in words(told)
    entered = waiting.enter(**HTMX)
    assert (entered.status_code, entered.headers["HX-Redirect"]) == (204, "/me")
    after = waiting.browser.client.get_cookie("__Host-resident", domain="resident.test")
    assert before is not None
    assert after is not None
    assert after.value != before.value
    assert "渡辺 ○○" in words(waiting.browser.get("/me"))


def test_without_javascript_a_button_leads_in_and_to_the_page_that_was_asked_for(
    new_browser: Callable[[], Browser], other: OtherDevice, card: Card, linked: UUID
) -> None:
    waiting = wait(new_browser(), to="/moving-out/who")
    other.sign(waiting.token, card)
    assert waiting.enter().location == "/moving-out/who"


def test_both_screens_are_given_the_same_code(waiting: Waiting, other: OtherDevice) -> None:
    assert other.claim(waiting.token).get_json()["code"] == waiting.code
    assert "もう一方の機器につながりました" in words(waiting.poll())


def test_the_page_that_asks_by_itself_sets_no_cookie_and_keeps_no_session_alive(
    waiting: Waiting, clock: MovableClock, ground: Ground
) -> None:
    def seen() -> object:
        with ground.engine.connect() as connection:
            return connection.execute(sa.select(web_sessions.c.seen_at, web_sessions.c.data)).all()

    before = seen()
    for _ in range(5):
        clock.advance(seconds=20)
        polled = waiting.poll()
        assert polled.status_code == 200
        assert "Set-Cookie" not in polled.headers
    assert "残り時間 0分20秒" in words(polled)
    clock.advance(seconds=20)
    assert "コードの時間が切れました" in words(waiting.poll())
    assert seen() == before
    # 20 minutes after the last thing the person did, the session is over although its page has asked all the time.
    clock.advance(minutes=18)
    assert waiting.browser.post("/login/device/enter", hidden_fields(waiting.page)).status_code == 400


def test_the_token_is_in_the_address_for_the_bridge_and_nowhere_else(
    waiting: Waiting, other: OtherDevice, card: Card, linked: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        refused = other.sign(waiting.token, card, told="https://evil.example")
        polled, entered = waiting.poll(), waiting.enter()
    assert refused.get_json()["error"] == "relayed_origin"
    # Behind "#": the part of an address that no browser sends and no server or proxy logs.
    assert waiting.text.count(waiting.token) == 1
    assert f"/device#{waiting.token}" in waiting.text
    for page in (polled, entered):
        assert waiting.token not in page.get_data(as_text=True)
    assert waiting.token not in caplog.text
    assert not any(waiting.token in visited for visited in waiting.browser.visited)


def test_a_refusal_is_said_in_words_in_the_browser_that_waits(
    new_browser: Callable[[], Browser], other: OtherDevice, card: Card
) -> None:
    heading = "ほかのサイトを経由した読み取りを断りました"
    by_page, by_button = wait(new_browser()), wait(new_browser())
    for waiting in (by_page, by_button):
        assert other.sign(waiting.token, card, told="https://evil.example").status_code == 422
    fragment = by_page.enter(**HTMX)
    assert fragment.status_code == 200
    assert heading in words(fragment)
    assert "新しいコードを表示する" in words(fragment)
    page = by_button.enter()
    assert page.status_code == 422
    assert heading in words(page)
    assert title(page).startswith("エラー：")
    assert by_page.browser.get("/me").location.startswith("/login")


def test_a_card_that_nobody_has_linked_leads_to_the_visitors_page(
    waiting: Waiting, other: OtherDevice, card: Card
) -> None:
    assert other.sign(waiting.token, card).status_code == 204
    assert waiting.enter().location == "/visitor"
    assert "このカードは" in words(waiting.browser.get("/visitor"))
    assert waiting.browser.get("/me").location == "/visitor"


def test_another_browser_cannot_enter_with_the_code_of_this_one(
    waiting: Waiting, new_browser: Callable[[], Browser], other: OtherDevice, card: Card, linked: UUID
) -> None:
    thief = new_browser()
    token = hidden_fields(thief.get("/login"))["csrf_token"]
    other.sign(waiting.token, card)
    stolen = {**hidden_fields(waiting.page), "csrf_token": token}
    refused = thief.post("/login/device/enter", stolen)
    assert "このコードは、ほかの画面のものです" in words(refused)
    asked = re.search(r'data-hx-get="([^"]+)"', waiting.text)
    assert asked is not None
    assert "このコードは、ほかの画面のものです" in words(thief.get(asked[1], **HTMX))
    assert thief.get("/me").location.startswith("/login")
    assert waiting.enter().location == "/me"


def test_a_second_entry_with_the_same_answer_is_refused_in_words(
    waiting: Waiting, other: OtherDevice, card: Card, linked: UUID
) -> None:
    other.sign(waiting.token, card)
    cookie = waiting.browser.client.get_cookie("__Host-resident", domain="resident.test")
    assert cookie is not None
    assert waiting.enter().location == "/me"
    waiting.browser.client.set_cookie("__Host-resident", cookie.value, domain="resident.test", secure=True)
    again = waiting.enter()
    # The session that waited has ended with the log-in, so its form is dead as well.
    assert again.status_code == 400
    assert waiting.browser.get("/me").location.startswith("/login")


def test_pressing_the_button_too_early_says_so_and_the_code_stays_good(
    waiting: Waiting, other: OtherDevice, card: Card, linked: UUID
) -> None:
    assert "カードの読み取りが、まだ終わっていません" in words(waiting.enter())
    other.sign(waiting.token, card)
    assert waiting.enter().location == "/me"


def test_a_second_bridge_is_turned_away_from_a_claimed_code(waiting: Waiting, other: OtherDevice) -> None:
    other.claim(waiting.token)
    second = other.claim(waiting.token)
    assert (second.status_code, second.get_json()["error"]) == (409, "device_login_claimed")


def test_a_code_that_is_over_says_so_on_both_sides(waiting: Waiting, other: OtherDevice, clock: MovableClock) -> None:
    clock.advance(minutes=2)
    late = other.claim(waiting.token)
    assert (late.status_code, late.get_json()["error"]) == (422, "device_login_expired")
    assert "コードの時間が切れました" in words(waiting.poll())
    assert "コードの時間が切れました" in words(waiting.enter())


def test_a_page_loaded_anew_starts_at_the_log_in_and_not_at_an_error(waiting: Waiting) -> None:
    assert waiting.browser.get("/login/device?lang=en").location == "/login"
    assert '<html lang="en">' in waiting.browser.get("/login").get_data(as_text=True)


def test_the_waiting_page_may_talk_to_the_portal_only(waiting: Waiting) -> None:
    policy = waiting.page.headers["Content-Security-Policy"]
    assert "connect-src 'self';" in policy
    assert "img-src 'self' data:;" in policy
    assert waiting.page.headers["Cache-Control"] == "no-store"


def test_whoever_opens_the_address_in_a_browser_is_told_what_it_is_for_and_warned(
    waiting: Waiting, other: OtherDevice, new_browser: Callable[[], Browser]
) -> None:
    page = new_browser().get("/device")
    assert "このアドレスは、カード連携アプリで使います" in words(page)
    assert "人から送られてきたアドレスやQRコードは使わないでください" in words(page)
    assert other.claim(waiting.token).status_code == 201


def test_the_waiting_page_speaks_english(new_browser: Callable[[], Browser]) -> None:
    browser = new_browser()
    browser.get("/login?lang=en")
    waiting = wait(browser)
    for page in (waiting.page, waiting.poll(), browser.get("/device")):
        assert re.findall(r"[ぁ-ん]+", words(page).replace("みさき市", "")) == []


ANSWER = {"token": "A" * 43, "challenge": str(UUID(int=1)), "certificate": "AAAA", "signature": "AAAA", "origin": "x"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/device/challenge", {}),
        ("/device/challenge", []),
        ("/device/challenge", {"token": ""}),
        ("/device/challenge", {"token": 1}),
        ("/device/challenge", {"token": "A" * 9000}),
        ("/device/challenge", {"token": "A" * 43, "more": "x"}),
        ("/device/answer", {**ANSWER, "challenge": "x"}),
        ("/device/answer", {**ANSWER, "certificate": "?"}),
        ("/device/answer", {**ANSWER, "signature": "あ"}),
        ("/device/answer", {**ANSWER, "signature": None}),
        ("/device/answer", {name: value for name, value in ANSWER.items() if name != "origin"}),
    ],
)
def test_an_unfit_message_of_a_bridge_is_refused_before_any_code_is_looked_at(
    other: OtherDevice, path: str, body: object
) -> None:
    refused = other.post(path, body)
    assert (refused.status_code, refused.get_json()["error"]) == (400, "bad_request")
    assert "Set-Cookie" not in refused.headers


PARSER = flask.Flask("parser")


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode()))
def test_any_body_is_read_or_refused_and_never_a_crash(body: bytes) -> None:
    with PARSER.test_request_context("/", method="POST", data=body, content_type="application/json"):
        try:
            texts = device_wire._texts("token")
        except BadRequest:
            return
    assert len(texts) == 1
