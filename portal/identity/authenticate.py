"""Who put the card on the reader? The one order of checks for kiosk and browser, and for both certificates."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature

from portal import audit, database, register
from portal.ground import Ground
from portal.identity import attempts, revocation, stop_list
from portal.identity.card import chain, challenge
from portal.identity.card.chain import TrustedCertificate
from portal.identity.card.profile import CertificateKind
from portal.identity.card.proven import ProvenCard, fingerprint_of
from portal.identity.errors import (
    AttemptsUncountable,
    CertificateOnHold,
    CertificateRevoked,
    CertificateUnknown,
    IdentityError,
    LinkEnded,
    SignatureWrong,
)
from portal.identity.linking import links
from portal.identity.linking.links import Link
from portal.identity.revocation import Standing
from portal.identity.tables import Scope

_LOG = logging.getLogger(__name__)
_REFUSAL = {
    Standing.REVOKED: CertificateRevoked,
    Standing.ON_HOLD: CertificateOnHold,
    Standing.UNKNOWN: CertificateUnknown,
}


@dataclass(frozen=True)
class Answer:
    """What came back to a challenge: through which asker (terminal or browser session) and, on the web, from which
    address; the certificate in DER and the signature, nothing of which is believed yet."""

    challenge_id: UUID
    asker: str
    certificate: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    address: str | None = None


@dataclass(frozen=True)
class Authenticated:
    """A resident whose card answered."""

    resident_id: UUID
    link_id: UUID
    fingerprint: str


def prove(
    ground: Ground, answer: Answer, *, now: datetime, kind: CertificateKind = CertificateKind.AUTHENTICATION
) -> ProvenCard:
    """Judge an answer with a certificate of this kind; the IdentityError names the cause of a refusal.

    Order: burn the challenge (own transaction), count the attempt (own transaction), asker and time of the challenge,
    chain and kind of the certificate, signature, count the card, our own stop list, revocation. The card
    is counted only after its signature: its certificate is public, and a stranger must not be able to use up its
    attempts. Refusals are audited in a transaction of their own, so that the caller's rollback does not lose them.
    """
    with _refusals_kept(ground, answer, now):
        burnt = challenge.burn(ground.engine, answer.challenge_id)
        attempts.count(ground, Scope.ASKER, answer.asker, now=now)
        if answer.address is not None:
            attempts.count(ground, Scope.ADDRESS, answer.address, now=now)
        burnt.demand(asker=answer.asker, now=now)
        store = chain.trust_store(ground.settings.trust, ground.settings.environment, kind)
        trusted = chain.validate(chain.parse(answer.certificate), store, at=now)
        _demand_signature(trusted, answer.signature, burnt.expected_payload)
        card = ProvenCard(trusted, fingerprint_of(ground, trusted.issuer_sha256, trusted.serial))
        attempts.count(ground, Scope.CARD, card.fingerprint, now=now)
        demand_good(ground, trusted, now=now)
    return card


def demand_good(ground: Ground, trusted: TrustedCertificate, *, now: datetime) -> None:
    """Whether a certificate may be used at this moment, by our own stop list and by the authority.

    Raises CertificateStopped, CertificateRevoked, CertificateOnHold, CertificateUnknown, RevocationUnavailable.
    """
    # Before the authority is asked: our own list acts at once, also while its service is away.
    stop_list.demand_not_stopped(ground.engine, trusted)
    standing = revocation.ask(ground.settings, trusted.certificate, trusted.root, now=now)
    if standing is not Standing.GOOD:
        raise _REFUSAL[standing]


def authenticate(connection: sa.Connection, ground: Ground, answer: Answer, *, now: datetime) -> Authenticated:
    """The resident who holds the card and knows its PIN: all of `prove`, then the serial link.

    Raises every IdentityError of `prove`, NotLinked, LinkEnded.
    """
    card = prove(ground, answer, now=now)
    with _refusals_kept(ground, answer, now):
        link = links.find_link(connection, card.trusted)
    return let_in(connection, link, card.fingerprint, now=now)


def admit(connection: sa.Connection, card: ProvenCard, *, now: datetime) -> Authenticated:
    """The resident of a card that `prove` has just judged, for a face that lets those without one in as visitors.

    A card whose resident has died or left is nobody's, even while the end of its link is still to be written: online
    there is no paper whose entitlement would be asked. Raises NotLinked, LinkEnded; neither is written down here.
    """
    link = links.find_link(connection, card.trusted)
    if register.gone(connection, link.resident_id) is not None:
        raise LinkEnded
    return let_in(connection, link, card.fingerprint, now=now)


def let_in(connection: sa.Connection, link: Link, fingerprint: str, *, now: datetime) -> Authenticated:
    """Write the log-in down."""
    audit.record(
        connection,
        at=now,
        actor=audit.Actor(audit.ActorKind.RESIDENT, str(link.resident_id)),
        action=audit.Action.LOGGED_IN,
        subject=link.resident_id,
        detail={"link": str(link.id)},
    )
    return Authenticated(link.resident_id, link.id, fingerprint)


@contextmanager
def _refusals_kept(ground: Ground, answer: Answer, now: datetime) -> Iterator[None]:
    try:
        yield
    except AttemptsUncountable:
        # The store that could not count cannot keep the refusal either.
        raise
    except IdentityError as refusal:
        _record_refusal(ground, refusal, answer.asker, now)
        raise


def _demand_signature(trusted: TrustedCertificate, signature: bytes, expected: bytes) -> None:
    try:
        trusted.profile.verify(trusted.certificate.public_key(), signature, expected)
    except InvalidSignature as error:
        raise SignatureWrong from error


def _record_refusal(ground: Ground, refusal: IdentityError, asker: str, now: datetime) -> None:
    cause = type(refusal).__name__
    _LOG.info("log-in refused: %s", cause)
    actor = audit.Actor(audit.ActorKind.SYSTEM, "identity")
    with database.transaction(ground.engine) as own:
        audit.record(
            own, at=now, actor=actor, action=audit.Action.LOGIN_REFUSED, detail={"asker": asker[:64], "cause": cause}
        )
