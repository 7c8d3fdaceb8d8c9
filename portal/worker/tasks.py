"""Which function does which job. Every name in `jobs.Task` has one, or no worker starts."""

from collections.abc import Callable, Mapping
from uuid import UUID

import procrastinate
import sqlalchemy as sa

from portal import database, filings, identity, register
from portal.audit import Actor, ActorKind
from portal.certificates.press import Press
from portal.certificates.rendering import render
from portal.certificates.sealing.active import ActiveKeys
from portal.certificates.sealing.sealer import Sealing
from portal.clock import local_date
from portal.ground import Ground
from portal.identity import LinkEnd
from portal.identity.login import sessions
from portal.jobs import QUEUE_OF, Task

# A job that a dying database cut off is done again; all functions here may run any number of times.
_AGAIN = procrastinate.RetryStrategy(
    max_attempts=5, wait=1, linear_wait=1, retry_exceptions=[sa.exc.OperationalError]
)


class TaskUnbound(Exception):
    """Raised at start when a job name has no function, or a function no job name."""


def functions(ground: Ground, press: Press) -> dict[Task, Callable[..., None]]:
    """The function of every job."""
    sealing = Sealing(ground.keys, ActiveKeys(ground.engine, ground.clock))

    def render_issuance(*, issuance: str) -> None:
        render(ground, press, sealing, UUID(issuance))

    return {Task.RENDER_ISSUANCE: render_issuance}


def bind(app: procrastinate.App, functions_by_task: Mapping[Task, Callable[..., None]]) -> None:
    """Register the functions with the queue under their names; raises TaskUnbound."""
    if set(functions_by_task) != set(Task):
        raise TaskUnbound(", ".join(sorted(set(Task) ^ set(functions_by_task))))
    for task, function in functions_by_task.items():
        app.task(name=task.value, queue=QUEUE_OF[task].value, retry=_AGAIN)(function)


def forget_sessions(ground: Ground) -> None:
    """Delete the web sessions that are over; whoever still holds such a cookie is a stranger anyway."""
    with database.transaction(ground.engine) as connection:
        sessions.sweep(connection, now=ground.clock.now())


def remove_departed_residents(ground: Ground) -> None:
    """消除 of everybody whose planned day has come, in one transaction with what hangs on it.

    Their card links end, and the holds of their filings on those who stay are lifted.
    """
    now = ground.clock.now()
    actor = Actor(ActorKind.SYSTEM, "register.remove_departed")
    with database.transaction(ground.engine) as connection:
        removed = register.remove_departed(connection, today=local_date(now), now=now)
        for resident_id in removed:
            identity.end_links(connection, resident_id, LinkEnd.MOVED_OUT, actor=actor, now=now)
        if removed:
            filings.release_departed(connection, removed, now=now)
