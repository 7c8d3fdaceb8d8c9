"""How an issued certificate stands, told to whoever proves to hold the paper; and its withdrawal by staff."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from portal import audit
from portal.audit import Action, Actor
from portal.certificates.issuance import IssuanceUnknown
from portal.certificates.papers import contents
from portal.certificates.papers.judging import Standing, Status
from portal.certificates.papers.tables import WithdrawalReason, paper_withdrawals
from portal.certificates.tables import Answer, State, issuances

# Paper may be out there. Before its release, and after a refusal, there is none.
_RELEASED = frozenset({State.RELEASED, State.PRINTED, State.NOT_PRINTED, State.UNKNOWN, State.SETTLED})
_NO_WHOLE_PAPER = frozenset({Answer.NOT_PRINTED, Answer.PARTLY_PRINTED})

_SHOWN: tuple[sa.Column[Any], ...] = (
    issuances.c.state,
    issuances.c.released_at,
    issuances.c.answer,
    issuances.c.ended_at,
    issuances.c.settled_at,
    paper_withdrawals.c.reason,
    paper_withdrawals.c.withdrawn_at,
)
_STANDING = (
    sa.select(*_SHOWN)
    .select_from(issuances.outerjoin(paper_withdrawals))
    .where(issuances.c.id == sa.bindparam("of_issuance"))
)
_ISSUANCE = (
    sa.select(issuances.c.id, issuances.c.resident_id, issuances.c.released_at)
    .where(issuances.c.id == sa.bindparam("of_issuance"))
    .with_for_update()
)
_BY_NUMBER = sa.select(issuances.c.id).where(
    issuances.c.issue_number == sa.bindparam("of_number"), issuances.c.released_at.is_not(None)
)
_WITHDRAW = insert(paper_withdrawals).on_conflict_do_nothing().returning(paper_withdrawals.c.issuance_id)
_WITHDRAWAL = sa.select(paper_withdrawals).where(paper_withdrawals.c.issuance_id == sa.bindparam("of_issuance"))


class NeverReleased(Exception):
    """Raised when a certificate is to be withdrawn of which no paper was ever let out."""


class AlreadyWithdrawn(Exception):
    """Raised when a certificate is to be withdrawn that has been withdrawn before."""


@dataclass(frozen=True, repr=False)
class Held:
    """What somebody who holds the paper is told: how it stands, and its content under the key that only they have."""

    issuance: UUID
    standing: Standing
    ciphertext: bytes


@dataclass(frozen=True)
class Withdrawal:
    """That a certificate does not count any more: why, since when, and which member of staff said so."""

    reason: WithdrawalReason
    at: datetime
    by: str


def held(connection: sa.Connection, issue_number: str, access_key: bytes) -> Held | None:
    """What is on record for whoever names an issue number and the access key of its paper, or None.

    None for a number that was never given out, for a wrong key, and for content that has been erased: from outside
    the three are one.
    """
    try:
        kept = contents.fetch(connection, issue_number, access_key)
    except contents.ContentUnknown:
        return None
    row = connection.execute(_STANDING, {"of_issuance": kept.issuance_id}).one()
    if row.released_at is None or State(row.state) not in _RELEASED:
        return None
    return Held(kept.issuance_id, _standing(row), kept.ciphertext)


def standing_of(connection: sa.Connection, issuance_id: UUID) -> Standing:
    """How an issuance stands, for staff. Raises IssuanceUnknown."""
    row = connection.execute(_STANDING, {"of_issuance": issuance_id}).one_or_none()
    if row is None:
        raise IssuanceUnknown
    return _standing(row)


def issuance_of_number(connection: sa.Connection, issue_number: str) -> UUID | None:
    """The issuance whose paper carries this number, if one was ever let out."""
    found: UUID | None = connection.execute(_BY_NUMBER, {"of_number": issue_number}).scalar_one_or_none()
    return found


def withdraw(
    connection: sa.Connection, issuance_id: UUID, reason: WithdrawalReason, actor: Actor, now: datetime
) -> None:
    """Declare that the paper of an issuance does not count any more. There is no way back: a new one is issued.

    Raises IssuanceUnknown, NeverReleased, AlreadyWithdrawn.
    """
    row = connection.execute(_ISSUANCE, {"of_issuance": issuance_id}).one_or_none()
    if row is None:
        raise IssuanceUnknown
    if row.released_at is None:
        raise NeverReleased
    made = connection.execute(
        _WITHDRAW, {"issuance_id": row.id, "reason": reason, "withdrawn_at": now, "withdrawn_by": actor.id}
    ).scalar_one_or_none()
    if made is None:
        raise AlreadyWithdrawn
    audit.record(
        connection, at=now, actor=actor, action=Action.PAPER_WITHDRAWN, subject=row.resident_id,
        detail={"issuance": str(row.id), "reason": reason.value},
    )  # fmt: skip


def withdrawal(connection: sa.Connection, issuance_id: UUID) -> Withdrawal | None:
    """The withdrawal of an issuance by staff, if there was one."""
    row = connection.execute(_WITHDRAWAL, {"of_issuance": issuance_id}).one_or_none()
    return None if row is None else Withdrawal(WithdrawalReason(row.reason), row.withdrawn_at, row.withdrawn_by)


def _standing(row: sa.Row[Any]) -> Standing:
    if row.reason is not None:
        return Standing(Status.WITHDRAWN, WithdrawalReason(row.reason), row.withdrawn_at)
    if State(row.state) is State.NOT_PRINTED:
        return Standing(Status.WITHDRAWN, WithdrawalReason.MISPRINT, row.ended_at)
    if State(row.state) is State.SETTLED and Answer(row.answer) in _NO_WHOLE_PAPER:
        return Standing(Status.WITHDRAWN, WithdrawalReason.MISPRINT, row.settled_at)
    return Standing(Status.CURRENT)
