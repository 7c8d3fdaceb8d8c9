"""The bridge with its real reader process: one at a time, of the token that the purpose needs."""

import base64
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from flask.testing import FlaskClient

from kiosk.bridge import reader_process
from kiosk.bridge.app import create_app
from kiosk.bridge.reader_process import ReaderProcess
from kiosk.bridge.settings import Settings
from kiosk.card.client import Reader, ReaderUnavailableError
from kiosk.card.payload import authentication_payload
from kiosk.card.tokens import TokenKind
from tests.conftest import CHECKOUT
from tests.kiosk.bridge.test_bridge import NONCE, SITE, begin, press, report
from tests.world.card import ReaderWorld
from tests.world.jpki import Authority, CardOrder


@dataclass
class Home:
    """A resident's own computer: the bridge with its reader process, and a card."""

    client: FlaskClient
    process: ReaderProcess
    world: ReaderWorld
    card: Path

    def page_with(self, operation: str, text: str) -> list[str]:
        """The headings that the PIN page went through until this text was on it."""
        seen: list[str] = []
        deadline = time.monotonic() + 15
        while text not in (page := self.client.get(f"/pin/{operation}").get_data(as_text=True)):
            seen.append(page)
            assert time.monotonic() < deadline, page
            time.sleep(0.05)
        return seen

    def signed(self, operation: str, certificate: str, purpose: str) -> None:
        """Whether the site is told this certificate and a signature of it."""
        told = report(self.client, operation)
        assert told["state"] == "signed"
        der = base64.b64decode(told["certificate"])
        assert der == (self.card / certificate).read_bytes()
        key = x509.load_der_x509_certificate(der).public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        payload = authentication_payload(SITE, NONCE, purpose)
        key.verify(base64.b64decode(told["signature"]), payload, padding.PKCS1v15(), hashes.SHA256())


@pytest.fixture
def home(runtime: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    folder, short = scratch / "home", runtime / "home"
    Authority(folder / "jpki").issue_card(folder / "cards", CardOrder("hanako"))
    with ReaderWorld(short, CHECKOUT / ".state", folder / "cards") as world:
        monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(world.pcsc_socket))
        process = ReaderProcess(short)
        app = create_app(Settings(port=8765, sites={SITE: "みさき市"}), process)
        app.config["SERVER_NAME"] = "127.0.0.1:8765"
        with app.test_client() as client:
            yield Home(client, process, world, folder / "cards" / "hanako")
        process.stop()


def eventually(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def answers(reader: Reader) -> bool:
    try:
        return reader.status().state == "ready"
    except ReaderUnavailableError:
        return False


def test_a_log_in_an_identification_and_a_log_in_follow_one_another_on_one_card(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.world.insert("hanako")
    for purpose, pin, certificate in (("login", "1234", "auth.der"), ("identify", "ABC123", "sign.der")) * 2:
        operation = begin(home.client, purpose=purpose)
        for page in home.page_with(operation, 'name="pin"'):
            assert "カードリーダーが見つかりません" not in page, "a reader that starts is not missing"
            assert "カードを読み取っています" in page or "カードを置いてください" in page
        press(home.client, operation, pin=pin, sign="y")
        home.signed(operation, certificate, purpose)
    # Nobody asks any more: the 署名用 token is let go without a word.
    eventually(lambda: answers(home.process._readers[TokenKind.AUTHENTICATION]))
    home.process.of(TokenKind.SIGNATURE)
    eventually(lambda: answers(home.process._readers[TokenKind.SIGNATURE]))
    assert not answers(home.process._readers[TokenKind.AUTHENTICATION]), "one reader process at a time"
    monkeypatch.setattr(reader_process, "LIFETIME_S", 0.0)
    home.process.of(TokenKind.SIGNATURE)
    eventually(lambda: answers(home.process._readers[TokenKind.AUTHENTICATION]))
    state = home.world.state("hanako")
    assert (state["tries"], state["sign_tries"], state["checks"]) == (3, 5, 4)
