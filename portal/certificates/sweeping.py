"""Ending what nobody has brought further, and erasing documents whose time is over."""

import logging

import sqlalchemy as sa

from portal import audit, database
from portal.audit import Action, Actor, ActorKind
from portal.certificates.issuance import erase_document
from portal.certificates.states import HOLDING_DOCUMENT, move
from portal.certificates.tables import Event, State, issuance_documents, issuances
from portal.ground import Ground

_BATCH = 500
_SILENT = "silence"
_LOGGER = logging.getLogger(__name__)
_DUE = (
    sa.select(issuances.c.id, issuances.c.resident_id, issuances.c.state)
    .where(
        issuances.c.state.in_(("requested", "rendering", "ready", "authorised", "released")),
        issuances.c.due_at <= sa.bindparam("by"),
    )
    .order_by(issuances.c.due_at)
    .limit(_BATCH)
    .with_for_update(skip_locked=True)
)
_LEFT_OVER = sa.delete(issuance_documents).where(
    issuance_documents.c.issuance_id.in_(
        sa.select(issuance_documents.c.issuance_id)
        .join(issuances)
        .where(issuances.c.state.not_in(sorted(HOLDING_DOCUMENT)))
        .limit(_BATCH)
    )
)


def sweep(ground: Ground) -> int:
    """One round (at most 500 issuances); returns how many it ended. Any number of processes may sweep at once.

    What was never released expires. What was released and never reported becomes an open case: paper may have left.
    """
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        due = connection.execute(_DUE, {"by": now}).all()
        for row in due:
            if State(row.state) is State.RELEASED:
                ended = move(connection, row.id, Event.REPORT_UNKNOWN, detail=_SILENT, ended_at=now)
            else:
                ended = move(connection, row.id, Event.EXPIRE, ended_at=now)
            erase_document(connection, row.id)
            audit.record(
                connection, at=now, actor=Actor(ActorKind.SYSTEM, "sweep"), action=Action.ISSUANCE_ENDED,
                subject=row.resident_id, detail={"issuance": str(row.id), "state": ended.state},
            )  # fmt: skip
        connection.execute(_LEFT_OVER)
    if due:
        _LOGGER.info("swept %d issuances", len(due))
    return len(due)
