"""Sessions live no longer than the link they were opened through: they end with it, and when its card is stopped.

Held twice. `end` closes what is open now, so that nothing comes back when a stop is lifted. `stands` is asked at
every use, so that a log-in under way at the moment of the stop does not slip through.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from portal.identity.login.sessions import web_sessions
from portal.identity.tables import certificate_stops, kiosk_sessions, serial_links

DATA_KEY = "link"
"""under which a web session holds the id of its link"""

_CLOSE_AT_KIOSKS = (
    sa.update(kiosk_sessions)
    .where(kiosk_sessions.c.link_id == sa.bindparam("link"), kiosk_sessions.c.closed_at.is_(None))
    .values(closed_at=sa.bindparam("at"))
)
_DELETE_ON_THE_WEB = sa.delete(web_sessions).where(
    sa.cast(web_sessions.c.data, JSONB)[DATA_KEY].astext == sa.bindparam("link")
)


def standing(link_id: sa.ColumnElement[UUID]) -> sa.ColumnElement[bool]:
    """The condition that a link is open and its certificate not stopped."""
    stopped = sa.exists().where(
        certificate_stops.c.issuer_sha256 == serial_links.c.issuer_sha256,
        certificate_stops.c.serial == serial_links.c.serial,
        certificate_stops.c.lifted_at.is_(None),
    )
    return sa.exists().where(serial_links.c.id == link_id, serial_links.c.ended_at.is_(None), ~stopped)


_STANDS = sa.select(standing(sa.bindparam("link", type_=sa.Uuid)))


def stands(connection: sa.Connection, link_id: UUID) -> bool:
    """Whether a session opened through this link may still be used."""
    return connection.execute(_STANDS, {"link": link_id}).scalar_one()


def end(connection: sa.Connection, link_id: UUID, *, now: datetime) -> None:
    """End every session, at kiosks and on the web, that was opened through this link."""
    connection.execute(_CLOSE_AT_KIOSKS, {"link": link_id, "at": now})
    connection.execute(_DELETE_ON_THE_WEB, {"link": str(link_id)})
