"""Kiosks in front of the terminal face: enrolled, signing, with cards at their readers."""

import base64
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk import portal_client
from kiosk.portal_client import PortalClient
from kiosk.settings import Settings
from portal import database, municipality, terminals
from portal.ground import Ground
from portal.terminal import create_app
from tests.portal.certificates.conftest import press
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import (
    Card,
    Question,
    authority,
    authority_keeps_our_time,
    card,
    card_key,
    ground,
    linked,
    make_card,
    responder,
)
from tests.portal.register.people import TESTER
from tests.portal.terminals.devices import Signing, device_key, public_pem
from tests.world.demo_city.municipality import MUNICIPALITY_TOML

__all__ = [
    "authority",
    "authority_keeps_our_time",
    "card",
    "card_key",
    "ground",
    "linked",
    "make_card",
    "press",
    "responder",
]

HEARTBEAT: dict[str, object] = {
    "reader": {"state": "ready", "tries_left": 3},
    "printer": {"able": True, "state": "ready", "reasons": [], "order": None, "outcomes": []},
    "version": "0.1.0",
}


@dataclass
class Kiosk:
    """One device: signs what it sends and remembers its session."""

    ground: Ground
    client: FlaskClient
    name: str = "kiosk-01"
    session: str | None = None
    signing: Signing | None = field(default=None, repr=False)

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | bytes | None = None,
        *,
        session: str | None = None,
        **signed_otherwise: object,
    ) -> TestResponse:
        signing = Signing(at=self.ground.clock.now(), device=self.name)
        changed = replace(signing, **signed_otherwise)  # type: ignore[arg-type]
        request = changed.sign(method, path, body, session=session or self.session)
        headers = {name: value for name, value in request.headers.items() if name not in {"host", "content-length"}}
        return self.client.open(path, method=method, data=request.body, headers=headers)

    def beat(self, **changed: object) -> TestResponse:
        return self.call("POST", "/v1/heartbeat", {**HEARTBEAT, **changed})

    def question(self) -> Question:
        answer = self.call("POST", "/v1/challenges", {})
        assert answer.status_code == 201, answer.json
        said = answer.get_json()
        return Question(UUID(said["challenge"]), base64.b64decode(said["nonce"]), said["origin"], said["purpose"])

    def present(self, card: Card, question: Question | None = None, signature: bytes | None = None) -> TestResponse:
        """Put a card on the reader: log in with it."""
        asked = question or self.question()
        body = {
            "challenge": str(asked.id),
            "certificate": base64.b64encode(card.certificate).decode(),
            "signature": base64.b64encode(card.sign(asked.payload()) if signature is None else signature).decode(),
        }
        answer = self.call("POST", "/v1/sessions", body)
        if answer.status_code == 201:
            self.session = answer.get_json()["session"]
        return answer


MakeKiosk = Callable[..., Kiosk]


@pytest.fixture
def city(ground: Ground) -> None:
    """みさき市, loaded."""
    with database.transaction(ground.engine) as connection:
        municipality.load(connection, MUNICIPALITY_TOML, ground.clock.now())


@pytest.fixture
def make_kiosk(ground: Ground, city: None) -> MakeKiosk:
    """Enrols a device: `make_kiosk("kiosk-02")`."""
    app = create_app(ground)
    app.config.update(SERVER_NAME="terminal.test", PREFERRED_URL_SCHEME="https")

    def made(name: str = "kiosk-01") -> Kiosk:
        with database.transaction(ground.engine) as connection:
            terminals.enrol(
                connection, terminal_id=name, name=f"窓口端末 {name}", place="本庁舎1階", public_key=public_pem(name),
                actor=TESTER, now=ground.clock.now(),
            )  # fmt: skip
        return Kiosk(ground, app.test_client(), name)

    return made


@pytest.fixture
def kiosk(make_kiosk: MakeKiosk) -> Kiosk:
    """The kiosk of most tests."""
    return make_kiosk()


@pytest.fixture
def visited(kiosk: Kiosk, card: Card, linked: UUID) -> Kiosk:
    """A kiosk at which the resident has logged in."""
    assert kiosk.present(card).status_code == 201
    return kiosk


@pytest.fixture
def kiosk_settings(kiosk: Kiosk, clock: MovableClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of the kiosk's program; its clock shows the portal's time."""

    class KiosksClock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "KiosksClock":
            moment = clock.now()
            return cls.fromtimestamp(moment.timestamp(), tz or moment.tzinfo)

    monkeypatch.setattr(portal_client, "datetime", KiosksClock)
    monkeypatch.setattr(ssl, "create_default_context", lambda **_: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    key = tmp_path / "kiosk.pem"
    key.write_bytes(device_key("kiosk-01").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Settings(
        terminal_id="kiosk-01",
        portal_url="https://terminal.test",
        portal_ca=tmp_path / "ca.pem",
        terminal_key=key,
        reader_socket=tmp_path / "reader",
        agent_socket=tmp_path / "agent",
        listen_port=0,
    )


@pytest.fixture
def client(ground: Ground, kiosk_settings: Settings) -> PortalClient:
    """The kiosk's client of the portal."""
    return PortalClient(kiosk_settings, httpx.WSGITransport(create_app(ground)))


def error(response: TestResponse) -> tuple[int, str]:
    """Status and code of a refusal; every refusal carries its reference."""
    said = response.get_json()
    assert set(said) == {"error", "reference"}
    assert said["reference"] == response.headers["Reference"]
    assert len(said["reference"]) == 8
    return response.status_code, said["error"]
