"""What the municipality (市区町村) decides about its counter: names, calendar, hours, fees, switches."""

from portal.municipality.calendar import (
    Closed,
    ClosedReason,
    HolidaysUnknown,
    Open,
    add_business_days,
    current_tax_year,
    is_business_day,
    office_open,
    service_state,
)
from portal.municipality.model import (
    Counter,
    DayRange,
    HoldScope,
    KioskHours,
    Maintenance,
    Municipality,
    OfficeHours,
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
    "OfficeHours",
    "Open",
    "Switch",
    "SwitchRefused",
    "SwitchValue",
    "add_business_days",
    "current",
    "current_tax_year",
    "is_business_day",
    "load",
    "office_open",
    "service_state",
    "set_switch",
]
