"""One shift: a worker on one pool of connections, until it is told to stop or the database goes away."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping

import procrastinate
import psycopg_pool
from procrastinate.jobs import Status
from sqlalchemy.engine import make_url

from portal import jobs
from portal.jobs import Queue, Task
from portal.worker.tasks import bind

_HEARTBEAT = 1.0
_STALLED_AFTER = 3.0
_RESCUE_EVERY = 1.0
_POLL_EVERY = 1.0
_CONNECT_WITHIN = 5.0
_FINISH_WITHIN = 20.0
# Five starts by five workers that all died of it: the sixth would die as well.
_MOST_ATTEMPTS = 6
_LOGGER = logging.getLogger(__name__)


async def shift(
    url: str, functions: Mapping[Task, Callable[..., None]], queues: Collection[Queue], stop: asyncio.Event
) -> None:
    """Work until `stop` is set. Returns or raises ConnectorException or PoolTimeout when the database is lost."""
    app = jobs.create_app(url)
    bind(app, functions)
    conninfo = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    pool = psycopg_pool.AsyncConnectionPool(
        conninfo,
        min_size=1,
        max_size=4,
        timeout=3,
        open=False,
        check=psycopg_pool.AsyncConnectionPool.check_connection,
    )
    try:
        await pool.open(wait=True, timeout=_CONNECT_WITHIN)
        await app.open_async(pool=pool)
        await _until_first_end(
            asyncio.create_task(_take_jobs(app, queues)),
            asyncio.create_task(_rescue(app, queues)),
            asyncio.create_task(_stopped(stop)),
        )
    finally:
        await pool.close(timeout=2)


async def _take_jobs(app: procrastinate.App, queues: Collection[Queue]) -> None:
    await app.run_worker_async(
        queues=[queue.value for queue in queues],
        concurrency=1,
        install_signal_handlers=False,
        update_heartbeat_interval=_HEARTBEAT,
        stalled_worker_timeout=_STALLED_AFTER,
        fetch_job_polling_interval=_POLL_EVERY,
        shutdown_graceful_timeout=_FINISH_WITHIN,
        delete_jobs="successful",
    )


async def _rescue(app: procrastinate.App, queues: Collection[Queue]) -> None:
    """Give jobs of dead workers back to the queue. Not a job itself: a queued rescuer can be stranded too."""
    manager = app.job_manager
    while True:
        for queue in queues:
            for job in await manager.get_stalled_jobs(queue=queue.value, seconds_since_heartbeat=_STALLED_AFTER):
                if job.attempts >= _MOST_ATTEMPTS:
                    _LOGGER.error("job %s (%s) was given up after %d attempts", job.id, job.task_name, job.attempts)
                    await manager.finish_job(job, status=Status.FAILED, delete_job=False)
                    continue
                _LOGGER.warning("job %s (%s) of a dead worker goes back to the queue", job.id, job.task_name)
                try:
                    await manager.retry_job(job)
                except procrastinate.exceptions.ConnectorException:
                    # Another worker was quicker; if it is the database that failed, the next look says so.
                    _LOGGER.info("job %s was rescued elsewhere", job.id)
        await asyncio.sleep(_RESCUE_EVERY)


async def _stopped(stop: asyncio.Event) -> None:
    await stop.wait()


async def _until_first_end(*parts: asyncio.Task[None]) -> None:
    """Wait for the first part to end, stop the others in order, and pass on the first failure."""
    try:
        await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for part in parts:
            part.cancel()
        ends = await asyncio.gather(*parts, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end
