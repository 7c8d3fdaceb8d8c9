"""Work behind the scenes: jobs in PostgreSQL, enqueued in the transaction of the row they belong to."""

from enum import StrEnum

import procrastinate
import sqlalchemy as sa
from sqlalchemy.engine import make_url


class Queue(StrEnum):
    """Queues; a worker names the ones it takes from. Rendering has its own so that nothing waits behind it."""

    RENDER = "render"


class Task(StrEnum):
    """Every job there is. The worker binds each name to its function and refuses to start without one."""

    RENDER_ISSUANCE = "certificates.render"


QUEUE_OF: dict[Task, Queue] = {Task.RENDER_ISSUANCE: Queue.RENDER}


def create_app(url: str) -> procrastinate.App:
    """The queue engine over the portal's own database."""
    parts = make_url(url)
    conninfo = parts.set(drivername="postgresql").render_as_string(hide_password=False)
    return procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo))


def enqueue(app: procrastinate.App, connection: sa.Connection, task: Task, **identifiers: str) -> None:
    """Add a job inside the caller's transaction: neither can exist without the other.

    Arguments are shown to operators, so they are identifiers only, never personal data.
    """
    raw = connection.connection.driver_connection
    app.configure_task(name=task.value, allow_unknown=True, queue=QUEUE_OF[task].value, connection=raw).defer(
        **identifiers
    )
