"""Serial links (シリアル番号の紐付け): which resident a card certificate stands for.

The certificate carries no name, and its common name tells where it was issued, not who holds it. So only the pair of
authority and serial number finds a person, and only a link that somebody accountable has made.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from portal import audit, register
from portal.ground import Ground
from portal.identity.card import chain
from portal.identity.card.chain import TrustedCertificate
from portal.identity.card.proven import ProvenCard, fingerprint_of
from portal.identity.errors import AlreadyLinked, LinkEnded, NotLinked, NotLivingHere
from portal.identity.linking import link_sessions
from portal.identity.tables import LinkEnd, StopReason, certificate_stops, serial_links
from portal.register import ResidentStatus


@dataclass(frozen=True)
class Link:
    """An open link: at most one for each certificate, any number for each resident."""

    id: UUID
    resident_id: UUID


@dataclass(frozen=True)
class LinkedCard:
    """One card of a resident as staff see it. `ended_at` None: the link is open; `stopped_at` None: not stopped."""

    id: UUID
    fingerprint: str
    since: datetime
    ended_at: datetime | None
    ended_reason: LinkEnd | None
    stopped_at: datetime | None
    stop_reason: StopReason | None


_OF_CERTIFICATE = (
    sa.select(serial_links.c.id, serial_links.c.resident_id, serial_links.c.ended_at)
    .where(
        serial_links.c.issuer_sha256 == sa.bindparam("issuer_sha256"), serial_links.c.serial == sa.bindparam("serial")
    )
    .order_by(serial_links.c.ended_at.desc().nulls_first())
    .limit(1)
)
_INSERT = insert(serial_links).on_conflict_do_nothing().returning(serial_links.c.id)
_END_OF_RESIDENT = (
    sa.update(serial_links)
    .where(serial_links.c.resident_id == sa.bindparam("whose"), serial_links.c.ended_at.is_(None))
    .values(ended_at=sa.bindparam("at"), ended_reason=sa.bindparam("why", type_=serial_links.c.ended_reason.type))
    .returning(serial_links.c.id)
)
_END_ONE = (
    sa.update(serial_links)
    .where(serial_links.c.id == sa.bindparam("which"), serial_links.c.ended_at.is_(None))
    .values(ended_at=sa.bindparam("at"), ended_reason=sa.bindparam("why", type_=serial_links.c.ended_reason.type))
    .returning(serial_links.c.resident_id)
)
_OPEN_OF = sa.select(serial_links.c.id).where(
    serial_links.c.id == sa.bindparam("which"),
    serial_links.c.resident_id == sa.bindparam("whose"),
    serial_links.c.ended_at.is_(None),
)
_CARDS = (
    sa.select(serial_links, certificate_stops.c.stopped_at, certificate_stops.c.reason)
    .outerjoin(
        certificate_stops,
        sa.and_(
            certificate_stops.c.issuer_sha256 == serial_links.c.issuer_sha256,
            certificate_stops.c.serial == serial_links.c.serial,
            certificate_stops.c.lifted_at.is_(None),
        ),
    )
    .where(serial_links.c.resident_id == sa.bindparam("whose"))
    .order_by(serial_links.c.ended_at.is_(None).desc(), serial_links.c.valid_from.desc(), serial_links.c.id)
)


def find_link(connection: sa.Connection, trusted: TrustedCertificate) -> Link:
    """The resident a validated certificate stands for. Raises NotLinked, or LinkEnded if it once was linked."""
    row = connection.execute(_OF_CERTIFICATE, _key(trusted)).one_or_none()
    if row is None:
        raise NotLinked
    if row.ended_at is not None:
        raise LinkEnded
    return Link(row.id, row.resident_id)


def link_card(
    connection: sa.Connection,
    card: ProvenCard,
    resident_id: UUID,
    *,
    actor: audit.Actor,
    now: datetime,
    supersedes: UUID | None = None,
) -> UUID:
    """Link a card that has just answered to a resident; returns the link's id, also when it is linked so already.

    `supersedes` names the resident's link that this one replaces (更新); it ends. Raises NotLivingHere for somebody
    who has moved out or died, AlreadyLinked when somebody else who lives here holds the certificate, NotLinked when
    `supersedes` is not an open link of this resident.
    """
    register.lock(connection, [resident_id])
    if register.gone(connection, resident_id) is not None:
        raise NotLivingHere
    return _link(connection, card.trusted, resident_id, actor=actor, now=now, supersedes=supersedes)


def link_recorded(
    connection: sa.Connection,
    ground: Ground,
    certificate: bytes,
    resident_id: UUID,
    *,
    actor: audit.Actor,
    now: datetime,
    supersedes: UUID | None = None,
) -> UUID:
    """Link a certificate (DER) of which a record says whose it is: the list of the 既存住基, a request an officer has
    decided. The card is not present; whoever calls answers for the record.

    The certificate must be genuine, judged at a moment within its own dates: an expired one may be recorded, it will
    not let anybody in. Otherwise as `link_card`. Raises AlreadyLinked, NotLinked, the certificate errors of `chain`.
    """
    trusted = _genuine(ground, certificate, now)
    return _link(connection, trusted, resident_id, actor=actor, now=now, supersedes=supersedes)


def link_of_certificate(connection: sa.Connection, ground: Ground, certificate: bytes, *, now: datetime) -> UUID:
    """The link of a certificate (DER), the open one before those that have ended.

    Raises NotLinked, and the certificate errors of `chain`.
    """
    trusted = _genuine(ground, certificate, now)
    row = connection.execute(_OF_CERTIFICATE, _key(trusted)).one_or_none()
    if row is None:
        raise NotLinked
    found: UUID = row.id
    return found


def cards_of(connection: sa.Connection, ground: Ground, resident_id: UUID) -> tuple[LinkedCard, ...]:
    """Every card a resident has or had here: open links first, then the newest."""
    return tuple(
        LinkedCard(
            id=row.id,
            fingerprint=fingerprint_of(ground, row.issuer_sha256, row.serial),
            since=row.valid_from,
            ended_at=row.ended_at,
            ended_reason=None if row.ended_reason is None else LinkEnd(row.ended_reason),
            stopped_at=row.stopped_at,
            stop_reason=None if row.reason is None else StopReason(row.reason),
        )
        for row in connection.execute(_CARDS, {"whose": resident_id})
    )


def end_link(connection: sa.Connection, link_id: UUID, reason: LinkEnd, *, actor: audit.Actor, now: datetime) -> None:
    """End one open link, and every session that was opened through it. Raises NotLinked when it is not open."""
    resident_id = connection.execute(_END_ONE, {"which": link_id, "at": now, "why": reason}).scalar_one_or_none()
    if resident_id is None:
        raise NotLinked
    _close(connection, link_id, resident_id, reason, actor=actor, now=now)


def end_links(
    connection: sa.Connection, resident_id: UUID, reason: LinkEnd, *, actor: audit.Actor, now: datetime
) -> int:
    """End every open link of a resident (転出, death, loss); returns how many there were."""
    ended = connection.execute(_END_OF_RESIDENT, {"whose": resident_id, "at": now, "why": reason}).scalars().all()
    for link_id in ended:
        _close(connection, link_id, resident_id, reason, actor=actor, now=now)
    return len(ended)


def _genuine(ground: Ground, certificate: bytes, now: datetime) -> TrustedCertificate:
    """The certificate, judged at the moment within its own dates that is nearest to now."""
    parsed = chain.parse(certificate)
    begin, end = chain.dates(parsed)
    at = min(max(now, begin), end)
    trust = chain.trust_store(ground.settings.trust, ground.settings.environment)
    return chain.validate(parsed, trust, at=at)


def _key(trusted: TrustedCertificate) -> dict[str, object]:
    return {"issuer_sha256": trusted.issuer_sha256, "serial": trusted.serial}


def _link(
    connection: sa.Connection,
    trusted: TrustedCertificate,
    resident_id: UUID,
    *,
    actor: audit.Actor,
    now: datetime,
    supersedes: UUID | None,
) -> UUID:
    try:
        present = find_link(connection, trusted)
    except (NotLinked, LinkEnded):
        return _insert(connection, trusted, resident_id, actor=actor, now=now, supersedes=supersedes)
    if present.resident_id == resident_id:
        return present.id
    gone = register.gone(connection, present.resident_id)
    if gone is None:
        raise AlreadyLinked
    # Nobody stands in the way who is not here any more; the same person may be back under a new record.
    reason = LinkEnd.DECEASED if gone is ResidentStatus.DECEASED else LinkEnd.MOVED_OUT
    end_links(connection, present.resident_id, reason, actor=actor, now=now)
    return _insert(connection, trusted, resident_id, actor=actor, now=now, supersedes=supersedes)


def _insert(
    connection: sa.Connection,
    trusted: TrustedCertificate,
    resident_id: UUID,
    *,
    actor: audit.Actor,
    now: datetime,
    supersedes: UUID | None,
) -> UUID:
    if supersedes is not None:
        _end_superseded(connection, supersedes, resident_id, actor=actor, now=now)
    link_id = connection.execute(
        _INSERT,
        {
            "id": uuid4(),
            "issuer_sha256": trusted.issuer_sha256,
            "issuer": trusted.certificate.issuer.public_bytes(),
            "serial": trusted.serial,
            "resident_id": resident_id,
            "algorithm": trusted.profile.algorithm,
            "supersedes": supersedes,
            "valid_from": now,
            "ended_at": None,
            "ended_reason": None,
        },
    ).scalar_one_or_none()
    if link_id is None:
        # Somebody linked the same card in this very moment.
        raise AlreadyLinked
    audit.record(
        connection,
        at=now,
        actor=actor,
        action=audit.Action.LINK_MADE,
        subject=resident_id,
        detail={"link": str(link_id), "supersedes": str(supersedes) if supersedes else None},
    )
    made: UUID = link_id
    return made


def _end_superseded(
    connection: sa.Connection, link_id: UUID, resident_id: UUID, *, actor: audit.Actor, now: datetime
) -> None:
    if connection.execute(_OPEN_OF, {"which": link_id, "whose": resident_id}).scalar_one_or_none() is None:
        raise NotLinked
    end_link(connection, link_id, LinkEnd.SUPERSEDED, actor=actor, now=now)


def _close(
    connection: sa.Connection,
    link_id: UUID,
    resident_id: UUID,
    reason: LinkEnd,
    *,
    actor: audit.Actor,
    now: datetime,
) -> None:
    link_sessions.end(connection, link_id, now=now)
    audit.record(
        connection,
        at=now,
        actor=actor,
        action=audit.Action.LINK_ENDED,
        subject=resident_id,
        detail={"link": str(link_id), "reason": reason.value},
    )
