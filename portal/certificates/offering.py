"""What a resident may choose from at the kiosk."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal import municipality
from portal.certificates.applicants import Applicant, Why, read
from portal.certificates.entitlement import Refused, decide
from portal.certificates.kinds import all_kinds
from portal.certificates.paper import Item, Kind, Scope
from portal.certificates.tables import RefusalCode
from portal.clock import local_date
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


def offers(connection: sa.Connection, resident_id: UUID, *, now: datetime) -> list[Offer]:
    """Every kind the municipality has a fee for, refused ones included. Writes the reading to the audit."""
    here = municipality.current(connection)
    applicant = read(connection, resident_id, why=Why.OFFER, now=now)
    return [
        _offer(kind, fee, applicant, here, now)
        for kind in all_kinds().values()
        if (fee := here.fee(kind.fee, local_date(now))) is not None
    ]


def _offer(kind: Kind, fee: int, applicant: Applicant, here: Municipality, now: datetime) -> Offer:
    decision = decide(applicant.circle(frozenset({applicant.resident_id})), here, kind.id, now)
    refusal = decision.code if isinstance(decision, Refused) else None
    members = () if refusal is not None else applicant.household.members
    return Offer(
        kind=kind.id,
        name=kind.name,
        fee=fee,
        refusal=refusal,
        scopes=kind.scopes,
        persons=tuple(Person(str(member.id), member.name) for member in members),
        items=kind.items(members),
    )
