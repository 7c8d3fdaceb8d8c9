"""What the generator makes: rows of the import's files, and the cards that belong to the people."""

from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum

from portal.register.numbers import check_digit


class CardState(StrEnum):
    """What is the matter with a card."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    ON_HOLD = "on_hold"
    UNLINKED = "unlinked"
    BLOCKED = "blocked"


@dataclass
class Household:
    """A row of households.csv."""

    household_number: str
    postal_code: str
    address: str


@dataclass(kw_only=True)
class Person:
    """A row of residents.csv. The numbers are made from the 宛名番号, in ranges that no one has."""

    resident_number: str
    household_number: str
    status: str = "resident"
    valid_from: date | None = None
    name: str
    reading: str = ""
    reading_registered: bool = True
    former_surname: str = ""
    common_name: str = ""
    birth_date: date
    sex: str
    relationship: str
    is_head: bool = False
    address: str
    became_resident_on: date
    address_since: date | None = None
    notified_on: date
    previous_address: str = ""
    domicile: str = ""
    family_head: str = ""
    nationality: str = ""
    residence_status: str = ""
    period_of_stay: str = ""
    stay_expires_on: date | None = None
    residence_card_number: str = ""
    planned_departure_on: date | None = None
    destination: str = ""
    ended_on: date | None = None
    change_in_progress: bool = False
    individual_number: str = field(init=False)
    resident_code: str = field(init=False)

    def __post_init__(self) -> None:
        eleven = f"99{self.resident_number}"
        self.individual_number = eleven + check_digit(eleven)
        self.resident_code = f"00{self.resident_number}"


@dataclass
class Seal:
    """A row of seals.csv."""

    resident_number: str
    seal_number: str
    registered_on: date
    cancelled_on: date | None
    picture: str


@dataclass(kw_only=True)
class Tax:
    """A row of tax.csv."""

    resident_number: str
    fiscal_year: int
    filed_on: date
    salary_revenue_yen: int = 0
    salary_income_yen: int = 0
    pension_income_yen: int = 0
    business_income_yen: int = 0
    other_income_yen: int = 0
    income_yen: int = 0
    social_insurance_yen: int = 0
    family_deductions_yen: int = 0
    basic_deduction_yen: int = 0
    other_deductions_yen: int = 0
    deductions_yen: int = 0
    taxable_yen: int = 0
    municipal_levy_yen: int = 0
    municipal_flat_yen: int = 0
    prefectural_levy_yen: int = 0
    prefectural_flat_yen: int = 0
    forest_tax_yen: int = 0
    unpaid_yen: int = 0


@dataclass
class FamilyRegister:
    """A row of family_registers.csv (戸籍の附票)."""

    register_number: str
    domicile: str
    family_head: str


@dataclass
class FamilyMember:
    """A row of family_members.csv. Without a resident number: somebody who lives elsewhere."""

    register_number: str
    place: int
    resident_number: str
    name: str
    birth_date: date
    sex: str
    protected: bool = False
    usage_asked_on: date | None = None
    usage_completed_on: date | None = None


@dataclass
class DomicileEntry:
    """A row of domicile.csv: one address of a member."""

    register_number: str
    place: int
    sequence: int
    address: str
    since: date | None


@dataclass
class Protection:
    """A row of protections.csv."""

    resident_number: str
    starts_on: date
    ends_on: date


@dataclass
class Card:
    """A row of cards.csv, which is for the world only: the portal never reads it."""

    resident_number: str
    card_id: str
    label: str
    pin: str
    state: CardState


@dataclass
class City:
    """Everybody and everything."""

    households: list[Household] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    seals: list[Seal] = field(default_factory=list)
    taxes: list[Tax] = field(default_factory=list)
    family_registers: list[FamilyRegister] = field(default_factory=list)
    family_members: list[FamilyMember] = field(default_factory=list)
    domicile_entries: list[DomicileEntry] = field(default_factory=list)
    protections: list[Protection] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)


def columns(row: type) -> list[str]:
    """The header row for rows of this kind."""
    return [item.name for item in fields(row)]
