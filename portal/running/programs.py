"""Every process of the portal says again and again what it is, and in which version; the silent are forgotten."""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from portal import database
from portal.ground import Ground
from portal.running.tables import Name, programs

VERSION = "0.1.0"
"""Of the portal; the same as in pyproject.toml."""
EVERY_SECONDS = 30.0
SILENT_AFTER = timedelta(seconds=90)
_LOGGER = logging.getLogger(__name__)

_SAY = insert(programs)
_SAY_AGAIN = _SAY.on_conflict_do_update(index_elements=["id"], set_={"seen_at": _SAY.excluded.seen_at})
_FORGET = programs.delete().where(programs.c.seen_at < sa.bindparam("long_ago"))
_BOARD = (
    sa.select(
        programs.c.name,
        programs.c.version,
        sa.func.count().label("processes"),
        sa.func.max(programs.c.seen_at).label("seen_at"),
    )
    .where(programs.c.seen_at >= sa.bindparam("lately"))
    .group_by(programs.c.name, programs.c.version)
    .order_by(programs.c.name, programs.c.version)
)


@dataclass(frozen=True)
class Program:
    """The processes of one program in one version that spoke within `SILENT_AFTER`."""

    name: Name
    version: str
    processes: int
    seen_at: datetime


class Voice:
    """What a process says about itself, from its start on; made in the process itself, after any fork."""

    def __init__(self, ground: Ground, name: Name, version: str = VERSION) -> None:
        self._ground = ground
        self._about = {"id": uuid4(), "name": name, "version": version, "started_at": ground.clock.now()}

    def say(self) -> None:
        """Say it once; who has long been silent is forgotten with it. Raises OperationalError without a database."""
        now = self._ground.clock.now()
        said = {**self._about, "seen_at": now}
        with database.transaction(self._ground.engine) as connection:
            connection.execute(_FORGET, {"long_ago": now - SILENT_AFTER})
            connection.execute(_SAY_AGAIN, said)

    def keep_saying(self) -> None:
        """Say it every half minute from a thread of its own, as long as the process lives."""
        threading.Thread(target=self._go_on, name="version", daemon=True).start()

    def _go_on(self) -> None:
        pause = threading.Event()
        while True:
            try:
                self.say()
            except sa.exc.OperationalError as lost:
                _LOGGER.warning("the version could not be told (%s)", type(lost).__name__)
            pause.wait(EVERY_SECONDS)


def board(connection: sa.Connection, now: datetime) -> tuple[Program, ...]:
    """Everything that runs now, by name and version."""
    return tuple(
        Program(Name(row.name), row.version, row.processes, row.seen_at)
        for row in connection.execute(_BOARD, {"lately": now - SILENT_AFTER})
    )
