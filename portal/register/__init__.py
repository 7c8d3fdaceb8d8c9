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
from portal.register.history import Version, as_of, history_of, state_on
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
    individual_number,
    store_numbers,
)
from portal.register.records import household_of, numbers_of, resident, resident_id_of
from portal.register.restrictions import (
    issue_block,
    lift_hold,
    lock,
    lock_household_among,
    place_hold,
    protect,
    protected,
)
from portal.register.searching import FoundResident, SearchTooWide, search

__all__ = [
    "LIVING_HERE",
    "ChangeReason",
    "CharacterFault",
    "CharacterRefused",
    "DepartureImpossible",
    "FieldUnchangeable",
    "FieldValue",
    "Fit",
    "FoundResident",
    "HoldReason",
    "HouseholdRecord",
    "IssueBlock",
    "NumberInvalid",
    "NumberTaken",
    "ResidentRecord",
    "ResidentStatus",
    "SearchTooWide",
    "Sex",
    "UnknownResident",
    "Version",
    "as_of",
    "as_registered",
    "cancel_departure",
    "change",
    "find_by_individual_number",
    "fitting",
    "gone",
    "history_of",
    "household_of",
    "individual_number",
    "issue_block",
    "lift_hold",
    "lock",
    "lock_household_among",
    "numbers_of",
    "place_hold",
    "plan_departure",
    "protect",
    "protected",
    "remove_departed",
    "resident",
    "resident_id_of",
    "search",
    "state_on",
    "store_numbers",
]
