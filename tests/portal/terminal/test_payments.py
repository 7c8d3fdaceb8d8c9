"""Money over the terminal's wire: authorise, abandon, obey; overload at the door; and the three switches."""

import base64
import json
import time
from datetime import timedelta
from typing import cast
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from kiosk.heartbeat import INTERVAL_SECONDS
from portal import database, municipality, terminals
from portal.certificates import door
from portal.certificates.press import Press
from portal.certificates.rendering import render
from portal.certificates.tables import issuances
from portal.ground import Ground
from portal.municipality import Switch
from tests.portal.certificates.sheets import software_sealing
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card
from tests.portal.register.people import TESTER
from tests.portal.terminal.conftest import Kiosk, MakeKiosk, error
from tests.portal.terminal.test_issuances import PAYMENT, ask, paid, pay, ready, wish

__all__ = ["paid", "ready"]


def commands(kiosk: Kiosk) -> list[dict[str, object]]:
    tokens = kiosk.beat().get_json()["commands"]
    return [json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==")) for token in tokens]


def end(kiosk: Kiosk, issuance: str, result: str, reference: str | None = "C1") -> object:
    said = {"result": result, "reference": reference}
    return kiosk.call("POST", f"/v1/issuances/{issuance}/payment/end", said).get_json()


def test_a_paid_paper_that_was_printed_has_its_fee_kept_by_command(visited: Kiosk, paid: str) -> None:
    visited.call("POST", f"/v1/issuances/{paid}/release", {})
    said = {"outcome": "printed", "sheets": 1, "of": 1, "detail": "done"}
    visited.call("POST", f"/v1/issuances/{paid}/outcome", said)
    visited.session = None  # the person is gone
    for _ in range(2):
        (command,) = commands(visited)
        assert (command["command"], command["order"], command["terminal"]) == ("capture", paid, "kiosk-01")
    for _ in range(2):
        assert end(visited, paid, "captured") == {"payment": "captured"}
    assert commands(visited) == []


def test_a_person_who_goes_has_the_fee_given_back_by_command(visited: Kiosk, paid: str) -> None:
    visited.session = None
    for _ in range(2):
        assert visited.call("POST", f"/v1/issuances/{paid}/abandon", {}).get_json() == {"state": "expired"}
    assert [command["command"] for command in commands(visited)] == ["void"]
    assert end(visited, paid, "voided", None) == {"payment": "voided"}


def test_what_left_the_portal_is_not_abandoned(visited: Kiosk, paid: str) -> None:
    visited.call("POST", f"/v1/issuances/{paid}/release", {})
    assert error(visited.call("POST", f"/v1/issuances/{paid}/abandon", {})) == (409, "released")


def test_a_program_that_begins_anew_abandons_what_it_had_not_fetched_and_nothing_of_others(
    make_kiosk: MakeKiosk, visited: Kiosk, paid: str
) -> None:
    other = make_kiosk("kiosk-02")
    assert other.beat(started=True).get_json()["commands"] == []
    assert visited.beat(started=False).get_json()["commands"] == []
    assert visited.beat(started=True).status_code == 200
    assert [command["order"] for command in commands(visited)] == [paid]


def test_another_kiosk_neither_pays_nor_ends_nor_abandons(
    make_kiosk: MakeKiosk, visited: Kiosk, ready: str, card: Card
) -> None:
    other = make_kiosk("kiosk-02")
    other.present(card)
    for path, body in (
        ("payment", PAYMENT),
        ("payment/end", {"result": "voided", "reference": None}),
        ("abandon", {}),
    ):
        assert error(other.call("POST", f"/v1/issuances/{ready}/{path}", body)) == (404, "issuance_unknown")


def test_money_is_refused_by_name(visited: Kiosk, linked: UUID, ready: str) -> None:
    path = f"/v1/issuances/{ready}/payment"
    assert error(visited.call("POST", path, {**PAYMENT, "amount": 299})) == (400, "wrong_amount")
    for unfit in ({"means": "cheque"}, {"amount": -1}, {"amount": True}, {"reference": ""}, {"reference": "x" * 65}):
        assert error(visited.call("POST", path, {**PAYMENT, **unfit})) == (400, "bad_request"), unfit
    pay(visited, ready)
    assert error(visited.call("POST", path, {**PAYMENT, "reference": "R2"})) == (409, "not_payable")
    unread: tuple[dict[str, object], ...] = ({"result": "refunded"}, {"result": None}, {"reference": 7})
    for changed in unread:
        said = {"result": "voided", "reference": None, **changed}
        assert error(visited.call("POST", f"{path}/end", said)) == (400, "bad_request"), changed
    assert error(visited.call("POST", f"{path}/end", {"result": "captured", "reference": "C1"})) == (
        409,
        "not_decided",
    )
    assert error(visited.call("POST", f"/v1/issuances/{ask(visited, linked)}/payment", PAYMENT)) == (
        409,
        "not_payable",
    )


def test_a_full_queue_answers_at_once_with_an_honest_waiting_time(
    ground: Ground, visited: Kiosk, linked: UUID, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = cast("MovableClock", ground.clock)
    monkeypatch.setattr(door, "MOST_WAITING", 6)
    for _ in range(6):
        ask(visited, linked)
    full = visited.call("POST", "/v1/issuances", wish(linked))
    assert (full.status_code, full.get_json()["error"], full.get_json()["wait_seconds"]) == (503, "overloaded", None)
    assert "Retry-After" not in full.headers
    monkeypatch.setattr(door, "MOST_WAITING", 7)
    made = ask(visited, linked)
    with database.transaction(ground.engine) as connection:
        waiting = connection.execute(sa.select(issuances.c.id).where(issuances.c.id != UUID(made))).scalars().all()
    for issuance in waiting[:3]:
        render(ground, press, software_sealing(), issuance)
        clock.advance(seconds=10)
    monkeypatch.setattr(door, "MOST_WAITING", 4)
    begun = time.perf_counter()
    full = visited.call("POST", "/v1/issuances", wish(linked))
    taken = time.perf_counter() - begun
    # Three in the last half minute: four that wait take forty seconds.
    assert full.get_json()["wait_seconds"] == 40
    assert full.headers["Retry-After"] == "40"
    assert taken < 1


def _stop(ground: Ground, what: str, *, stopped: bool) -> None:
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        if what == "terminal":
            terminals.stop(connection, terminal_id="kiosk-01", stopped=stopped, actor=TESTER, now=now)
        elif what == "municipality":
            municipality.set_switch(connection, Switch.KIOSK_STOPPED.value, stopped, TESTER, now)
        else:
            kinds = frozenset({"resident_record"} if stopped else ())
            municipality.set_switch(connection, Switch.STOPPED_CERTIFICATES.value, kinds, TESTER, now)


@pytest.mark.parametrize("what", ["municipality", "certificate", "terminal"])
def test_a_stop_is_in_the_next_answer_of_every_kind_and_a_heartbeat_comes_each_second(
    ground: Ground, visited: Kiosk, linked: UUID, paid: str, what: str
) -> None:
    assert timedelta(seconds=INTERVAL_SECONDS) <= timedelta(seconds=1)
    assert _offered(visited)
    _stop(ground, what, stopped=True)
    assert not _offered(visited)
    assert error(visited.call("POST", "/v1/issuances", wish(linked))) == (409, "stopped")
    assert error(visited.call("POST", f"/v1/issuances/{paid}/release", {})) == (409, "stopped")
    _stop(ground, what, stopped=False)
    assert _offered(visited)
    assert visited.call("POST", "/v1/issuances", wish(linked)).status_code == 201


def test_a_stop_of_one_terminal_leaves_the_others_open(ground: Ground, make_kiosk: MakeKiosk, visited: Kiosk) -> None:
    other = make_kiosk("kiosk-02")
    _stop(ground, "terminal", stopped=True)
    assert not _offered(visited)
    assert _offered(other)


def test_a_fee_held_when_the_stop_comes_is_given_back(ground: Ground, visited: Kiosk, paid: str) -> None:
    _stop(ground, "terminal", stopped=True)
    visited.call("POST", f"/v1/issuances/{paid}/release", {})
    visited.call("POST", f"/v1/issuances/{paid}/abandon", {})
    assert [command["command"] for command in commands(visited)] == ["void"]


def test_stopping_an_unknown_terminal_is_refused(ground: Ground) -> None:
    with database.transaction(ground.engine) as connection, pytest.raises(terminals.TerminalUnknown):
        terminals.stop(
            connection, terminal_id=f"kiosk-{uuid4().hex[:4]}", stopped=True, actor=TESTER, now=ground.clock.now()
        )


def _offered(kiosk: Kiosk) -> bool:
    news = kiosk.beat().get_json()
    available = {row["kind"]: row["available"] for row in news["certificates"]}
    return bool(news["open"]) and available["resident_record"]
