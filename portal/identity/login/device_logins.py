"""Log-in with a card reader on a second device (別の機器でのログイン): one code, one answer, two minutes.

A browser without a reader shows a QR code. A bridge on another machine claims the code, lets the card sign, and its
answer logs in the browser that waits: that one session and no other. What binds the two is a token of 256 bits,
which is kept as a hash only; what lets the person see that they belong together is a short comparison code.
"""

import hashlib
import logging
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from portal import audit, database
from portal.ground import Ground
from portal.identity import attempts
from portal.identity.authenticate import Answer, Authenticated, prove
from portal.identity.card.challenge import Challenge, begin_challenge
from portal.identity.card.payload import LOGIN_PURPOSE
from portal.identity.errors import (
    DeviceLoginClaimed,
    DeviceLoginExpired,
    DeviceLoginOfAnotherSession,
    DeviceLoginUnanswered,
    DeviceLoginUnclaimed,
    DeviceLoginUnknown,
    DeviceLoginUsed,
    IdentityError,
    RelayedOrigin,
)
from portal.identity.linking.link_requests import VisitingCard, admit_or_visit
from portal.identity.tables import Scope, device_logins

_LOG = logging.getLogger(__name__)
LIFETIME = timedelta(minutes=2)
# No sign that another one could be taken for (0 O D Q, 1 I L, 2 Z, 5 S, 8 B, 6 G, U V), and no vowels: no words.
CODE_ALPHABET = "CFHJKMNPRTWXY3479"
CODE_LENGTH = 6
_TOKEN_BYTES = 32
_AN_ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,200}")
_UNREADABLE_ORIGIN = "what is no origin"

_INSERT = device_logins.insert()
_OF_TOKEN = device_logins.c.token_sha256 == sa.bindparam("of_token")
_BY_TOKEN = sa.select(device_logins).where(_OF_TOKEN)
_REPLACE = sa.delete(device_logins).where(device_logins.c.asker == sa.bindparam("of_asker"))
_OVER = (
    sa.select(device_logins.c.token_sha256)
    .where(device_logins.c.expires_at <= sa.bindparam("before"))
    .limit(100)
    .with_for_update(skip_locked=True)
)
_SWEEP = sa.delete(device_logins).where(device_logins.c.token_sha256.in_(_OVER))
_CLAIM = (
    sa.update(device_logins)
    .where(_OF_TOKEN, device_logins.c.claimed_at.is_(None), device_logins.c.expires_at > sa.bindparam("at"))
    .values(claimed_at=sa.bindparam("at"))
    .returning(device_logins.c.code)
)
_TAKE_ANSWER = (
    sa.update(device_logins)
    .where(
        _OF_TOKEN,
        device_logins.c.claimed_at.is_not(None),
        device_logins.c.answered_at.is_(None),
        device_logins.c.expires_at > sa.bindparam("at"),
    )
    .values(answered_at=sa.bindparam("at"))
    .returning(device_logins.c.token_sha256)
)
_OUTCOME = ("refusal", "resident_id", "link_id", "certificate", "fingerprint")
_STORE = sa.update(device_logins).where(_OF_TOKEN).values({name: sa.bindparam(f"new_{name}") for name in _OUTCOME})
_JUDGED = sa.or_(device_logins.c.refusal.is_not(None), device_logins.c.fingerprint.is_not(None))
_ENTER = (
    sa.delete(device_logins)
    .where(
        _OF_TOKEN,
        device_logins.c.asker == sa.bindparam("of_asker"),
        device_logins.c.expires_at > sa.bindparam("at"),
        _JUDGED,
    )
    .returning(device_logins)
)


@dataclass(frozen=True, repr=False)
class DeviceLogin:
    """What the waiting page is given. `token` exists nowhere else; `login` names the row and opens nothing."""

    token: str
    login: str
    code: str
    expires_at: datetime


@dataclass(frozen=True, repr=False)
class DeviceQuestion:
    """What the bridge is given, once: a challenge, and the code that the waiting page shows."""

    challenge: Challenge
    code: str


@dataclass(frozen=True)
class DeviceStanding:
    """Where a log-in stands while its browser waits."""

    claimed: bool
    judged: bool
    expires_at: datetime


def begin_device_login(connection: sa.Connection, *, asker: str, now: datetime) -> DeviceLogin:
    """A new code for this browser session (`asker`); an older one of the same session is void from now on."""
    connection.execute(_SWEEP, {"before": now})
    connection.execute(_REPLACE, {"of_asker": asker})
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    expires_at = now + LIFETIME
    connection.execute(
        _INSERT, {"token_sha256": _digest(token), "asker": asker, "code": code, "expires_at": expires_at}
    )
    return DeviceLogin(token, _digest(token).hex(), code, expires_at)


def claim_device_login(ground: Ground, *, token: str, address: str | None, now: datetime) -> DeviceQuestion:
    """Give the bridge that brings the token its challenge: once, to the first that asks.

    Raises DeviceLoginUnknown, DeviceLoginExpired, DeviceLoginClaimed, TooManyAttempts, AttemptsUncountable.
    """
    _count(ground, address, now)
    with database.transaction(ground.engine) as connection:
        claimed = connection.execute(_CLAIM, {"of_token": _digest(token), "at": now}).one_or_none()
        if claimed is None:
            _living(connection, _digest(token), now)
            raise DeviceLoginClaimed
        challenge = begin_challenge(
            connection,
            purpose=LOGIN_PURPOSE,
            asker=_asker(token),
            origin=ground.settings.origins.resident,
            now=now,
        )
    return DeviceQuestion(challenge, claimed.code)


def answer_device_login(
    ground: Ground,
    *,
    token: str,
    challenge_id: UUID,
    certificate: bytes,
    signature: bytes,
    origin: str,
    address: str | None,
    now: datetime,
) -> None:
    """Judge the card's answer and keep what it came to for the browser that waits. There is one answer to a code.

    `origin` is the site that the bridge believes to be talking to. Raises DeviceLoginUnknown, DeviceLoginExpired,
    DeviceLoginUnclaimed, DeviceLoginUsed, RelayedOrigin, TooManyAttempts, AttemptsUncountable and every
    IdentityError of `prove`; from RelayedOrigin on, the refusal is kept for the waiting browser.
    """
    _count(ground, address, now)
    _take_answer(ground, token, now)
    try:
        if origin != ground.settings.origins.resident:
            _name_relay(ground, origin, token, now)
            raise RelayedOrigin
        # The address has been counted already.
        card = prove(ground, Answer(challenge_id, _asker(token), certificate, signature), now=now)
        with database.transaction(ground.engine) as connection:
            _store(connection, token, known=admit_or_visit(connection, card, now=now))
    except IdentityError as refusal:
        with database.transaction(ground.engine) as connection:
            _store(connection, token, refusal=type(refusal).__name__)
        raise


def device_standing(connection: sa.Connection, *, login: str, asker: str, now: datetime) -> DeviceStanding:
    """What the waiting page may know. Reads only.

    Raises DeviceLoginUnknown, DeviceLoginOfAnotherSession, DeviceLoginExpired.
    """
    row = _own(connection, _named(login), asker, now)
    return DeviceStanding(
        claimed=row.claimed_at is not None,
        judged=row.refusal is not None or row.fingerprint is not None,
        expires_at=row.expires_at,
    )


def enter_device_login(ground: Ground, *, login: str, asker: str, now: datetime) -> Authenticated | VisitingCard:
    """Take the outcome out of the store, in one statement that is committed on its own: of many at once one gets it.

    Raises DeviceLoginUnknown, DeviceLoginOfAnotherSession, DeviceLoginExpired, DeviceLoginUnanswered, and the refusal
    that the card's answer came to.
    """
    with database.transaction(ground.engine) as own:
        row = own.execute(_ENTER, {"of_token": _named(login), "of_asker": asker, "at": now}).one_or_none()
        if row is None:
            _own(own, _named(login), asker, now)
            raise DeviceLoginUnanswered
    if row.refusal is not None:
        raise _REFUSALS[row.refusal]
    if row.certificate is not None:
        return VisitingCard(row.certificate, row.fingerprint)
    return Authenticated(row.resident_id, row.link_id, row.fingerprint)


def _take_answer(ground: Ground, token: str, now: datetime) -> None:
    """Close the code for every other answer, committed before anything is looked at."""
    with database.transaction(ground.engine) as own:
        if own.execute(_TAKE_ANSWER, {"of_token": _digest(token), "at": now}).one_or_none() is not None:
            return
        row = _living(own, _digest(token), now)
        raise DeviceLoginUsed if row.answered_at is not None else DeviceLoginUnclaimed


def _store(
    connection: sa.Connection,
    token: str,
    *,
    refusal: str | None = None,
    known: Authenticated | VisitingCard | None = None,
) -> None:
    resident = known if isinstance(known, Authenticated) else None
    visitor = known if isinstance(known, VisitingCard) else None
    stored = connection.execute(
        _STORE,
        {
            "of_token": _digest(token),
            "new_refusal": refusal,
            "new_resident_id": resident and resident.resident_id,
            "new_link_id": resident and resident.link_id,
            "new_certificate": visitor and visitor.certificate,
            "new_fingerprint": known and known.fingerprint,
        },
    )
    if stored.rowcount != 1:
        # The waiting browser asked for another code meanwhile.
        raise DeviceLoginUnknown


def _living(connection: sa.Connection, digest: bytes, now: datetime) -> sa.Row[tuple[object, ...]]:
    row = connection.execute(_BY_TOKEN, {"of_token": digest}).one_or_none()
    if row is None:
        raise DeviceLoginUnknown
    if row.expires_at <= now:
        raise DeviceLoginExpired
    return row


def _own(connection: sa.Connection, digest: bytes, asker: str, now: datetime) -> sa.Row[tuple[object, ...]]:
    row = connection.execute(_BY_TOKEN, {"of_token": digest}).one_or_none()
    if row is not None and not secrets.compare_digest(row.asker.encode(), asker.encode()):
        _LOG.warning("the code of a log-in with a second device was used by another browser session")
        raise DeviceLoginOfAnotherSession
    return _living(connection, digest, now)


def _name_relay(ground: Ground, origin: str, token: str, now: datetime) -> None:
    # What a stranger sent reaches the log only in the form of an origin.
    named = origin if _AN_ORIGIN.fullmatch(origin) else _UNREADABLE_ORIGIN
    _LOG.warning("log-in with a second device relayed through %s", named)
    detail = {"asker": _asker(token), "cause": RelayedOrigin.__name__, "origin": named}
    with database.transaction(ground.engine) as own:
        actor = audit.Actor(audit.ActorKind.SYSTEM, "identity")
        audit.record(own, at=now, actor=actor, action=audit.Action.LOGIN_REFUSED, detail=detail)


def _count(ground: Ground, address: str | None, now: datetime) -> None:
    if address is not None:
        attempts.count(ground, Scope.ADDRESS, address, now=now)


def _asker(token: str) -> str:
    """Names the code to the challenge, so that only an answer through this code fits. Too short to name the row."""
    return f"device:{_digest(token).hex()[:32]}"


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _named(login: str) -> bytes:
    try:
        return bytes.fromhex(login)
    except ValueError:
        raise DeviceLoginUnknown from None


def _kinds(kind: type[IdentityError]) -> dict[str, type[IdentityError]]:
    found = {kind.__name__: kind}
    for special in kind.__subclasses__():
        found.update(_kinds(special))
    return found


_REFUSALS = _kinds(IdentityError)
