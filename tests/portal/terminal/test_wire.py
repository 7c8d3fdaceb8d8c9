"""Both ends of the wire: the kiosk's own client against the portal's face, without a network between."""

import hashlib
from uuid import UUID, uuid4

import pytest

from kiosk.card.payload import authentication_payload
from kiosk.payment.device import Reservation
from kiosk.portal_answers import IssuanceRequest, Outcome
from kiosk.portal_client import CardRefused, IssuanceRefused, PortalClient, TerminalRefused
from portal.certificates.press import Press
from portal.certificates.rendering import render
from portal.ground import Ground
from tests.portal.certificates.sheets import software_sealing
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card

READER: dict[str, object] = {"state": "ready", "tries_left": 3}
PRINTER: dict[str, object] = {"able": True, "state": "ready", "reasons": [], "order": None, "outcomes": []}


def test_kiosk_and_portal_understand_each_other_from_card_to_outcome(
    ground: Ground, client: PortalClient, card: Card, linked: UUID, press: Press
) -> None:
    bulletin = client.heartbeat(READER, PRINTER)
    assert (bulletin.open, bulletin.municipality) == (True, "みさき市")

    asked = client.challenge()
    signature = card.sign(authentication_payload(asked.origin, asked.nonce, asked.purpose))
    session = client.open_session(asked.challenge, card.certificate, signature)
    assert session.person.name == "渡辺　花子"

    wish = IssuanceRequest(str(uuid4()), "resident_record", "self", (session.person.ref,), {})
    issuance = client.request_issuance(session.token, wish)
    render(ground, press, software_sealing(), UUID(issuance.issuance))
    assert client.issuance(session.token, issuance.issuance).state == "ready"

    client.authorise(session.token, issuance.issuance, "cash", Reservation("R1", 300))
    released = client.release(session.token, issuance.issuance)
    assert released.document.startswith(b"%PDF-")
    assert len(hashlib.sha256(released.document).hexdigest()) == 64

    client.report_outcome(issuance.issuance, Outcome("printed", 1, 1, "done"))
    assert client.issuance(session.token, issuance.issuance).state == "printed"
    client.close_session(session.token)
    with pytest.raises(IssuanceRefused, match="session_ended"):
        client.issuance(session.token, issuance.issuance)


def test_the_kiosk_hears_why_a_card_was_refused(client: PortalClient, card: Card, linked: UUID) -> None:
    asked = client.challenge()

    with pytest.raises(CardRefused, match="signature_wrong") as refusal:
        client.open_session(asked.challenge, card.certificate, bytes(256))

    assert len(refusal.value.reference) == 8


def test_the_kiosk_hears_that_it_is_refused_itself(client: PortalClient, clock: MovableClock) -> None:
    client._terminal_id = "kiosk-99"

    with pytest.raises(TerminalRefused, match="terminal_unknown"):
        client.heartbeat(READER, PRINTER)


def test_an_unreachable_print_agent_is_a_state_the_portal_understands(client: PortalClient) -> None:
    offline: dict[str, object] = {
        "able": False, "state": "offline", "reasons": [], "order": None, "outcomes": [],
    }  # fmt: skip

    assert client.heartbeat({"state": "no_reader", "tries_left": None}, offline).open
