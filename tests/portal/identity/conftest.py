"""Fixtures of identity's tests."""

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
from tests.portal.identity.visitors import officer, visiting

__all__ = [
    "authority",
    "authority_keeps_our_time",
    "card",
    "card_key",
    "ground",
    "linked",
    "make_card",
    "officer",
    "responder",
    "visiting",
]
