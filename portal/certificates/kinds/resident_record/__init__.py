"""住民票の写し, 世帯連記式: up to four persons a sheet, latest values only."""

from pathlib import Path

from portal.certificates.kinds.entries import items
from portal.certificates.kinds.resident_record.content import FORMS, compose
from portal.certificates.paper import Kind, Scope

KIND = Kind(
    id="resident_record",
    name="住民票の写し",
    fee="resident_record",
    scopes=(Scope.SELF, Scope.HOUSEHOLD),
    items=items,
    compose=compose,
    folder=Path(__file__).parent,
    forms=FORMS,
)

__all__ = ["KIND"]
