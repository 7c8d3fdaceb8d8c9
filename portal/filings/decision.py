"""Deciding a filing: the register, the message to the other city, the notice and the audit in one transaction."""

import json
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal import audit, exchange, notices, register
from portal.audit import Action, Actor, ActorKind
from portal.exchange import MessageKind
from portal.filings.checks import Outcome
from portal.filings.errors import ChecksFailed, ClaimedByAnother, StaleDecision
from portal.filings.reading import Decision, Filing, Officer, locked
from portal.filings.review import review
from portal.filings.states import FilingEvent, FilingState
from portal.filings.tables import filing_movers, filings
from portal.filings.transitions import move
from portal.ground import Ground
from portal.notices import NoticeKind
from portal.register import ResidentRecord, UnknownResident

# 住基ネット carries the 転出証明書情報 to the planned municipality.
JUKI_NET = "juki-net"

_DEPARTED = (
    sa.select(filings)
    .where(
        filings.c.state == FilingState.ACCEPTED,
        filings.c.id.in_(
            sa.select(filing_movers.c.filing_id).where(
                filing_movers.c.resident_id == sa.func.any(sa.bindparam("removed", type_=sa.ARRAY(sa.Uuid)))
            )
        ),
    )
    .order_by(filings.c.number)
)


def accept(
    connection: sa.Connection, ground: Ground, filing_id: UUID, *, officer: Officer, seen_version: int, now: datetime
) -> None:
    """Accept (完了): the movers become 転出予定者, the 転出証明書情報 waits in the outbox, the resident is told.

    The hold stays until 消除: in a municipality that stops the whole household, those who stay are still stopped.
    Raises FilingUnknown, StaleDecision, ClaimedByAnother, ChecksFailed.
    """
    filing = locked(connection, filing_id)
    _require_present(filing, officer, seen_version, now)
    movers = [mover.resident_id for mover in filing.content.movers]
    register.lock(connection, movers)
    reviewed = review(connection, filing, officer=officer, why="filing.accept", now=now)
    if stopped := [check.rule for check in reviewed.checks if check.outcome is Outcome.STOP]:
        raise ChecksFailed(stopped)
    actor = Actor(ActorKind.STAFF, str(officer.id))
    decision = Decision(officer, now)
    move(connection, filing, FilingEvent.ACCEPT, actor=actor, claim=None, decision=decision, now=now)
    register.plan_departure(
        connection,
        movers,
        planned_date=filing.content.planned_date,
        destination=filing.content.destination.line,
        filing_id=filing.id,
        actor=actor,
        now=now,
    )
    exchange.post(
        connection,
        counterpart=JUKI_NET,
        kind=MessageKind.MOVING_OUT_CERTIFICATE,
        body=_certificate(connection, ground, filing, reviewed.movers, actor=actor, now=now),
        filing_id=filing.id,
        now=now,
    )
    notices.tell(connection, filing.resident_id, kind=NoticeKind.FILING_ACCEPTED, filing_id=filing.id, now=now)
    audit.record(
        connection,
        at=now,
        actor=actor,
        action=Action.FILING_DECIDED,
        subject=filing.resident_id,
        detail={"filing": str(filing.id), "decision": FilingState.ACCEPTED.value},
    )


def release_departed(connection: sa.Connection, removed: Collection[UUID], *, now: datetime) -> None:
    """Lift the holds of the accepted filings whose movers were removed (消除): those who stay are free again."""
    actor = Actor(ActorKind.SYSTEM, "filings.release_departed")
    for row in connection.execute(_DEPARTED, {"removed": list(removed)}).all():
        register.lift_hold(connection, source=f"filing:{row.id}", actor=actor, now=now)


def _require_present(filing: Filing, officer: Officer, seen_version: int, now: datetime) -> None:
    """Only what the officer has seen can be decided, and only by the officer who holds it."""
    if not filing.pending:
        by = None if filing.decision is None else filing.decision.officer.name
        raise StaleDecision(filing.state, by, filing.changed_at)
    claim = filing.claim
    if claim is not None and claim.officer.id != officer.id and claim.until > now:
        raise ClaimedByAnother(claim.officer.id, claim.officer.name, claim.until)
    if filing.version != seen_version or claim is None or claim.officer.id != officer.id:
        raise StaleDecision(filing.state, None if claim is None else claim.officer.name, filing.changed_at)


def _certificate(
    connection: sa.Connection, ground: Ground, filing: Filing, movers: Collection[ResidentRecord], *, actor: Actor,
    now: datetime,
) -> bytes:  # fmt: skip
    """転出証明書情報 (住基法24条の2第3項). The national format is not public; this one is the portal's stand-in."""
    destination = filing.content.destination
    body = {
        "v": 1,
        "receipt_number": filing.receipt_number,
        "planned_date": filing.content.planned_date.isoformat(),
        "destination": {
            "prefecture": destination.prefecture,
            "municipality": destination.municipality,
            "address": destination.address,
            "postal_code": destination.postal_code,
        },
        "movers": [_mover(connection, ground, record, actor=actor, now=now) for record in movers],
    }
    plain = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return ground.fields.encrypt(plain, table="outbox", row=str(filing.id), column="body")


def _mover(
    connection: sa.Connection, ground: Ground, record: ResidentRecord, *, actor: Actor, now: datetime
) -> dict[str, str | bool | None]:
    return {
        "individual_number": _number(connection, ground, record.id, actor=actor, now=now),
        "name": record.name,
        "reading": record.reading,
        "former_surname": record.former_surname,
        "common_name": record.common_name,
        "birth_date": record.birth_date,
        "sex": record.sex,
        "relationship": record.relationship,
        "address": record.address,
        "domicile": record.domicile,
        "family_head": record.family_head,
        "foreign": record.foreign,
        "nationality": record.nationality,
        "residence_status": record.residence_status,
    }


def _number(
    connection: sa.Connection, ground: Ground, resident_id: UUID, *, actor: Actor, now: datetime
) -> str | None:
    try:
        return register.individual_number(
            connection, ground.fields, resident_id, reader=actor, why="filing.accept", now=now
        )
    except UnknownResident:
        # Not every record that comes from 既存住基 carries one; the receiving city asks for it then.
        return None
