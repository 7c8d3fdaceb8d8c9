"""What the device believes about its printer when its two threads ask at the same time."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from print_agent import device as module
from print_agent.attempt import Pace, Press
from print_agent.device import Device, DeviceBusy, DeviceState
from print_agent.ipp import IppClient
from print_agent.journal import Journal
from print_agent.order import State
from print_agent.printer import IDLE, PROCESSING, Condition, Job
from print_agent.ticket import Ticket
from print_agent.vault import HeldDocument
from tests.print_agent.agent import until

URI = "ipp://127.0.0.1:9/ipp/print"


def test_an_answer_to_an_older_question_does_not_replace_a_newer_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = IppClient(URI), IppClient(URI)
    asked, may_answer = threading.Event(), threading.Event()

    def observe(client: IppClient) -> Condition:
        if client is quick:
            return Condition(IDLE, (), ())
        asked.set()
        may_answer.wait(10)
        return Condition(PROCESSING, (), ())

    monkeypatch.setattr(module, "observe", observe)
    journal = Journal(folder / "journal.sqlite")
    device = Device(journal, URI, None, Pace(poll=1, jam_clock=1))
    older = threading.Thread(target=device._observe, args=(slow,))
    older.start()
    until("the older question is asked", asked.is_set)
    device._observe(quick)
    may_answer.set()
    older.join()
    assert device._condition == Condition(IDLE, (), ())
    journal.close()


def test_what_was_seen_while_an_order_printed_says_nothing_of_the_next_one(
    folder: Path, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    printing = Condition(PROCESSING, (), (Job(1, None, "token", "agent", 5, (), 0),))
    seen, may_look = [Condition(IDLE, (), ())], threading.Event()
    journal = Journal(folder / "journal.sqlite")
    device = Device(journal, URI, None, Pace(poll=0.01, jam_clock=1))

    def observe(client: IppClient) -> Condition:
        if client is device._printing_client:
            may_look.wait(10)
            return Condition(IDLE, (), ())
        return seen[0]

    def ends_while_the_watcher_sees_it_print(_: Press, name: str, document: HeldDocument) -> None:
        seen[0] = printing
        until("the watcher saw it", lambda: device._condition is printing)
        document.wipe()
        journal.end(name, State.NOT_PRINTED, sheets=0, detail="of this test")
        seen[0] = Condition(IDLE, (), ())

    monkeypatch.setattr(module, "observe", observe)
    monkeypatch.setattr(Press, "cancel_orphans", lambda _: None)
    monkeypatch.setattr(Press, "carry_out", ends_while_the_watcher_sees_it_print)
    device.start()
    until("the device is able", lambda: device.status().able)
    held = HeldDocument(4)
    ticket = Ticket(order, held.sha256(), page_hashes=("0" * 64,), copies=1)
    device.take(ticket, held)
    until("the order ended", lambda: device.progress(order).entry.state.ended)
    assert device.status().state is DeviceState.PRINTING
    assert device.status().reasons == ()
    with pytest.raises(DeviceBusy):
        device.known(ticket)
    may_look.set()
    until("the device is able again", lambda: device.status().able)
    device.stop()
    journal.close()
