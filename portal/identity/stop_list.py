"""The municipality's own stop list (利用停止): it acts at once, and also while no authority answers.

A stop is for a certificate, not for a link: a card that was stopped stays out under every link it ever gets.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from portal import audit, database
from portal.audit import Action, Actor
from portal.identity.card.chain import TrustedCertificate
from portal.identity.errors import CertificateStopped, NotLinked
from portal.identity.linking import link_sessions
from portal.identity.tables import StopReason, certificate_stops, serial_links


@dataclass(frozen=True)
class _Card:
    """A card certificate as the list knows it, and the resident who stands behind the link it was named by."""

    issuer_sha256: bytes
    serial: str
    resident_id: UUID


_CARD = sa.select(serial_links.c.issuer_sha256, serial_links.c.serial, serial_links.c.resident_id).where(
    serial_links.c.id == sa.bindparam("link")
)
_LINKS = sa.select(serial_links.c.id).where(
    serial_links.c.issuer_sha256 == sa.bindparam("issuer"), serial_links.c.serial == sa.bindparam("number")
)
_STOP = (
    insert(certificate_stops)
    .on_conflict_do_nothing(
        index_elements=["issuer_sha256", "serial"], index_where=certificate_stops.c.lifted_at.is_(None)
    )
    .returning(certificate_stops.c.id)
)
_LIFT = (
    sa.update(certificate_stops)
    .where(
        certificate_stops.c.issuer_sha256 == sa.bindparam("issuer"),
        certificate_stops.c.serial == sa.bindparam("number"),
        certificate_stops.c.lifted_at.is_(None),
    )
    .values(lifted_at=sa.bindparam("at"))
    .returning(certificate_stops.c.id)
)
_STOPPED = sa.select(
    sa.exists().where(
        certificate_stops.c.issuer_sha256 == sa.bindparam("issuer"),
        certificate_stops.c.serial == sa.bindparam("number"),
        certificate_stops.c.lifted_at.is_(None),
    )
)


def stop_certificate(
    connection: sa.Connection, link_id: UUID, reason: StopReason, *, actor: Actor, now: datetime
) -> bool:
    """Stop the certificate of a link, and end every session it has opened; False when it was stopped already.

    The link may have ended: a card that was linked once may still be in the wrong hands. Raises NotLinked when
    there is no such link.
    """
    card = _card(connection, link_id)
    row = {"id": uuid4(), "issuer_sha256": card.issuer_sha256, "serial": card.serial, "reason": reason,
           "stopped_at": now, "lifted_at": None}  # fmt: skip
    stopped = connection.execute(_STOP, row).scalar_one_or_none()
    if stopped is None:
        return False
    for each in connection.execute(_LINKS, {"issuer": card.issuer_sha256, "number": card.serial}).scalars().all():
        link_sessions.end(connection, each, now=now)
    audit.record(
        connection, at=now, actor=actor, action=Action.CERTIFICATE_STOPPED, subject=card.resident_id,
        detail={"link": str(link_id), "stop": str(stopped), "reason": reason.value},
    )  # fmt: skip
    return True


def lift_stop(connection: sa.Connection, link_id: UUID, *, actor: Actor, now: datetime) -> bool:
    """Let the certificate of a link be used again; False when it was not stopped. Raises NotLinked."""
    card = _card(connection, link_id)
    lifted = connection.execute(
        _LIFT, {"issuer": card.issuer_sha256, "number": card.serial, "at": now}
    ).scalar_one_or_none()
    if lifted is None:
        return False
    audit.record(
        connection, at=now, actor=actor, action=Action.STOP_LIFTED, subject=card.resident_id,
        detail={"link": str(link_id), "stop": str(lifted)},
    )  # fmt: skip
    return True


def demand_not_stopped(engine: sa.Engine, trusted: TrustedCertificate) -> None:
    """Raises CertificateStopped when the certificate is on the list. Reads what is committed at this moment."""
    with database.transaction(engine) as own:
        stopped = own.execute(_STOPPED, {"issuer": trusted.issuer_sha256, "number": trusted.serial}).scalar_one()
    if stopped:
        raise CertificateStopped


def _card(connection: sa.Connection, link_id: UUID) -> _Card:
    row = connection.execute(_CARD, {"link": link_id}).one_or_none()
    if row is None:
        raise NotLinked
    return _Card(row.issuer_sha256, row.serial, row.resident_id)
