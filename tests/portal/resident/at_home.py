"""A resident's home with real parts: a reader with a virtual card, the bridge's own process, the face over TLS."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from werkzeug.serving import make_server

from portal.ground import Ground
from portal.resident import create_app
from tests.conftest import CHECKOUT
from tests.portal.conftest import MORNING
from tests.world import health, tls
from tests.world.card import ReaderWorld
from tests.world.jpki import Authority, CardOrder

NAME = "みさき市"
PIN = "1234"


@dataclass(frozen=True)
class Home:
    """A reader in front of the resident, and the certificate of the card that lies on it."""

    world: ReaderWorld
    certificate: bytes
    folder: Path
    runtime: Path

    def settings(self, port: int, origin: str) -> Path:
        """The bridge's settings file for one site."""
        file = self.folder / f"bridge-{port}.toml"
        file.write_text(
            f'port = {port}\nca = "wire/ca.pem"\n\n[[sites]]\norigin = "{origin}"\nname = "{NAME}"\n',
            encoding="utf-8",
        )
        return file

    def start(self, *arguments: str, output: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """The bridge's own program, with its own reader process."""
        environment = {**os.environ, **self.world.environment, "TMPDIR": str(self.runtime), "PYTHONUNBUFFERED": "1"}
        return subprocess.Popen(
            [sys.executable, "-m", "kiosk.bridge", *arguments],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
        )

    @contextmanager
    def bridge(self, port: int, origin: str) -> Iterator[None]:
        """The everyday bridge, running."""
        process = self.start("--settings", str(self.settings(port, origin)))
        try:
            deadline = time.monotonic() + 20
            while not health.listens(port):
                assert time.monotonic() < deadline, "the bridge did not come up"
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(timeout=10)


@pytest.fixture(scope="module")
def home(scratch: Path, runtime: Path, authority: Authority) -> Iterator[Home]:
    """One reader for the tests of a module, with a card on it."""
    folder = scratch / "home"
    tls.create(folder / "wire")
    order = CardOrder("hanako", pin=PIN, not_before=MORNING - timedelta(days=30))
    certificate = authority.issue_card(folder / "cards", order).auth.public_bytes(Encoding.DER)
    with ReaderWorld(runtime / "home", CHECKOUT / ".state", folder / "cards") as world:
        world.insert("hanako")
        yield Home(world, certificate, folder, runtime)


@contextmanager
def face(ground: Ground, home: Home, origin: str, bridge: str) -> Iterator[str]:
    """The residents' face over TLS under this origin, on this machine; yields the origin."""
    port = int(origin.rpartition(":")[2])
    origins = replace(ground.settings.origins, resident=origin, bridge=bridge)
    app = create_app(replace(ground, settings=replace(ground.settings, origins=origins)))
    certificate = (str(home.folder / "wire" / "server.pem"), str(home.folder / "wire" / "server.key"))
    server = make_server("127.0.0.1", port, app, threaded=True, ssl_context=certificate)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield origin
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
