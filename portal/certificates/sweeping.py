"""Ending what nobody has brought further, and erasing documents whose time is over."""

import logging
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal import audit, database
from portal.audit import Action, Actor, ActorKind
from portal.certificates.issuance import discard_rendering, erase_document
from portal.certificates.money.states import IllegalPayment
from portal.certificates.papers import contents
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
    The words of issued paper are forgotten after their year.
    """
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        due = connection.execute(_DUE, {"by": now}).all()
        ended = sum(_end(connection, row.id, row.resident_id, State(row.state), now) for row in due)
        connection.execute(_LEFT_OVER)
        contents.erase_expired(connection, now)
    if ended:
        _LOGGER.info("swept %d issuances", ended)
    return ended


def _end(connection: sa.Connection, issuance_id: UUID, resident_id: UUID, state: State, now: datetime) -> bool:
    """End one issuance; False, and a line in the log, where its money is in a state that this end does not allow.

    Such a row is a fault that the reconciliation names as a gap; it must not keep all the others from their end.
    """
    try:
        with connection.begin_nested():
            if state is State.RELEASED:
                ended = move(connection, issuance_id, Event.REPORT_UNKNOWN, detail=_SILENT, ended_at=now)
                erase_document(connection, issuance_id)
            else:
                ended = move(connection, issuance_id, Event.EXPIRE, ended_at=now)
                discard_rendering(connection, issuance_id)
            audit.record(
                connection, at=now, actor=Actor(ActorKind.SYSTEM, "sweep"), action=Action.ISSUANCE_ENDED,
                subject=resident_id, detail={"issuance": str(issuance_id), "state": ended.state},
            )  # fmt: skip
    except IllegalPayment:
        _LOGGER.exception("issuance %s cannot be ended: its fee is settled already", issuance_id)
        return False
    return True
