"""Filings as values, and reading them: a resident sees only what that resident filed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from portal.filings.errors import FilingUnknown
from portal.filings.moving_out import MovingOut
from portal.filings.states import PENDING, FilingEvent, FilingState
from portal.filings.tables import FilingKind, Proof, filing_events, filings

_BY_ID = sa.select(filings).where(filings.c.id == sa.bindparam("filing"))
_OWN = _BY_ID.where(filings.c.resident_id == sa.bindparam("resident"))
_ALL_OWN = (
    sa.select(filings)
    .where(filings.c.resident_id == sa.bindparam("resident"))
    .order_by(filings.c.submitted_at.desc(), filings.c.number.desc())
)
_NUMBERS = sa.select(filings.c.id, filings.c.receipt_number).where(
    filings.c.id == sa.func.any(sa.bindparam("wanted", type_=sa.ARRAY(sa.Uuid)))
)
_EVENTS = (
    sa.select(filing_events.c.event, filing_events.c.to_state, filing_events.c.at)
    .where(filing_events.c.filing_id == sa.bindparam("filing"))
    .order_by(filing_events.c.version)
)


@dataclass(frozen=True)
class Officer:
    """A member of staff as the filing remembers them."""

    id: UUID
    name: str


@dataclass(frozen=True)
class Claim:
    """Who works on a filing, and until when nobody else may (the lease)."""

    officer: Officer
    until: datetime


@dataclass(frozen=True)
class Decision:
    """Who decided, and when."""

    officer: Officer
    at: datetime


@dataclass(frozen=True)
class Step:
    """One event in the life of a filing, without who did it."""

    event: FilingEvent
    state: FilingState
    at: datetime


@dataclass(frozen=True, repr=False)
class Filing:
    """A filing (届出) as it stands. `resident_id` is the person who filed (届出人)."""

    id: UUID
    receipt_number: str
    kind: FilingKind
    state: FilingState
    version: int
    resident_id: UUID
    applicant_name: str
    applicant_reading: str | None
    proof: Proof
    content: MovingOut
    submitted_at: datetime
    promised_on: date
    changed_at: datetime
    claim: Claim | None
    decision: Decision | None

    @property
    def pending(self) -> bool:
        """Whether nothing is decided yet, so that it can still be withdrawn."""
        return self.state in PENDING

    @property
    def hold_source(self) -> str:
        """The name under which this filing holds issuance in the register."""
        return f"filing:{self.id}"


def filing_for(connection: sa.Connection, filing_id: UUID, *, resident_id: UUID) -> Filing:
    """The filing, for the person who filed it. Raises FilingUnknown for everybody else's as for none."""
    row = connection.execute(_OWN, {"filing": filing_id, "resident": resident_id}).one_or_none()
    if row is None:
        raise FilingUnknown
    return filing_of(row)


def filings_of(connection: sa.Connection, resident_id: UUID) -> tuple[Filing, ...]:
    """Everything this person filed, newest first."""
    return tuple(filing_of(row) for row in connection.execute(_ALL_OWN, {"resident": resident_id}))


def receipt_numbers(connection: sa.Connection, filing_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """The receipt numbers (受付番号) of these filings; nothing of what is in them."""
    rows = connection.execute(_NUMBERS, {"wanted": list(filing_ids)})
    return {row.id: row.receipt_number for row in rows}


def timeline(connection: sa.Connection, filing: Filing) -> tuple[Step, ...]:
    """What happened to the filing, oldest first."""
    return tuple(
        Step(FilingEvent(row.event), FilingState(row.to_state), row.at)
        for row in connection.execute(_EVENTS, {"filing": filing.id})
    )


def locked(connection: sa.Connection, filing_id: UUID) -> Filing:
    """The filing, its row locked until the transaction ends. Raises FilingUnknown."""
    row = connection.execute(_BY_ID.with_for_update(), {"filing": filing_id}).one_or_none()
    if row is None:
        raise FilingUnknown
    return filing_of(row)


def filing_of(row: sa.Row[tuple[object, ...]]) -> Filing:
    """The filing held by a row of the table."""
    values = row._asdict()
    return Filing(
        id=values["id"],
        receipt_number=values["receipt_number"],
        kind=FilingKind(values["kind"]),
        state=FilingState(values["state"]),
        version=values["version"],
        resident_id=values["resident_id"],
        applicant_name=values["applicant_name"],
        applicant_reading=values["applicant_reading"],
        proof=Proof(values["proof"]),
        content=MovingOut.from_canonical(values["content"]),
        submitted_at=values["submitted_at"],
        promised_on=values["promised_on"],
        changed_at=values["changed_at"],
        claim=None
        if values["claimed_by"] is None
        else Claim(Officer(values["claimed_by"], values["claimed_by_name"]), values["claim_ends_at"]),
        decision=None
        if values["decided_by"] is None
        else Decision(Officer(values["decided_by"], values["decided_by_name"]), values["decided_at"]),
    )
