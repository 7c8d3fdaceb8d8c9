"""A browser with a card reader beside it: what the page's script would send once the card has answered."""

import base64
from dataclasses import dataclass

from portal.identity import payload
from portal.identity.card.payload import nonce_digest
from tests.portal.identity.cards import Card
from tests.portal.resident.browser import ORIGIN, Browser, hidden_fields


@dataclass
class Reader:
    """A browser with a card reader beside it."""

    browser: Browser

    def answer(
        self, card: Card, *, origin: str = ORIGIN, to: str = "", page: str = "/login", asked_at: str | None = None
    ) -> dict[str, str]:
        """The form of this page (with a challenge of the page `asked_at`), filled in."""
        fields = hidden_fields(self.browser.get(f"{page}?to={to}"))
        challenge = f"{asked_at or page}/challenge"
        asked = self.browser.post(challenge, {"csrf_token": fields["csrf_token"]})
        assert asked.status_code == 201
        begun = asked.get_json()
        nonce = base64.b64decode(begun["nonce"])
        signed = card.sign(payload(origin=origin, nonce_sha256=nonce_digest(nonce), purpose=begun["purpose"]))
        return {
            "csrf_token": fields["csrf_token"],
            "to": to,
            "challenge": begun["challenge"],
            "certificate": base64.b64encode(card.certificate).decode(),
            "signature": base64.b64encode(signed).decode(),
        }

    def cookie(self) -> str:
        """The session's token."""
        found = self.browser.client.get_cookie("__Host-resident", domain="resident.test")
        assert found is not None
        return found.value
