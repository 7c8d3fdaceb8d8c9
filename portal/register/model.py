"""The record of a resident and of a household as values, and the vocabularies they use."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class UnknownResident(Exception):
    """Raised when no resident has the id (or the 宛名番号) asked for."""


class ResidentStatus(StrEnum):
    """Where a person stands: 住民, 転出予定者, 消除された者, 死亡した者."""

    RESIDENT = "resident"
    PLANNED_DEPARTURE = "planned_departure"
    REMOVED = "removed"
    DECEASED = "deceased"


# 転出予定者 stay residents until 消除.
LIVING_HERE = (ResidentStatus.RESIDENT, ResidentStatus.PLANNED_DEPARTURE)


class Sex(StrEnum):
    """性別 as registered. A record without one holds None."""

    MALE = "male"
    FEMALE = "female"


class ChangeReason(StrEnum):
    """Why a record came to be or changed (異動事由)."""

    IMPORT = "import"
    MOVING_OUT = "moving_out"
    MOVING_OUT_CANCELLED = "moving_out_cancelled"
    REMOVAL = "removal"
    CORRECTION = "correction"


class HoldReason(StrEnum):
    """Why issuance is stopped (発行停止): a filing, a change under way in 既存住基, an officer."""

    FILING = "filing"
    IMPORT = "import"
    OFFICER = "officer"


class IssueBlock(StrEnum):
    """Why no paper may be issued. The exact reason is for staff; a screen gets `public_code` only."""

    DECEASED = "deceased"
    REMOVED = "removed"
    PLANNED_DEPARTURE = "planned_departure"
    PROTECTED = "protected"
    IN_PROGRESS = "in_progress"
    HOLD = "hold"

    @property
    def public_code(self) -> str:
        """The word a screen may know. 支援措置 reads like any change under way: an abuser may hold card and PIN."""
        return _PUBLIC_CODES[self]


_PUBLIC_CODES = {
    IssueBlock.DECEASED: "deceased",
    IssueBlock.REMOVED: "moved_out",
    IssueBlock.PLANNED_DEPARTURE: "moving",
    IssueBlock.PROTECTED: "in_progress",
    IssueBlock.IN_PROGRESS: "in_progress",
    IssueBlock.HOLD: "in_progress",
}


@dataclass(frozen=True, repr=False, kw_only=True)
class ResidentRecord:
    """The present state of one resident (住民基本台帳法7条, 30条の45). Texts keep their exact code points.

    `number` is the 宛名番号. `birth_date` is `YYYY-MM-DD`, or `YYYY-MM` or `YYYY` where no more is registered.
    `became_resident_on` is the 外国人住民となった年月日 of foreigners, `ended_on` the day of 消除 or of death.
    """

    id: UUID
    household_id: UUID
    number: str
    version: int
    status: ResidentStatus
    name: str
    reading: str | None
    reading_registered: bool
    former_surname: str | None
    common_name: str | None
    birth_date: str
    sex: Sex | None
    relationship: str
    is_head: bool
    address: str
    became_resident_on: date | None
    address_since: date | None
    notified_on: date | None
    previous_address: str | None
    domicile: str | None
    family_head: str | None
    foreign: bool
    nationality: str | None
    residence_status: str | None
    period_of_stay: str | None
    stay_expires_on: date | None
    residence_card_number: str | None
    planned_departure_on: date | None
    destination: str | None
    ended_on: date | None


@dataclass(frozen=True, repr=False, kw_only=True)
class HouseholdRecord:
    """A household (世帯) and those who live in it now, head first, then by age.

    Removed and deceased persons are in no household's list. `head` is None while nobody has followed a head (世帯主)
    who has gone.
    """

    id: UUID
    number: str
    address: str
    head: ResidentRecord | None
    members: tuple[ResidentRecord, ...]
