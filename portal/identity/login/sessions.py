"""Log-in sessions of the web faces, kept on the server. The browser holds only a random token."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.database import Instant, metadata

web_sessions = sa.Table(
    "web_sessions",
    metadata,
    # The token's hash: whoever reads the table cannot take over a session.
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    sa.Column("face", sa.String(16), nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False, index=True),
)

_INSERT = web_sessions.insert()
_BY_TOKEN = sa.select(web_sessions).where(
    web_sessions.c.token_hash == sa.bindparam("token_hash"), web_sessions.c.face == sa.bindparam("of_face")
)
_WRITE = (
    sa.update(web_sessions)
    .where(web_sessions.c.token_hash == sa.bindparam("of_token"))
    .values(data=sa.bindparam("new_data"), seen_at=sa.bindparam("new_seen_at"))
)
_DELETE = sa.delete(web_sessions).where(web_sessions.c.token_hash == sa.bindparam("of_token"))
_SWEEP = sa.delete(web_sessions).where(web_sessions.c.ends_at < sa.bindparam("before"))


@dataclass(frozen=True)
class SessionLimits:
    """How long a session lives without use, and at most."""

    idle: timedelta
    absolute: timedelta


LIMITS = {
    # Drafts survive a session, so a short one costs a resident nothing but a log-in.
    "resident": SessionLimits(idle=timedelta(minutes=20), absolute=timedelta(hours=2)),
    "staff": SessionLimits(idle=timedelta(minutes=30), absolute=timedelta(hours=10)),
}


def create(connection: sa.Connection, *, face: str, data: dict[str, str], now: datetime) -> str:
    """Start a session of `face`; returns its token (256 bits), which is stored nowhere."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        _INSERT,
        {
            "token_hash": _hash(token),
            "face": face,
            "data": json.dumps(data),
            "created_at": now,
            "seen_at": now,
            "ends_at": now + LIMITS[face].absolute,
        },
    )
    return token


def load(connection: sa.Connection, *, face: str, token: str, now: datetime) -> dict[str, str] | None:
    """The data of a living session, or None when it is unknown, idle too long or over."""
    row = connection.execute(_BY_TOKEN, {"token_hash": _hash(token), "of_face": face}).one_or_none()
    if row is None or row.ends_at <= now or row.seen_at + LIMITS[face].idle <= now:
        return None
    data: dict[str, str] = json.loads(row.data)
    return data


def write(connection: sa.Connection, *, token: str, data: dict[str, str], now: datetime) -> bool:
    """Store `data` if the session still exists. A session destroyed meanwhile is never brought back."""
    written = connection.execute(_WRITE, {"of_token": _hash(token), "new_data": json.dumps(data), "new_seen_at": now})
    return written.rowcount == 1


def destroy(connection: sa.Connection, *, token: str) -> None:
    """End a session; every request that still carries the token is anonymous from now on."""
    connection.execute(_DELETE, {"of_token": _hash(token)})


def sweep(connection: sa.Connection, *, now: datetime) -> None:
    """Delete the rows of sessions that are over."""
    connection.execute(_SWEEP, {"before": now})


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
