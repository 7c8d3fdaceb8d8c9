"""What a page may not do with the bridge, at the wire itself."""

import pytest
from flask.testing import FlaskClient

from kiosk.bridge.app import create_app
from kiosk.bridge.settings import Settings
from tests.kiosk.bridge.test_bridge import ASK, OTHER, SITE, FakeReader

STRANGER = "https://evil.test"


@pytest.fixture
def client() -> FlaskClient:
    """A bridge that two sites may ask."""
    app = create_app(Settings(port=8765, sites={SITE: "みさき市", OTHER: "となり市"}), FakeReader())  # type: ignore[arg-type]
    app.config["SERVER_NAME"] = "127.0.0.1:8765"
    return app.test_client()


def ask(client: FlaskClient, origin: str) -> str:
    answer = client.post("/requests", json=ASK, headers={"Origin": origin})
    assert answer.status_code == 201
    return str(answer.get_json()["request"])


def test_a_second_site_is_told_that_the_bridge_is_busy_and_the_first_one_keeps_its_turn(client: FlaskClient) -> None:
    first = ask(client, SITE)
    second = client.post("/requests", json=ASK, headers={"Origin": OTHER})
    assert (second.status_code, second.get_json()) == (409, {"error": "busy"})
    # The refused site may read that it was refused, and nothing of the other.
    assert second.headers["Access-Control-Allow-Origin"] == OTHER
    assert client.get(f"/requests/{first}", headers={"Origin": SITE}).get_json()["state"] == "waiting"


def test_another_allowed_site_cannot_read_a_request_whose_id_it_knows(client: FlaskClient) -> None:
    first = ask(client, SITE)
    assert client.get(f"/requests/{first}", headers={"Origin": OTHER}).status_code == 404
    assert client.get(f"/requests/{first}", headers={"Origin": SITE}).get_json()["state"] == "waiting"


def test_a_request_is_never_begun_by_its_preflight(client: FlaskClient) -> None:
    asked = client.options("/requests", headers={"Origin": SITE, "Access-Control-Request-Method": "POST"}, data="x")
    assert asked.status_code == 204
    assert client.get("/status", headers={"Origin": SITE}).get_json()["busy"] is False


@pytest.mark.parametrize(
    "headers",
    [
        [("Origin", SITE), ("Origin", STRANGER)],
        [("Origin", f"{SITE}, {STRANGER}")],
        [("Origin", f"{SITE} {STRANGER}")],
        [("Referer", f"{SITE}/login")],
        [("X-Forwarded-Host", "127.0.0.1:8765"), ("Origin", STRANGER)],
        [("Forwarded", f"host={SITE}"), ("Origin", STRANGER)],
    ],
)
def test_an_origin_is_one_text_and_no_other_header_stands_in_for_it(
    client: FlaskClient, headers: list[tuple[str, str]]
) -> None:
    assert client.post("/requests", json=ASK, headers=headers).status_code == 403
    assert client.get("/status", headers={"Origin": SITE}).get_json()["busy"] is False


def test_no_answer_opens_itself_to_every_site_or_asks_for_cookies(client: FlaskClient) -> None:
    request = ask(client, SITE)
    for answer in (
        client.get("/status", headers={"Origin": SITE}),
        client.options("/requests", headers={"Origin": SITE}),
        client.get(f"/requests/{request}", headers={"Origin": SITE}),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == SITE
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers


def test_the_pin_page_can_neither_be_read_nor_framed_nor_posted_from_another_site(client: FlaskClient) -> None:
    request = ask(client, SITE)
    for origin in (SITE, STRANGER):
        page = client.get(f"/pin/{request}", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in page.headers
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        typed = {"pin": "1234", "sign": "y", "presence": "1", "attempt": "0"}
        assert client.post(f"/pin/{request}", data=typed, headers={"Origin": origin}).status_code == 400


@pytest.mark.parametrize("host", ["localhost:8765", "evil.test:8765", "127.0.0.1", "[::1]:8765"])
def test_the_pin_page_too_answers_under_its_own_host_name_only(client: FlaskClient, host: str) -> None:
    request = ask(client, SITE)
    rebound = client.get(f"/pin/{request}", base_url=f"http://{host}", headers={"Host": host})
    assert rebound.status_code in {403, 404}
    assert SITE not in rebound.get_data(as_text=True)
