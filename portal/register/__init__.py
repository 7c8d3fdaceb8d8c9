"""The register (住民基本台帳): residents, households, their history, and what stops a paper about them."""

from portal.register.changes import (
    DepartureImpossible,
    FieldUnchangeable,
    FieldValue,
    cancel_departure,
    change,
    plan_departure,
    remove_departed,
)
from portal.register.characters import CharacterFault, CharacterRefused, as_registered
from portal.register.fragments import NoSuchDay
from portal.register.history import Version, history_of
from portal.register.matching import Fit, fitting, gone
from portal.register.model import (
    LIVING_HERE,
    ChangeReason,
    HoldReason,
    HouseholdRecord,
    IssueBlock,
    ResidentRecord,
    ResidentStatus,
    Sex,
    UnknownResident,
)
from portal.register.numbers import (
    NumberInvalid,
    NumberTaken,
    find_by_individual_number,
    find_by_resident_code,
    individual_number,
    is_individual_number,
    is_resident_code,
    store_numbers,
)
from portal.register.records import household_of, resident, resident_id_of
from portal.register.restrictions import (
    issue_block,
    lift_hold,
    lock,
    lock_residents_among,
    place_hold,
    protect,
    protected,
)
from portal.register.searching import MOST_FOUND, FoundPage, FoundResident, SearchTooWide, search

__all__ = [
    "LIVING_HERE",
    "MOST_FOUND",
    "ChangeReason",
    "CharacterFault",
    "CharacterRefused",
    "DepartureImpossible",
    "FieldUnchangeable",
    "FieldValue",
    "Fit",
    "FoundPage",
    "FoundResident",
    "HoldReason",
    "HouseholdRecord",
    "IssueBlock",
    "NoSuchDay",
    "NumberInvalid",
    "NumberTaken",
    "ResidentRecord",
    "ResidentStatus",
    "SearchTooWide",
    "Sex",
    "UnknownResident",
    "Version",
    "as_registered",
    "cancel_departure",
    "change",
    "find_by_individual_number",
    "find_by_resident_code",
    "fitting",
    "gone",
    "history_of",
    "household_of",
    "individual_number",
    "is_individual_number",
    "is_resident_code",
    "issue_block",
    "lift_hold",
    "lock",
    "lock_residents_among",
    "place_hold",
    "plan_departure",
    "protect",
    "protected",
    "remove_departed",
    "resident",
    "resident_id_of",
    "search",
    "store_numbers",
]
