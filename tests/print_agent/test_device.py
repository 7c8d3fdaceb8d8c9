"""What the device believes about its printer when its two threads ask at the same time."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from print_agent import device as module
from print_agent.attempt import Pace
from print_agent.device import Device
from print_agent.ipp import IppClient
from print_agent.journal import Journal
from print_agent.printer import IDLE, PROCESSING, Condition
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
