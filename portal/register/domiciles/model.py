"""A family register with its 附票, as values."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from portal.register.model import Sex


@dataclass(frozen=True, repr=False)
class DomicileEntry:
    """One address of a person, and 住所を定めた年月日 where it is known."""

    address: str
    since: date | None


@dataclass(frozen=True, repr=False)
class UsageRegistration:
    """利用登録: leave to have papers of a 本籍 that is not where one lives at a kiosk. Works once it is completed."""

    asked_on: date
    completed_on: date | None


@dataclass(frozen=True, repr=False, kw_only=True)
class MemberEntry:
    """A person as the 附票 holds them, addresses oldest first. `birth_date` is written as in a resident's record.

    `protected` is the 支援措置 another municipality has told; that of a resident here is in their own record.
    """

    resident_id: UUID | None
    name: str
    birth_date: str
    sex: Sex | None
    protected: bool
    usage: UsageRegistration | None
    entries: tuple[DomicileEntry, ...]


@dataclass(frozen=True, repr=False, kw_only=True)
class FamilyMember(MemberEntry):
    """A person of a family register, with what their record here says about them now.

    `ref` is the id of their record, or one of their own if they have none. `stopped`: no paper may name them, by
    支援措置 or a hold; the reason is not told. It does not end when they move away.
    """

    ref: UUID
    lives_here: bool
    stopped: bool


@dataclass(frozen=True, repr=False)
class FamilyRegister:
    """A family register (戸籍) of this municipality: 本籍, 筆頭者, and everybody in it now, in its order."""

    number: str
    domicile: str
    family_head: str
    version: int
    members: tuple[FamilyMember, ...]
