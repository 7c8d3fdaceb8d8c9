"""The files and columns of an import, and what one value of each may be."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date

from portal.register.characters import CharacterRefused, as_registered
from portal.register.importing.pictures import is_seal_picture
from portal.register.importing.report import RefusalCode
from portal.register.model import ResidentStatus, Sex
from portal.register.numbers import is_individual_number, is_resident_code
from portal.register.taxes import TaxAssessment

Value = str | bool | int | date | bytes | None

_LONGEST_TEXT = 500
_LONGEST_PICTURE = 40_000


class ValueRefused(Exception):
    """Raised when a value cannot be what its column holds. Carries the code and code points, never the value."""

    def __init__(self, code: RefusalCode, code_points: str = "") -> None:
        super().__init__(code.value)
        self.code = code
        self.code_points = code_points


@dataclass(frozen=True)
class Column:
    """One column: its name in the header row, how its text is understood, whether it may be empty."""

    name: str
    understand: Callable[[str], Value]
    required: bool = False
    longest: int = _LONGEST_TEXT

    def value(self, raw: str) -> Value:
        """What the raw text means; an empty text is None. Raises ValueRefused."""
        if not raw:
            if self.required:
                raise ValueRefused(RefusalCode.REQUIRED)
            return None
        return self.understand(registrable(raw, self.longest))


@dataclass(frozen=True)
class File:
    """One file of the folder. A file that is not required may be left out: what it would bring stays as it is."""

    name: str
    columns: tuple[Column, ...]
    required: bool = False


def registrable(text: str, longest: int = _LONGEST_TEXT) -> str:
    """`text` as the register holds it; refuses what no registered text can hold. Raises ValueRefused."""
    if len(text) > longest:
        raise ValueRefused(RefusalCode.TOO_LONG)
    if text != text.strip():
        space = text[0] if text[0].isspace() else text[-1]
        raise ValueRefused(RefusalCode.SURROUNDING_SPACE, f"U+{ord(space):04X}")
    try:
        return as_registered(text)
    except CharacterRefused as refused:
        raise ValueRefused(RefusalCode(refused.fault.value), refused.code_points) from refused


def _text(raw: str) -> str:
    return raw


def _number(raw: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z-]{1,20}", raw):
        raise ValueRefused(RefusalCode.BAD_NUMBER)
    return raw


def _postal_code(raw: str) -> str:
    if not re.fullmatch("[0-9]{7}", raw):
        raise ValueRefused(RefusalCode.BAD_NUMBER)
    return raw


def _individual_number(raw: str) -> str:
    if not re.fullmatch("[0-9]{12}", raw):
        raise ValueRefused(RefusalCode.BAD_NUMBER)
    if not is_individual_number(raw):
        raise ValueRefused(RefusalCode.BAD_CHECK_DIGIT)
    return raw


def _resident_code(raw: str) -> str:
    if not is_resident_code(raw):
        raise ValueRefused(RefusalCode.BAD_NUMBER)
    return raw


def _day(raw: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", raw):
        raise ValueRefused(RefusalCode.BAD_DATE)
    try:
        return date.fromisoformat(raw)
    except ValueError as error:
        raise ValueRefused(RefusalCode.BAD_DATE) from error


def _birth_date(raw: str) -> str:
    """A day, or a month or year where no more is registered; kept as text."""
    if re.fullmatch("[0-9]{4}", raw):
        _day(f"{raw}-01-01")
    elif re.fullmatch("[0-9]{4}-[0-9]{2}", raw):
        _day(f"{raw}-01")
    else:
        _day(raw)
    return raw


def _flag(raw: str) -> bool:
    if raw not in {"0", "1"}:
        raise ValueRefused(RefusalCode.BAD_CHOICE)
    return raw == "1"


def _whole_number(raw: str) -> int:
    if not re.fullmatch("[0-9]{1,12}", raw):
        raise ValueRefused(RefusalCode.BAD_AMOUNT)
    return int(raw)


def _small_number(raw: str) -> int:
    if not re.fullmatch("[0-9]{1,4}", raw):
        raise ValueRefused(RefusalCode.BAD_NUMBER)
    return int(raw)


def _picture(raw: str) -> bytes:
    try:
        png = base64.b64decode(raw, validate=True)
    except ValueError as error:
        raise ValueRefused(RefusalCode.BAD_PICTURE) from error
    if not is_seal_picture(png):
        raise ValueRefused(RefusalCode.BAD_PICTURE)
    return png


def _status(raw: str) -> str:
    if raw not in set(ResidentStatus):
        raise ValueRefused(RefusalCode.BAD_CHOICE)
    return ResidentStatus(raw)


def _sex(raw: str) -> str:
    if raw not in set(Sex):
        raise ValueRefused(RefusalCode.BAD_CHOICE)
    return Sex(raw)


# Amounts of an assessment, in yen; their meaning: `taxes.TaxAssessment`.
_AMOUNTS = tuple(field.name for field in fields(TaxAssessment) if field.name.endswith("_yen"))
HOUSEHOLDS = File(
    "households.csv",
    (
        Column("household_number", _number, required=True),
        Column("postal_code", _postal_code),
        Column("address", _text, required=True),
    ),
    required=True,
)
RESIDENTS = File(
    "residents.csv",
    (
        Column("resident_number", _number, required=True),
        Column("household_number", _number, required=True),
        Column("status", _status, required=True),
        Column("valid_from", _day),
        Column("name", _text, required=True),
        Column("reading", _text),
        Column("reading_registered", _flag, required=True),
        Column("former_surname", _text),
        Column("common_name", _text),
        Column("birth_date", _birth_date, required=True),
        Column("sex", _sex),
        Column("relationship", _text, required=True),
        Column("is_head", _flag, required=True),
        Column("address", _text, required=True),
        Column("became_resident_on", _day),
        Column("address_since", _day),
        Column("notified_on", _day),
        Column("previous_address", _text),
        Column("domicile", _text),
        Column("family_head", _text),
        Column("nationality", _text),
        Column("residence_status", _text),
        Column("period_of_stay", _text),
        Column("stay_expires_on", _day),
        Column("residence_card_number", _text),
        Column("planned_departure_on", _day),
        Column("destination", _text),
        Column("ended_on", _day),
        Column("change_in_progress", _flag, required=True),
        Column("individual_number", _individual_number, required=True),
        Column("resident_code", _resident_code, required=True),
    ),
    required=True,
)
SEALS = File(
    "seals.csv",
    (
        Column("resident_number", _number, required=True),
        Column("seal_number", _number, required=True),
        Column("registered_on", _day, required=True),
        Column("cancelled_on", _day),
        Column("picture", _picture, required=True, longest=_LONGEST_PICTURE),
    ),
)
TAX = File(
    "tax.csv",
    (
        Column("resident_number", _number, required=True),
        Column("fiscal_year", _small_number, required=True),
        Column("filed_on", _day, required=True),
        *(Column(name, _whole_number, required=True) for name in _AMOUNTS),
    ),
)
FAMILY_REGISTERS = File(
    "family_registers.csv",
    (
        Column("register_number", _number, required=True),
        Column("domicile", _text, required=True),
        Column("family_head", _text, required=True),
    ),
)
FAMILY_MEMBERS = File(
    "family_members.csv",
    (
        Column("register_number", _number, required=True),
        Column("place", _small_number, required=True),
        Column("resident_number", _number),
        Column("name", _text, required=True),
        Column("birth_date", _birth_date, required=True),
        Column("sex", _sex),
        Column("protected", _flag, required=True),
        Column("usage_asked_on", _day),
        Column("usage_completed_on", _day),
    ),
)
DOMICILE = File(
    "domicile.csv",
    (
        Column("register_number", _number, required=True),
        Column("place", _small_number, required=True),
        Column("sequence", _small_number, required=True),
        Column("address", _text, required=True),
        Column("since", _day),
    ),
)
PROTECTIONS = File(
    "protections.csv",
    (
        Column("resident_number", _number, required=True),
        Column("starts_on", _day, required=True),
        Column("ends_on", _day, required=True),
    ),
)
ATTACHED = (SEALS, TAX, PROTECTIONS)
FAMILIES = (FAMILY_REGISTERS, FAMILY_MEMBERS, DOMICILE)
FILES = (HOUSEHOLDS, RESIDENTS, *ATTACHED, *FAMILIES)
