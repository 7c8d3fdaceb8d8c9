"""The worker's part of an issuance: claim, read one snapshot, typeset, publish. Faces never import it."""

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal import audit, database, municipality
from portal.audit import Action, Actor, ActorKind
from portal.certificates.applicants import UnfitRequest, Why, matter, read
from portal.certificates.characters import UnprintableCharacter
from portal.certificates.forms.weasy.faults import DoesNotFit
from portal.certificates.issuance import PATIENCE, discard_rendering
from portal.certificates.kinds import kind_of
from portal.certificates.manifest import canonical
from portal.certificates.paper import Issue, Kind, Layout, Scope
from portal.certificates.papers import contents
from portal.certificates.press import Press, Printed
from portal.certificates.seal import seal_of
from portal.certificates.sealing.sealer import Sealing
from portal.certificates.states import NotBreakable, NotClaimable, NotPublishable, NotRefusable, move
from portal.certificates.tables import Event, RefusalCode, issuance_documents
from portal.certificates.wording import where
from portal.clock import local_date
from portal.ground import Ground

MOST_ATTEMPTS = 5
_WORKER = Actor(ActorKind.SYSTEM, "render")
_LOGGER = logging.getLogger(__name__)
_STORE = issuance_documents.insert()


@dataclass(frozen=True, repr=False)
class _Order:
    """What one claim renders: content, act of issuing, versions of the records, all of one instant."""

    kind: Kind
    layout: Layout
    issue: Issue
    versions: str


class _Unprintable(Exception):
    """Raised when something of the record cannot be printed as registered; says which item, and which code points."""

    def __init__(self, code: RefusalCode, words: str) -> None:
        super().__init__(words)
        self.code = code


def render(ground: Ground, press: Press, sealing: Sealing, issuance_id: UUID) -> None:
    """Render one issuance. Safe to run any number of times at once: only the newest claim can publish.

    What cannot be printed as registered refuses the issuance by name. Whatever is unexpected is raised after the
    issuance has been given up as an open case. A lost database connection is raised as it is: the queue tries again.
    """
    now = ground.clock.now()
    try:
        with database.transaction(ground.engine) as connection:
            claimed = move(connection, issuance_id, Event.CLAIM)
            worn_out = claimed.attempts > MOST_ATTEMPTS
            if worn_out:
                move(connection, issuance_id, Event.BREAK, fence=claimed.fence, detail="attempts", ended_at=now)
    except NotClaimable as ended:
        _LOGGER.info("issuance %s needs no rendering (%s)", issuance_id, ended.state)
        return
    if worn_out:
        _LOGGER.error("issuance %s was given up after %d attempts", issuance_id, MOST_ATTEMPTS)
        return
    try:
        order = _order(ground, claimed, now)
        printed = _printed(press, order, sealing, now)
    except _Unprintable as unprintable:
        _refuse(ground, claimed, unprintable.code, str(unprintable), now)
    except UnfitRequest:
        # Somebody on the paper has left the household since it was asked for.
        _refuse(ground, claimed, RefusalCode.RECORD_CHANGED, "household", now)
    except sa.exc.OperationalError:
        raise
    except Exception as unexpected:
        _give_up(ground, claimed, type(unexpected).__name__, now)
        raise
    else:
        _publish(ground, claimed, order, printed)


def _printed(press: Press, order: _Order, sealing: Sealing, now: datetime) -> Printed:
    try:
        return press.print(order.kind, order.layout, order.issue, now, sealing)
    except UnprintableCharacter as refused:
        words = f"{where(order.layout, refused.field)}: {refused.code_points}"
        raise _Unprintable(RefusalCode.CHARACTER, words) from refused
    except DoesNotFit as refused:
        raise _Unprintable(RefusalCode.TOO_LONG, where(order.layout, str(refused))) from refused


def _order(ground: Ground, claimed: sa.Row[tuple[object, ...]], now: datetime) -> _Order:
    kind = kind_of(claimed.kind)
    wanted, scope = frozenset(claimed.persons), Scope(claimed.scope)
    with database.transaction(ground.engine) as audit_to, database.snapshot(ground.engine) as snapshot:
        here = municipality.current(snapshot)
        applicant = read(snapshot, claimed.resident_id, why=Why.RENDER, now=now, audit_to=audit_to)
        about = matter(snapshot, ground.fields, applicant, kind, here, why=Why.RENDER, now=now, audit_to=audit_to)
        subject = about.subject(wanted, scope, frozenset(claimed.items))
    issue = Issue(
        number=claimed.issue_number,
        day=local_date(now),
        office=here.mayor_title,
        officer=here.mayor_name,
        seal=seal_of(here.code),
        municipality_code=here.code,
        verify_address=f"{ground.settings.verify_origin}/",
    )
    return _Order(kind, kind.compose(subject), issue, canonical(about.versions(wanted, scope)))


def _publish(ground: Ground, claimed: sa.Row[tuple[object, ...]], order: _Order, printed: Printed) -> None:
    now = ground.clock.now()
    sealed = ground.fields.encrypt(
        printed.document, table="issuance_documents", row=str(claimed.id), column="ciphertext"
    )
    try:
        with database.transaction(ground.engine) as connection:
            move(
                connection, claimed.id, Event.PUBLISH, fence=claimed.fence,
                record_versions=order.versions, sha256=printed.sha256, pages=len(printed.page_hashes),
                ready_at=now, due_at=now + PATIENCE,
            )  # fmt: skip
            connection.execute(
                _STORE,
                {
                    "issuance_id": claimed.id,
                    "ciphertext": sealed,
                    "page_hashes": canonical(printed.page_hashes),
                    "stored_at": now,
                },
            )
            contents.store(connection, claimed.id, printed.content, now)
            audit.record(
                connection, at=now, actor=_WORKER, action=Action.ISSUANCE_RENDERED, subject=claimed.resident_id,
                detail={"issuance": str(claimed.id), "sha256": printed.sha256, "pages": len(printed.page_hashes)},
            )  # fmt: skip
    except NotPublishable as lost:
        _LOGGER.warning("issuance %s was taken over or ended (%s); rendering discarded", claimed.id, lost.state)


def _refuse(
    ground: Ground, claimed: sa.Row[tuple[object, ...]], code: RefusalCode, detail: str, now: datetime
) -> None:
    try:
        with database.transaction(ground.engine) as connection:
            move(
                connection, claimed.id, Event.REFUSE, fence=claimed.fence,
                refusal=code, detail=detail[:120], ended_at=now,
            )  # fmt: skip
            audit.record(
                connection, at=now, actor=_WORKER, action=Action.ISSUANCE_REFUSED, subject=claimed.resident_id,
                detail={"issuance": str(claimed.id), "code": code.value, "detail": detail[:120]},
            )  # fmt: skip
    except NotRefusable as lost:
        _LOGGER.warning("issuance %s was taken over or ended (%s)", claimed.id, lost.state)


def _give_up(ground: Ground, claimed: sa.Row[tuple[object, ...]], detail: str, now: datetime) -> None:
    try:
        with database.transaction(ground.engine) as connection:
            move(connection, claimed.id, Event.BREAK, fence=claimed.fence, detail=detail[:120], ended_at=now)
            discard_rendering(connection, claimed.id)
    except NotBreakable as lost:
        _LOGGER.warning("issuance %s was taken over or ended (%s)", claimed.id, lost.state)
