"""The wire to the portal: every request is signed as agreed, every answer is read strictly."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from hypothesis import given
from hypothesis import strategies as st

from kiosk.portal_answers import IssuanceRequest, Outcome, read_bulletin, read_issuance, read_session
from kiosk.portal_client import (
    CardRefused,
    IssuanceRefused,
    PortalBusy,
    PortalClient,
    PortalRefused,
    PortalUnreachable,
    TerminalRefused,
)
from kiosk.settings import Settings, SettingsError
from kiosk.wire import Unreadable
from tests.kiosk.journey.stage import SETTINGS

Handler = Callable[[httpx.Request], httpx.Response]


class Keys(HTTPSignatureKeyResolver):
    def __init__(self, key: Ed25519PrivateKey) -> None:
        self.key = key

    def resolve_public_key(self, key_id: str) -> object:
        assert key_id == "k1"
        return self.key.public_key()

    def resolve_private_key(self, key_id: str) -> object:
        raise AssertionError


@pytest.fixture(scope="module")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def some_authority(key: Ed25519PrivateKey) -> bytes:
    """A certificate the client can load; with the network replaced nobody is checked against it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of the test")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + timedelta(days=365))
    return builder.sign(key, None).public_bytes(Encoding.PEM)


@pytest.fixture
def settings(key: Ed25519PrivateKey, tmp_path: Path) -> Settings:
    path = tmp_path / "terminal.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    authority = tmp_path / "authority.pem"
    authority.write_bytes(some_authority(key))
    return replace(SETTINGS, terminal_key=path, portal_ca=authority)


def client(settings: Settings, handler: Handler) -> PortalClient:
    return PortalClient(settings, transport=httpx.MockTransport(handler))


def answers(status: int, body: object) -> Handler:
    return lambda _: httpx.Response(status, json=body)


def test_every_request_is_signed_over_method_address_content_and_session(
    settings: Settings, key: Ed25519PrivateKey
) -> None:
    seen: list[httpx.Request] = []

    def portal(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, json={"issuance": "i1", "state": "requested"})

    wire = client(settings, portal)
    wire.request_issuance("token", IssuanceRequest("r1", "resident_record", "self", ("p1",), {"domicile": True}))
    wire.issuance("token", "i1")
    wire.report_outcome("i1", Outcome("printed", 1, 1, "printed"))
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=Keys(key))
    nonces = set()
    for request in seen:
        covered = ["@method", "@target-uri", "content-digest"]
        covered += ["kiosk-session"] if "Kiosk-Session" in request.headers else []
        results = verifier.verify(
            request,
            expect_tag="madoguchi-terminal",
            require_components=covered,
            body=request.content,
            max_age=timedelta(seconds=60),
        )
        assert results[0].parameters["keyid"] == "k1"
        nonces.add(results[0].parameters["nonce"])
        assert len(base64.b64decode(str(results[0].parameters["nonce"]))) == 16
        digest = base64.b64encode(hashlib.sha256(request.content).digest()).decode()
        assert digest in request.headers["Content-Digest"] or "sha-512" in request.headers["Content-Digest"]
        assert "token" not in str(request.url)
    assert len(nonces) == len(seen) == 3
    assert [request.headers.get("Kiosk-Session") for request in seen] == ["token", "token", None]
    assert json.loads(seen[0].content) == {
        "request": "r1",
        "kind": "resident_record",
        "scope": "self",
        "persons": ["p1"],
        "items": {"domicile": True},
        "copies": 1,
    }


@pytest.mark.parametrize(
    ("status", "code", "family"),
    [
        (401, "request_replayed", TerminalRefused),
        (422, "certificate_expired", CardRefused),
        (409, "in_progress", IssuanceRefused),
        (429, "too_many_attempts", PortalBusy),
        (503, "overloaded", PortalBusy),
        (404, "not_found", PortalRefused),
    ],
)
def test_each_family_of_refusals_has_its_own_exception(
    settings: Settings, status: int, code: str, family: type[PortalRefused]
) -> None:
    with pytest.raises(family) as refused:
        client(settings, answers(status, {"error": code, "reference": "REF12345"})).challenge()
    assert (refused.value.code, refused.value.reference) == (code, "REF12345")


def no_answer(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectTimeout("timed out", request=request)


@pytest.mark.parametrize(
    "handler",
    [
        no_answer,
        answers(200, ["not", "an", "object"]),
        answers(200, {}),
        answers(500, {"message": "no error code"}),
        lambda _: httpx.Response(502, text="<html>gateway</html>"),
    ],
    ids=["silence", "list", "empty", "500", "gateway"],
)
def test_silence_and_nonsense_are_the_same_to_a_resident(settings: Settings, handler: Handler) -> None:
    with pytest.raises(PortalUnreachable):
        client(settings, handler).challenge()


def test_no_personal_data_is_in_the_text_of_an_error(settings: Settings) -> None:
    def portal(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError(f"failed with {request.headers['Kiosk-Session']}", request=request)

    with pytest.raises(PortalUnreachable) as unreachable:
        client(settings, portal).issuance("secret-token", "i1")
    assert "secret-token" not in str(unreachable.value)
    assert unreachable.value.__suppress_context__


def test_a_closed_session_needs_no_body(settings: Settings) -> None:
    client(settings, lambda _: httpx.Response(204)).close_session("token")


def test_another_kind_of_key_refuses_to_start(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "other.pem"
    key = Ed448PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(SettingsError):
        PortalClient(replace(settings, terminal_key=path))


SESSION = {
    "session": "token",
    "expires_in": 600,
    "person": {"ref": "p1", "name": "髙橋 一郎"},
    "offers": [
        {
            "kind": "resident_record",
            "name": "住民票の写し",
            "fee": 300,
            "refusal": None,
            "scopes": ["self", "household"],
            "persons": [{"ref": "p1", "name": "髙橋 一郎"}],
            "items": [{"id": "relationship", "name": "続柄", "default": False}],
        }
    ],
}


def test_a_session_is_read_whole_and_shows_no_name_in_a_log() -> None:
    session = read_session(SESSION)
    assert session.person.name == "髙橋 一郎"
    assert session.offers[0].items[0].id == "relationship"
    assert "髙橋" not in repr(session)
    assert "token" not in repr(session)


nonsense = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(SESSION)), inner, max_size=4),
)


@given(answer=st.dictionaries(st.sampled_from([*SESSION, "municipality", "certificates", "issuance"]), nonsense))
def test_any_other_json_is_refused_by_name(answer: dict[str, object]) -> None:
    for read in (read_session, read_bulletin, read_issuance):
        with pytest.raises((Unreadable, KeyError)):
            read(answer)
