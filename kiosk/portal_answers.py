"""What the portal's terminal API says, as values, and how its JSON becomes them. Pure: no network here."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kiosk.wire import (
    Table,
    Unreadable,
    items_of,
    list_of,
    table_of,
    text_of,
    text_or_none,
    whole_of,
    whole_or_none,
    yes_or_no,
)

OutcomeState = Literal["printed", "not_printed", "unknown"]


@dataclass(frozen=True, slots=True)
class CertificateKind:
    """One kind of paper as the portal announces it before any card is asked for."""

    kind: str
    name: str
    fee: int
    """yen for one copy"""
    available: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class OtherMachine:
    """Another terminal that can issue at this moment."""

    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Bulletin:
    """The portal's answer to a heartbeat: whom this terminal serves, what can be had, commands for the printer."""

    municipality: str
    open: bool
    reason: str | None
    hours: str
    certificates: tuple[CertificateKind, ...]
    commands: tuple[str, ...] = field(repr=False)
    elsewhere: tuple[OtherMachine, ...] = ()
    """told to a terminal that cannot print, the nearest first"""


@dataclass(frozen=True, slots=True)
class Challenge:
    """A fresh nonce the card is to sign, once."""

    challenge: str
    nonce: bytes
    origin: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Person:
    """A resident (住民) by an opaque reference and the name to show."""

    ref: str
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of the record that may be printed or left out, e.g. 続柄."""

    id: str
    name: str
    default: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """What this person may have of one kind of paper; `refusal` says why not."""

    kind: str
    name: str
    fee: int
    refusal: str | None
    scopes: tuple[str, ...]
    persons: tuple[Person, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class PortalSession:
    """A person known to the portal for a few minutes at this one terminal."""

    token: str = field(repr=False)
    person: Person
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class IssuanceRequest:
    """One paper asked for; `request` makes asking twice harmless."""

    request: str
    kind: str
    scope: str
    persons: tuple[str, ...]
    items: Mapping[str, bool]
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Issuance:
    """One issuance (交付) and how far the portal has come with it."""

    issuance: str
    state: str
    pages: int | None = None
    refusal: str | None = None
    fee: int | None = None
    """yen for all copies, fixed when it was asked for; None in the answer to the asking itself"""


@dataclass(frozen=True, slots=True)
class Released:
    """The signed print order and the document it orders."""

    ticket: str = field(repr=False)
    document: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the paper of one issuance."""

    state: OutcomeState
    sheets: int
    of: int
    detail: str


def read_bulletin(answer: Table) -> Bulletin:
    """The answer of `POST /v1/heartbeat`."""
    return Bulletin(
        municipality=text_of(table_of(answer["municipality"]), "name"),
        open=yes_or_no(answer, "open"),
        reason=text_or_none(answer, "reason"),
        hours=text_of(answer, "hours"),
        certificates=tuple(
            CertificateKind(
                kind=text_of(row, "kind"),
                name=text_of(row, "name"),
                fee=whole_of(row, "fee"),
                available=yes_or_no(row, "available"),
                reason=text_or_none(row, "reason"),
            )
            for row in items_of(answer, "certificates")
        ),
        commands=tuple(str(command) for command in list_of(answer, "commands")),
        elsewhere=tuple(
            OtherMachine(text_of(row, "name"), text_of(row, "place"))
            for row in (items_of(answer, "elsewhere") if "elsewhere" in answer else ())
        ),
    )


def read_challenge(answer: Table) -> Challenge:
    """The answer of `POST /v1/challenges`."""
    return Challenge(
        challenge=text_of(answer, "challenge"),
        nonce=_bytes(text_of(answer, "nonce")),
        origin=text_of(answer, "origin"),
        purpose=text_of(answer, "purpose"),
    )


def read_session(answer: Table) -> PortalSession:
    """The answer of `POST /v1/sessions`."""
    return PortalSession(
        token=text_of(answer, "session"),
        person=_person(table_of(answer["person"])),
        offers=tuple(_offer(row) for row in items_of(answer, "offers")),
    )


def _offer(row: Table) -> Offer:
    return Offer(
        kind=text_of(row, "kind"),
        name=text_of(row, "name"),
        fee=whole_of(row, "fee"),
        refusal=text_or_none(row, "refusal"),
        scopes=tuple(str(scope) for scope in list_of(row, "scopes")),
        persons=tuple(_person(person) for person in items_of(row, "persons")),
        items=tuple(
            Item(id=text_of(item, "id"), name=text_of(item, "name"), default=yes_or_no(item, "default"))
            for item in items_of(row, "items")
        ),
    )


def _person(row: Table) -> Person:
    return Person(ref=text_of(row, "ref"), name=text_of(row, "name"))


def read_issuance(answer: Table) -> Issuance:
    """The answer of `POST /v1/issuances` and of `GET /v1/issuances/<id>`."""
    return Issuance(
        issuance=text_of(answer, "issuance"),
        state=text_of(answer, "state"),
        pages=whole_or_none(answer, "pages"),
        refusal=text_or_none(answer, "refusal"),
        fee=whole_or_none(answer, "fee"),
    )


def read_picture(answer: Table) -> bytes:
    """The answer of `GET /v1/issuances/<id>/pages/<n>`."""
    return _bytes(text_of(answer, "picture"))


def read_released(answer: Table) -> Released:
    """The answer of `POST /v1/issuances/<id>/release`."""
    return Released(ticket=text_of(answer, "ticket"), document=_bytes(text_of(answer, "document")))


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("not base64") from None
