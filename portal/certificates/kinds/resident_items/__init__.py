"""住民票記載事項証明書: the items of a 住民票 as a table, for a household or a part of it."""

from pathlib import Path

from portal.certificates.kinds.entries import items
from portal.certificates.kinds.resident_items.content import FORMS, compose
from portal.certificates.paper import Kind, Scope

KIND = Kind(
    id="resident_items",
    name="住民票記載事項証明書",
    fee="resident_items",
    scopes=(Scope.SELF, Scope.HOUSEHOLD),
    items=items,
    compose=compose,
    folder=Path(__file__).parent,
    forms=FORMS,
)

__all__ = ["KIND"]
