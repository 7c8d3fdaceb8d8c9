"""Working on a filing at the desk: one officer at a time, by a lease that everybody can see."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from portal import audit, register
from portal.audit import Action, Actor, ActorKind
from portal.filings.checks import Check, check
from portal.filings.errors import ClaimedByAnother
from portal.filings.reading import Claim, Filing, Officer, locked
from portal.filings.states import FilingEvent
from portal.filings.tables import filing_movers, filings
from portal.filings.transitions import move
from portal.register import HouseholdRecord, IssueBlock, ResidentRecord

LEASE = timedelta(minutes=15)

_RENEW = (
    sa.update(filings)
    .where(filings.c.id == sa.bindparam("filing"))
    .values(claim_ends_at=sa.bindparam("until", type_=filings.c.claim_ends_at.type))
)
_VERSIONS = sa.select(filing_movers.c.resident_id, filing_movers.c.record_version).where(
    filing_movers.c.filing_id == sa.bindparam("filing")
)


@dataclass(frozen=True, repr=False)
class Review:
    """A filing beside the register. Once it is decided, the register is no longer read: both are empty."""

    filing: Filing
    household: HouseholdRecord | None
    checks: tuple[Check, ...]

    @property
    def movers(self) -> tuple[ResidentRecord, ...]:
        """The movers' records as they are now."""
        if self.household is None:
            return ()
        wanted = {mover.resident_id for mover in self.filing.content.movers}
        return tuple(member for member in self.household.members if member.id in wanted)


def open_for_review(connection: sa.Connection, filing_id: UUID, *, officer: Officer, now: datetime) -> Review:
    """Read a filing; while it is undecided, claim it or renew the claim (処理中).

    Raises FilingUnknown, ClaimedByAnother.
    """
    filing = locked(connection, filing_id)
    actor = _actor(officer)
    if filing.pending:
        _claim(connection, filing, officer, now)
        filing = locked(connection, filing_id)
    audit.record(
        connection,
        at=now,
        actor=actor,
        action=Action.FILING_READ,
        subject=filing.resident_id,
        detail={"filing": str(filing.id)},
    )
    if not filing.pending:
        return Review(filing, None, ())
    return review(connection, filing, officer=officer, why="filing.review", now=now)


def release_claim(connection: sa.Connection, filing_id: UUID, *, officer: Officer, now: datetime) -> None:
    """Give a filing back to the others; nothing happens when it is not this officer's. Raises FilingUnknown."""
    filing = locked(connection, filing_id)
    if filing.pending and filing.claim is not None and filing.claim.officer.id == officer.id:
        move(connection, filing, FilingEvent.RELEASE, actor=_actor(officer), claim=None, now=now)


def review(connection: sa.Connection, filing: Filing, *, officer: Officer, why: str, now: datetime) -> Review:
    """The filing beside the register as it is now, with every check. Each record read is audited."""
    household = register.household_of(connection, filing.resident_id, reader=_actor(officer), why=why, now=now)
    versions = {row.resident_id: row.record_version for row in connection.execute(_VERSIONS, {"filing": filing.id})}
    involved = {member.id for member in household.members} | versions.keys()
    blocks = {register.issue_block(connection, member) for member in involved}
    if register.protected(connection, involved):
        blocks.add(IssueBlock.PROTECTED)
    return Review(filing, household, check(filing, household, versions=versions, blocks=blocks))


def _claim(connection: sa.Connection, filing: Filing, officer: Officer, now: datetime) -> None:
    mine = Claim(officer, now + LEASE)
    held = filing.claim
    if held is not None and held.officer.id == officer.id:
        connection.execute(_RENEW, {"filing": filing.id, "until": mine.until})
        return
    if held is not None and held.until > now:
        raise ClaimedByAnother(held.officer.id, held.officer.name, held.until)
    move(connection, filing, FilingEvent.OPEN, actor=_actor(officer), claim=mine, now=now)
    audit.record(
        connection,
        at=now,
        actor=_actor(officer),
        action=Action.FILING_CLAIMED,
        subject=filing.resident_id,
        detail={"filing": str(filing.id)},
    )


def _actor(officer: Officer) -> Actor:
    return Actor(ActorKind.STAFF, str(officer.id))
