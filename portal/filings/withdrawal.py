"""Taking a filing back (取下げ) before it is decided."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal import audit, notices, register
from portal.audit import Action, Actor, ActorKind
from portal.filings.errors import FilingUnknown
from portal.filings.reading import Filing, filing_for, locked
from portal.filings.states import FilingEvent
from portal.filings.transitions import move
from portal.notices import NoticeKind


def withdraw(connection: sa.Connection, filing_id: UUID, *, resident_id: UUID, now: datetime) -> Filing:
    """End the filing and lift its hold. Raises FilingUnknown, and IllegalTransition once it is decided."""
    filing = locked(connection, filing_id)
    if filing.resident_id != resident_id:
        raise FilingUnknown
    actor = Actor(ActorKind.RESIDENT, str(resident_id))
    move(connection, filing, FilingEvent.WITHDRAW, actor=actor, claim=None, now=now)
    register.lift_hold(connection, source=filing.hold_source, actor=actor, now=now)
    audit.record(
        connection,
        at=now,
        actor=actor,
        action=Action.FILING_WITHDRAWN,
        subject=resident_id,
        detail={"filing": str(filing.id)},
    )
    notices.tell(connection, resident_id, kind=NoticeKind.FILING_WITHDRAWN, filing_id=filing.id, now=now)
    return filing_for(connection, filing_id, resident_id=resident_id)
