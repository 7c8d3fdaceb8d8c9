"""The applicant, their household and what a kind needs besides: read for one purpose, the reading on record."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from portal import register
from portal.audit import Actor, ActorKind
from portal.certificates.entitlement import Circle, Standing
from portal.certificates.paper import Among, Data, Extent, Kind, Member, Scope, Source, Subject
from portal.keys import FieldCipher
from portal.municipality import Municipality
from portal.register import HouseholdRecord, IssueBlock, ResidentRecord


class Why(StrEnum):
    """Codes of the reason for reading, as they stand in the audit."""

    OFFER = "certificate.offer"
    REQUEST = "certificate.request"
    RENDER = "certificate.render"
    RELEASE = "certificate.release"


class UnfitRequest(Exception):
    """Raised when a request names persons, items, a scope or copies that were not offered."""


@dataclass(frozen=True, repr=False)
class Applicant:
    """A resident, their household as it is now, and what stops paper about each of its members."""

    resident_id: UUID
    household: HouseholdRecord
    blocks: dict[UUID, IssueBlock | None]

    @property
    def own(self) -> ResidentRecord | None:
        """The applicant's own record; None once they have gone."""
        return next((member for member in self.household.members if member.id == self.resident_id), None)


@dataclass(frozen=True, repr=False)
class Matter:
    """One kind of certificate for one applicant: everything the rule, the offer and the sheet are made of."""

    kind: Kind
    applicant: Applicant
    data: Data

    @property
    def members(self) -> tuple[Member, ...]:
        """Everybody who may stand on this paper, in the order of the register."""
        if self.kind.among is Among.FAMILY_REGISTER:
            return self.data.members
        household = self.applicant.household.members
        if self.kind.among is Among.APPLICANT:
            household = tuple(member for member in household if member.id == self.applicant.resident_id)
        return tuple(
            Member(member.id, member.name, member.birth_date, self.applicant.blocks[member.id])
            for member in household
        )

    def circle(self, wanted: frozenset[UUID]) -> Circle:
        """What the rule of entitlement looks at; persons who have gone meanwhile are left to the version check."""
        applicant, own = self.applicant, self.applicant.own
        return Circle(
            applicant=Standing(applicant.blocks[applicant.resident_id], None if own is None else own.birth_date),
            on_paper=tuple(
                Standing(member.block, member.birth_date) for member in self.members if member.ref in wanted
            ),
            household=tuple(
                Standing(applicant.blocks[member.id], member.birth_date) for member in applicant.household.members
            ),
            headed=applicant.household.head is not None,
            own=own,
            data=self.data,
        )

    def on_paper(self, wanted: frozenset[UUID]) -> tuple[UUID, ...]:
        """Those wanted, in the order of the register; raises UnfitRequest when one of them may not stand on it."""
        found = tuple(member.ref for member in self.members if member.ref in wanted)
        if not found or len(found) != len(wanted):
            raise UnfitRequest("a person who may not stand on this paper")
        return found

    def records(self, wanted: frozenset[UUID]) -> tuple[ResidentRecord, ...]:
        """The records of those wanted who belong to the household, in its order."""
        return tuple(member for member in self.applicant.household.members if member.id in wanted)

    def subject(self, wanted: frozenset[UUID], scope: Scope, items: frozenset[str]) -> Subject:
        """What is certified; raises UnfitRequest."""
        self.on_paper(wanted)
        return Subject(
            persons=self.records(wanted),
            head=self.applicant.household.head,
            extent=self.extent(wanted, scope),
            items=items,
            wanted=wanted,
            data=self.data,
        )

    def extent(self, wanted: frozenset[UUID], scope: Scope) -> Extent:
        """One person, a part or the whole of who may stand on it; raises UnfitRequest when `scope` does not fit."""
        if scope not in self.kind.scopes:
            raise UnfitRequest("scope")
        if scope is Scope.SELF:
            if wanted != {self.applicant.resident_id}:
                raise UnfitRequest("the scope is the applicant alone")
            return Extent.PERSON
        return Extent.WHOLE if len(wanted) == len(self.members) else Extent.PART

    def versions(self, wanted: frozenset[UUID], scope: Scope) -> dict[str, int]:
        """Versions of all that the paper says: persons, their head, the size of the household, the kind's data."""
        household = self.applicant.household
        named = {member.id: member.version for member in household.members if member.id in wanted}
        if self.kind.among is Among.HOUSEHOLD and household.head is not None:
            named[household.head.id] = household.head.version
        versions = {str(resident_id): version for resident_id, version in named.items()}
        if scope is Scope.HOUSEHOLD:
            # Arrivals change what "whole" and "part" mean, so the size of the household belongs to the comparison.
            versions[str(household.id)] = len(household.members)
        return versions | dict(self.data.versions)


def read(
    connection: sa.Connection,
    resident_id: UUID,
    *,
    why: Why,
    now: datetime,
    audit_to: sa.Connection | None = None,
) -> Applicant:
    """Read the applicant's household; raises UnknownResident. `audit_to` takes the events of a read-only snapshot."""
    reader = Actor(ActorKind.RESIDENT, str(resident_id))
    household = register.household_of(
        connection, resident_id, reader=reader, why=why.value, now=now, audit_to=audit_to
    )
    everybody = {member.id for member in household.members} | {resident_id}
    blocks = {member: register.issue_block(connection, member) for member in sorted(everybody)}
    return Applicant(resident_id=resident_id, household=household, blocks=blocks)


def matter(
    connection: sa.Connection,
    fields: FieldCipher,
    applicant: Applicant,
    kind: Kind,
    here: Municipality,
    *,
    why: Why,
    now: datetime,
    audit_to: sa.Connection | None = None,
) -> Matter:
    """Read what the kind needs about the applicant, in the same snapshot. At release it cannot change any more."""
    source = Source(
        connection=connection,
        fields=fields,
        resident_id=applicant.resident_id,
        municipality=here,
        reader=Actor(ActorKind.RESIDENT, str(applicant.resident_id)),
        why=why.value,
        now=now,
        audit_to=audit_to or connection,
    )
    return Matter(kind, applicant, kind.data(source))
