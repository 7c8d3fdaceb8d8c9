"""The proof in small: faults of every kind find nothing in the product, and each deliberate break is found."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.proof.judge import Finding
from tests.proof.plan import Break
from tests.proof.small import END, HONEST, PLANS

Told = dict[str, float]
_EVERY_KIND = (
    "record_changes",
    "duplicate_requests",
    "same_millisecond",
    "thefts_tried",
    "connections_cut",
    "answers_lost",
    "kill_worker",
    "kill_face",
    "pause_worker",
    "pause_face",
    "drop_connections",
)


class Campaigns:
    """The campaigns under way in a process of their own; each test waits for the end of its own one."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self._process, self._log = process, log
        self._told: dict[str, Told] = {}

    def told(self, name: str) -> Told:
        """What this campaign printed."""
        assert self._process.stdout is not None
        while name not in self._told:
            begins = self._process.stdout.readline().split()
            assert begins, self._log.read_text(encoding="utf-8")[-3000:]
            lines = (line.split() for line in iter(self._process.stdout.readline, END))
            self._told[begins[1]] = {name: float(value) for _, name, value in lines}
        return self._told[name]


@pytest.fixture(scope="module")
def campaigns(scratch: Path) -> Iterator[Campaigns]:
    """All of them, begun."""
    log = scratch / "proof.log"
    command = [sys.executable, "-m", "tests.proof.small", str(scratch / "proof")]
    with (
        log.open("w") as errors,
        subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            yield Campaigns(process, log)
        finally:
            # SIGINT: it ends what it has started.
            process.send_signal(signal.SIGINT)


def findings(told: Told) -> dict[Finding, float]:
    """What was found, without the zeros."""
    return {finding: told[finding.value] for finding in Finding if told[finding.value]}


def test_with_faults_of_every_kind_everybody_gets_their_own_paper_and_nothing_is_lost(campaigns: Campaigns) -> None:
    honest = campaigns.told(HONEST)
    assert findings(honest) == {}
    assert honest["deliveries"] >= PLANS[HONEST].deliveries
    assert [kind for kind in _EVERY_KIND if not honest.get(f"injected_{kind}")] == []
    restrictions = ("holds", "protections", "planned_departures")
    assert sum(honest.get(f"injected_{kind}", 0) for kind in restrictions) > 0
    assert sum(honest.get(f"injected_{kind}", 0) for kind in ("takeovers", "time_outs")) > 0


def test_documents_kept_in_a_shared_slot_are_found(campaigns: Campaigns) -> None:
    found = findings(campaigns.told(Break.SHARED_SLOT))
    assert found.get(Finding.CROSSINGS, 0) > 0
    assert found.get(Finding.DUPLICATES, 0) > 0


def test_a_lock_freed_while_its_job_lives_is_found(campaigns: Campaigns) -> None:
    found = findings(campaigns.told(Break.FREED_LOCK))
    assert found.get(Finding.REVIVALS, 0) + found.get(Finding.DUPLICATES, 0) > 0


def test_a_release_that_does_not_look_again_is_found(campaigns: Campaigns) -> None:
    found = findings(campaigns.told(Break.NO_RECHECK))
    assert found.get(Finding.STALE, 0) > 0
    assert found.get(Finding.PAST_RESTRICTION, 0) > 0
