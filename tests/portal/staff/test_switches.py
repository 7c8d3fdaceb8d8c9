"""The switch that stops every kiosk."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from portal import database, municipality, terminals
from portal.audit import audit_events
from portal.ground import Ground
from portal.identity import Role
from tests.portal.conftest import MovableClock
from tests.portal.staff.conftest import SitDown
from tests.portal.staff.desk import Desk, words
from tests.portal.staff.town import enrol_kiosk


@pytest.fixture
def desk(sit_down: SitDown) -> Desk:
    return sit_down("sosa", Role.OPERATOR, name="操作 三郎")


def stopped(ground: Ground) -> bool:
    with database.transaction(ground.engine) as connection:
        return municipality.current(connection).kiosk_stopped


def turn(desk: Desk, wished: str, confirmed: str = "y") -> int:
    form = {"stopped": wished} | ({"confirmed": confirmed} if confirmed else {})
    return desk.post("/switches/issuance", form, page="/switches").status_code


def test_stopping_and_resuming(desk: Desk, ground: Ground) -> None:
    assert "受け付けています" in words(desk.get("/switches"))
    assert turn(desk, "yes") == 303
    assert stopped(ground)
    page = words(desk.get("/switches"))
    assert "職員が停止中" in page
    assert "発行を再開する" in page
    assert turn(desk, "no") == 303
    assert not stopped(ground)


def test_stopping_twice_is_stopping_once(desk: Desk, ground: Ground) -> None:
    assert turn(desk, "yes") == turn(desk, "yes") == 303
    assert stopped(ground)
    with database.transaction(ground.engine) as connection:
        query = sa.select(audit_events.c.actor_id).where(
            audit_events.c.action == "municipality.changed", audit_events.c.actor_kind == "staff"
        )
        assert connection.execute(query).scalars().all() == [desk.actor.id]


def test_an_unclear_wish_stops_nothing(desk: Desk, ground: Ground) -> None:
    for wished, confirmed in (("yes", ""), ("maybe", "y"), ("", "y")):
        assert turn(desk, wished, confirmed) == 422
    assert not stopped(ground)


def test_outside_the_hours_the_page_says_so(desk: Desk, sit_down: SitDown, clock: MovableClock) -> None:
    clock.set(datetime(2026, 11, 24, 15, 0, tzinfo=UTC))
    late = sit_down("yakin", Role.OPERATOR, name="夜勤 四郎")
    assert "受付時間外" in words(late.get("/switches"))


def test_one_certificate_is_stopped_and_resumed(desk: Desk, ground: Ground) -> None:
    of_it = frozenset({"resident_record"})
    for wished, held in (("yes", of_it), ("yes", of_it), ("no", frozenset())):
        answer = desk.post("/switches/certificates/resident_record", {"stopped": wished}, page="/switches")
        assert answer.status_code == 303
        with database.transaction(ground.engine) as connection:
            assert municipality.current(connection).stopped_certificates == held
    assert desk.post("/switches/certificates/nothing", {"stopped": "yes"}, page="/switches").status_code == 404
    assert desk.post("/switches/certificates/resident_record", {"stopped": "?"}, page="/switches").status_code == 422


def test_one_terminal_is_stopped_and_resumed(desk: Desk, ground: Ground) -> None:
    enrol_kiosk(ground)
    for wished, stopped_now in (("yes", True), ("yes", True), ("no", False)):
        answer = desk.post("/switches/terminals/kiosk-01", {"stopped": wished}, page="/switches")
        assert answer.status_code == 303
        with database.transaction(ground.engine) as connection:
            assert terminals.terminal(connection, "kiosk-01").stopped is stopped_now
    assert desk.post("/switches/terminals/kiosk-99", {"stopped": "yes"}, page="/switches").status_code == 404
    assert desk.post("/switches/terminals/kiosk-01", {"stopped": "?"}, page="/switches").status_code == 422
    with database.transaction(ground.engine) as connection:
        query = sa.select(audit_events.c.detail).where(audit_events.c.action == "terminal.enrolled")
        told = [
            detail for detail in connection.execute(query).scalars() if "stopped" in detail or "resumed" in detail
        ]
    assert len(told) == 2
