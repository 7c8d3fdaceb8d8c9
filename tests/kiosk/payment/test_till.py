"""The till against a machine on a real wire: hold, keep, give back, each exactly once, whatever is lost between."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import uuid4

import pytest

from kiosk.payment.commands import CommandRefused
from kiosk.payment.device import PaymentDevice
from kiosk.payment.nexo import reservation_id, step_id
from kiosk.payment.till import Progress, Till
from tests.kiosk.payment.conftest import Portal
from tests.world.payment.machine import Machine

ORDER = str(uuid4())


def until(found: Callable[[], Progress], stage: str) -> Progress:
    end = time.monotonic() + 10
    while (progress := found()).stage != stage:
        assert time.monotonic() < end, progress
        time.sleep(0.01)
    return progress


def hold(till: Till, machine: Machine, *coins: int) -> Progress:
    assert till.condition() is not None
    assert till.begin(ORDER, 300, "cash")
    machine.wait_for_payment()
    for coin in coins or (100, 100, 100):
        machine.insert(coin)
    return until(lambda: till.progress(ORDER), "held")


def test_what_can_be_paid_with_is_what_works_in_the_machine(till: Till, machine: Machine) -> None:
    for cash, contactless, means in (
        (True, True, {"cash", "contactless"}), (True, False, {"cash"}), (False, True, {"contactless"}),
        (False, False, set()),
    ):  # fmt: skip
        machine.cash_ok, machine.contactless_ok = cash, contactless
        condition = till.condition()
        assert condition is not None
        assert condition.means == means
    machine.power_cut()
    assert till.condition() is None


def test_a_machine_that_was_switched_off_and_on_is_logged_in_to_again(till: Till, machine: Machine) -> None:
    assert till.condition() is not None
    machine.power_cut()
    machine.start()
    assert till.condition() is not None


def test_change_is_given_and_the_fee_is_held(till: Till, machine: Machine) -> None:
    held = hold(till, machine, 500)
    assert held.held is not None
    assert held.held.amount == 300
    assert machine.returned == 200
    assert machine.entries()[ORDER].open


def test_progress_tells_what_has_been_put_in(till: Till, machine: Machine) -> None:
    till.condition()
    till.begin(ORDER, 300, "cash")
    machine.wait_for_payment()
    machine.insert(100)
    assert till.progress(ORDER).inserted == 100


@pytest.mark.parametrize(
    ("hand", "problem"),
    [
        (lambda machine: machine.tap(balance_short=True), "payment_not_enough"),
        (lambda machine: setattr(machine, "patience", 0), "payment_timeout"),
    ],
)
def test_a_tap_that_is_refused_says_why(
    till: Till, machine: Machine, hand: Callable[[Machine], None], problem: str
) -> None:
    till.condition()
    if problem == "payment_timeout":
        machine.patience = 0.05
    till.begin(ORDER, 300, "contactless")
    if problem != "payment_timeout":
        machine.wait_for_payment()
        hand(machine)
    assert until(lambda: till.progress(ORDER), "refused").problem == problem
    assert machine.entries() == {}


@pytest.mark.parametrize("fault", ["silent", "drop_after"])
def test_a_refusal_whose_answer_was_lost_still_says_why(till: Till, machine: Machine, fault: str) -> None:
    machine.change = 100
    till.condition()
    machine.fail_next("reserve", fault)
    till.begin(ORDER, 300, "cash")
    machine.wait_for_payment()
    machine.insert(1000)
    assert until(lambda: till.progress(ORDER), "refused").problem == "payment_no_change"


@pytest.mark.parametrize(("fault", "problem"), [("decline", "payment_declined"), ("host_down", "payment_host")])
def test_a_refusal_of_the_card_company_says_why(till: Till, machine: Machine, fault: str, problem: str) -> None:
    till.condition()
    machine.fail_next("reserve", fault)
    till.begin(ORDER, 300, "contactless")
    if fault == "decline":
        machine.wait_for_payment()
        machine.tap()
    assert until(lambda: till.progress(ORDER), "refused").problem == problem


def test_a_machine_without_change_gives_everything_back_and_says_so(till: Till, machine: Machine) -> None:
    machine.change = 100
    till.condition()
    till.begin(ORDER, 300, "cash")
    machine.wait_for_payment()
    machine.insert(1000)
    assert until(lambda: till.progress(ORDER), "refused").problem == "payment_no_change"
    assert machine.returned == 1000


def test_too_little_money_is_given_back_when_time_is_over(till: Till, machine: Machine) -> None:
    machine.patience = 0.3
    till.condition()
    till.begin(ORDER, 300, "cash")
    machine.wait_for_payment()
    machine.insert(100)
    assert until(lambda: till.progress(ORDER), "refused").problem == "payment_not_enough"
    assert machine.returned == 100


def test_stopping_gives_back_what_was_put_in(till: Till, machine: Machine) -> None:
    till.condition()
    till.begin(ORDER, 300, "cash")
    machine.wait_for_payment()
    machine.insert(100)
    till.cancel(ORDER)
    assert until(lambda: till.progress(ORDER), "refused").problem == "payment_cancelled"
    assert machine.returned == 100
    assert till.begin(ORDER, 300, "contactless")
    machine.wait_for_payment()
    machine.tap()
    until(lambda: till.progress(ORDER), "held")


@pytest.mark.parametrize("fault", ["drop_after", "silent", "twice", "power_after"])
def test_money_taken_under_an_answer_that_was_lost_is_found_again(till: Till, machine: Machine, fault: str) -> None:
    till.condition()
    machine.fail_next("reserve", fault)
    till.begin(ORDER, 300, "cash")
    machine.wait_for_payment()
    machine.insert(500)
    if fault == "power_after":
        until(lambda: till.progress(ORDER), "silent")
        machine.start()
        assert till.condition() is not None
    until(lambda: till.progress(ORDER), "held")
    assert machine.entries()[ORDER].held == 300


@pytest.mark.parametrize("command", ["capture", "void"])
@pytest.mark.parametrize("fault", [None, "drop_before", "drop_after", "twice", "silent"])
def test_a_command_is_done_once_however_often_it_comes(  # noqa: PLR0917
    till: Till, machine: Machine, portal: Portal, device: PaymentDevice, command: str, fault: str | None
) -> None:
    hold(till, machine)
    if fault is not None:
        machine.fail_next("complete" if command == "capture" else "reverse", fault)
    token = portal.signs(ORDER, command)
    ended = till.obey(token) or till.obey(token)
    assert ended is not None
    assert ended.result == ("captured" if command == "capture" else "voided")
    assert till.obey(token) == ended
    # A new process knows nothing and learns it from the machine.
    assert Till(device, portal.keys, "kiosk-01", lambda: 1_800_000_000).obey(token) == ended
    entry = machine.entries()[ORDER]
    assert (entry.captures, entry.reversals) == ((1, 0) if command == "capture" else (0, 1))


def test_giving_back_what_was_never_taken_is_done_at_once(till: Till, machine: Machine, portal: Portal) -> None:
    till.condition()
    ended = till.obey(portal.signs(ORDER, "void"))
    assert ended is not None
    assert ended.reference is None
    assert not till.begin(ORDER, 300, "cash"), "no money is taken for an order that is over"


def test_keeping_what_is_not_there_is_never_called_done(till: Till, machine: Machine, portal: Portal) -> None:
    till.condition()
    assert till.obey(portal.signs(ORDER, "capture")) is None


def test_what_was_kept_is_not_given_back_afterwards(till: Till, machine: Machine, portal: Portal) -> None:
    hold(till, machine)
    assert till.obey(portal.signs(ORDER, "capture")) is not None
    assert till.obey(portal.signs(ORDER, "void")) is None
    assert machine.entries()[ORDER].reversals == 0


def test_giving_back_in_the_middle_of_a_payment_stops_it_first(till: Till, machine: Machine, portal: Portal) -> None:
    till.condition()
    till.begin(ORDER, 300, "cash")
    machine.wait_for_payment()
    machine.insert(100)
    end = time.monotonic() + 5
    while till.obey(portal.signs(ORDER, "void")) is None:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert machine.returned == 100
    assert machine.entries() == {}


def test_a_machine_without_power_does_nothing_and_is_asked_again(
    till: Till, machine: Machine, portal: Portal
) -> None:
    hold(till, machine)
    machine.power_cut()
    token = portal.signs(ORDER, "capture")
    assert till.obey(token) is None
    machine.start()
    till.condition()
    assert till.obey(token) is not None
    assert machine.entries()[ORDER].captures == 1


def test_only_the_portals_command_for_this_terminal_in_its_time_moves_money(
    till: Till, machine: Machine, portal: Portal
) -> None:
    hold(till, machine)
    genuine = portal.signs(ORDER, "capture")
    forged = [
        Portal().signs(ORDER, "capture"),
        portal.signs(ORDER, "capture", terminal="kiosk-02"),
        portal.signs(ORDER, "capture", expires=1_800_000_000),
        portal.signs(ORDER, "capture", issued=1_800_000_061),
        portal.signs(ORDER, "capture", v=2),
        portal.signs(ORDER, "unlock"),
        portal.signed({"alg": "none", "typ": "device-command", "kid": "k1"}, {}),
        portal.signed({"alg": "ES256", "typ": "print-ticket", "kid": "k1"}, {"command": "capture"}),
        genuine[:-4] + "AAAA",
        genuine.replace(".", "", 1),
        "",
    ]
    for token in forged:
        with pytest.raises(CommandRefused):
            till.obey(token)
    assert machine.entries()[ORDER].open


def test_nothing_about_a_person_is_on_the_wire(till: Till, machine: Machine, portal: Portal) -> None:
    """All a device learns of a sale: its opaque id, yen, the means, the terminal, the time."""
    heard: list[object] = []
    answers = machine._answers
    machine._answers = lambda request: (heard.append(request), answers(request))[1]  # type: ignore[method-assign, func-returns-value]
    hold(till, machine)
    assert till.obey(portal.signs(ORDER, "capture")) is not None
    allowed = {
        ORDER, "kiosk-01", "kiosk-01-till", "JPY", 300, "Cash", "FirstReservation", "Completion", "R1", "3.0",
        "Service", "Request", "Payment", "TransactionStatus", "Login", "Diagnosis", "madoguchi", "kiosk", "test",
        "none", "ja", False,
    }  # fmt: skip
    of_the_protocol = {"ServiceID", "TimeStamp", "DateTime", "MessageCategory"}
    said = {leaf for request in heard for name, leaf in _leaves(request) if name not in of_the_protocol}
    assert said <= allowed


def _leaves(value: object, name: str = "") -> list[tuple[str, object]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, str(key))]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner, name)]
    return [(name, value)]


def test_every_step_of_an_order_has_a_name_of_its_own() -> None:
    of_two = {ORDER, str(uuid4())}
    names = [reservation_id(order, attempt) for order in of_two for attempt in (1, 2)]
    names += [step_id(order, step) for order in of_two for step in ("complete", "reverse")]
    assert len(set(names)) == 8
    assert all(len(name) == 10 and name.isalnum() for name in names)
