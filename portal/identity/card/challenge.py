"""Challenges: one nonce, one asker, one answer, two minutes."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa

from portal import database
from portal.identity.card.payload import NONCE_LENGTH, nonce_digest, payload
from portal.identity.errors import ChallengeExpired, ChallengeOfAnotherAsker, ChallengeUnknown
from portal.identity.tables import challenges

LIFETIME = timedelta(minutes=2)


@dataclass(frozen=True, repr=False)
class Challenge:
    """What is handed to the asker. The nonce (32 random bytes) exists nowhere else afterwards."""

    id: UUID
    nonce: bytes
    purpose: str
    origin: str
    expires_at: datetime


@dataclass(frozen=True, repr=False)
class BurntChallenge:
    """A challenge taken out of the store: it can be judged once and never again."""

    asker: str
    expires_at: datetime
    expected_payload: bytes

    def demand(self, *, asker: str, now: datetime) -> None:
        """Raises ChallengeOfAnotherAsker or ChallengeExpired when the answer does not belong to the question."""
        if not secrets.compare_digest(self.asker.encode(), asker.encode()):
            raise ChallengeOfAnotherAsker
        if now >= self.expires_at:
            raise ChallengeExpired


_INSERT = challenges.insert()
_BURN = sa.delete(challenges).where(challenges.c.id == sa.bindparam("burnt")).returning(challenges)
_OVER = (
    sa.select(challenges.c.id)
    .where(challenges.c.expires_at <= sa.bindparam("now"))
    .limit(100)
    .with_for_update(skip_locked=True)
)
_SWEEP = sa.delete(challenges).where(challenges.c.id.in_(_OVER))


def begin_challenge(connection: sa.Connection, *, purpose: str, asker: str, origin: str, now: datetime) -> Challenge:
    """Give out a challenge to `asker` (a terminal id or the hash of a browser session)."""
    connection.execute(_SWEEP, {"now": now})
    challenge = Challenge(uuid4(), secrets.token_bytes(NONCE_LENGTH), purpose, origin, now + LIFETIME)
    connection.execute(
        _INSERT,
        {
            "id": challenge.id,
            "nonce_sha256": nonce_digest(challenge.nonce),
            "purpose": purpose,
            "origin": origin,
            "asker": asker,
            "expires_at": challenge.expires_at,
        },
    )
    return challenge


def burn(engine: sa.Engine, challenge_id: UUID) -> BurntChallenge:
    """Take the challenge out of the store, in one statement committed on its own before anything is judged.

    Of two answers at the same moment one gets it. Raises ChallengeUnknown for the other.
    """
    with database.transaction(engine) as own:
        row = own.execute(_BURN, {"burnt": challenge_id}).one_or_none()
    if row is None:
        raise ChallengeUnknown
    expected = payload(origin=row.origin, nonce_sha256=row.nonce_sha256, purpose=row.purpose)
    return BurntChallenge(row.asker, row.expires_at, expected)
