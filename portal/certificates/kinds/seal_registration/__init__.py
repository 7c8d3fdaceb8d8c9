"""印鑑登録証明書: that a seal is registered for the applicant, with its picture (印影)."""

from pathlib import Path

from portal.certificates.kinds.seal_registration.content import FORMS, compose
from portal.certificates.kinds.seal_registration.rules import refuse, registered_seal
from portal.certificates.paper import Among, Kind, Scope, no_items

KIND = Kind(
    id="seal_registration",
    name="印鑑登録証明書",
    fee="seal_registration",
    scopes=(Scope.SELF,),
    items=no_items,
    forms=FORMS,
    compose=compose,
    folder=Path(__file__).parent,
    among=Among.APPLICANT,
    never_under_15=True,
    data=registered_seal,
    refuse=refuse,
)

__all__ = ["KIND"]
