"""The door of the queue: overload is refused here, before anything is paid, and with an honest waiting time."""

import math
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.certificates.tables import issuances

MOST_WAITING = 60
# How far back the rate of rendering is measured.
_RECENT = timedelta(minutes=2)

_WAITING = sa.select(sa.func.count()).where(issuances.c.state.in_(("requested", "rendering")))
_RENDERED = sa.select(sa.func.count(), sa.func.min(issuances.c.ready_at)).where(
    issuances.c.ready_at > sa.bindparam("since"), issuances.c.ready_at <= sa.bindparam("until")
)


class Overloaded(Exception):
    """Raised at the door when as many requests as can be served in time are waiting already.

    `seconds` is how long those who wait will take at the rate of the last minutes; None when nothing was rendered.
    """

    def __init__(self, seconds: int | None) -> None:
        self.seconds = seconds
        super().__init__("overloaded")


def demand_room(connection: sa.Connection, now: datetime) -> None:
    """Raises Overloaded when there is no place in the queue."""
    waiting = connection.execute(_WAITING).scalar_one()
    if waiting >= MOST_WAITING:
        raise Overloaded(_seconds(connection, waiting, now))


def _seconds(connection: sa.Connection, waiting: int, now: datetime) -> int | None:
    count, first = connection.execute(_RENDERED, {"since": now - _RECENT, "until": now}).one()
    if not count:
        return None
    # At least a second: papers of one instant do not show a rate.
    measured: float = max((now - first).total_seconds(), 1.0)
    seconds: int = math.ceil(waiting * measured / count)
    return seconds
