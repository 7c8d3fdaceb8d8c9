"""Residents at their browsers, over a loaded municipality and compiled catalogues."""

from collections.abc import Callable
from uuid import UUID

import flask
import pytest
from flask.testing import FlaskClient

from portal.ground import Ground
from portal.identity.login import sessions
from portal.municipality import Municipality
from portal.resident import create_app
from tests.portal.filings.conftest import Family, city, family
from tests.portal.identity.cards import (
    authority,
    authority_keeps_our_time,
    card,
    card_key,
    ground,
    linked,
    make_card,
    responder,
)
from tests.portal.identity.visitors import officer
from tests.portal.resident.browser import Browser
from tests.portal.resident.catalogues import compile_catalogues
from tests.portal.resident.guests import another_guest, guest, sign
from tests.portal.resident.reading import Reader

__all__ = [
    "another_guest",
    "authority",
    "authority_keeps_our_time",
    "card",
    "card_key",
    "city",
    "family",
    "ground",
    "guest",
    "linked",
    "make_card",
    "officer",
    "responder",
    "sign",
]

Browse = Callable[[Callable[[Ground], flask.Flask], str], FlaskClient]
LogIn = Callable[[UUID], Browser]


@pytest.fixture(scope="session", autouse=True)
def catalogues() -> None:
    """Every language as it will be shipped."""
    compile_catalogues()


@pytest.fixture
def visitor(ground: Ground, browse: Browse, city: Municipality) -> Browser:
    """A browser in which nobody has logged in."""
    return Browser(browse(create_app, ground.settings.origins.resident))


@pytest.fixture
def reader(visitor: Browser) -> Reader:
    """A browser in which nobody has logged in, and a reader."""
    return Reader(visitor)


@pytest.fixture
def log_in(ground: Ground, browse: Browse, city: Municipality) -> LogIn:
    """Logs a resident in, past the card: `browser = log_in(resident_id)`."""

    def logged_in(resident_id: UUID) -> Browser:
        browser = Browser(browse(create_app, ground.settings.origins.resident), resident_id)
        with ground.engine.begin() as connection:
            data = {"resident": str(resident_id)}
            token = sessions.create(connection, face="resident", data=data, now=ground.clock.now())
        browser.client.set_cookie("__Host-resident", token, domain="resident.test", secure=True)
        return browser

    return logged_in


@pytest.fixture
def home(log_in: LogIn, family: Family) -> Browser:
    """The head of the family of four, logged in."""
    return log_in(family.head)
