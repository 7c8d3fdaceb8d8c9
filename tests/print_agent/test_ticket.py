"""Tickets and commands: what the portal signed is taken, everything else is refused by its name."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from print_agent.ticket import (
    Json,
    KeysUnreadable,
    TokenExpired,
    TokenForOtherTerminal,
    TokenInvalid,
    load_keys,
    verify_command,
    verify_ticket,
)
from tests.print_agent.signer import KID, TERMINAL, Signer, b64, canonical, ticket_payload

ORDER = "0f8fad5b-d9cb-469f-a165-70867728950e"
DOCUMENT = b"%PDF-1.7 not looked at here"
SIGNER = Signer()
KEYS = {KID: SIGNER._key.public_key()}


def verify(token: str, now: float | None = None) -> object:
    return verify_ticket(token, KEYS, TERMINAL, time.time() if now is None else now)


def test_a_genuine_ticket_says_what_may_be_printed() -> None:
    ticket = verify_ticket(SIGNER.ticket(ORDER, DOCUMENT, pages=2, copies=3), KEYS, TERMINAL, time.time())
    assert (ticket.order, ticket.pages, ticket.copies, ticket.sheets) == (ORDER, 2, 3, 6)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("v", 2),
        ("v", True),
        ("order", ORDER.upper()),
        ("order", "../../etc"),
        ("sha256", "A" * 64),
        ("sha256", "0" * 63),
        ("page_hashes", None),
        ("page_hashes", []),
        ("page_hashes", ["0" * 64, "0" * 64]),
        ("page_hashes", ["G" * 64]),
        ("page_hashes", [7]),
        ("pages", 0),
        ("pages", 21),
        ("pages", 1.0),
        ("pages", "1"),
        ("copies", 11),
        ("copies", None),
        ("media", "na_letter_8.5x11in"),
        ("sides", "two-sided-long-edge"),
        ("issued", None),
        ("expires", "tomorrow"),
    ],
)
def test_a_ticket_with_a_wrong_claim_is_invalid_even_when_signed(name: str, value: Json) -> None:
    with pytest.raises(TokenInvalid):
        verify(SIGNER.ticket(ORDER, DOCUMENT, changed={name: value}))


def test_a_ticket_for_another_terminal_is_refused_as_such() -> None:
    with pytest.raises(TokenForOtherTerminal):
        verify(SIGNER.ticket(ORDER, DOCUMENT, changed={"terminal": "K-0002"}))


def test_a_ticket_is_good_from_its_issue_to_its_expiry_and_not_a_second_longer() -> None:
    token = SIGNER.ticket(ORDER, DOCUMENT, changed={"issued": 1000, "expires": 1300})
    verify(token, now=1000 - 60)
    verify(token, now=1299)
    for now in (1000 - 61, 1300):
        with pytest.raises(TokenExpired):
            verify(token, now=now)


def test_a_ticket_signed_by_another_key_under_the_known_name_is_invalid() -> None:
    with pytest.raises(TokenInvalid):
        verify(Signer().ticket(ORDER, DOCUMENT))


def test_a_ticket_of_an_unknown_key_is_invalid() -> None:
    with pytest.raises(TokenInvalid):
        verify(Signer(kid="somebody").ticket(ORDER, DOCUMENT))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "typ": "print-ticket", "kid": KID},
        {"alg": "HS256", "typ": "print-ticket", "kid": KID},
        {"alg": "ES256", "typ": "device-command", "kid": KID},
        {"alg": "ES256", "typ": "print-ticket"},
        {"alg": "ES256", "typ": "print-ticket", "kid": KID, "jwk": {}},
        {"alg": "ES256", "typ": "print-ticket", "kid": KID, "crit": ["exp"]},
        {"alg": "ES256", "kid": KID},
    ],
)
def test_a_header_that_is_not_exactly_ours_is_invalid(header: dict[str, Json]) -> None:
    payload = canonical(ticket_payload(ORDER, DOCUMENT))
    with pytest.raises(TokenInvalid):
        verify(SIGNER.sign(header, payload))


def test_a_ticket_without_signature_is_invalid() -> None:
    head, payload, _ = SIGNER.ticket(ORDER, DOCUMENT).split(".")
    for token in (
        f"{head}.{payload}.",
        f"{head}.{payload}",
        f"{head}.{payload}..",
        f"{head}.{payload}.{b64(bytes(64))}",
    ):
        with pytest.raises(TokenInvalid):
            verify(token)


def test_a_member_that_is_there_twice_is_invalid() -> None:
    payload = canonical(ticket_payload(ORDER, DOCUMENT)).replace(b'"copies":1', b'"copies":1,"copies":9')
    with pytest.raises(TokenInvalid):
        verify(SIGNER.sign({"alg": "ES256", "typ": "print-ticket", "kid": KID}, payload))


@given(st.data())
def test_no_alteration_of_a_ticket_goes_unnoticed(data: st.DataObject) -> None:
    token = SIGNER.ticket(ORDER, DOCUMENT)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda c: c != token[place]))
    with pytest.raises(TokenInvalid):
        verify(token[:place] + letter + token[place + 1 :])


@given(st.text(max_size=200))
def test_arbitrary_text_is_an_invalid_ticket(text: str) -> None:
    with pytest.raises(TokenInvalid):
        verify(text)


def test_a_genuine_command_is_understood() -> None:
    command = verify_command(SIGNER.unlock(ORDER, "partly_printed"), KEYS, TERMINAL, time.time())
    assert (command.order, command.answer) == (ORDER, "partly_printed")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"command": "void"}, TokenInvalid),
        ({"answer": "perhaps"}, TokenInvalid),
        ({"id": "1"}, TokenInvalid),
        ({"terminal": "K-0002"}, TokenForOtherTerminal),
        ({"expires": 5}, TokenExpired),
    ],
)
def test_a_command_that_is_not_for_here_and_now_is_refused(changed: dict[str, Json], error: type[Exception]) -> None:
    with pytest.raises(error):
        verify_command(SIGNER.unlock(ORDER, changed=changed), KEYS, TERMINAL, time.time())


def test_a_ticket_is_never_taken_for_a_command() -> None:
    with pytest.raises(TokenInvalid):
        verify_command(SIGNER.ticket(ORDER, DOCUMENT), KEYS, TERMINAL, time.time())


def write_pem(path: Path, key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> None:
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    path.write_text(json.dumps({"k": pem}))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_text("{}"),
        lambda path: path.write_text("[]"),
        lambda path: path.write_text('{"k": "no key"}'),
        lambda path: path.unlink(missing_ok=True),
        lambda path: write_pem(path, ed25519.Ed25519PrivateKey.generate().public_key()),
        lambda path: write_pem(path, ec.generate_private_key(ec.SECP384R1()).public_key()),
    ],
)
def test_a_key_file_that_cannot_verify_anything_stops_the_start(
    folder: Path, spoil: Callable[[Path], object]
) -> None:
    path = folder / f"{uuid.uuid4()}.json"
    spoil(path)
    with pytest.raises(KeysUnreadable):
        load_keys(path)
