"""Requests and changes that meet in one instant (川崎市, 2023-05: two requests within a second; 宗像市, 2023-06)."""

import json
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import uuid4

import pytest
import sqlalchemy as sa

from portal import database, municipality, register
from portal.certificates import RefusalCode, Refused, Released
from portal.municipality import Municipality
from tests.portal.certificates.conftest import Kiosk, Visit
from tests.portal.register.waiting import locks_waited_for, until, watcher


def test_requests_of_one_instant_share_no_identifier(kiosk: Kiosk, visit: Visit) -> None:
    asked = [kiosk.asked(visit) for _ in range(20)]
    numbers = [kiosk.row(issuance).issue_number for issuance in asked]

    assert all(issuance.version == 4 for issuance in asked)
    assert len(set(asked)) == len(set(numbers)) == len(asked)
    # What counts, or is taken from a clock that stands still, would share its beginning or come in order.
    assert len({issuance.hex[:3] for issuance in asked}) > 15
    assert len({number.partition("-")[2][:2] for number in numbers}) > 10
    assert asked != sorted(asked)
    assert numbers != sorted(numbers)


def test_a_record_that_changes_while_it_is_read_is_not_half_read(
    kiosk: Kiosk, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuance, honest = kiosk.asked(visit), municipality.current

    def read_and_something_changes(connection: object) -> Municipality:
        here = honest(connection)  # type: ignore[arg-type]
        kiosk.correct(visit.resident_id, name="渡辺　葵")
        return here

    with monkeypatch.context() as patch:
        patch.setattr(municipality, "current", read_and_something_changes)
        kiosk.render(issuance)

    assert json.loads(kiosk.row(issuance).record_versions) == {str(visit.resident_id): 1}
    assert kiosk.release(issuance, visit) == Refused(RefusalCode.RECORD_CHANGED)


def test_releases_to_two_of_one_household_take_their_locks_in_one_order(kiosk: Kiosk) -> None:
    first, last = sorted(kiosk.household({}, {"name": "渡辺　太郎"}))
    visit = Visit(uuid4(), last)
    issuance = kiosk.asked(visit, [first, last])
    kiosk.render(issuance)
    kiosk.pay(issuance, visit)
    engine = kiosk.ground.engine

    with ThreadPoolExecutor(1) as threads, watcher(engine) as watching:
        with database.transaction(engine) as connection:
            register.lock(connection, [first])
            released = threads.submit(kiosk.fetch, issuance, visit)
            until(lambda: locks_waited_for(watching) == 1)
            # Whoever waits for the first holds nothing yet that the one who has it will want next.
            free = sa.text("SELECT 1 FROM residents WHERE id = :id FOR NO KEY UPDATE SKIP LOCKED")
            assert connection.execute(free, {"id": last}).first() is not None
        assert isinstance(released.result(10), Released)


def test_a_head_is_not_renamed_while_the_paper_of_another_that_names_them_is_handed_out(
    kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, child = kiosk.household({}, {"name": "渡辺　太郎", "relationship": "子"})
    visit = Visit(uuid4(), child)
    issuance = kiosk.asked(visit, [child])
    kiosk.render(issuance)
    kiosk.pay(issuance, visit)
    engine, honest = kiosk.ground.engine, municipality.current

    with ThreadPoolExecutor(1) as threads, watcher(engine) as watching, monkeypatch.context() as patch:
        renaming: list[Future[None]] = []

        def renamed_after_the_locks(connection: sa.Connection) -> Municipality:
            here = honest(connection)
            if not renaming:
                renaming.append(threads.submit(kiosk.correct, head, name="渡部　葵"))
                until(lambda: locks_waited_for(watching) == 1)
            return here

        patch.setattr(municipality, "current", renamed_after_the_locks)
        released = kiosk.fetch(issuance, visit)
        renaming[0].result(10)
    assert isinstance(released, Released)
