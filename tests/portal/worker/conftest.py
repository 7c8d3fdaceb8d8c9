"""Worker processes over a test's own database."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal import database
from portal.certificates.press import Press
from portal.certificates.sealing.publishing import publish_document_key, publish_stamp_key
from portal.ground import Ground
from tests.conftest import CHECKOUT
from tests.portal.certificates.conftest import counter, kiosk, press, real_kiosk, visit
from tests.portal.certificates.sealing.conftest import sealed_by
from tests.portal.certificates.sealing.papers import SealKeys
from tests.portal.conftest import MORNING
from tests.portal.register.people import TESTER

__all__ = ["counter", "kiosk", "press", "real_kiosk", "sealed_by", "visit"]

DEADLINE = 45.0


def until(condition: Callable[[], bool], *, seconds: float = DEADLINE) -> None:
    """Wait until `condition` holds; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


class WorkerProcess:
    """One worker, started and told apart by its own process id."""

    def __init__(self, settings: Path, log: Path, *options: str) -> None:
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.portal.worker.process", str(settings), MORNING.isoformat(), *options],
                cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=errors, env=dict(os.environ),
                bufsize=0,  # two words that came together must not hide in a buffer from `select`
            )  # fmt: skip

    def says(self, word: str) -> None:
        """Wait for a line on its standard output."""
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            assert selector.select(DEADLINE), f"the worker never said {word}"
            assert self._process.stdout.readline().decode().strip() == word

    def children(self) -> set[int]:
        """Ids of the processes it has forked."""
        listed = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        return {int(pid) for pid in listed.split()}

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait(DEADLINE)

    def stop(self) -> int:
        """SIGTERM; returns the exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(DEADLINE)

    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        if self.alive():
            self.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()


@pytest.fixture(autouse=True)
def forms_and_keys(ground: Ground, press: Press, sealed_by: SealKeys) -> None:
    """What a process of its own prints with: forms that `press` has compiled, and the token's keys put into use."""
    document = sealed_by.active.document
    assert document is not None
    with database.transaction(ground.engine) as connection:
        now = ground.clock.now()
        publish_stamp_key(connection, sealed_by.keys, actor=TESTER, now=now)
        publish_document_key(connection, sealed_by.keys, document.certificate, actor=TESTER, now=now)


@pytest.fixture
def settings_file(ground: Ground, tmp_path: Path) -> Path:
    """The ground's settings as the file a process reads."""
    settings = ground.settings
    (tmp_path / "secret").write_bytes(settings.secret_key)
    (tmp_path / "field").write_bytes(settings.field_key)
    (tmp_path / "pin").write_text(settings.token.pin)
    url = ground.engine.url.render_as_string(hide_password=False)
    file = tmp_path / "portal.toml"
    file.write_text(
        f"""environment = "development"
state_dir = "{settings.state_dir}"
runtime_dir = "{settings.runtime_dir}"
database_url = "{url}"
secret_key_file = "secret"
field_key_file = "field"
static_dir = "{settings.static_dir}"
[token]
module = "{settings.token.module}"
label = "{settings.token.label}"
pin_file = "pin"
[trust]
authentication_roots = "{settings.trust.authentication_roots}"
signature_roots = "{settings.trust.signature_roots}"
ocsp_url = "{settings.trust.ocsp_url}"
[tls]
certificate = "{settings.tls.certificate}"
key = "{settings.tls.key}"
[origins]
resident = "{settings.origins.resident}"
staff = "{settings.origins.staff}"
terminal = "{settings.origins.terminal}"
verify = "{settings.origins.verify}"
bridge = "{settings.origins.bridge}"
"""
    )
    return file


@pytest.fixture
def worker_log(tmp_path: Path) -> Path:
    """What the workers of a test log."""
    return tmp_path / "worker.log"


@pytest.fixture
def workers(settings_file: Path, worker_log: Path) -> Iterator[Callable[..., WorkerProcess]]:
    """Starts worker processes; ends those that are left."""
    with contextlib.ExitStack() as stack:

        def start(*options: str) -> WorkerProcess:
            worker = WorkerProcess(settings_file, worker_log, *options)
            stack.callback(worker.close)
            return worker

        yield start
