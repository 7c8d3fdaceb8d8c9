"""The one way a filing changes: compare-and-set of its version, and one insert-only event."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal.audit import Actor
from portal.filings.errors import StaleDecision
from portal.filings.reading import Claim, Decision, Filing
from portal.filings.states import FilingEvent, FilingState, next_state
from portal.filings.tables import filing_events, filings

_EVENT = filing_events.insert()
_MOVE = (
    sa.update(filings)
    .where(filings.c.id == sa.bindparam("filing"), filings.c.version == sa.bindparam("seen_version"))
    .values(
        state=sa.bindparam("new_state"),
        version=filings.c.version + 1,
        changed_at=sa.bindparam("at"),
        claimed_by=sa.bindparam("new_claimed_by", type_=sa.Uuid),
        claimed_by_name=sa.bindparam("new_claimed_by_name"),
        claim_ends_at=sa.bindparam("new_claim_ends_at", type_=filings.c.claim_ends_at.type),
        decided_by=sa.bindparam("new_decided_by", type_=sa.Uuid),
        decided_by_name=sa.bindparam("new_decided_by_name"),
        decided_at=sa.bindparam("new_decided_at", type_=filings.c.decided_at.type),
    )
)


def move(
    connection: sa.Connection,
    filing: Filing,
    event: FilingEvent,
    *,
    actor: Actor,
    claim: Claim | None,
    decision: Decision | None = None,
    now: datetime,
) -> None:
    """Bring `filing` to its next state and leave it with this claim and decision.

    Raises IllegalTransition, or StaleDecision when the row is no longer at the filing's version.
    """
    state = next_state(filing.state, event)
    moved = connection.execute(
        _MOVE,
        {
            "filing": filing.id,
            "seen_version": filing.version,
            "new_state": state,
            "at": now,
            "new_claimed_by": claim and claim.officer.id,
            "new_claimed_by_name": claim and claim.officer.name,
            "new_claim_ends_at": claim and claim.until,
            "new_decided_by": decision and decision.officer.id,
            "new_decided_by_name": decision and decision.officer.name,
            "new_decided_at": decision and decision.at,
        },
    )
    if moved.rowcount != 1:
        raise StaleDecision(filing.state, None, filing.changed_at)
    note(connection, filing.id, event, actor=actor, version=filing.version + 1, before=filing.state, now=now)


def note(
    connection: sa.Connection,
    filing_id: UUID,
    event: FilingEvent,
    *,
    actor: Actor,
    version: int,
    before: FilingState | None,
    now: datetime,
) -> None:
    """Append the event that led to `version`."""
    connection.execute(
        _EVENT,
        {
            "filing_id": filing_id,
            "version": version,
            "at": now,
            "event": event,
            "from_state": before,
            "to_state": next_state(before, event),
            "actor_kind": actor.kind.value,
            "actor_id": actor.id,
        },
    )
