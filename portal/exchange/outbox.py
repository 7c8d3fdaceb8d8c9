"""Posting a message in the transaction of the decision it follows from."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa

from portal.exchange.kinds import MessageKind
from portal.exchange.tables import outbox

_POST = outbox.insert()
_WAITING = (
    sa.select(outbox)
    .where(outbox.c.delivered_at.is_(None))
    .order_by(outbox.c.posted_at, outbox.c.id)
    .limit(sa.bindparam("at_most"))
)


@dataclass(frozen=True, repr=False)
class Message:
    """One message not yet delivered. `body` is encrypted; `counterpart` is the municipality code or system name."""

    id: UUID
    counterpart: str
    kind: MessageKind
    body: bytes
    filing_id: UUID
    posted_at: datetime


def post(
    connection: sa.Connection, *, counterpart: str, kind: MessageKind, body: bytes, filing_id: UUID, now: datetime
) -> UUID:
    """Put one message into the outbox; returns its id.

    The caller encrypts `body` for the place (table `outbox`, row `str(filing_id)`, column `body`). One filing sends
    one message of a kind to a counterpart: a second raises sqlalchemy's IntegrityError.
    """
    message_id = uuid4()
    connection.execute(
        _POST,
        {
            "id": message_id,
            "counterpart": counterpart,
            "kind": kind,
            "body": body,
            "filing_id": filing_id,
            "posted_at": now,
        },
    )
    return message_id


def waiting(connection: sa.Connection, *, limit: int = 100) -> tuple[Message, ...]:
    """Messages still to be sent (送信待ち), oldest first."""
    return tuple(
        Message(row.id, row.counterpart, MessageKind(row.kind), row.body, row.filing_id, row.posted_at)
        for row in connection.execute(_WAITING, {"at_most": limit})
    )
