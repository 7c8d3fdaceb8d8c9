"""Writing an audit event inside the caller's transaction."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from portal import database
from portal.audit.tables import audit_events


class ActorKind(StrEnum):
    """Who can act: a resident, a visitor (whose card nobody has linked), a member of staff, a kiosk, the system."""

    RESIDENT = "resident"
    VISITOR = "visitor"
    STAFF = "staff"
    TERMINAL = "terminal"
    SYSTEM = "system"


class Action(StrEnum):
    """The closed vocabulary of what can be done to personal data or to a device."""

    RECORD_READ = "record.read"
    RECORD_SEARCHED = "record.searched"
    RECORD_CHANGED = "record.changed"
    RECORD_IMPORTED = "record.imported"
    NUMBER_READ = "number.read"
    NUMBER_STORED = "number.stored"
    HOLD_PLACED = "hold.placed"
    HOLD_LIFTED = "hold.lifted"
    PROTECTION_PLACED = "protection.placed"
    LINK_MADE = "link.made"
    LINK_ENDED = "link.ended"
    CERTIFICATE_STOPPED = "certificate.stopped"
    STOP_LIFTED = "certificate.stop_lifted"
    LINK_REQUESTED = "link_request.made"
    LINK_REQUEST_READ = "link_request.read"
    LINK_REQUEST_CLOSED = "link_request.closed"
    VISITOR_ADMITTED = "visitor.admitted"
    VISITOR_IDENTIFIED = "visitor.identified"
    LOGGED_IN = "login.succeeded"
    LOGIN_REFUSED = "login.refused"
    LOGGED_OUT = "login.ended"
    ACCOUNT_CHANGED = "account.changed"
    ISSUANCE_REQUESTED = "issuance.requested"
    ISSUANCE_REFUSED = "issuance.refused"
    ISSUANCE_RENDERED = "issuance.rendered"
    ISSUANCE_RELEASED = "issuance.released"
    ISSUANCE_ENDED = "issuance.ended"
    ISSUANCE_SETTLED = "issuance.settled"
    PAPER_WITHDRAWN = "paper.withdrawn"
    PAYMENT_AUTHORISED = "payment.authorised"
    PAYMENT_ENDED = "payment.ended"
    FILING_SUBMITTED = "filing.submitted"
    FILING_READ = "filing.read"
    FILING_CLAIMED = "filing.claimed"
    FILING_DECIDED = "filing.decided"
    FILING_WITHDRAWN = "filing.withdrawn"
    MUNICIPALITY_CHANGED = "municipality.changed"
    SEAL_KEY_CHANGED = "seal_key.changed"
    TERMINAL_ENROLLED = "terminal.enrolled"
    TERMINAL_COMMANDED = "terminal.commanded"
    AUDIT_READ = "audit.read"


@dataclass(frozen=True)
class Actor:
    """Who did it. `id` is an opaque identifier, never a name."""

    kind: ActorKind
    id: str


_INSERT = audit_events.insert()


def record_all(
    connection: sa.Connection,
    *,
    at: datetime,
    actor: Actor,
    action: Action,
    events: Iterable[tuple[UUID | None, Mapping[str, str | int | bool | None]]],
) -> None:
    """Append an event for each subject and its detail, all of one kind and moment, like `record` does for one."""
    database.copy_in(connection, audit_events, (_row(at, actor, action, *event) for event in events))


def record(
    connection: sa.Connection,
    *,
    at: datetime,
    actor: Actor,
    action: Action,
    subject: UUID | None = None,
    detail: Mapping[str, str | int | bool | None] | None = None,
) -> None:
    """Append one event in the caller's transaction. `detail` holds identifiers and codes, no personal data."""
    connection.execute(_INSERT, _row(at, actor, action, subject, detail))


def _row(
    at: datetime,
    actor: Actor,
    action: Action,
    subject: UUID | None,
    detail: Mapping[str, str | int | bool | None] | None,
) -> dict[str, object]:
    return {
        "at": at,
        "actor_kind": actor.kind.value,
        "actor_id": actor.id,
        "action": action.value,
        "subject": subject,
        "detail": json.dumps(dict(detail or {}), sort_keys=True, separators=(",", ":"), ensure_ascii=False),
    }
