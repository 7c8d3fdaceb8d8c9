"""The links desk under test: an officer of the counter, an authority, and cards on the officer's reader."""

import base64
from dataclasses import dataclass
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from portal import database
from portal.ground import Ground
from portal.identity import LinkedCard, Role, StopReason, cards_of, payload, stop_certificate
from portal.identity.card.payload import nonce_digest
from tests.portal.identity.cards import (
    Card,
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
from tests.portal.staff.conftest import SitDown
from tests.portal.staff.desk import Desk
from tests.portal.staff.town import settle_family

__all__ = [
    "authority",
    "authority_keeps_our_time",
    "card",
    "card_key",
    "ground",
    "linked",
    "make_card",
    "responder",
]

ORIGIN = "https://staff.test"


@dataclass
class Reader:
    """The officer's browser with the bridge and a reader beside it."""

    desk: Desk

    def answer(
        self, card: Card, resident: UUID, *, origin: str = ORIGIN, purpose: str | None = None, **more: str
    ) -> dict[str, str]:
        """The form as the page's script would send it."""
        asked = self.desk.post(f"/cards/{resident}/challenge", page=f"/cards/{resident}")
        assert asked.status_code == 201, asked.text
        begun = asked.get_json()
        digest = nonce_digest(base64.b64decode(begun["nonce"]))
        signed = card.sign(payload(origin=origin, nonce_sha256=digest, purpose=purpose or begun["purpose"]))
        return {
            "challenge": begun["challenge"],
            "certificate": base64.b64encode(card.certificate).decode(),
            "signature": base64.b64encode(signed).decode(),
            **more,
        }

    def send(self, answer: dict[str, str], resident: UUID) -> TestResponse:
        return self.desk.post(f"/cards/{resident}/link", answer, page=f"/cards/{resident}")

    def link(self, card: Card, resident: UUID, **more: str) -> TestResponse:
        """The whole dance of an honest card."""
        return self.send(self.answer(card, resident, **more), resident)


@pytest.fixture
def desk(sit_down: SitDown) -> Desk:
    return sit_down("ito", Role.DESK, name="伊藤 葵")


@pytest.fixture
def reader(desk: Desk) -> Reader:
    return Reader(desk)


@pytest.fixture
def family(ground: Ground) -> list[UUID]:
    """本間さくら and her children; none of them has a card here."""
    return settle_family(ground)


def cards(ground: Ground, resident: UUID) -> tuple[LinkedCard, ...]:
    with database.transaction(ground.engine) as connection:
        return cards_of(connection, ground, resident)


def stop(ground: Ground, link_id: UUID) -> None:
    with database.transaction(ground.engine) as connection:
        stop_certificate(connection, link_id, StopReason.LOST, actor=TESTER, now=ground.clock.now())
