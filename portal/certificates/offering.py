"""What a resident may choose from at the kiosk."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal import municipality
from portal.certificates.applicants import Matter, Why, matter, read
from portal.certificates.entitlement import Refused, decide
from portal.certificates.kinds import all_kinds
from portal.certificates.paper import Item, Kind, Place, Scope
from portal.certificates.tables import RefusalCode
from portal.clock import local_date
from portal.ground import Ground
from portal.municipality import Municipality


@dataclass(frozen=True, repr=False)
class Person:
    """Somebody who can stand on the paper: an opaque reference and the name to show."""

    ref: str
    name: str


@dataclass(frozen=True, repr=False)
class Offer:
    """One kind of certificate for one resident. `fee` in yen; `refusal` set when there is no paper now."""

    kind: str
    name: str
    fee: int
    refusal: RefusalCode | None
    scopes: tuple[Scope, ...]
    persons: tuple[Person, ...]
    items: tuple[Item, ...]

    def as_json(self) -> dict[str, object]:
        """The offer as the terminal API sends it."""
        return {
            "kind": self.kind,
            "name": self.name,
            "fee": self.fee,
            "refusal": None if self.refusal is None else self.refusal.value,
            "scopes": [scope.value for scope in self.scopes],
            "persons": [{"ref": person.ref, "name": person.name} for person in self.persons],
            "items": [{"id": item.id, "name": item.name, "default": item.default} for item in self.items],
        }


def kinds_at_kiosk(here: Municipality) -> list[Kind]:
    """The kinds for kiosks that have a fee here, in the order in which the municipality's file names the fees."""
    order = {fee: place for place, fee in enumerate(here.fees)}
    kinds = [kind for kind in all_kinds().values() if kind.fee in order and Place.KIOSK in kind.places]
    return sorted(kinds, key=lambda kind: order[kind.fee])


def offers(connection: sa.Connection, ground: Ground, resident_id: UUID, *, now: datetime) -> list[Offer]:
    """Every kind a kiosk can issue here, refused ones included. Writes every reading to the audit."""
    here = municipality.current(connection)
    applicant = read(connection, resident_id, why=Why.OFFER, now=now)
    return [
        _offer(matter(connection, ground.fields, applicant, kind, here, why=Why.OFFER, now=now), fee, here, now)
        for kind in kinds_at_kiosk(here)
        if (fee := here.fee(kind.fee, local_date(now))) is not None
    ]


def _offer(about: Matter, fee: int, here: Municipality, now: datetime) -> Offer:
    kind, own = about.kind, frozenset({about.applicant.resident_id})
    decision = decide(about.circle(own), here, kind, now)
    refusal = decision.code if isinstance(decision, Refused) else None
    members = () if refusal is not None else about.members
    return Offer(
        kind=kind.id,
        name=kind.name,
        fee=fee,
        refusal=refusal,
        scopes=kind.scopes,
        persons=tuple(Person(str(member.ref), member.name) for member in members),
        items=kind.items(about.records(frozenset(member.ref for member in members))),
    )
