"""What a kiosk says and hears each second."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa

from portal import database, municipality, terminals
from portal.ground import Ground
from portal.terminals.tables import terminals as table
from tests.portal.conftest import MovableClock
from tests.portal.register.people import TESTER
from tests.portal.staff.town import enrol_kiosk, say
from tests.portal.terminal.conftest import HEARTBEAT, Kiosk, error

READY = HEARTBEAT["printer"]


def switch(ground: Ground, name: str, value: municipality.SwitchValue) -> None:
    with database.transaction(ground.engine) as connection:
        municipality.set_switch(connection, name, value, TESTER, ground.clock.now())


def test_a_kiosk_hears_that_it_serves_and_what_it_has(kiosk: Kiosk, clock: MovableClock) -> None:
    answer = kiosk.beat()
    said = answer.get_json()

    assert answer.status_code == 200
    assert said["municipality"] == {"code": "982016", "name": "みさき市"}
    assert (said["open"], said["reason"], said["hours"], said["commands"]) == (True, None, "6:30–23:00", [])
    assert datetime.fromisoformat(said["now"]) == clock.now()
    (paper,) = [one for one in said["certificates"] if one["kind"] == "resident_record"]
    assert paper == {
        "kind": "resident_record", "name": "住民票の写し", "fee": paper["fee"], "available": True, "reason": None,
    }  # fmt: skip
    assert paper["fee"] > 0


@pytest.mark.parametrize(("hour", "reason"), [(21, "hours"), (14, "hours"), (13, None)])
def test_outside_its_hours_a_kiosk_does_not_serve(
    kiosk: Kiosk, clock: MovableClock, hour: int, reason: str | None
) -> None:
    clock.set(datetime(2026, 11, 24, hour, 29, tzinfo=UTC))  # 6:29, 23:29 and 22:29 in Japan

    said = kiosk.beat().get_json()

    assert (said["open"], said["reason"]) == (reason is None, reason)


def test_a_stop_of_all_kiosks_arrives_with_the_next_heartbeat(ground: Ground, kiosk: Kiosk) -> None:
    switch(ground, "kiosk_stopped", value=True)

    assert kiosk.beat().get_json()["reason"] == "stopped"


def test_a_stop_of_one_certificate_leaves_the_kiosk_open(ground: Ground, kiosk: Kiosk) -> None:
    switch(ground, "stopped_certificates", value=frozenset({"resident_record"}))

    said = kiosk.beat().get_json()

    assert said["open"]
    (paper,) = [one for one in said["certificates"] if one["kind"] == "resident_record"]
    assert (paper["available"], paper["reason"]) == (False, "stopped")


def test_a_locked_kiosk_hears_it_until_staff_have_answered_and_its_printer_is_free(
    ground: Ground, kiosk: Kiosk
) -> None:
    order = uuid4()
    with database.transaction(ground.engine) as connection:
        terminals.lock(connection, "kiosk-01", order)
    assert kiosk.beat().get_json()["reason"] == "terminal_locked"

    with database.transaction(ground.engine) as connection:
        terminals.command_unlock(
            connection, ground.keys, "kiosk-01", order, "not_printed", actor=TESTER, now=ground.clock.now()
        )
    locked = {"able": False, "state": "locked", "reasons": [], "order": str(order)}
    said = kiosk.beat(printer=locked).get_json()
    assert (said["open"], len(said["commands"])) == (False, 1)

    said = kiosk.beat().get_json()
    assert (said["open"], said["reason"], said["commands"]) == (True, None, [])


def test_a_printer_that_cannot_be_reached_is_no_sign_that_a_lock_is_gone(ground: Ground, kiosk: Kiosk) -> None:
    order = uuid4()
    with database.transaction(ground.engine) as connection:
        terminals.lock(connection, "kiosk-01", order)
        terminals.command_unlock(
            connection, ground.keys, "kiosk-01", order, "printed", actor=TESTER, now=ground.clock.now()
        )

    said = kiosk.beat(printer={"able": False, "state": "offline", "reasons": []}).get_json()

    assert said["reason"] == "terminal_locked"


def test_a_kiosk_that_cannot_print_hears_of_others_that_can_the_nearest_first(
    ground: Ground, kiosk: Kiosk, clock: MovableClock
) -> None:
    for number in (2, 3, 4, 5, 6, 7, 8):
        enrol_kiosk(ground, f"kiosk-0{number}", f"{number}号機")
    here = stand_at(ground, "kiosk-01")
    for terminal_id in ("kiosk-02", "kiosk-03", "kiosk-04", "kiosk-05", "kiosk-06", "kiosk-07"):
        say(ground, terminal_id=terminal_id)
    say(ground, terminal_id="kiosk-03", state="blocked")
    say(ground, terminal_id="kiosk-04", reader="no_reader")
    with database.transaction(ground.engine) as connection:
        terminals.lock(connection, "kiosk-02", uuid4())
        terminals.revoke(connection, terminal_id="kiosk-05", actor=TESTER, now=ground.clock.now())
    stand_at(ground, "kiosk-07", here)

    blocked = {"able": False, "state": "blocked", "reasons": []}
    told = kiosk.beat(printer=blocked).get_json()["elsewhere"]
    assert [other["name"] for other in told] == ["7号機", "6号機"]
    assert told[0] == {"name": "7号機", "place": here}
    assert kiosk.beat().get_json()["elsewhere"] == []
    clock.advance(minutes=1)
    assert kiosk.beat(printer=blocked).get_json()["elsewhere"] == [], "what was heard long ago says nothing"


def stand_at(ground: Ground, terminal_id: str, place: str | None = None) -> str:
    """Moves a kiosk, or leaves it where it is; where it stands then."""
    with database.transaction(ground.engine) as connection:
        if place is not None:
            connection.execute(sa.update(table).where(table.c.id == terminal_id).values(place=place))
        return str(connection.scalar(sa.select(table.c.place).where(table.c.id == terminal_id)))


def test_only_what_the_contract_names_is_kept(ground: Ground, kiosk: Kiosk) -> None:
    printer = {
        "able": False, "state": "blocked", "order": None,
        "reasons": [{"keyword": "media-empty", "blocking": True, "kind": "paper", "extra": "x"}],
        "sheets_left": 7, "tray_capacity": 250, "sheets_since_refill": None, "outcomes": [{"order": "x"}],
        "owner": "渡辺 花子", "version": "0.1.0",
    }  # fmt: skip
    kiosk.beat(printer=printer)

    with database.transaction(ground.engine) as connection:
        (status,) = terminals.board(connection)
    assert status.printer == {
        "able": False, "state": "blocked", "order": None, "version": "0.1.0", "sheets_left": 7, "tray_capacity": 250,
        "reasons": [{"keyword": "media-empty", "blocking": True, "kind": "paper"}],
    }  # fmt: skip


UNFIT: list[dict[str, object]] = [
    {"reader": None},
    {"reader": "ready"},
    {"reader": {}},
    {"reader": {"state": "x" * 33}},
    {"reader": {"state": "a\nb"}},
    {"printer": []},
    {"printer": {"able": True}},
    {"printer": {"able": 1, "state": "ready", "reasons": [], "order": None}},
    {"printer": {"able": True, "state": "ready", "reasons": [5], "order": None}},
    {"printer": {"able": True, "state": "ready", "reasons": [{}] * 33, "order": None}},
    {"printer": {"able": True, "state": "ready", "reasons": [], "order": "not an id"}},
    {"version": ""},
    {"version": 1},
]


def test_a_heartbeat_that_is_not_of_the_contract_is_refused(kiosk: Kiosk) -> None:
    for changed in UNFIT:
        assert error(kiosk.beat(**changed)) == (400, "bad_request"), changed


def test_before_the_municipality_is_loaded_there_is_no_service(ground: Ground, kiosk: Kiosk) -> None:
    with database.transaction(ground.engine) as connection:
        connection.exec_driver_sql("DELETE FROM municipality")

    assert error(kiosk.beat()) == (503, "service_unavailable")


@pytest.mark.parametrize(("hour", "reason"), [(1, None), (11, "office_hours")])
def test_a_paper_of_the_office_is_announced_as_closed_while_the_office_is(
    kiosk: Kiosk, clock: MovableClock, hour: int, reason: str | None
) -> None:
    clock.set(datetime(2026, 11, 24, hour, 29, tzinfo=UTC))  # 10:29 and 20:29 in Japan

    said = kiosk.beat().get_json()

    told = {one["kind"]: (one["available"], one["reason"]) for one in said["certificates"]}
    assert said["open"]
    assert told["domicile_record"] == (reason is None, reason)
    assert told["seal_registration"] == told["income_tax"] == (True, None)
