"""The proof in small: faults of every kind find nothing in the product, and each deliberate break is found."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.proof.judge import Finding
from tests.proof.plan import Break
from tests.proof.small import HONEST, PLANS

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


@pytest.fixture(scope="module")
def told(scratch: Path) -> dict[str, Told]:
    """What each campaign printed, by its name."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.proof.small", str(scratch / "proof")],
        cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=170,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    print(done.stderr)
    campaigns: dict[str, Told] = {}
    for line in done.stdout.splitlines():
        if line.startswith("campaign "):
            campaigns[line.split()[1]] = current = {}
        else:
            _, name, value = line.split()
            current[name] = float(value)
    assert campaigns.keys() == set(PLANS)
    return campaigns


def findings(told: Told) -> dict[Finding, float]:
    """What was found, without the zeros."""
    return {finding: told[finding.value] for finding in Finding if told[finding.value]}


def test_with_faults_of_every_kind_everybody_gets_their_own_paper_and_nothing_is_lost(told: dict[str, Told]) -> None:
    honest = told[HONEST]
    assert findings(honest) == {}
    assert honest["deliveries"] >= PLANS[HONEST].deliveries
    assert [kind for kind in _EVERY_KIND if not honest.get(f"injected_{kind}")] == []
    assert honest["injected_holds"] + honest["injected_protections"] + honest["injected_planned_departures"] > 0
    assert honest["injected_takeovers"] + honest["injected_time_outs"] > 0


def test_documents_kept_in_a_shared_slot_are_found(told: dict[str, Told]) -> None:
    found = findings(told[Break.SHARED_SLOT])
    assert found.get(Finding.CROSSINGS, 0) > 0
    assert found.get(Finding.DUPLICATES, 0) > 0


def test_a_lock_freed_while_its_job_lives_is_found(told: dict[str, Told]) -> None:
    found = findings(told[Break.FREED_LOCK])
    assert found.get(Finding.REVIVALS, 0) + found.get(Finding.DUPLICATES, 0) > 0


def test_a_release_that_does_not_look_again_is_found(told: dict[str, Told]) -> None:
    found = findings(told[Break.NO_RECHECK])
    assert found.get(Finding.STALE, 0) > 0
    assert found.get(Finding.PAST_RESTRICTION, 0) > 0
