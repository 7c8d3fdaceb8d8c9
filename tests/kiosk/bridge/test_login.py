"""`python -m kiosk.bridge login URL`: which address it takes, what the portal may answer, the order of its pages."""

import base64
import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from kiosk.bridge import login
from kiosk.bridge.app import create_login_app
from kiosk.bridge.compare import ComparePages, Ending
from kiosk.bridge.operation import LIFETIME_S, Desk, Operation, State
from kiosk.bridge.settings import Settings, SettingsError, load
from kiosk.bridge.site import (
    Address,
    AddressUnfit,
    Question,
    RelayedAddress,
    Site,
    SiteRefused,
    SiteUnreachable,
    read_address,
)
from kiosk.card.payload import authentication_payload
from tests.kiosk.bridge.test_bridge import NONCE, SITE, FakeReader

TOKEN = "Aa0_-" * 8 + "xyz"
GOOD = {
    "challenge": "6a1f6d2f-0001-4a53-9a0e-9d3f7e1e8f4b",
    "nonce": base64.b64encode(NONCE).decode(),
    "purpose": "login",
    "code": "CFH349",
}
Responder = Callable[[httpx.Request], httpx.Response]


def site(respond: Responder) -> Site:
    return Site(Address(SITE, TOKEN), None, httpx.MockTransport(respond))


def test_the_address_of_a_site_of_the_settings_is_taken_apart() -> None:
    assert read_address(f"{SITE}/device#{TOKEN}", [SITE]) == Address(SITE, TOKEN)


@pytest.mark.parametrize(
    ("address", "named"),
    [
        (f"https://evil.test/device#{TOKEN}", "https://evil.test"),
        (f"http://portal.test:8443/device#{TOKEN}", "http://portal.test:8443"),
        (f"https://portal.test/device#{TOKEN}", "https://portal.test"),
        (f"https://portal.test:8443.evil.test/device#{TOKEN}", None),
        (f"https://portal.test:8443@evil.test/device#{TOKEN}", "https://evil.test"),
        (f"https://user:{TOKEN}@evil.test/device#{TOKEN}", "https://evil.test"),
        (f"https://PORTAL.TEST:8443/device#{TOKEN}", "https://PORTAL.TEST:8443"),
        (f" {SITE}/device#{TOKEN}", None),
        (f"https://pоrtal.test:8443/device#{TOKEN}", "https://p\\u043ertal.test:8443"),
        (f"{SITE}", SITE),
        ("https://[/device", None),
        ("device", None),
    ],
)
def test_an_address_that_only_looks_like_a_site_of_the_settings_is_refused_and_named_without_its_token(
    address: str, named: str | None
) -> None:
    with pytest.raises(AddressUnfit) as refused:
        read_address(address, [SITE])
    assert TOKEN not in str(refused.value)
    if named is not None:
        assert isinstance(refused.value, RelayedAddress)
        assert refused.value.origin == named


@pytest.mark.parametrize("token", ["", "short", f"{TOKEN}x", f"{TOKEN[:-1]}?", f"{TOKEN[:-1]}\n", f"{TOKEN}#{TOKEN}"])
def test_an_address_of_the_right_site_without_a_whole_code_is_unfit(token: str) -> None:
    with pytest.raises(AddressUnfit, match="not the address of a waiting page"):
        read_address(f"{SITE}/device#{token}", [SITE])


@pytest.mark.parametrize("path", ["/device/", "/device?x=1", "/other", "/", "/device/../device", "//device"])
def test_another_page_of_the_right_site_is_unfit_and_not_called_relayed(path: str) -> None:
    with pytest.raises(AddressUnfit, match="not the address of a waiting page"):
        read_address(f"{SITE}{path}#{TOKEN}", [SITE])


@given(st.text(max_size=120) | st.text(max_size=60).map(lambda text: f"https://{text}/device#{TOKEN}"))
def test_any_text_is_an_address_of_a_site_or_refused_in_printable_words(text: str) -> None:
    try:
        shown = read_address(text, [SITE]).origin
    except RelayedAddress as refused:
        shown = refused.origin
    except AddressUnfit as unfit:
        shown = str(unfit)
    assert shown.isascii()
    assert shown.isprintable()
    assert len(shown) <= 200


def test_a_relayed_address_ends_the_program_before_anything_is_asked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "bridge.toml"
    file.write_text(f'port = 8765\n[[sites]]\norigin = "{SITE}"\nname = "a"', encoding="utf-8")
    monkeypatch.setattr(login, "Site", None)  # whoever asks the network fails
    with caplog.at_level(logging.INFO):
        assert login.main([f"https://portal.test.evil/device#{TOKEN}", "--settings", str(file)]) == login.UNFIT
    assert "https://portal.test.evil is not a site of this bridge" in caplog.text
    assert TOKEN not in caplog.text


def test_the_portal_is_asked_with_the_token_in_the_body_only_and_told_the_origin_of_the_settings() -> None:
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, json=GOOD) if request.url.path == "/device/challenge" else httpx.Response(204)

    with site(respond) as portal:
        question = portal.ask()
        portal.answer(question, b"certificate", b"signature")
    assert (question.nonce, question.code) == (NONCE, "CFH349")
    assert [str(request.url) for request in seen] == [f"{SITE}/device/challenge", f"{SITE}/device/answer"]
    for request in seen:
        assert TOKEN not in str(request.url) + str(request.headers)
        assert request.headers["Content-Type"] == "application/json"
        assert "Origin" not in request.headers
        assert "Cookie" not in request.headers
    body = json.loads(seen[1].content)
    assert (body["origin"], body["token"]) == (SITE, TOKEN)
    assert TOKEN not in repr(Address(SITE, TOKEN))


def test_a_redirect_is_not_followed_to_another_site() -> None:
    asked: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(307, headers={"Location": "https://evil.test/device/challenge"})

    with site(respond) as portal, pytest.raises(SiteUnreachable):
        portal.ask()
    assert asked == [f"{SITE}/device/challenge"]


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": "sign"},
        {"purpose": "kiosk:kiosk-01"},
        {"nonce": base64.b64encode(b"short").decode()},
        {"nonce": "!"},
        {"nonce": None},
        {"code": ""},
        {"code": "<b>CODE</b>"},
        {"code": "TOO LONG CODE"},
        {"code": 123456},
        {"challenge": None},
        {"challenge": 7},
    ],
)
def test_a_question_that_is_not_of_the_contract_is_never_shown_to_the_card(change: dict[str, object]) -> None:
    with site(lambda _: httpx.Response(201, json={**GOOD, **change})) as portal, pytest.raises(SiteUnreachable):
        portal.ask()


def test_each_refusal_of_the_portal_keeps_its_code() -> None:
    with (
        site(lambda _: httpx.Response(409, json={"error": "device_login_claimed", "reference": "x"})) as portal,
        pytest.raises(SiteRefused) as refused,
    ):
        portal.ask()
    assert refused.value.code == "device_login_claimed"


def test_a_portal_that_is_away_is_named_by_origin_and_not_by_address(caplog: pytest.LogCaptureFixture) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away", request=request)

    with site(away) as portal, pytest.raises(SiteUnreachable):
        portal.ask()
    assert SITE in caplog.text
    assert TOKEN not in caplog.text


ANSWERS: list[httpx.Response] = []
FUZZED = site(lambda _: ANSWERS.pop())


@given(st.integers(200, 599), st.binary(max_size=200) | st.just(b"[" * 100_000))
def test_any_answer_of_the_portal_is_understood_or_refused_and_never_a_crash(status: int, content: bytes) -> None:
    ANSWERS.append(httpx.Response(status, content=content))
    with pytest.raises((SiteRefused, SiteUnreachable)):
        FUZZED.ask()


@dataclass
class Evening:
    """The pages of one log-in, a reader beside them."""

    client: FlaskClient
    pages: ComparePages
    operation: Operation
    reader: FakeReader

    def press(self, page: str, **fields: str) -> str:
        shown = self.client.get(f"/{page}/{self.operation.id}").get_data(as_text=True)
        hidden = dict(re.findall(r'name="(csrf_token|presence|attempt)"[^>]*value="([^"]+)"', shown))
        answer = self.client.post(f"/{page}/{self.operation.id}", data={**hidden, **fields}, follow_redirects=True)
        return answer.get_data(as_text=True)


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def evening(now: list[float]) -> Iterator[Evening]:
    settings = Settings(port=8765, sites={SITE: "みさき市"})
    desk = Desk(lambda: now[0])
    operation = desk.begin(origin=SITE, nonce=NONCE, purpose="login")
    pages = ComparePages(settings, desk, operation, "CFH349")
    reader = FakeReader()
    app = create_login_app(settings, desk, pages, reader)  # type: ignore[arg-type]  # a double of the reader
    app.config["SERVER_NAME"] = "127.0.0.1:8765"
    with app.test_client() as client:
        yield Evening(client, pages, operation, reader)


def test_the_code_the_site_and_its_address_are_shown_before_the_pin(evening: Evening) -> None:
    page = evening.client.get(f"/compare/{evening.operation.id}").get_data(as_text=True)
    for shown in ("CFH", "349", "みさき市", SITE, "もう一方の画面のコードと同じですか"):
        assert shown in page
    assert 'name="pin"' not in page


def test_there_is_no_way_to_the_pin_around_the_comparison(evening: Evening) -> None:
    page = evening.client.get(f"/pin/{evening.operation.id}", follow_redirects=True).get_data(as_text=True)
    assert "もう一方の画面のコードと同じですか" in page
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None
    fields = {"csrf_token": token[1], "presence": "1", "attempt": "0", "pin": "1234", "sign": "y"}
    evening.client.post(f"/pin/{evening.operation.id}", data=fields)
    assert evening.reader.payloads == []
    assert evening.operation.state is State.WAITING


def test_a_post_of_the_comparison_without_the_token_of_its_page_agrees_to_nothing(evening: Evening) -> None:
    assert evening.client.post(f"/compare/{evening.operation.id}", data={"same": "y"}).status_code == 400
    assert evening.client.get(f"/pin/{evening.operation.id}").location.startswith("/compare/")


def test_the_same_code_leads_to_the_pin_and_the_card_signs_over_the_origin_of_the_settings(evening: Evening) -> None:
    assert 'name="pin"' in evening.press("compare", same="y")
    assert not evening.pages.decided.is_set()
    assert "みさき市に送っています" in evening.press("pin", pin="1234", sign="y")
    assert evening.pages.decided.is_set()
    assert evening.reader.payloads == [authentication_payload(SITE, NONCE, "login")]


def test_a_code_that_differs_ends_it_without_asking_for_a_pin(evening: Evening) -> None:
    assert "やめました" in evening.press("compare", differs="y")
    assert evening.operation.state is State.REFUSED
    assert evening.pages.decided.is_set()
    assert evening.pages.told.is_set()
    assert evening.reader.payloads == []


@pytest.mark.parametrize(
    ("ending", "refusal", "words"),
    [
        (Ending.ACCEPTED, "", "もう一方の画面に戻ってください"),
        (Ending.REFUSED, "not_linked", "理由は、もう一方の画面に出ています"),
        (Ending.REFUSED, "device_login_expired", "コードの時間が切れました"),
        (Ending.UNREACHABLE, "", "みさき市につながりませんでした"),
    ],
)
def test_what_the_portal_made_of_the_answer_is_said(
    evening: Evening, ending: Ending, refusal: str, words: str
) -> None:
    evening.press("compare", same="y")
    evening.press("pin", pin="1234", sign="y")
    assert not evening.pages.told.is_set()
    evening.pages.finish(ending, refusal)
    page = evening.client.get(f"/sent/{evening.operation.id}", headers={"HX-Request": "true"})
    assert words in page.get_data(as_text=True)
    assert evening.pages.told.is_set()


def test_no_page_of_a_site_can_ask_anything_of_the_log_in_program(evening: Evening) -> None:
    for path in ("/status", "/requests", f"/requests/{evening.operation.id}"):
        for method in ("GET", "POST", "OPTIONS"):
            answer = evening.client.open(path, method=method, headers={"Origin": SITE}, json={})
            assert answer.status_code in {400, 404}
            assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("page", ["compare", "pin", "sent"])
@pytest.mark.parametrize("host", ["localhost:8765", "evil.test"])
def test_its_pages_are_closed_to_other_host_names_and_other_ids(evening: Evening, page: str, host: str) -> None:
    rebound = evening.client.get(f"/{page}/{evening.operation.id}", base_url=f"http://{host}")
    assert rebound.status_code in {403, 404}
    assert "CFH" not in rebound.get_data(as_text=True)
    guessed = evening.client.get(f"/{page}/guess", follow_redirects=True)
    assert guessed.status_code == 404
    assert "CFH" not in guessed.get_data(as_text=True)


def test_after_two_minutes_the_comparison_is_over(evening: Evening, now: list[float]) -> None:
    now[0] = LIFETIME_S + 1
    page = evening.client.get(f"/compare/{evening.operation.id}")
    assert page.status_code == 404
    assert "この画面は使えません" in page.get_data(as_text=True)


def test_the_comparison_speaks_english(evening: Evening) -> None:
    page = evening.client.get(f"/compare/{evening.operation.id}", headers={"Accept-Language": "en"})
    assert "Does the other screen show the same code?" in page.get_data(as_text=True)


def test_what_was_not_signed_is_not_sent(now: list[float]) -> None:
    desk = Desk(lambda: now[0])
    operation = desk.begin(origin=SITE, nonce=NONCE, purpose="login")
    question = Question("c", NONCE, "CFH349")

    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url.path)

    with site(never) as portal:
        assert login._send(portal, question, operation) == (Ending.REFUSED, "expired")
        desk.end(operation, State.FAILED, "pin_blocked")
        assert login._send(portal, question, operation) == (Ending.REFUSED, "pin_blocked")


@pytest.mark.parametrize("ca", ['"missing.pem"', "7", '""'])
def test_a_file_of_authorities_that_is_not_there_refuses_to_start(tmp_path: Path, ca: str) -> None:
    file = tmp_path / "bridge.toml"
    file.write_text(f'port = 8765\nca = {ca}\n[[sites]]\norigin = "{SITE}"\nname = "a"', encoding="utf-8")
    with pytest.raises(SettingsError):
        load(file)
