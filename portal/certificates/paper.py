"""What a certificate is made of, as values. What the law wants on the sheet is a field that cannot be left out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from portal.audit import Actor
from portal.certificates.tables import RefusalCode
from portal.keys import FieldCipher
from portal.municipality import Municipality
from portal.register import IssueBlock, ResidentRecord


class Place(StrEnum):
    """Where a certificate is issued: by the resident at a kiosk, or by an officer at the counter (窓口)."""

    KIOSK = "kiosk"
    COUNTER = "counter"


class Hours(StrEnum):
    """When a kind is issued: whenever kiosks serve, or only while the office (役所) is open as well."""

    KIOSK = "kiosk"
    OFFICE = "office"


class Among(StrEnum):
    """Who may stand on a certificate: the applicant alone, their household, or everybody in their 戸籍."""

    APPLICANT = "applicant"
    HOUSEHOLD = "household"
    FAMILY_REGISTER = "family_register"


class Scope(StrEnum):
    """Whom the applicant asks about: only themselves, persons of their household, or persons of their 戸籍."""

    SELF = "self"
    HOUSEHOLD = "household"
    FAMILY = "family"


class Extent(StrEnum):
    """What the sheets hold of the household (or 戸籍); it decides the certifying sentence (認証文)."""

    PERSON = "person"
    PART = "part"
    WHOLE = "whole"


@dataclass(frozen=True)
class Item:
    """An item the law leaves out unless asked for. `default` is what the law does without a choice."""

    id: str
    name: str
    default: bool


@dataclass(frozen=True, repr=False)
class Member:
    """Somebody who may stand on a certificate, as the rule of entitlement and the choice on the screen know them."""

    ref: UUID
    name: str
    birth_date: str | None
    block: IssueBlock | None


@dataclass(frozen=True, repr=False)
class Data:
    """What a kind has read besides the household. `record` is the kind's own; None where there is nothing.

    `versions` name the state of everything read and are compared again at release. `members` are those who may stand
    on a kind of `Among.FAMILY_REGISTER`.
    """

    record: object = None
    versions: Mapping[str, int] = field(default_factory=dict)
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, repr=False)
class Source:
    """Where a kind reads its data: for whom, in which transaction, why. `audit_to` takes the audit's events.

    At release the applicant's row is locked already, so what hangs on it cannot change until the transaction ends.
    """

    connection: sa.Connection
    fields: FieldCipher
    resident_id: UUID
    municipality: Municipality
    reader: Actor
    why: str
    now: datetime
    audit_to: sa.Connection


@dataclass(frozen=True, repr=False)
class Facts:
    """What a kind's own rule looks at. `own` is the applicant's record, `today` the day on the server's calendar."""

    own: ResidentRecord
    data: Data
    municipality: Municipality
    today: date


def nothing(_source: Source) -> Data:
    """For kinds that need no more than the household."""
    return Data()


def no_rule(_facts: Facts) -> RefusalCode | None:
    """For kinds without a rule of their own."""
    return None


def no_items(_persons: tuple[ResidentRecord, ...]) -> "tuple[Item, ...]":
    """For kinds that always show the same."""
    return ()


@dataclass(frozen=True, repr=False)
class Subject:
    """What is certified: the persons in the order of the register, their head (世帯主), the items asked for.

    `persons` are those on the paper who have a record here and belong to the applicant's household; `wanted` is
    everybody on it. `data` is what the kind has read.
    """

    persons: tuple[ResidentRecord, ...]
    head: ResidentRecord | None
    extent: Extent
    items: frozenset[str]
    wanted: frozenset[UUID] = frozenset()
    data: Data = field(default_factory=Data)


@dataclass(frozen=True, repr=False)
class Seal:
    """公印: the picture of the municipality's seal (SVG)."""

    picture: bytes


@dataclass(frozen=True, repr=False)
class Issue:
    """The act of issuing: number, day on the server's calendar, office and name of the mayor, seal.

    `municipality_code` is the 全国地方公共団体コード, `verify_address` the one address where a sheet can be checked.
    No part has a default: without seal, mayor or date there is no certificate (incident of Okayama, 2023-07).
    """

    number: str
    day: date
    office: str
    officer: str
    seal: Seal
    municipality_code: str
    verify_address: str


def labelled(label: str) -> str:
    """A text field of a sheet's values, with the label people know it by (項目名)."""
    text: str = field(metadata={"label": label})
    return text


@dataclass(frozen=True, repr=False)
class Entry:
    """A label that differs from person to person, and what the sheet says beside it."""

    label: str
    value: str


@dataclass(frozen=True, repr=False)
class Picture:
    """A picture among the values of a sheet, such as 印影: PNG, black on white, one bit a pixel."""

    png: bytes


@dataclass(frozen=True, repr=False)
class Sheet:
    """One sheet: `form` names the page type of its kind, `values` is a tree of frozen dataclasses and tuples.

    Every leaf is a text or a Picture; each is set in a place of its own on the form.
    """

    form: str
    values: object


@dataclass(frozen=True, repr=False)
class Layout:
    """Finished content of a certificate: its sheets in order."""

    sheets: tuple[Sheet, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of certificate. Everything particular to it lives in its own folder under `kinds`.

    `forms` are its page types: values of the shape each has, of which only the shape counts.
    `fee` names its entry in the municipality's file; without one the kind is not issued there. `data` reads what it
    needs besides the household, `refuse` is its own rule over that, pure and asked twice (at the door, at release).
    `never_under_15`: not even where the municipality lets younger persons use a kiosk.
    """

    id: str
    name: str
    fee: str
    scopes: tuple[Scope, ...]
    items: Callable[[tuple[ResidentRecord, ...]], tuple[Item, ...]]
    compose: Callable[[Subject], Layout]
    folder: Path
    forms: Mapping[str, object]
    places: frozenset[Place] = frozenset({Place.KIOSK, Place.COUNTER})
    hours: Hours = Hours.KIOSK
    among: Among = Among.HOUSEHOLD
    never_under_15: bool = False
    data: Callable[[Source], Data] = nothing
    refuse: Callable[[Facts], RefusalCode | None] = no_rule

    def chosen(self, persons: tuple[ResidentRecord, ...], wishes: Mapping[str, bool]) -> frozenset[str]:
        """The items to print: the wish where there is one, else the law's default. Raises KeyError if not offered."""
        offered = {item.id: item.default for item in self.items(persons)}
        unknown = [wish for wish, wanted in wishes.items() if wanted and wish not in offered]
        if unknown:
            raise KeyError(unknown[0])
        return frozenset(item for item, default in offered.items() if wishes.get(item, default))
