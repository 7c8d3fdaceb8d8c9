"""Cards and the authority behind them, as the portal's tests meet them: fixtures and a person at the reader."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from portal import database
from portal.clock import Clock
from portal.ground import Ground
from portal.identity import (
    Answer,
    Authenticated,
    ProvenCard,
    authenticate,
    begin_challenge,
    kiosk_purpose,
    link_recorded,
    payload,
    prove,
)
from portal.identity.card.payload import nonce_digest
from portal.identity.revocation import ocsp
from portal.settings import TrustSettings
from tests.portal.register.people import TESTER, put_resident
from tests.world.jpki import AUTH_PROFILE, Authority, LeafProfile, Mode, Root, store
from tests.world.jpki.server import RevocationServer, set_mode

TERMINAL = "kiosk-01"
ORIGIN = "https://terminal.test"


@dataclass(frozen=True)
class Card:
    """What a chip holds: a certificate in DER and its key."""

    certificate: bytes
    key: rsa.RSAPrivateKey

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())


MakeCard = Callable[..., Card]


@pytest.fixture(scope="session")
def authority(scratch: Path) -> Authority:
    """The simulated 公的個人認証サービス."""
    return Authority(scratch / "jpki")


@pytest.fixture(scope="session")
def responder(authority: Authority) -> Iterator[RevocationServer]:
    """Its OCSP responder, over real HTTP."""
    server = RevocationServer(authority)
    server.start()
    yield server
    ocsp._client().close()
    ocsp._client.cache_clear()
    server.stop()


@pytest.fixture(scope="session")
def card_key() -> rsa.RSAPrivateKey:
    """One RSA key for all cards of a test run: making one takes longer than a test."""
    return store.new_key()


@pytest.fixture(autouse=True)
def authority_keeps_our_time(clock: Clock, monkeypatch: pytest.MonkeyPatch, authority: Authority) -> Iterator[None]:
    """The authority answers at the instant the test's clock shows, and behaves at the start of each test."""
    monkeypatch.setattr(store, "now", lambda: clock.now().replace(microsecond=0))
    yield
    set_mode(authority.directory, Mode.NORMAL)


@pytest.fixture
def ground(ground: Ground, authority: Authority, responder: RevocationServer) -> Ground:
    """A ground floor that trusts the simulated authority."""
    trust = TrustSettings(
        authentication_roots=authority.auth_trust, signature_roots=authority.sign_trust, ocsp_url=responder.url
    )
    return replace(ground, settings=replace(ground.settings, trust=trust))


@pytest.fixture
def make_card(authority: Authority, card_key: rsa.RSAPrivateKey) -> MakeCard:
    """Makes a card: `make_card()`, `make_card(profile=…, root=…, not_after=…)`."""

    def made(profile: LeafProfile = AUTH_PROFILE, root: Root | None = None, **details: object) -> Card:
        issuer = root or authority.auth_roots[-1]
        leaf = authority.issue_leaf(issuer, profile, key=card_key.public_key(), **details)  # type: ignore[arg-type]
        return Card(leaf.public_bytes(Encoding.DER), card_key)

    return made


@pytest.fixture
def card(make_card: MakeCard) -> Card:
    """A good card."""
    return make_card()


@pytest.fixture
def linked(ground: Ground, card: Card) -> UUID:
    """The resident whom the good card is linked to."""
    return link(ground, card)


def link(ground: Ground, card: Card, resident_id: UUID | None = None) -> UUID:
    """Link a card to a resident (a new one unless named); returns the resident's id."""
    with database.transaction(ground.engine) as connection:
        resident = resident_id or put_resident(connection)
        link_recorded(connection, ground, card.certificate, resident, actor=TESTER, now=ground.clock.now())
    return resident


@dataclass(frozen=True)
class Question:
    """A challenge as the kiosk received it."""

    id: UUID
    nonce: bytes
    origin: str
    purpose: str

    def payload(self) -> bytes:
        return payload(origin=self.origin, nonce_sha256=nonce_digest(self.nonce), purpose=self.purpose)


def ask(ground: Ground, asker: str = TERMINAL, origin: str = ORIGIN) -> Question:
    """Begin a challenge and commit it."""
    with database.transaction(ground.engine) as connection:
        made = begin_challenge(
            connection, purpose=kiosk_purpose(asker), asker=asker, origin=origin, now=ground.clock.now()
        )
    return Question(made.id, made.nonce, made.origin, made.purpose)


def answer(
    ground: Ground,
    question: Question,
    certificate: bytes,
    signature: bytes,
    *,
    asker: str = TERMINAL,
    address: str | None = None,
) -> Authenticated:
    """Answer a challenge; commits when the person is let in."""
    with database.transaction(ground.engine) as connection:
        given = Answer(question.id, asker, certificate, signature, address)
        return authenticate(connection, ground, given, now=ground.clock.now())


def log_in(ground: Ground, card: Card, asker: str = TERMINAL) -> Authenticated:
    """The whole dance of an honest card."""
    question = ask(ground, asker)
    return answer(ground, question, card.certificate, card.sign(question.payload()), asker=asker)


def show(ground: Ground, card: Card, asker: str = TERMINAL) -> ProvenCard:
    """An honest card answers; whose it is is not asked."""
    question = ask(ground, asker)
    given = Answer(question.id, asker, card.certificate, card.sign(question.payload()))
    return prove(ground, given, now=ground.clock.now())
