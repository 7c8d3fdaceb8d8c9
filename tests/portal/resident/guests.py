"""Visitors of the residents' face: browsers in which a card that nobody linked has logged in."""

from collections.abc import Callable
from datetime import datetime

import flask
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.ground import Ground
from portal.identity import FourItems
from portal.resident import create_app
from tests.portal.identity.cards import Card, MakeCard
from tests.portal.identity.visitors import (
    HANAKO,
    signing_card,
)
from tests.portal.resident.browser import Browser
from tests.portal.resident.reading import Reader
from tests.world.jpki import Authority

Sign = Callable[..., Card]
Browse = Callable[[Callable[[Ground], flask.Flask], str], FlaskClient]


@pytest.fixture
def sign(make_card: MakeCard, authority: Authority) -> Sign:
    """Makes the 署名用 half of a card: `sign()`, `sign(items)`, `sign(not_after=…)`."""

    def made(items: FourItems = HANAKO, **dates: datetime) -> Card:
        return signing_card(make_card, authority, items, **dates)

    return made


@pytest.fixture
def guest(reader: Reader, card: Card) -> Reader:
    """A visitor: a browser in which a good card without a link has logged in."""
    led = reader.browser.post("/login", reader.answer(card))
    assert led.location == "/visitor"
    return reader


def identify(guest: Reader, signing: Card, **how: str) -> TestResponse:
    return guest.browser.post("/visitor/identify", guest.answer(signing, page="/visitor", **how))


def apply(guest: Reader, signing: Card) -> TestResponse:
    """Identify and confirm; where that leads."""
    assert identify(guest, signing).location == "/visitor/check"
    return guest.browser.fill_in("/visitor/check")


@pytest.fixture
def another_guest(ground: Ground, browse: Browse, make_card: MakeCard) -> Reader:
    """A visitor at another browser."""
    other = Reader(Browser(browse(create_app, ground.settings.origins.resident)))
    other.browser.post("/login", other.answer(make_card()))
    return other
