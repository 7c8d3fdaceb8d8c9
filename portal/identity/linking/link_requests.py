"""A card becomes somebody's without an officer, or becomes a request to one.

The rule: a 署名用 signature whose 基本4情報 fit exactly one living resident links the card that logged in, in the
same browser session. Everything else is for an officer, and the visitor cannot tell one cause from another: nobody of
the name, two of it, substitute characters, a resident under protection (支援措置), somebody who has died or left.

A link made here never supersedes another one. A second certificate of a person may be their phone as well as their
renewed card, and nothing in the two certificates tells which: their common names and serial numbers are unrelated and
the old certificate is not kept. The link of a renewed certificate does no harm, because renewal revokes the old one.
So only an officer who sees the card says `supersedes`.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from cryptography.hazmat.primitives.serialization import Encoding

from portal import audit, register
from portal.audit import Action, Actor, ActorKind
from portal.ground import Ground
from portal.identity.authenticate import Authenticated, admit, demand_good, let_in
from portal.identity.card import chain
from portal.identity.card.chain import TrustedCertificate
from portal.identity.card.four_items import FourItems
from portal.identity.card.proven import ProvenCard
from portal.identity.errors import LinkEnded, LinkRequestDecided, LinkRequestUnknown, NotLinkable, NotLinked
from portal.identity.linking.links import Link, link_recorded
from portal.identity.tables import LinkRequestState, link_requests
from portal.register import Fit

_c = link_requests.c
_OF_CARD = (
    sa.select(link_requests)
    .where(_c.issuer_sha256 == sa.bindparam("of_issuer"), _c.serial == sa.bindparam("of_serial"))
    .order_by(_c.made_at.desc(), (_c.state == LinkRequestState.OPEN).desc())
    .limit(1)
)
_INSERT = link_requests.insert()
_OPEN = (
    sa.select(_c.id, _c.four_items, _c.made_at)
    .where(_c.state == LinkRequestState.OPEN)
    .order_by(_c.made_at, _c.id)
    .limit(sa.bindparam("most"))
)
_ONE = sa.select(_c.id, _c.four_items, _c.made_at, _c.state).where(_c.id == sa.bindparam("which"))
_OPEN_COUNT = sa.select(sa.func.count()).where(_c.state == LinkRequestState.OPEN)
_LOCKED = sa.select(_c.id, _c.certificate, _c.state).where(_c.id == sa.bindparam("which")).with_for_update()
_CLOSE = (
    sa.update(link_requests)
    .where(_c.id == sa.bindparam("which"), _c.state == LinkRequestState.OPEN)
    .values(
        state=sa.bindparam("as_state", type_=_c.state.type),
        decided_at=sa.bindparam("at"),
        decided_by=sa.bindparam("by"),
        link_id=sa.bindparam("with_link"),
        # Nobody compares them any more, and of somebody refused the city keeps no name.
        four_items=b"",
    )
    .returning(_c.id)
)


class RequestRefusal(StrEnum):
    """Why an officer refuses a request; it stands in the audit, the visitor reads only that it was refused."""

    NOBODY = "nobody"
    NOT_THE_SAME = "not_the_same"
    COUNTER = "counter"


@dataclass(frozen=True)
class VisitingCard:
    """A genuine card that nobody linked, as the browser session keeps it after its log-in."""

    certificate: bytes = field(repr=False)
    fingerprint: str

    @property
    def actor(self) -> Actor:
        """Its holder as the audit names them."""
        return Actor(ActorKind.VISITOR, self.fingerprint)


@dataclass(frozen=True)
class LinkRequest:
    """An open request as an officer sees it: whom the visitor's 署名用 certificate names."""

    id: UUID
    made_at: datetime
    four_items: FourItems = field(repr=False)


@dataclass(frozen=True)
class Requested:
    """What a visitor may know of their own request: it waits, or was refused."""

    state: LinkRequestState
    made_at: datetime


def fit_of(items: FourItems, found: Collection[Fit]) -> UUID | None:
    """The link rule: the one living resident of exactly these 4情報, or None where an officer has to decide."""
    living = [fit.resident_id for fit in found if fit.living]
    if not items.exact or len(living) != 1 or any(fit.protected for fit in found):
        return None
    return living[0]


def link_or_request(
    connection: sa.Connection, ground: Ground, card: VisitingCard, items: FourItems, *, now: datetime
) -> Authenticated | Requested:
    """Link the card to the one resident whom the 4情報 fit and log them in, or leave a request to the officers.

    `items` come from the 署名用 certificate that the visitor proved in the session in which `card` logged in. All
    that ends as a request takes the same statements. Raises AlreadyLinked when the card has become another living
    resident's in the meantime, the certificate errors of `chain`, and those of `demand_good`: since the log-in the
    card may have been stopped or revoked.
    """
    trusted = _trusted(ground, card.certificate, now)
    demand_good(ground, trusted, now=now)
    resident_id = fit_of(items, _found(connection, items, card, now))
    if resident_id is not None:
        # A protection or a 消除 that is being written now comes first.
        register.lock(connection, [resident_id])
        resident_id = fit_of(items, _found(connection, items, card, now))
    if resident_id is None:
        return _request(connection, ground, card, trusted, items, now=now)
    link_id = link_recorded(connection, ground, card.certificate, resident_id, actor=card.actor, now=now)
    waiting = _latest(connection, trusted)
    if waiting is not None and waiting.state is LinkRequestState.OPEN:
        _close(connection, waiting.id, LinkRequestState.LINKED, actor=card.actor, now=now, link_id=link_id)
    return let_in(connection, Link(link_id, resident_id), card.fingerprint, now=now)


def latest_request(
    connection: sa.Connection, ground: Ground, card: VisitingCard, *, now: datetime
) -> Requested | None:
    """The visitor's own last request, or None."""
    row = _latest(connection, _trusted(ground, card.certificate, now))
    return None if row is None else Requested(row.state, row.made_at)


def record_visitor(connection: sa.Connection, card: ProvenCard, *, now: datetime) -> VisitingCard:
    """Write down that a card without a link is let in as a visitor's; only its fingerprint stands in the audit."""
    visiting = VisitingCard(card.trusted.certificate.public_bytes(Encoding.DER), card.fingerprint)
    audit.record(connection, at=now, actor=visiting.actor, action=Action.VISITOR_ADMITTED)
    return visiting


def admit_or_visit(connection: sa.Connection, card: ProvenCard, *, now: datetime) -> Authenticated | VisitingCard:
    """Whom a card that `prove` has just judged lets in: its resident, or a visitor as long as it is nobody's."""
    try:
        return admit(connection, card, now=now)
    except (NotLinked, LinkEnded):
        return record_visitor(connection, card, now=now)


def record_identified(connection: sa.Connection, card: VisitingCard, signing: ProvenCard, *, now: datetime) -> None:
    """Write down that a visitor answered with a 署名用 certificate as well; of both stands only the fingerprint."""
    detail = {"signing_certificate": signing.fingerprint}
    audit.record(connection, at=now, actor=card.actor, action=Action.VISITOR_IDENTIFIED, detail=detail)


def open_link_requests(
    connection: sa.Connection, ground: Ground, *, reader: Actor, now: datetime, limit: int = 50
) -> tuple[LinkRequest, ...]:
    """What waits for an officer, the oldest first. Reading the 4情報 of each is an audit event."""
    rows = connection.execute(_OPEN, {"most": limit}).all()
    return tuple(
        _read(connection, ground, (row.id, row.made_at, row.four_items), reader=reader, now=now) for row in rows
    )


def open_link_request(
    connection: sa.Connection, ground: Ground, request_id: UUID, *, reader: Actor, now: datetime
) -> LinkRequest:
    """One request that waits for an officer. Reading its 4情報 is an audit event.

    Raises LinkRequestUnknown, LinkRequestDecided.
    """
    row = connection.execute(_ONE, {"which": request_id}).one_or_none()
    if row is None:
        raise LinkRequestUnknown
    if row.state is not LinkRequestState.OPEN:
        raise LinkRequestDecided
    return _read(connection, ground, (row.id, row.made_at, row.four_items), reader=reader, now=now)


def count_open_link_requests(connection: sa.Connection) -> int:
    """How many wait; reads nobody's data."""
    return connection.execute(_OPEN_COUNT).scalar_one()


def decide_link_request(
    connection: sa.Connection,
    ground: Ground,
    request_id: UUID,
    resident_id: UUID | None,
    *,
    actor: Actor,
    now: datetime,
    refusal: RequestRefusal | None = None,
) -> UUID | None:
    """Link the visitor's card to this resident (returns the link's id), or refuse the request (None).

    `actor` is a member of staff; `refusal` says why it is refused. Raises LinkRequestUnknown, LinkRequestDecided,
    NotLinkable, AlreadyLinked, `register.UnknownResident`, and the certificate errors of `chain`.
    """
    row = connection.execute(_LOCKED, {"which": request_id}).one_or_none()
    if row is None:
        raise LinkRequestUnknown
    if row.state is not LinkRequestState.OPEN:
        raise LinkRequestDecided
    if resident_id is None:
        _close(
            connection, request_id, LinkRequestState.REFUSED,
            actor=actor, now=now, decided_by=UUID(actor.id), refusal=refusal,
        )  # fmt: skip
        return None
    register.lock(connection, [resident_id])
    if register.gone(connection, resident_id) is not None or register.protected(connection, [resident_id]):
        raise NotLinkable
    link_id = link_recorded(connection, ground, row.certificate, resident_id, actor=actor, now=now)
    _close(
        connection, request_id, LinkRequestState.LINKED,
        actor=actor, now=now, decided_by=UUID(actor.id), link_id=link_id,
    )  # fmt: skip
    return link_id


def _read(
    connection: sa.Connection, ground: Ground, request: tuple[UUID, datetime, bytes], *, reader: Actor, now: datetime
) -> LinkRequest:
    request_id, made_at, sealed = request
    items = FourItems.unpack(_decrypted(ground, request_id, sealed))
    detail = {"request": str(request_id)}
    audit.record(connection, at=now, actor=reader, action=Action.LINK_REQUEST_READ, detail=detail)
    return LinkRequest(request_id, made_at, items)


def _trusted(ground: Ground, certificate: bytes, now: datetime) -> TrustedCertificate:
    store = chain.trust_store(ground.settings.trust, ground.settings.environment)
    return chain.validate(chain.parse(certificate), store, at=now)


def _found(connection: sa.Connection, items: FourItems, card: VisitingCard, now: datetime) -> tuple[Fit, ...]:
    return register.fitting(
        connection,
        name=items.name,
        birth_date=items.birth_date,
        sex=items.sex,
        address=items.address,
        reader=card.actor,
        why="link.visitor",
        now=now,
    )


def _request(
    connection: sa.Connection,
    ground: Ground,
    card: VisitingCard,
    trusted: TrustedCertificate,
    items: FourItems,
    *,
    now: datetime,
) -> Requested:
    waiting = _latest(connection, trusted)
    if waiting is not None and waiting.state is LinkRequestState.OPEN:
        if _decrypted(ground, waiting.id, waiting.four_items) == items.pack():
            return Requested(LinkRequestState.OPEN, waiting.made_at)
        # Never changed in place: an officer must not decide about another person than the one they looked at.
        _close(connection, waiting.id, LinkRequestState.REFUSED, actor=card.actor, now=now)
    request_id = uuid4()
    connection.execute(
        _INSERT,
        {
            "id": request_id,
            "issuer_sha256": trusted.issuer_sha256,
            "serial": trusted.serial,
            "certificate": card.certificate,
            "four_items": ground.fields.encrypt(items.pack(), **_place(request_id)),
            "state": LinkRequestState.OPEN,
            "made_at": now,
        },
    )
    detail = {"request": str(request_id)}
    audit.record(connection, at=now, actor=card.actor, action=Action.LINK_REQUESTED, detail=detail)
    return Requested(LinkRequestState.OPEN, now)


def _latest(connection: sa.Connection, trusted: TrustedCertificate) -> sa.Row[tuple[object, ...]] | None:
    return connection.execute(
        _OF_CARD, {"of_issuer": trusted.issuer_sha256, "of_serial": trusted.serial}
    ).one_or_none()


def _close(
    connection: sa.Connection,
    request_id: UUID,
    state: LinkRequestState,
    *,
    actor: Actor,
    now: datetime,
    decided_by: UUID | None = None,
    link_id: UUID | None = None,
    refusal: RequestRefusal | None = None,
) -> None:
    closed = connection.execute(
        _CLOSE, {"which": request_id, "as_state": state, "at": now, "by": decided_by, "with_link": link_id}
    ).scalar_one_or_none()
    if closed is None:
        raise LinkRequestDecided
    audit.record(
        connection,
        at=now,
        actor=actor,
        action=Action.LINK_REQUEST_CLOSED,
        detail={"request": str(request_id), "state": state.value, **({"refusal": refusal.value} if refusal else {})},
    )


def _decrypted(ground: Ground, request_id: UUID, stored: bytes) -> bytes:
    return ground.fields.decrypt(stored, **_place(request_id))


def _place(request_id: UUID) -> dict[str, str]:
    return {"table": "link_requests", "row": str(request_id), "column": "four_items"}
