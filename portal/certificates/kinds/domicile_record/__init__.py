"""戸籍の附票の写し: where the persons of a 戸籍 have lived. It belongs to the municipality of the 本籍."""

from pathlib import Path

from portal.certificates.kinds.domicile_record.content import FORMS, compose, items
from portal.certificates.kinds.domicile_record.rules import family_register, refuse
from portal.certificates.paper import Among, Hours, Kind, Scope

KIND = Kind(
    id="domicile_record",
    name="戸籍の附票の写し",
    fee="domicile_record",
    scopes=(Scope.SELF, Scope.FAMILY),
    items=items,
    forms=FORMS,
    compose=compose,
    folder=Path(__file__).parent,
    hours=Hours.OFFICE,
    among=Among.FAMILY_REGISTER,
    data=family_register,
    refuse=refuse,
)

__all__ = ["KIND"]
