"""`python -m portal audit keep` and `verify` as real processes."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from portal import database
from portal.audit import sealing
from portal.audit.sealing import Fault
from portal.audit.sealing.tables import audit_seals
from portal.commands import audit
from portal.ground import Ground
from tests.conftest import CHECKOUT
from tests.portal.audit.book import record, write
from tests.portal.audit.tampering import Tamperer
from tests.portal.worker.conftest import settings_file

__all__ = ["settings_file"]

PATIENCE_S = 30.0


def command(settings_file: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "portal", "--settings", str(settings_file), "audit", *words]


def verified(settings_file: Path, anchors: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(settings_file, "verify", "--anchors", str(anchors)),
        cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.fixture
def keeper(settings_file: Path, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A sealer at work."""
    process = subprocess.Popen(
        command(settings_file, "keep", "--anchors", str(tmp_path / "anchors.jsonl")),
        cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def seals(engine: sa.Engine) -> int:
    with database.transaction(engine) as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(audit_seals)).scalar_one())


def until_sealed(engine: sa.Engine, expected: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while seals(engine) != expected:
        assert time.monotonic() < deadline, "not sealed in time"
        time.sleep(0.02)


def test_a_sealer_seals_what_comes_anchors_its_head_and_the_book_is_sound_then(
    ground: Ground, settings_file: Path, tmp_path: Path, keeper: "subprocess.Popen[bytes]"
) -> None:
    for expected in (1, 2):
        with database.transaction(ground.engine) as connection:
            record(connection, random.Random(expected), ground.clock.now())
        until_sealed(ground.engine, expected)
    keeper.send_signal(signal.SIGTERM)
    assert keeper.wait(PATIENCE_S) == 0
    answer = verified(settings_file, tmp_path / "anchors.jsonl")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("2 events under 2 seals, 0 not sealed yet, ")
    with database.transaction(ground.engine) as connection:
        standing = sealing.standing(connection)
    assert standing.verified is not None
    assert (standing.verified.events, standing.verified.faults) == (2, 0)
    assert (standing.seals, standing.anchored_seal, standing.unsealed_since) == (2, 2, None)


@pytest.mark.parametrize("lost", [psycopg.OperationalError("cut"), sa.exc.OperationalError("", {}, Exception())])
def test_a_database_that_goes_away_while_events_are_copied_is_waited_for(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: Exception
) -> None:
    def cut(*_: object) -> None:
        raise lost

    with database.transaction(ground.engine) as connection:
        record(connection, random.Random(4), ground.clock.now())
    with monkeypatch.context() as patch:
        patch.setattr(sealing, "seal", cut)
        assert not audit._round(ground, tmp_path / "anchors.jsonl")
    assert audit._round(ground, tmp_path / "anchors.jsonl")
    assert seals(ground.engine) == 1


def test_what_was_done_to_the_book_is_named_with_its_place(
    ground: Ground, settings_file: Path, tmp_path: Path
) -> None:
    anchors, dice = tmp_path / "anchors.jsonl", random.Random(3)
    anchors.touch()
    book = write(ground.engine, tmp_path / "other.jsonl", dice, 5)
    with ground.engine.begin() as connection:
        expected = Tamperer(connection, book, dice).changes_an_event()
    assert isinstance(expected, Fault)
    answer = verified(settings_file, anchors)
    assert answer.returncode == 1
    assert f"event_changed: seal {expected.seal}, event {expected.event}\n" in answer.stdout
    assert "anchor_missing: seal 5, event -, anchor 1\n" in answer.stdout


@pytest.mark.usefixtures("ground")
def test_anchors_that_cannot_be_read_are_an_error_of_their_own(settings_file: Path, tmp_path: Path) -> None:
    assert verified(settings_file, tmp_path / "none").returncode == 2
    (tmp_path / "bad").write_text("x\n")
    assert verified(settings_file, tmp_path / "bad").returncode == 2
