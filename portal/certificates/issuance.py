"""The issuance transaction: from a request to the one release of its document.

Nothing about a request lives anywhere but in its row; a document is found by the id of its issuance and by nothing
else, and leaves only towards the terminal and the session that asked for it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from portal import audit, jobs, municipality, register
from portal.audit import Action, Actor, ActorKind
from portal.certificates import numbers
from portal.certificates.applicants import UnfitRequest, Why, matter, read
from portal.certificates.door import demand_room
from portal.certificates.entitlement import Refused, decide
from portal.certificates.kinds import kind_of
from portal.certificates.manifest import ticket
from portal.certificates.money.following import state_of
from portal.certificates.money.tables import PaymentState, payments
from portal.certificates.paper import Scope
from portal.certificates.papers import contents
from portal.certificates.states import HOLDING_DOCUMENT, SHOWABLE, NotPaid, NotReleasable, move
from portal.certificates.tables import Event, RefusalCode, State, issuance_documents, issuances
from portal.clock import local_date
from portal.ground import Ground

PATIENCE = timedelta(minutes=10)
MOST_COPIES = 10

_BY_KEY = sa.select(issuances).where(
    issuances.c.terminal_id == sa.bindparam("of_terminal"), issuances.c.request_key == sa.bindparam("of_key")
)
_BY_ID = sa.select(issuances).where(issuances.c.id == sa.bindparam("of_issuance"))
_LOCKED = _BY_ID.with_for_update()
_INSERT = insert(issuances).on_conflict_do_nothing(constraint="uq_issuances_request").returning(issuances.c.id)
_OPEN_PAYMENT = payments.insert()
_DOCUMENT = sa.select(issuance_documents).where(issuance_documents.c.issuance_id == sa.bindparam("of_issuance"))
_ERASE = sa.delete(issuance_documents).where(issuance_documents.c.issuance_id == sa.bindparam("of_issuance"))


class Session(Protocol):
    """The kiosk session a request is bound to."""

    @property
    def id(self) -> object:
        """What names the session; equal for equal sessions, at most 64 characters as text."""

    @property
    def resident_id(self) -> UUID:
        """Who authenticated."""


class KeyReused(Exception):
    """Raised when a request key comes again with another content or from another session."""


class IssuanceUnknown(Exception):
    """Raised when there is no such issuance for this terminal and session; whose it is is never told."""


@dataclass(frozen=True)
class Requested:
    """A request that stands, with the state of its issuance."""

    issuance: UUID
    state: State


@dataclass(frozen=True)
class Status:
    """What a terminal may know of its issuance."""

    issuance: UUID
    state: State
    pages: int | None
    refusal: RefusalCode | None
    fee: int
    """yen for all copies, fixed when the paper was asked for"""


@dataclass(frozen=True, repr=False)
class Released:
    """The document and the ticket for the print agent."""

    ticket: str
    document: bytes


def request(
    connection: sa.Connection,
    ground: Ground,
    *,
    key: UUID,
    terminal_id: str,
    session: Session,
    kind: str,
    scope: str,
    persons: Iterable[str],
    items: Mapping[str, bool],
    copies: int,
    now: datetime,
) -> Requested | Refused:
    """Begin an issuance, or find the one that this `key` of this terminal began before.

    A refusal is returned, not raised, so that the caller commits the reading of the record.
    Raises UnknownKind, UnfitRequest, KeyReused, Overloaded.
    """
    chosen = kind_of(kind)
    asked_scope, wanted = _scope(scope), _references(persons)
    if not 1 <= copies <= MOST_COPIES:
        raise UnfitRequest("copies")
    asked = {
        "session": str(session.id),
        "resident_id": session.resident_id,
        "kind": chosen.id,
        "scope": asked_scope.value,
        "copies": copies,
    }
    before = connection.execute(_BY_KEY, {"of_terminal": terminal_id, "of_key": key}).one_or_none()
    if before is not None:
        return _same_request(before, asked, wanted)
    demand_room(connection, now)
    here = municipality.current(connection)
    applicant = read(connection, session.resident_id, why=Why.REQUEST, now=now)
    about = matter(connection, ground.fields, applicant, chosen, here, why=Why.REQUEST, now=now)
    actor = Actor(ActorKind.TERMINAL, terminal_id)
    decision = decide(about.circle(wanted), here, chosen, now)
    if isinstance(decision, Refused):
        audit.record(
            connection, at=now, actor=actor, action=Action.ISSUANCE_REFUSED, subject=session.resident_id,
            detail={"kind": chosen.id, "code": decision.code.value},
        )  # fmt: skip
        return decision
    on_paper = about.on_paper(wanted)
    about.extent(wanted, asked_scope)
    try:
        printed = chosen.chosen(about.records(wanted), items)
    except KeyError as error:
        raise UnfitRequest("items") from error
    fee = here.fee(chosen.fee, local_date(now))
    if fee is None:
        raise UnfitRequest("kind")
    issuance_id = connection.execute(
        _INSERT,
        {
            **asked,
            "id": uuid4(),
            "terminal_id": terminal_id,
            "request_key": key,
            "persons": list(on_paper),
            "items": sorted(printed),
            "fee": fee * copies,
            "state": State.REQUESTED,
            "fence": 0,
            "attempts": 0,
            "repeated": False,
            "issue_number": numbers.draw(here.code),
            "requested_at": now,
            "due_at": now + PATIENCE,
        },
    ).scalar_one_or_none()
    if issuance_id is None:
        # The same key was inserted between our look and our insert.
        row = connection.execute(_BY_KEY, {"of_terminal": terminal_id, "of_key": key}).one()
        return _same_request(row, asked, wanted)
    if fee:
        connection.execute(
            _OPEN_PAYMENT, {"issuance_id": issuance_id, "amount": fee * copies, "state": PaymentState.NONE}
        )
    jobs.enqueue(ground.jobs, connection, jobs.Task.RENDER_ISSUANCE, issuance=str(issuance_id))
    audit.record(
        connection, at=now, actor=actor, action=Action.ISSUANCE_REQUESTED, subject=session.resident_id,
        detail={"issuance": str(issuance_id), "kind": chosen.id, "persons": len(on_paper), "copies": copies},
    )  # fmt: skip
    return Requested(issuance_id, State.REQUESTED)


def status(connection: sa.Connection, issuance_id: UUID, terminal_id: str) -> Status:
    """Where the terminal's issuance stands; raises IssuanceUnknown."""
    row = connection.execute(_BY_ID, {"of_issuance": issuance_id}).one_or_none()
    if row is None or row.terminal_id != terminal_id:
        raise IssuanceUnknown
    refusal = None if row.refusal is None else RefusalCode(row.refusal)
    return Status(issuance=row.id, state=State(row.state), pages=row.pages, refusal=refusal, fee=row.fee)


def release(  # noqa: PLR0917
    connection: sa.Connection,
    ground: Ground,
    issuance_id: UUID,
    terminal_id: str,
    session: Session,
    now: datetime,
) -> Released | Refused:
    """Hand out the document, once: entitlement is decided again under the lock that holds and suppressions take too.

    Until its outcome is known the same terminal and session get the same ticket and bytes again; that paper leaves at
    most once is the print agent's order id. A refusal is returned and stands in the row: the caller commits it. If a
    record changed since rendering the answer is `record_changed`, the first time with a new rendering under way.
    Raises IssuanceUnknown, NotReleasable, NotPaid.
    """
    found = connection.execute(_BY_ID, {"of_issuance": issuance_id}).one_or_none()
    if found is None or found.terminal_id != terminal_id or found.session != str(session.id):
        raise IssuanceUnknown
    # Residents first, then the issuance: the order every suppression takes. All of the household: a paper about a
    # child names its head, whose record must not change between the comparison and the end of this transaction.
    register.lock_household_among(connection, found.resident_id, found.persons)
    row = connection.execute(_LOCKED, {"of_issuance": issuance_id}).one()
    document = connection.execute(_DOCUMENT, {"of_issuance": issuance_id}).one_or_none()
    if document is None or State(row.state) not in HOLDING_DOCUMENT:
        raise NotReleasable(issuance_id, State(row.state))
    if State(row.state) is State.RELEASED:
        return Released(row.ticket, _opened(ground, document))
    if State(row.state) is State.READY:
        row = _paid(connection, row)
    refusal = _refusal_at_release(connection, ground, row, now)
    if refusal is not None:
        return _refuse_release(connection, ground, row, refusal, now)
    signed = ticket(
        ground.keys,
        order=row.id,
        terminal_id=row.terminal_id,
        sha256=row.sha256,
        pages=row.pages,
        copies=row.copies,
        subjects=row.persons,
        record_versions=row.record_versions,
        page_hashes=document.page_hashes,
        now=now,
    )
    move(connection, row.id, Event.RELEASE, fence=row.fence, ticket=signed, released_at=now, due_at=now + PATIENCE)
    audit.record(
        connection, at=now, actor=Actor(ActorKind.TERMINAL, terminal_id), action=Action.ISSUANCE_RELEASED,
        subject=row.resident_id, detail={"issuance": str(row.id), "sha256": row.sha256},
    )  # fmt: skip
    return Released(signed, _opened(ground, document))


def to_show(  # noqa: PLR0917
    connection: sa.Connection, ground: Ground, issuance_id: UUID, terminal_id: str, session: Session, now: datetime
) -> bytes | Refused:
    """The document of an issuance that its own session may look at before it pays; whether it may is decided again.

    For pictures on the screen alone: the bytes never leave the portal by this, and no state changes.
    Raises IssuanceUnknown, NotReleasable.
    """
    row = connection.execute(_BY_ID, {"of_issuance": issuance_id}).one_or_none()
    if row is None or row.terminal_id != terminal_id or row.session != str(session.id):
        raise IssuanceUnknown
    document = connection.execute(_DOCUMENT, {"of_issuance": issuance_id}).one_or_none()
    if document is None or State(row.state) not in SHOWABLE:
        raise NotReleasable(issuance_id, State(row.state))
    refusal = _refusal_at_release(connection, ground, row, now)
    return _opened(ground, document) if refusal is None else Refused(refusal)


def erase_document(connection: sa.Connection, issuance_id: UUID) -> None:
    """Delete the bytes of an issuance, if there are any."""
    connection.execute(_ERASE, {"of_issuance": issuance_id})


def discard_rendering(connection: sa.Connection, issuance_id: UUID) -> None:
    """Delete the bytes and the kept words of an issuance, if there are any: its paper has not left and never will."""
    erase_document(connection, issuance_id)
    contents.erase(connection, issuance_id)


def _paid(connection: sa.Connection, row: sa.Row[tuple[object, ...]]) -> sa.Row[tuple[object, ...]]:
    """What costs nothing, or was paid before it had to be rendered again, needs no further money. Raises NotPaid."""
    if row.fee and state_of(connection, row.id) is not PaymentState.AUTHORISED:
        raise NotPaid(row.id, State(row.state))
    return move(connection, row.id, Event.AUTHORISE, fence=row.fence)


def _refusal_at_release(
    connection: sa.Connection, ground: Ground, row: sa.Row[tuple[object, ...]], now: datetime
) -> RefusalCode | None:
    here, kind = municipality.current(connection), kind_of(row.kind)
    applicant = read(connection, row.resident_id, why=Why.RELEASE, now=now)
    about = matter(connection, ground.fields, applicant, kind, here, why=Why.RELEASE, now=now)
    wanted = frozenset(row.persons)
    decision = decide(about.circle(wanted), here, kind, now, at_release=True)
    if isinstance(decision, Refused):
        return decision.code
    same = about.versions(wanted, Scope(row.scope)) == json.loads(row.record_versions)
    return None if same else RefusalCode.RECORD_CHANGED


def _refuse_release(
    connection: sa.Connection, ground: Ground, row: sa.Row[tuple[object, ...]], refusal: RefusalCode, now: datetime
) -> Refused:
    discard_rendering(connection, row.id)
    if refusal is RefusalCode.RECORD_CHANGED and not row.repeated:
        move(connection, row.id, Event.REPEAT, fence=row.fence, repeated=True, due_at=now + PATIENCE)
        jobs.enqueue(ground.jobs, connection, jobs.Task.RENDER_ISSUANCE, issuance=str(row.id))
    else:
        move(connection, row.id, Event.REFUSE, fence=row.fence, refusal=refusal, ended_at=now)
    audit.record(
        connection, at=now, actor=Actor(ActorKind.TERMINAL, row.terminal_id), action=Action.ISSUANCE_REFUSED,
        subject=row.resident_id, detail={"issuance": str(row.id), "code": refusal.value},
    )  # fmt: skip
    return Refused(refusal)


def _same_request(row: sa.Row[tuple[object, ...]], asked: Mapping[str, object], wanted: frozenset[UUID]) -> Requested:
    if any(row._mapping[name] != value for name, value in asked.items()) or frozenset(row.persons) != wanted:  # noqa: SLF001
        raise KeyReused
    return Requested(row.id, State(row.state))


def _opened(ground: Ground, document: sa.Row[tuple[object, ...]]) -> bytes:
    return ground.fields.decrypt(
        document.ciphertext, table="issuance_documents", row=str(document.issuance_id), column="ciphertext"
    )


def _scope(scope: str) -> Scope:
    try:
        return Scope(scope)
    except ValueError as error:
        raise UnfitRequest("scope") from error


def _references(persons: Iterable[str]) -> frozenset[UUID]:
    try:
        wanted = frozenset(UUID(person) for person in persons)
    except ValueError as error:
        raise UnfitRequest("persons") from error
    if not wanted:
        raise UnfitRequest("persons")
    return wanted
