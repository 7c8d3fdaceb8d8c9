"""住民票の写し, 個人票: one person with the history of their record; issued at the counter (窓口) only."""

from pathlib import Path

from portal.certificates.kinds.entries import items
from portal.certificates.kinds.resident_individual.content import FORMS, compose, history
from portal.certificates.paper import Among, Kind, Place, Scope

KIND = Kind(
    id="resident_individual",
    name="住民票の写し（個人票）",
    fee="resident_individual",
    scopes=(Scope.SELF,),
    items=items,
    compose=compose,
    folder=Path(__file__).parent,
    forms=FORMS,
    places=frozenset({Place.COUNTER}),
    among=Among.APPLICANT,
    data=history,
)

__all__ = ["KIND"]
