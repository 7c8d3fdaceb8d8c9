"""The whole house on one machine: every program of the product, and the outside world it needs.

Used by `make demo`, by the whole-house tests and by the benchmark. Nothing in the product knows of it: each program
gets an ordinary settings file and talks to what it finds at the addresses in there.
"""

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from portal.embedded import EmbeddedPostgres
from tests.world import health, settings_files
from tests.world.card.world import ReaderWorld
from tests.world.city import CHECKOUT, City
from tests.world.payment.control import PaymentMachine
from tests.world.printer.machine import Printer
from tests.world.service import Service

FACES = ("terminal", "resident", "staff", "verify")


@dataclass(frozen=True)
class Options:
    """How the world behaves: seconds a sheet takes in the printer, processes that render, the page for people."""

    page_seconds: float = 0.4
    render_workers: int = 1
    with_page: bool = False


class House:
    """One running house. Use it as a context manager: everything it started ends with it."""

    def __init__(
        self, folder: Path, runtime: Path, city: City, *, ports: dict[str, int], options: Options | None = None
    ) -> None:
        shutil.rmtree(folder, ignore_errors=True)  # whatever an earlier house left
        (folder / "logs").mkdir(parents=True)
        self.folder = folder
        self.runtime = runtime
        self.ports = ports
        self.city = city
        self.options = options or Options()
        self.timings: dict[str, float] = {}
        self.postgres = EmbeddedPostgres(folder / "postgres", runtime)
        driver = CHECKOUT / ".state"
        self.kiosk_reader = ReaderWorld(runtime / "k", driver, folder / "cards")
        self.home_reader = ReaderWorld(runtime / "h", driver, folder / "cards")
        self.printer = Printer(
            folder / "printer", port=ports["printer"], page_seconds=self.options.page_seconds, runtime=runtime / "p"
        )
        self.payment = PaymentMachine(folder / "payment", ports["payment"], runtime / "till.sock")
        self.services: dict[str, Service] = {}

    def origin(self, face: str) -> str:
        """Where a face of the portal is reached."""
        return f"https://127.0.0.1:{self.ports[face]}"

    @property
    def kiosk_url(self) -> str:
        """The kiosk's own app."""
        return f"http://127.0.0.1:{self.ports['kiosk']}/"

    @property
    def page_url(self) -> str:
        """The page with the card tray, the paper and the sheets that came out."""
        return f"http://127.0.0.1:{self.ports['page']}/"

    def totp_secret(self) -> str:
        """The second factor that the demo's three officers share."""
        return (self.folder / "secrets" / "staff.totp").read_text(encoding="ascii")

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Copy the city, write the settings, start everything, wait until each part is healthy."""
        with self._timed("copy_s"):
            self._copy_city()
            settings_files.write(self.folder, self.runtime, self.ports, self.printer)
        with self._timed("world_s"):
            self.start_postgres()
            self.kiosk_reader.start()
            self.home_reader.start()
            self.printer.start()
            self.payment.start()
        with self._timed("programs_s"):
            self.services = {service.name: service for service in self._programs()}
            for service in self.services.values():
                service.launch()
            for service in self.services.values():
                service.wait_healthy()

    def start_postgres(self) -> None:
        """Start the database server; nobody needs this world's data after a power cut."""
        self.postgres.ensure_running("-c fsync=off")

    def stop(self) -> None:
        """Stop every process that was started, the newest first."""
        for service in reversed(self.services.values()):
            service.stop()
        self.payment.stop()
        self.printer.stop()
        self.home_reader.stop()
        self.kiosk_reader.stop()
        self.postgres.stop("immediate")
        shutil.rmtree(self.runtime, ignore_errors=True)

    def _programs(self) -> Iterator[Service]:
        folder, runtime, ports = self.folder, self.runtime, self.ports
        jpki = ["tests.world.jpki.server", "--directory", str(folder / "jpki"), "--port", str(ports["ocsp"])]
        yield self._service("jpki", jpki, lambda: health.listens(ports["ocsp"]))
        for face in FACES:
            command = ["portal", "serve", face, "--bind", f"127.0.0.1:{ports[face]}"]
            url = f"{self.origin(face)}/healthz"
            yield self._service(face, command, partial(health.answers, url, folder / "tls" / "ca.pem"))
        for number in range(self.options.render_workers):
            name = f"worker-{number + 1}"
            command = ["portal", "worker", "--queue", "render"]
            yield self._service(name, command, partial(health.says, self._log(name), "ready"))
        keep = ["portal", "audit", "keep", "--anchors", str(folder / "anchors.jsonl")]
        yield self._service("sealer", keep, partial(health.says, self._log("sealer"), "ready"))
        yield self._service("agent", ["print_agent"], lambda: health.answers_on(runtime / "agent.sock"))
        yield self._service(
            "reader",
            ["kiosk.card", "--settings", str(folder / "reader.toml")],
            lambda: health.answers_on(runtime / "reader.sock"),
            self.kiosk_reader.environment,
        )
        yield self._service("kiosk", ["kiosk"], lambda: health.answers(self.kiosk_url))
        yield self._service(
            "bridge",
            ["kiosk.bridge", "--settings", str(folder / "bridge.toml")],
            lambda: health.listens(ports["bridge"]),
            self.home_reader.environment,
        )
        if self.options.with_page:
            command = ["tests.world.page", str(folder), str(runtime), str(ports["page"])]
            yield self._service("page", command, lambda: health.listens(ports["page"]))

    def _service(
        self, name: str, command: list[str], healthy: Callable[[], bool], environment: dict[str, str] | None = None
    ) -> Service:
        return Service(
            name,
            [sys.executable, "-m", *command],
            environment={**settings_files.environment(self.folder, self.runtime), **(environment or {})},
            log=self._log(name),
            healthy=healthy,
            folder=CHECKOUT,
        )

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def _copy_city(self) -> None:
        for part in ("postgres", "jpki", "trust", "cards", "hsm", "secrets", "tls"):
            shutil.copytree(self.city.folder / part, self.folder / part)
        shutil.copy(self.city.folder / "ticket-keys.json", self.folder)
        # Compiled forms are named by what they come from: a house may take up, and add to, those of all others.
        (self.folder / "press").mkdir()
        (self.folder / "press" / "forms").symlink_to(self.city.folder / "press" / "forms")
        known = {"ports": self.ports, "city": str(self.city.folder)}
        (self.folder / "house.json").write_text(json.dumps(known), encoding="utf-8")

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.timings[name] = round(time.monotonic() - begun, 2)
