"""What a certificate is made of, as values. What the law wants on the sheet is a field that cannot be left out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from portal.register import ResidentRecord


class Scope(StrEnum):
    """Whom the applicant asks about: only themselves, or persons of their household."""

    SELF = "self"
    HOUSEHOLD = "household"


class Extent(StrEnum):
    """What the sheets hold of the household; it decides the certifying sentence (認証文)."""

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
class Subject:
    """What is certified: the persons in the order of the register, their head (世帯主), the items asked for."""

    persons: tuple[ResidentRecord, ...]
    head: ResidentRecord | None
    extent: Extent
    items: frozenset[str]


@dataclass(frozen=True, repr=False)
class Seal:
    """公印: the picture of the municipality's seal (SVG)."""

    picture: bytes


@dataclass(frozen=True, repr=False)
class Issue:
    """The act of issuing: number, day on the server's calendar, office and name of the mayor, seal.

    No part has a default: without seal, mayor or date there is no certificate (incident of Okayama, 2023-07).
    """

    number: str
    day: date
    office: str
    officer: str
    seal: Seal


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


@dataclass(frozen=True)
class Layout:
    """Finished content of a kind: `values` is a frozen dataclass whose every text is printed, `sheets` its length."""

    values: object
    sheets: int


@dataclass(frozen=True)
class Kind:
    """A kind of certificate. Everything particular to it lives in its own folder under `kinds`."""

    id: str
    name: str
    fee: str
    scopes: tuple[Scope, ...]
    items: Callable[[tuple[ResidentRecord, ...]], tuple[Item, ...]]
    compose: Callable[[Subject], Layout]
    folder: Path

    def chosen(self, persons: tuple[ResidentRecord, ...], wishes: Mapping[str, bool]) -> frozenset[str]:
        """The items to print: the wish where there is one, else the law's default. Raises KeyError if not offered."""
        offered = {item.id: item.default for item in self.items(persons)}
        unknown = [wish for wish, wanted in wishes.items() if wanted and wish not in offered]
        if unknown:
            raise KeyError(unknown[0])
        return frozenset(item for item, default in offered.items() if wishes.get(item, default))
