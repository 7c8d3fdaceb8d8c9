"""Machine, wire or kiosk fail at each step between the held fee and its end: the machine's book is the judge."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from kiosk.journey.states import State
from kiosk.portal_client import PortalClient
from kiosk.settings import Settings
from portal.ground import Ground
from tests.portal.identity.cards import Card
from tests.portal.terminal.till_world import TillWorld
from tests.world.payment.machine import Machine

CUTS = [
    (call, when, what)
    for call in ("authorise", "release", "report", "end")
    for when in ("before", "after")
    for what in ("wire cut", "kiosk dies")
] + [("print", when, "kiosk dies") for when in ("before", "after")]
MACHINE = [
    (step, fault)
    for step in ("reserve", "complete", "reverse")
    for fault in ("drop_before", "drop_after", "power_before", "power_after", "twice")
]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine that takes money."""
    made = Machine(tmp_path / "payment", patience=20)
    made.start()
    yield made
    made.power_cut()


@pytest.fixture
def resident(card: Card, linked: UUID) -> Card:
    """The card of somebody who is registered here."""
    return card


@pytest.fixture
def world(
    ground: Ground, client: PortalClient, kiosk_settings: Settings, resident: Card, machine: Machine
) -> TillWorld:
    """A resident at the kiosk."""
    return TillWorld(ground, client, kiosk_settings, resident, machine)


def walk(world: TillWorld) -> UUID:
    """From the card to the end of the money, whatever happens; the judge has the last word."""
    order = world.to_means()
    world.pay()
    world.come_to_rest(order)
    world.judge(order)
    return order


def test_without_any_fault_the_fee_is_kept_once_for_the_paper_that_came_out(world: TillWorld) -> None:
    order = walk(world)
    assert world.agent.came_out == {str(order)}


def test_paper_that_did_not_come_out_costs_nothing(world: TillWorld) -> None:
    world.agent.ending = "not_printed"
    walk(world)
    assert world.machine.returned == 300


@pytest.mark.parametrize("fault", CUTS, ids="-".join)
def test_a_wire_or_kiosk_that_fails_at_any_call_leaves_the_book_right(
    world: TillWorld, fault: tuple[str, str, str]
) -> None:
    world.faults.planned.append(fault)
    walk(world)
    assert world.faults.planned == [], "the fault was never met"


@pytest.mark.parametrize("fault", MACHINE, ids="-".join)
def test_a_machine_that_fails_at_any_step_leaves_the_book_right(world: TillWorld, fault: tuple[str, str]) -> None:
    world.machine.fail_next(*fault)
    if fault[0] == "reverse":
        world.agent.ending = "not_printed"
    walk(world)
    assert world.machine.faults == [], "the fault was never met"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_person_who_leaves_with_the_fee_held_has_it_back_even_if_the_kiosk_dies_telling(
    world: TillWorld, when: str
) -> None:
    order = world.to_means()
    world.agent.put_error = None
    world.faults.planned.append(("abandon", when, "kiosk dies"))
    world.faults.planned.append(("authorise", "before", "wire cut"))
    world.pay()
    world.stage.kiosk.journey.note(cancelling=True)
    world.come_to_rest(order)
    world.judge(order)
    assert world.agent.came_out == set()
    assert world.machine.returned == world.inserted == 300


def test_a_person_who_goes_away_before_paying_leaves_nothing_open(world: TillWorld) -> None:
    order = world.to_means()
    world.stage.press("quit")
    assert world.stage.at(State.ATTRACT)
    world.come_to_rest(order)
    world.judge(order)
    assert world.machine.entries() == {}


def test_a_kiosk_that_dies_while_coins_are_put_in_has_them_given_back_when_it_is_back(world: TillWorld) -> None:
    order = world.to_means()
    world.stage.post("/means", means="cash")
    world.stage.step()
    world.machine.wait_for_payment()
    world.machine.insert(100)
    world.inserted = 100
    world.till._lost.set()
    world.start_kiosk()
    world.come_to_rest(order)
    world.judge(order)
    assert world.machine.returned == 100


def test_money_held_while_nobody_knows_of_the_paper_waits_for_what_staff_say(world: TillWorld) -> None:
    world.agent.ending = "unknown"
    order = world.to_means()
    world.pay()
    assert world.until(lambda: world.paper(order) == "unknown")
    world.go_on(5)
    entry = world.machine.entries()[str(order)]
    assert entry.open
    assert world.money(order) == "held"
    world.come_to_rest(order)
    world.judge(order)
