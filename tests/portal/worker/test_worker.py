"""Workers as processes: they finish what a killed one left, outlive the database, and stop when told to."""

import os
import signal
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from procrastinate import App
from procrastinate.testing import InMemoryConnector

from portal import database, jobs, register
from portal.certificates import Released, State
from portal.embedded import EmbeddedPostgres
from portal.jobs import QUEUE_OF, Queue, Task
from portal.register import IssueBlock
from portal.worker.processes import NoStart, keep
from portal.worker.tasks import TaskUnbound, bind, functions, remove_departed_residents
from tests.portal.certificates.conftest import Kiosk, Visit
from tests.portal.register.people import TESTER
from tests.portal.worker.conftest import WorkerProcess, until

Workers = Callable[..., WorkerProcess]
SERVER_OPTIONS = ("-c fsync=off", "-c synchronous_commit=off", "-c full_page_writes=off")


def _ready(kiosk: Kiosk, *issuances: object) -> Callable[[], bool]:
    return lambda: all(kiosk.state(issuance) is State.READY for issuance in issuances)  # type: ignore[arg-type]


def test_every_job_name_has_a_function_and_a_queue(real_kiosk: Kiosk) -> None:
    app = jobs.create_app(real_kiosk.ground.engine.url.render_as_string(hide_password=False))
    bound = functions(real_kiosk.ground, real_kiosk.press)
    bind(app, bound)
    assert {task.value for task in Task} <= set(app.tasks)
    assert set(QUEUE_OF) == set(Task)
    assert set(QUEUE_OF.values()) <= set(Queue)


def test_a_job_name_without_a_function_refuses_to_start(real_kiosk: Kiosk) -> None:
    app = App(connector=InMemoryConnector())
    bound = functions(real_kiosk.ground, real_kiosk.press)
    del bound[Task.RENDER_ISSUANCE]
    with pytest.raises(TaskUnbound, match=r"certificates\.render"):
        bind(app, bound)


def test_a_killed_worker_s_certificate_is_finished_once_by_another(
    kiosk: Kiosk, visit: Visit, workers: Workers
) -> None:
    issuance = kiosk.asked(visit)
    doomed = workers("never-finishes")
    doomed.says("ready")
    doomed.says("typesetting")
    assert kiosk.state(issuance) is State.RENDERING
    doomed.kill()
    rescuer = workers()
    rescuer.says("ready")
    until(_ready(kiosk, issuance))
    assert kiosk.row(issuance).fence == 2
    assert len(kiosk.documents_of(issuance)) == 1
    released = kiosk.release(issuance, visit)
    assert isinstance(released, Released)
    assert released.document.startswith(b"%PDF-1.7")
    assert rescuer.stop() == 0


def test_two_workers_share_the_work_and_make_one_document_for_each_request(
    kiosk: Kiosk, visit: Visit, workers: Workers
) -> None:
    pair = [workers(), workers()]
    for worker in pair:
        worker.says("ready")
    issuances = [kiosk.asked(visit) for _ in range(8)]
    until(_ready(kiosk, *issuances))
    assert {kiosk.row(issuance).fence for issuance in issuances} == {1}
    assert len(kiosk.stored()) == len(issuances)
    assert [worker.stop() for worker in pair] == [0, 0]


def test_of_forked_processes_one_that_dies_is_replaced_and_all_end_together(
    kiosk: Kiosk, visit: Visit, workers: Workers
) -> None:
    worker = workers("processes=2")
    worker.says("ready")
    first = worker.children()
    assert len(first) == 2
    until(lambda: _workers_at(kiosk) == 2)
    os.kill(min(first), signal.SIGKILL)
    until(lambda: len(worker.children() - {min(first)}) == 2)
    assert max(first) in worker.children()
    issuances = [kiosk.asked(visit) for _ in range(4)]
    until(_ready(kiosk, *issuances))
    assert {kiosk.row(issuance).fence for issuance in issuances} == {1}
    last = worker.children()
    assert worker.stop() == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in first | last)


def test_forked_processes_do_not_outlive_the_one_that_watches_over_them(workers: Workers) -> None:
    worker = workers("processes=2")
    worker.says("ready")
    forked = worker.children()
    worker.kill()
    until(lambda: not any(_runs(pid) for pid in forked))


def test_a_process_that_does_not_start_takes_the_worker_down(capfd: pytest.CaptureFixture[str]) -> None:
    def broken(_: Callable[[], None]) -> None:
        raise TaskUnbound("certificates.render")

    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    try:
        with pytest.raises(NoStart):
            keep(1, broken, lambda: None)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    assert "TaskUnbound: certificates.render" in capfd.readouterr().err


def _runs(pid: int) -> bool:
    """Whether the process is there and not only its entry, which waits for a parent to take note of it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_worker_outlives_its_database_and_works_on_when_it_is_back(
    kiosk: Kiosk, visit: Visit, workers: Workers, postgres: EmbeddedPostgres, worker_log: Path
) -> None:
    worker = workers()
    worker.says("ready")
    before = kiosk.asked(visit)
    until(_ready(kiosk, before))
    kiosk.ground.engine.dispose()
    postgres.stop()
    try:
        until(lambda: worker_log.read_text().count("begins anew") >= 2)
        assert worker.alive()
    finally:
        postgres.ensure_running(*SERVER_OPTIONS)
    after = kiosk.asked(visit)
    until(_ready(kiosk, after), seconds=15)
    assert worker.stop() == 0


def test_housekeeping_ends_what_was_forgotten_and_an_idle_worker_stops_at_once_and_signs_off(
    kiosk: Kiosk, visit: Visit, workers: Workers
) -> None:
    issuance, _ = kiosk.released(visit)
    # What was due at any earlier time is overdue for the worker.
    with database.transaction(kiosk.ground.engine) as connection:
        connection.execute(sa.text("UPDATE issuances SET due_at = '2026-01-01T00:00:00Z'"))
    worker = workers()
    worker.says("ready")
    until(lambda: kiosk.state(issuance) is State.UNKNOWN)
    assert kiosk.stored() == []
    until(lambda: _workers_at(kiosk) == 1)
    began = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - began < 10
    assert _workers_at(kiosk) == 0


def test_on_the_planned_day_who_leaves_is_removed_and_not_a_day_before(kiosk: Kiosk, visit: Visit) -> None:
    ground = kiosk.ground
    with database.transaction(ground.engine) as connection:
        register.plan_departure(
            connection, [visit.resident_id], planned_date=date(2026, 11, 25), destination="東京都港区芝一丁目",
            filing_id=uuid4(), actor=TESTER, now=ground.clock.now(),
        )  # fmt: skip
    remove_departed_residents(ground)
    assert _block(kiosk, visit) is IssueBlock.PLANNED_DEPARTURE
    ground.clock.advance(days=1)  # type: ignore[attr-defined]
    remove_departed_residents(ground)
    assert _block(kiosk, visit) is IssueBlock.REMOVED


def _block(kiosk: Kiosk, visit: Visit) -> IssueBlock | None:
    with database.transaction(kiosk.ground.engine) as connection:
        return register.issue_block(connection, visit.resident_id)


def _workers_at(kiosk: Kiosk) -> int:
    with database.transaction(kiosk.ground.engine) as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM procrastinate_workers")).scalar_one())
