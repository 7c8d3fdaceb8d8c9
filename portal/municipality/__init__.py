"""What the municipality (市区町村) decides about its counter: names, calendar, hours, fees, switches."""

from portal.municipality.calendar import (
    Closed,
    ClosedReason,
    HolidaysUnknown,
    Open,
    add_business_days,
    is_business_day,
    service_state,
)
from portal.municipality.model import (
    Counter,
    DayRange,
    HoldScope,
    KioskHours,
    Maintenance,
    Municipality,
    Switch,
    SwitchValue,
)
from portal.municipality.reading import MunicipalityFileError
from portal.municipality.store import MunicipalityMissing, SwitchRefused, current, load, set_switch

__all__ = [
    "Closed",
    "ClosedReason",
    "Counter",
    "DayRange",
    "HoldScope",
    "HolidaysUnknown",
    "KioskHours",
    "Maintenance",
    "Municipality",
    "MunicipalityFileError",
    "MunicipalityMissing",
    "Open",
    "Switch",
    "SwitchRefused",
    "SwitchValue",
    "add_business_days",
    "current",
    "is_business_day",
    "load",
    "service_state",
    "set_switch",
]
