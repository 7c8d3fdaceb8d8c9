"""Sessions at a kiosk: one terminal, one authentication, ten minutes at most."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa

from portal import audit
from portal.identity.authenticate import Authenticated
from portal.identity.errors import SessionEnded
from portal.identity.linking import link_sessions
from portal.identity.tables import kiosk_sessions

ABSOLUTE = timedelta(minutes=10)
IDLE = timedelta(minutes=3)


@dataclass(frozen=True)
class KioskSession:
    """The living session of a request."""

    id: UUID
    terminal_id: str
    resident_id: UUID
    link_id: UUID
    expires_at: datetime


_INSERT = kiosk_sessions.insert()
_CLOSE_OTHERS = (
    sa.update(kiosk_sessions)
    .where(kiosk_sessions.c.terminal_id == sa.bindparam("of_terminal"), kiosk_sessions.c.closed_at.is_(None))
    .values(closed_at=sa.bindparam("at"))
)
# One statement finds and prolongs: a session closed meanwhile cannot be brought back by a request in flight.
# The card may have been stopped, or its link ended, since the log-in.
_USE = (
    sa.update(kiosk_sessions)
    .where(
        kiosk_sessions.c.token_sha256 == sa.bindparam("of_token"),
        kiosk_sessions.c.terminal_id == sa.bindparam("of_terminal"),
        kiosk_sessions.c.closed_at.is_(None),
        kiosk_sessions.c.expires_at > sa.bindparam("at"),
        kiosk_sessions.c.seen_at > sa.bindparam("idle_since"),
        link_sessions.standing(kiosk_sessions.c.link_id),
    )
    .values(seen_at=sa.bindparam("at"))
    .returning(kiosk_sessions)
)
_CLOSE = (
    sa.update(kiosk_sessions)
    .where(
        kiosk_sessions.c.token_sha256 == sa.bindparam("of_token"),
        kiosk_sessions.c.terminal_id == sa.bindparam("of_terminal"),
        kiosk_sessions.c.closed_at.is_(None),
    )
    .values(closed_at=sa.bindparam("at"))
    .returning(kiosk_sessions.c.id, kiosk_sessions.c.resident_id)
)


def open_kiosk_session(
    connection: sa.Connection, terminal_id: str, authenticated: Authenticated, *, now: datetime
) -> str:
    """Start a session and end every other one of this terminal; returns its token (256 bits), stored nowhere."""
    connection.execute(_CLOSE_OTHERS, {"of_terminal": terminal_id, "at": now})
    token = secrets.token_urlsafe(32)
    connection.execute(
        _INSERT,
        {
            "id": uuid4(),
            "token_sha256": _digest(token),
            "terminal_id": terminal_id,
            "resident_id": authenticated.resident_id,
            "link_id": authenticated.link_id,
            "opened_at": now,
            "seen_at": now,
            "expires_at": now + ABSOLUTE,
            "closed_at": None,
        },
    )
    return token


def kiosk_session(connection: sa.Connection, token: str, terminal_id: str, *, now: datetime) -> KioskSession:
    """The living session of `token` at this terminal, prolonged by this use. Raises SessionEnded."""
    row = connection.execute(
        _USE, {"of_token": _digest(token), "of_terminal": terminal_id, "at": now, "idle_since": now - IDLE}
    ).one_or_none()
    if row is None:
        raise SessionEnded
    return KioskSession(row.id, row.terminal_id, row.resident_id, row.link_id, row.expires_at)


def close_kiosk_session(connection: sa.Connection, token: str, terminal_id: str, *, now: datetime) -> None:
    """End the session. Ending it twice, or one that is not there, changes nothing."""
    row = connection.execute(
        _CLOSE, {"of_token": _digest(token), "of_terminal": terminal_id, "at": now}
    ).one_or_none()
    if row is None:
        return
    audit.record(
        connection,
        at=now,
        actor=audit.Actor(audit.ActorKind.RESIDENT, str(row.resident_id)),
        action=audit.Action.LOGGED_OUT,
        subject=row.resident_id,
        detail={"session": str(row.id), "terminal": terminal_id},
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
