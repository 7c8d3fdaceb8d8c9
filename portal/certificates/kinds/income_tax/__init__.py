"""所得・課税証明書: income, deductions and 市町村民税・道府県民税 of the current fiscal year."""

from pathlib import Path

from portal.certificates.kinds.income_tax.content import FORMS, compose
from portal.certificates.kinds.income_tax.rules import current_assessment, refuse
from portal.certificates.paper import Among, Kind, Scope, no_items

KIND = Kind(
    id="income_tax",
    name="所得・課税証明書",
    fee="income_tax",
    scopes=(Scope.SELF,),
    items=no_items,
    forms=FORMS,
    compose=compose,
    folder=Path(__file__).parent,
    among=Among.APPLICANT,
    data=current_assessment,
    refuse=refuse,
)

__all__ = ["KIND"]
