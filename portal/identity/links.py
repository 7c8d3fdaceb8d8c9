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
from portal.identity import chain
from portal.identity.chain import TrustedCertificate
from portal.identity.errors import AlreadyLinked, LinkEnded, NotLinked
from portal.identity.tables import LinkEnd, serial_links
from portal.register import ResidentStatus


@dataclass(frozen=True)
class Link:
    """An open link: at most one for each certificate, any number for each resident."""

    id: UUID
    resident_id: UUID


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
    .where(
        serial_links.c.id == sa.bindparam("which"),
        serial_links.c.resident_id == sa.bindparam("whose"),
        serial_links.c.ended_at.is_(None),
    )
    .values(ended_at=sa.bindparam("at"), ended_reason=LinkEnd.SUPERSEDED)
    .returning(serial_links.c.id)
)


def find_link(connection: sa.Connection, trusted: TrustedCertificate) -> Link:
    """The resident a validated certificate stands for. Raises NotLinked, or LinkEnded if it once was linked."""
    row = connection.execute(
        _OF_CERTIFICATE, {"issuer_sha256": trusted.issuer_sha256, "serial": trusted.serial}
    ).one_or_none()
    if row is None:
        raise NotLinked
    if row.ended_at is not None:
        raise LinkEnded
    return Link(row.id, row.resident_id)


def link_card(
    connection: sa.Connection,
    ground: Ground,
    certificate: bytes,
    resident_id: UUID,
    *,
    actor: audit.Actor,
    now: datetime,
    supersedes: UUID | None = None,
) -> UUID:
    """Link a card certificate (DER) to a resident; returns the link's id, also when it is linked so already.

    The certificate must be genuine, judged at a moment within its own dates: an expired one may be recorded, it will
    not let anybody in. `supersedes` names the resident's link that this one replaces; it ends. Raises AlreadyLinked
    when somebody else who lives here holds the certificate, and the certificate errors of `chain`.
    """
    parsed = chain.parse(certificate)
    at = min(max(now, parsed.not_valid_before_utc), parsed.not_valid_after_utc)
    trust = chain.trust_store(ground.settings.trust, ground.settings.environment)
    trusted = chain.validate(parsed, trust, at=at)
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


def end_links(
    connection: sa.Connection, resident_id: UUID, reason: LinkEnd, *, actor: audit.Actor, now: datetime
) -> int:
    """End every open link of a resident (転出, death, loss); returns how many there were."""
    ended = connection.execute(_END_OF_RESIDENT, {"whose": resident_id, "at": now, "why": reason}).scalars().all()
    for link_id in ended:
        _record_end(connection, link_id, resident_id, reason, actor=actor, now=now)
    return len(ended)


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
    ended = connection.execute(_END_ONE, {"which": link_id, "whose": resident_id, "at": now}).scalar_one_or_none()
    if ended is None:
        raise NotLinked
    _record_end(connection, link_id, resident_id, LinkEnd.SUPERSEDED, actor=actor, now=now)


def _record_end(
    connection: sa.Connection,
    link_id: UUID,
    resident_id: UUID,
    reason: LinkEnd,
    *,
    actor: audit.Actor,
    now: datetime,
) -> None:
    audit.record(
        connection,
        at=now,
        actor=actor,
        action=audit.Action.LINK_ENDED,
        subject=resident_id,
        detail={"link": str(link_id), "reason": reason.value},
    )
