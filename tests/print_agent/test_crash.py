"""The agent is killed, the printer loses power: nothing twice, nothing cut off, nothing claimed that is not so.

The agent holds no hooks for this. It is killed from outside, at states seen in its journal or at random moments, with
a slow cable so that the moments are wide enough to be hit; and at each labelled point of its work (``doomed``). The
engine's tray log is the judge. `make crash` is the same at length.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from print_agent.attempt import Pace
from print_agent.device import Device, DeviceState
from print_agent.ipp import client
from print_agent.journal import Journal
from print_agent.order import State
from print_agent.ticket import Ticket
from print_agent.vault import HeldDocument
from tests.print_agent.agent import Agent, until
from tests.print_agent.crash import Deaths, Figures, Scene
from tests.print_agent.doomed import POINTS, RECOVERY_POINTS
from tests.print_agent.paper import paper
from tests.print_agent.signer import Signer
from tests.world.printer import Cable, Printer

Moment = Callable[[Scene, str], None]


@pytest.fixture
def scene(make_agent: Callable[..., Agent], printer: Printer, signer: Signer) -> Iterator[Scene]:
    with Cable(printer.port, pause=0.004) as cable:
        yield Scene(make_agent(uri=cable.uri), cable, printer, signer)


def at_state(*states: str) -> Moment:
    def wait(scene: Scene, order: str) -> None:
        deadline = time.monotonic() + 5
        while scene.agent.state_in_journal(order) not in {*states, "printed"}:
            assert time.monotonic() < deadline
            time.sleep(0.0005)

    return wait


def inside_the_body(scene: Scene, order: str) -> None:
    at_state("sending", "sent")(scene, order)
    start = scene.cable.carried
    deadline = time.monotonic() + 5
    while scene.cable.carried < start + 100_000 and scene.agent.state_in_journal(order) == "sending":
        assert time.monotonic() < deadline
        time.sleep(0.0005)


def after(seconds: float) -> Moment:
    return lambda *_: time.sleep(seconds)


LARGE = 4_900_000
"""More than the kernel buffers for a sender: only then is part of the body still in the agent when it dies."""
CHANCE = random.Random(20230327)
MOMENTS: list[tuple[str, Moment]] = [
    ("accepted", at_state("accepted", "creating")),
    ("creating", at_state("creating")),
    ("created", at_state("created", "sending")),
    ("inside the body", inside_the_body),
    ("inside the body again", inside_the_body),
    ("sent", at_state("sent")),
    *((f"after {delay * 1000:.0f} ms", after(delay)) for delay in (CHANCE.uniform(0, 0.3) for _ in range(6))),
]


DANGEROUS = {"creating", "sending", "sent"}
"""States in which a death must have been seen, or the test below proves nothing."""


def killed_once(scene: Scene, name: str, moment: Moment) -> str | None:
    """One order through one death; the state in which the agent died."""
    order, pages = str(uuid.uuid4()), CHANCE.choice([1, 2])
    document = paper(f"{name} {order}", pages, padding=LARGE if moment is inside_the_body else 200_000)
    scene.agent.door.until_able()
    answer = scene.present(order, document, pages)
    assert answer == "accepted", (answer, scene.agent.door.status())
    moment(scene, order)
    scene.agent.kill()
    state = scene.agent.state_in_journal(order)
    scene.agent.start()
    assert scene.present_until_ended(order, document, pages) == "printed", name
    assert scene.sheets_of(document) == [pages], name
    return state


def test_however_the_agent_is_killed_each_order_comes_out_exactly_once(scene: Scene) -> None:
    scene.agent.start()
    deaths = {killed_once(scene, name, moment) for name, moment in MOMENTS}
    for _ in range(10):
        for missed in DANGEROUS - deaths:
            deaths.add(killed_once(scene, f"again {missed}", at_state(missed)))
    assert deaths >= DANGEROUS
    assert scene.strangers() == 0


@pytest.mark.parametrize("point", POINTS)
def test_an_agent_that_dies_at_any_point_of_its_work_prints_each_order_once(scene: Scene, point: str) -> None:
    figures = Figures()
    Deaths(scene, figures, CHANCE).one(number=1, point=point)
    assert figures.points[point] == 1
    assert figures.counted["printed"] == 1
    assert figures.wrong == []
    assert scene.strangers() == 0


def test_an_agent_that_dies_again_while_it_cleans_up_prints_each_order_once(scene: Scene) -> None:
    figures = Figures()
    deaths = Deaths(scene, figures, CHANCE)
    for point, second in zip(("created", "created", "sent", "sent", "sent"), RECOVERY_POINTS, strict=True):
        deaths.one(number=1, point=point, again_at=second)
        assert figures.points[second] == 1, second
    assert figures.wrong == []
    assert scene.strangers() == 0


def test_whatever_a_power_cut_leaves_nothing_is_claimed_that_is_not_so(scene: Scene) -> None:
    chance = random.Random(20230502)
    claims: list[str] = []
    scene.printer.page_seconds = 0.05
    scene.printer.power_cut()
    scene.printer.start()
    for number in range(5):
        order = str(uuid.uuid4())
        document = paper(f"power cut {number}", 2, padding=200_000)
        scene.agent.start().until_able()
        scene.present(order, document, 2)
        time.sleep(chance.uniform(0, 0.4))
        if number % 2:
            scene.agent.kill()
        scene.printer.power_cut()
        if number % 2:
            scene.agent.start()
        scene.printer.start()
        claim = scene.agent.door.until_ended(order)["state"]
        sheets = scene.sheets_in_log(document)
        claims.append(claim)
        if claim == "printed":
            assert sheets == [2]
        elif claim == "not_printed":
            assert sum(sheets) == 0
        else:
            assert scene.agent.door.status()["state"] == "locked"
            assert len(sheets) <= 1
            assert scene.present(order, document, 2) == "unknown"
            scene.agent.door.unlock(scene.signer.unlock(order))
        scene.agent.kill()
    assert scene.strangers() == 0
    assert "unknown" in claims


def test_a_cable_pulled_in_the_middle_of_the_document_leads_to_no_false_claim(
    folder: Path, printer: Printer, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "REQUEST_SECONDS", 0.3)
    monkeypatch.setattr(client, "DOCUMENT_SECONDS", 1.0)
    document = paper("pulled", padding=LARGE)
    journal = Journal(folder / "journal.sqlite")
    held = HeldDocument(len(document))
    held.view[:] = document
    ticket = Ticket(order, held.sha256(), page_hashes=("0" * 64,), copies=1)
    with Cable(printer.port, pause=0.004) as cable:
        device = Device(journal, cable.uri, None, Pace(poll=0.05, jam_clock=0.5))
        device.start()
        until("the device is able", lambda: device.status().able)
        device.take(ticket, held)
        until("the document is under way", lambda: device.progress(order).entry.state is State.SENDING)
        cable.pull()
        until("the silence is seen", lambda: device.status().state is DeviceState.OFFLINE)
        until("the order ends", lambda: device.progress(order).entry.state.ended)
        assert device.progress(order).entry.state is State.UNKNOWN
        assert device.status().state is DeviceState.LOCKED
        device.stop()
    journal.close()
    assert printer.documents() == []
