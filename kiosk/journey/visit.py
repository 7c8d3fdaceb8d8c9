"""Everything the kiosk knows about one resident's visit. It lives in memory only, and is dropped as one piece."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from kiosk.payment.nexo import Means
from kiosk.portal_answers import Issuance, Offer, Person, PortalSession


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit; an empty one is what a wipe leaves."""

    kind: str | None = None
    kind_name: str = ""
    """as the portal names it; outlives its session for the receipt"""
    presence: int | None = None
    """the reader's counter when this resident's card came, and once it was taken, when it went"""
    tries_left: int | None = None
    digits: int = 0
    pin_was_wrong: bool = False
    pin_too_short: bool = False
    portal: PortalSession | None = field(default=None, repr=False)
    scope: str | None = None
    items: frozenset[str] = frozenset()
    request: str | None = None
    issuance: Issuance | None = None
    means: Means | None = None
    """how the resident is paying, or has paid"""
    inserted: int = 0
    """yen put in so far"""
    silent: bool = False
    """the payment device does not answer, and is being asked what it has done"""
    cancelling: bool = False
    problem: str | None = None
    """why the last try to pay came to nothing"""
    paid: bool = False
    released: bool = False
    sheets: int = 0
    of: int = 0
    printer: str | None = None
    """what holds the printer up in the middle of this order, if anything"""
    printer_seconds: int | None = None
    """how long it is waited for that to be put right"""

    @property
    def offer(self) -> Offer | None:
        """What this person may have of the chosen kind."""
        if self.portal is None:
            return None
        return next((offer for offer in self.portal.offers if offer.kind == self.kind), None)

    @property
    def choice(self) -> bool:
        """Whether there is anything to choose about the paper: whom it is about, or what stands on it."""
        offer = self.offer
        return offer is None or offer.refusal is not None or len(offer.scopes) > 1 or bool(offer.items)

    @property
    def persons(self) -> tuple[Person, ...]:
        """Those who will be printed, in the order the portal names them."""
        if self.portal is None or self.offer is None or self.scope is None:
            return ()
        return (self.portal.person,) if self.scope == "self" else self.offer.persons

    @property
    def order(self) -> str:
        """The id of the print order, which is that of the issuance; empty before there is one."""
        return "" if self.issuance is None else self.issuance.issuance


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a journey ended early: one code, one page; `reference` is what the resident can tell the staff."""

    code: str
    reference: str
    wait_seconds: int | None = None
    """how long those who wait already will take"""
    paid: bool = False
    """money was asked for: the page says that it comes back"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """領収書 of a paper that came out. Says nothing of who paid."""

    number: str
    day: date
    yen: int
    means: Means
    kind: str
    kind_name: str


@dataclass(frozen=True, slots=True)
class Preferences:
    """How this resident wants the screen; back to the usual at the end of each session."""

    language: str = "ja"
    contrast: str = "normal"


NOTHING = Visit()
USUAL = Preferences()
