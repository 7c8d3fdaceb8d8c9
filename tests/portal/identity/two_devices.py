"""A browser that waits on one machine, and a bridge with a card on another."""

from dataclasses import dataclass
from uuid import UUID

from portal import database
from portal.ground import Ground
from portal.identity import (
    Authenticated,
    DeviceLogin,
    DeviceQuestion,
    VisitingCard,
    answer_device_login,
    begin_device_login,
    claim_device_login,
    device_standing,
    enter_device_login,
    payload,
)
from portal.identity.card.payload import nonce_digest
from tests.portal.identity.cards import Card

WAITING = "session-of-the-waiting-browser"
ORIGIN = "https://resident.test"


@dataclass(frozen=True)
class TwoDevices:
    """The waiting browser here, the bridge there."""

    ground: Ground

    def begin(self, asker: str = WAITING) -> DeviceLogin:
        with database.transaction(self.ground.engine) as connection:
            return begin_device_login(connection, asker=asker, now=self.ground.clock.now())

    def claim(self, begun: DeviceLogin) -> DeviceQuestion:
        return claim_device_login(self.ground, token=begun.token, address=None, now=self.ground.clock.now())

    def answer(
        self, begun: DeviceLogin, question: DeviceQuestion, card: Card, *, signed: str = ORIGIN, told: str = ORIGIN
    ) -> None:
        asked = question.challenge
        answer_device_login(
            self.ground,
            token=begun.token,
            challenge_id=asked.id,
            certificate=card.certificate,
            signature=card.sign(
                payload(origin=signed, nonce_sha256=nonce_digest(asked.nonce), purpose=asked.purpose)
            ),
            origin=told,
            address=None,
            now=self.ground.clock.now(),
        )

    def standing(self, begun: DeviceLogin, asker: str = WAITING) -> tuple[bool, bool]:
        with database.transaction(self.ground.engine) as connection:
            found = device_standing(connection, login=begun.login, asker=asker, now=self.ground.clock.now())
        return found.claimed, found.judged

    def enter(self, begun: DeviceLogin, asker: str = WAITING) -> Authenticated | VisitingCard:
        return enter_device_login(self.ground, login=begun.login, asker=asker, now=self.ground.clock.now())

    def resident(self, begun: DeviceLogin) -> UUID | None:
        """Whom the waiting browser goes in as; None when the card is nobody's."""
        known = self.enter(begun)
        return known.resident_id if isinstance(known, Authenticated) else None
