"""The bridge answers only the right page, asks only on its own, and tells a signature once."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from kiosk.bridge.app import create_app
from kiosk.bridge.operation import LIFETIME_S, Busy, Desk, OperationUnknown, State
from kiosk.bridge.settings import Settings, SettingsError, load
from kiosk.card.client import ReaderError
from kiosk.card.payload import authentication_payload
from kiosk.card.tokens import TokenKind

SITE = "https://portal.test:8443"
OTHER = "https://other.test"
NONCE = bytes(range(32))
ERRORS = {kind.code: kind for kind in ReaderError.__subclasses__()}
ASK = {"nonce": base64.b64encode(NONCE).decode(), "purpose": "login"}


class Status(NamedTuple):
    state: str
    tries_left: int | None
    presence: int
    tries: str | None


class Signed(NamedTuple):
    signature: bytes
    der: bytes


@dataclass
class FakeReader:
    """Speaks like the reader process, in either token; its PIN is 1234, its password ABC123."""

    state: str = "ready"
    tries: int = 3
    presence: int = 1
    digits: str = ""
    payloads: list[bytes] = field(default_factory=list)
    fails: str | None = None
    token: TokenKind = TokenKind.AUTHENTICATION
    fresh: bool = False

    def of(self, kind: TokenKind) -> "FakeReader":
        self.token = kind
        return self

    def back(self) -> None:
        self.token = TokenKind.AUTHENTICATION

    def starting(self) -> bool:
        return self.fresh

    def status(self) -> Status:
        most = 5 if self.token is TokenKind.SIGNATURE else 3
        word = {0: "blocked", 1: "last", most: "full"}.get(self.tries, "reduced")
        exact = None if self.token is TokenKind.SIGNATURE else self.tries
        return Status(self.state if self.tries else "blocked", exact, self.presence, word)

    def pin_begin(self, presence: int) -> None:
        self.digits = ""

    def pin_key(self, key: str) -> int:
        self.digits += key
        return len(self.digits)

    def sign(self, presence: int, payload: bytes) -> Signed:
        digits, self.digits = self.digits, ""
        if self.fails:
            raise ERRORS[self.fails]
        if digits != ("ABC123" if self.token is TokenKind.SIGNATURE else "1234"):
            self.tries -= 1
            raise ERRORS["pin_wrong" if self.tries else "pin_blocked"]
        self.tries = 3
        self.payloads.append(payload)
        return Signed(b"signature", b"certificate")


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader()


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def client(reader: FakeReader, now: list[float]) -> Iterator[FlaskClient]:
    settings = Settings(port=8765, sites={SITE: "みさき市"})
    app = create_app(settings, reader, clock=lambda: now[0])  # type: ignore[arg-type]  # a double of the reader
    app.config["SERVER_NAME"] = "127.0.0.1:8765"
    with app.test_client() as opened:
        yield opened


def begin(client: FlaskClient, origin: str = SITE, purpose: str = "login") -> str:
    answer = client.post("/requests", json={**ASK, "purpose": purpose}, headers={"Origin": origin})
    assert answer.status_code == 201
    return str(answer.get_json()["request"])


def report(client: FlaskClient, operation: str, origin: str = SITE) -> dict[str, str]:
    answer = client.get(f"/requests/{operation}", headers={"Origin": origin})
    assert answer.status_code == 200, answer.status
    found: dict[str, str] = answer.get_json()
    return found


def press(client: FlaskClient, operation: str, **fields: str) -> str:
    page = client.get(f"/pin/{operation}").get_data(as_text=True)
    answer = client.post(f"/pin/{operation}", data={**hidden(page), **fields}, follow_redirects=True)
    return answer.get_data(as_text=True)


def hidden(page: str) -> dict[str, str]:
    found = dict(re.findall(r'name="(csrf_token|presence|attempt)"[^>]*value="([^"]+)"', page))
    assert "csrf_token" in found
    return found


def test_the_right_pin_signs_for_the_origin_that_the_browser_sent(client: FlaskClient, reader: FakeReader) -> None:
    operation = begin(client)
    assert report(client, operation)["state"] == "waiting"
    assert "カードを読み取りました" in press(client, operation, pin="1234", sign="y")
    told = report(client, operation)
    assert (told["state"], base64.b64decode(told["signature"])) == ("signed", b"signature")
    assert reader.payloads == [authentication_payload(SITE, NONCE, "login")]


def test_a_signature_is_told_once(client: FlaskClient) -> None:
    operation = begin(client)
    press(client, operation, pin="1234", sign="y")
    report(client, operation)
    assert client.get(f"/requests/{operation}", headers={"Origin": SITE}).status_code == 404


@pytest.mark.parametrize(
    "origin",
    [
        None,
        OTHER,
        "null",
        "http://portal.test:8443",
        "https://portal.test",
        f"{SITE}/",
        f"{SITE}.evil.test",
        SITE.upper(),
    ],
)
def test_a_page_of_another_origin_is_refused_and_cannot_read_the_answer(
    client: FlaskClient, origin: str | None
) -> None:
    headers = {"Origin": origin} if origin else {}
    for answer in (
        client.post("/requests", json=ASK, headers=headers),
        client.get("/status", headers=headers),
        client.options("/requests", headers=headers),
    ):
        assert answer.status_code == 403
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "127.0.0.1:9999", "portal.test:8765", "evil.test"])
def test_a_request_under_another_host_name_is_refused_as_dns_rebinding(client: FlaskClient, host: str) -> None:
    answer = client.post("/requests", json=ASK, headers={"Origin": SITE, "Host": host}, base_url=f"http://{host}")
    assert answer.status_code in {403, 404}


def test_a_preflight_allows_exactly_the_asking_site(client: FlaskClient) -> None:
    answer = client.options("/requests", headers={"Origin": SITE, "Access-Control-Request-Method": "POST"})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert "Origin" in answer.headers["Vary"]
    assert answer.headers["Access-Control-Allow-Headers"] == "content-type"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_body_that_needs_no_preflight_is_refused(client: FlaskClient, kind: str) -> None:
    answer = client.post("/requests", data="{}", content_type=kind, headers={"Origin": SITE})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"nonce": ASK["nonce"]},
        {**ASK, "purpose": "sign"},
        {**ASK, "purpose": "kiosk:kiosk-01"},
        {**ASK, "purpose": ["login"]},
        {**ASK, "purpose": {"login": 1}},
        {**ASK, "purpose": None},
        {**ASK, "origin": OTHER},
        {**ASK, "nonce": "!!!"},
        {**ASK, "nonce": base64.b64encode(b"short").decode()},
        [],
    ],
)
def test_an_unfit_request_is_refused(client: FlaskClient, body: object) -> None:
    assert client.post("/requests", json=body, headers={"Origin": SITE}).status_code == 400


def test_a_second_site_must_wait_for_the_first(now: list[float]) -> None:
    desk = Desk(lambda: now[0])
    desk.begin(origin=SITE, nonce=NONCE, purpose="login")
    with pytest.raises(Busy):
        desk.begin(origin=OTHER, nonce=NONCE, purpose="login")
    now[0] = LIFETIME_S + 1
    assert desk.begin(origin=OTHER, nonce=NONCE, purpose="login").state is State.WAITING


def test_a_page_that_was_loaded_anew_takes_over_its_own_request(client: FlaskClient) -> None:
    first = begin(client)
    second = begin(client)
    assert client.get(f"/requests/{first}", headers={"Origin": SITE}).status_code == 404
    assert report(client, second)["state"] == "waiting"


def test_another_allowed_site_cannot_read_the_result(now: list[float]) -> None:
    desk = Desk(lambda: now[0])
    operation = desk.begin(origin=SITE, nonce=NONCE, purpose="login")
    with pytest.raises(OperationUnknown):
        desk.report(operation.id, OTHER)
    assert desk.report(operation.id, SITE) is operation


def test_after_two_minutes_the_page_says_that_it_is_over(client: FlaskClient, now: list[float]) -> None:
    operation = begin(client)
    now[0] = LIFETIME_S + 1
    answer = client.get(f"/pin/{operation}")
    assert answer.status_code == 404
    assert "この画面は使えません" in answer.get_data(as_text=True)


def test_the_page_names_the_site_and_its_address_before_the_pin(client: FlaskClient) -> None:
    page = client.get(f"/pin/{begin(client)}").get_data(as_text=True)
    assert "みさき市" in page
    assert SITE in page
    assert "あと3回" in page


@pytest.mark.parametrize("typed", ["", "123", "12345", "12a4", "１２３", "12 4", "12④3", "１２３４５"])
def test_a_pin_of_the_wrong_form_never_reaches_the_card(client: FlaskClient, reader: FakeReader, typed: str) -> None:
    page = press(client, begin(client), pin=typed, sign="y")
    assert "数字4けたで入れてください" in page
    assert (reader.tries, reader.digits) == (3, "")


def test_full_width_digits_are_folded(client: FlaskClient, reader: FakeReader) -> None:
    press(client, begin(client), pin="１２３４", sign="y")
    assert len(reader.payloads) == 1


def test_a_wrong_pin_says_how_many_tries_are_left_and_lets_the_person_type_again(
    client: FlaskClient, reader: FakeReader
) -> None:
    operation = begin(client)
    page = press(client, operation, pin="9999", sign="y")
    assert "暗証番号がちがいました" in page
    assert "あと2回" in page
    assert report(client, operation)["state"] == "waiting"
    press(client, operation, pin="1234", sign="y")
    assert report(client, operation)["state"] == "signed"


def test_the_last_try_needs_a_consent_of_its_own(client: FlaskClient, reader: FakeReader) -> None:
    reader.tries = 1
    operation = begin(client)
    page = client.get(f"/pin/{operation}").get_data(as_text=True)
    assert "あと1回です" in page
    assert 'name="pin"' not in page
    press(client, operation, pin="9999", sign="y")
    assert reader.tries == 1, "a PIN sent without consent must not cost the last try"
    assert 'name="pin"' in press(client, operation, consent="y")
    press(client, operation, pin="1234", sign="y")
    assert report(client, operation)["state"] == "signed"


def test_a_double_click_on_a_wrong_pin_costs_one_try(client: FlaskClient, reader: FakeReader) -> None:
    operation = begin(client)
    fields = {**hidden(client.get(f"/pin/{operation}").get_data(as_text=True)), "pin": "9999", "sign": "y"}
    client.post(f"/pin/{operation}", data=fields)
    client.post(f"/pin/{operation}", data=fields)
    assert reader.tries == 2


def test_a_card_swapped_after_the_page_was_shown_does_not_get_the_pin(
    client: FlaskClient, reader: FakeReader
) -> None:
    operation = begin(client)
    fields = {**hidden(client.get(f"/pin/{operation}").get_data(as_text=True)), "pin": "1234", "sign": "y"}
    reader.presence = 3
    page = client.post(f"/pin/{operation}", data=fields)
    assert page.status_code == 422
    assert "途中でカードが離れました" in page.get_data(as_text=True)
    assert reader.payloads == []


def test_the_page_asks_again_by_itself_only_until_a_card_comes(client: FlaskClient, reader: FakeReader) -> None:
    reader.state = "no_card"
    operation = begin(client)
    asked = f"/pin/{operation}?seen=no_card"
    still = client.get(asked, headers={"HX-Request": "true"})
    assert (still.status_code, still.headers.get("HX-Refresh")) == (204, None)
    reader.state = "ready"
    assert client.get(asked, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def test_a_card_blocked_by_the_last_try_ends_the_request(client: FlaskClient, reader: FakeReader) -> None:
    reader.tries = 1
    operation = begin(client)
    press(client, operation, consent="y")
    assert "ロック" in press(client, operation, pin="9999", sign="y")
    told = report(client, operation)
    assert (told["state"], told["error"]) == ("failed", "pin_blocked")


@pytest.mark.parametrize("code", ["card_removed", "card_changed", "no_card"])
def test_a_pulled_card_is_not_called_a_wrong_pin(client: FlaskClient, reader: FakeReader, code: str) -> None:
    reader.fails = code
    page = press(client, begin(client), pin="1234", sign="y")
    assert "途中でカードが離れました" in page
    assert "暗証番号がちがいました" not in page
    assert reader.tries == 3


@pytest.mark.parametrize("state", ["no_reader", "no_card", "reading", "not_jpki", "card_error", "blocked"])
def test_each_state_of_the_reader_has_words_and_no_pin_field(
    client: FlaskClient, reader: FakeReader, state: str
) -> None:
    reader.state = state
    page = client.get(f"/pin/{begin(client)}").get_data(as_text=True)
    assert 'name="pin"' not in page
    assert "<h2>" in page


def test_giving_up_is_told_to_the_site(client: FlaskClient) -> None:
    operation = begin(client)
    assert "やめました" in press(client, operation, refuse="y")
    assert report(client, operation)["state"] == "refused"


def test_a_post_without_the_token_of_the_page_is_refused(client: FlaskClient, reader: FakeReader) -> None:
    operation = begin(client)
    assert client.post(f"/pin/{operation}", data={"pin": "1234", "sign": "y"}).status_code == 400
    assert reader.payloads == []


def test_the_page_speaks_english_to_an_english_browser(client: FlaskClient) -> None:
    page = client.get(f"/pin/{begin(client)}", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "Enter your PIN" in page


FUZZED = create_app(Settings(port=8765, sites={SITE: "x"}), FakeReader())  # type: ignore[arg-type]
FUZZED.config["SERVER_NAME"] = "127.0.0.1:8765"


@given(st.binary(max_size=300))
def test_any_body_gets_an_answer_and_never_a_crash(body: bytes) -> None:
    answer = FUZZED.test_client().post(
        "/requests", data=body, content_type="application/json", headers={"Origin": SITE}
    )
    assert answer.status_code in {201, 400}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "port = 8765",
        'port = 0\n[[sites]]\norigin = "https://a.test"\nname = "a"',
        'port = 8765\n[[sites]]\norigin = "http://a.test"\nname = "a"',
        'port = 8765\n[[sites]]\norigin = "https://a.test/"\nname = "a"',
        'port = 8765\n[[sites]]\norigin = "https://a.test"\nname = ""',
        'port = 8765\nextra = 1\n[[sites]]\norigin = "https://a.test"\nname = "a"',
    ],
)
def test_unfit_settings_refuse_to_start(tmp_path: Path, text: str) -> None:

    file = tmp_path / "bridge.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError):
        load(file)
