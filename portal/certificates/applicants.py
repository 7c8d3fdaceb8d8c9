"""The applicant and their household, read from the register for one purpose, with the reading on record."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from portal import register
from portal.audit import Actor, ActorKind
from portal.certificates.entitlement import Circle, Standing
from portal.certificates.paper import Extent, Scope, Subject
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

    def persons(self, wanted: frozenset[UUID]) -> tuple[ResidentRecord, ...]:
        """The records of these members in the order of the register; raises UnfitRequest for anybody else."""
        found = tuple(member for member in self.household.members if member.id in wanted)
        if not found or len(found) != len(wanted):
            raise UnfitRequest("a person who is not in the household")
        return found

    def circle(self, wanted: frozenset[UUID]) -> Circle:
        """What the rule of entitlement looks at; persons who have gone meanwhile are left to the version check."""
        standings = {
            member.id: Standing(self.blocks[member.id], member.birth_date) for member in self.household.members
        }
        own = standings.get(self.resident_id, Standing(self.blocks[self.resident_id], None))
        return Circle(
            applicant=own,
            on_paper=tuple(standing for member, standing in standings.items() if member in wanted),
            household=tuple(standings.values()),
            headed=self.household.head is not None,
        )

    def subject(self, wanted: frozenset[UUID], scope: Scope, items: frozenset[str]) -> Subject:
        """What is certified; raises UnfitRequest."""
        persons = self.persons(wanted)
        return Subject(persons=persons, head=self.household.head, extent=self.extent(wanted, scope), items=items)

    def extent(self, wanted: frozenset[UUID], scope: Scope) -> Extent:
        """Person, part or whole of the household; raises UnfitRequest when `scope` does not fit."""
        if scope is Scope.SELF:
            if wanted != {self.resident_id}:
                raise UnfitRequest("the scope is the applicant alone")
            return Extent.PERSON
        return Extent.WHOLE if len(wanted) == len(self.household.members) else Extent.PART

    def versions(self, wanted: frozenset[UUID], scope: Scope) -> dict[str, int]:
        """Versions of everything the paper says: the persons, their head, and the size of the household."""
        named = {member.id: member.version for member in self.household.members if member.id in wanted}
        if self.household.head is not None:
            named[self.household.head.id] = self.household.head.version
        versions = {str(resident_id): version for resident_id, version in named.items()}
        if scope is Scope.HOUSEHOLD:
            # Arrivals change what "whole" and "part" mean, so the size of the household belongs to the comparison.
            versions[str(self.household.id)] = len(self.household.members)
        return versions


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
