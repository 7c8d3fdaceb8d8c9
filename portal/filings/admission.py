"""Who may file a 転出届 online, and for whom: asked before the first question and again at submission."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from portal import municipality, register
from portal.audit import Actor, ActorKind
from portal.clock import local_date
from portal.filings.errors import ApplicantTooYoung, CounterRequired, SignatureRequired
from portal.filings.moving_out import Candidate
from portal.filings.states import PENDING
from portal.filings.tables import filing_movers, filings
from portal.municipality import HoldScope, Municipality
from portal.register import HouseholdRecord, IssueBlock, ResidentRecord

YOUNGEST_APPLICANT = 15

# 支援措置 hides among the changes under way in the register: both lead to the same words at the same moment.
_TO_THE_COUNTER = frozenset({IssueBlock.PROTECTED, IssueBlock.IN_PROGRESS})

_NAMED = (
    sa.select(filing_movers.c.resident_id)
    .join(filings, filings.c.id == filing_movers.c.filing_id)
    .where(
        filing_movers.c.resident_id == sa.func.any(sa.bindparam("members", type_=sa.ARRAY(sa.Uuid))),
        filings.c.state.in_(sorted(PENDING)),
    )
)


@dataclass(frozen=True, repr=False)
class Admission:
    """What the form needs to know: the person, the household to tick from, today, the municipality's policies.

    `named` are those whom an undecided filing names already; `versions` the register's version of each member.
    """

    applicant: ResidentRecord
    household: tuple[Candidate, ...]
    named: frozenset[UUID]
    versions: dict[UUID, int]
    filed_on: date
    municipality: Municipality

    def held_by(self, movers: frozenset[UUID]) -> frozenset[UUID]:
        """Whose kiosk issuance stops when these persons file (the municipality's `hold_scope`)."""
        if not self.holds_household:
            return movers
        return movers | {member.resident_id for member in self.household}

    @property
    def holds_household(self) -> bool:
        """Whether a filing stops the whole household and not only the movers."""
        return self.municipality.hold_scope is HoldScope.HOUSEHOLD

    @property
    def leaving(self) -> tuple[str, str]:
        """(prefecture, name) of the municipality that is left."""
        return self.municipality.prefecture, self.municipality.name


def admit(
    connection: sa.Connection, *, resident_id: UUID, now: datetime, why: str = "filing.form", for_update: bool = False
) -> Admission:
    """Let this person fill in or submit a 転出届. With `for_update` the household's rows stay locked.

    Raises SignatureRequired, CounterRequired, ApplicantTooYoung.
    """
    place = municipality.current(connection)
    if not place.filing_without_signature:
        raise SignatureRequired
    today = local_date(now)
    reader = Actor(ActorKind.RESIDENT, str(resident_id))
    household = register.household_of(connection, resident_id, reader=reader, why=why, now=now)
    applicant = next((member for member in household.members if member.id == resident_id), None)
    if applicant is None:
        raise CounterRequired
    if for_update:
        register.lock(connection, [member.id for member in household.members])
    blocks = _blocks(connection, household)
    if not has_reached(YOUNGEST_APPLICANT, applicant.birth_date, today):
        raise ApplicantTooYoung
    members = [member.id for member in household.members]
    named = frozenset(connection.execute(_NAMED, {"members": members}).scalars())
    return Admission(
        applicant=applicant,
        household=tuple(
            Candidate(
                resident_id=member.id,
                name=member.name,
                relationship=member.relationship,
                movable=blocks[member.id] in {None, IssueBlock.HOLD} and member.id not in named,
            )
            for member in household.members
        ),
        named=named,
        versions={member.id: member.version for member in household.members},
        filed_on=today,
        municipality=place,
    )


def has_reached(age: int, birth_date: str, on: date) -> bool:
    """Whether a person is `age` years old on a day. Unknown parts of a birth date count as the latest possible."""
    known = [int(part) for part in birth_date.split("-")]
    latest = (*known, *(12, 31)[len(known) - 1 :])
    return (on.year - age, on.month, on.day) >= latest


def _blocks(connection: sa.Connection, household: HouseholdRecord) -> dict[UUID, IssueBlock | None]:
    """What stops each member. Raises CounterRequired when one of them makes it a matter for the counter."""
    blocks = {member.id: register.issue_block(connection, member.id) for member in household.members}
    # Asked on its own: the block of a protected person who is already moving out says only that.
    if _TO_THE_COUNTER & set(blocks.values()) or register.protected(connection, blocks.keys()):
        raise CounterRequired
    return blocks
