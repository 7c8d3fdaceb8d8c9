"""A printer that speaks real IPP on loopback, with an engine that writes down what came out of it.

The process is CUPS's ``ippeveprinter`` with a private D-Bus bus (it wants one even when it announces nothing).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.world import ports

ENGINE = Path(__file__).with_name("engine")
INSTANT_ENGINE = Path(__file__).with_name("instant_engine")
"""Takes no time and writes nothing down: for measuring what stands before it."""
PDF, RASTER = "application/pdf", "image/pwg-raster"
START_SECONDS = 10.0


class PrinterFailed(Exception):
    """Raised when the printer process does not come up; the message ends with what it wrote."""


@dataclass(frozen=True)
class Document:
    """One document as the engine saw it: what arrived and how many sides came out."""

    token: str
    sha256: str
    size: int
    sheets: int
    ended: bool


class Printer:
    """One printer. ``directory`` keeps spool, tray log, sheets and certificate over power cuts.

    ``sheets`` is the folder in which a copy of every document appears whose first side came out, named by the job's
    name. ``formats``: the MIME types of documents that it takes.
    ``runtime`` takes the D-Bus socket, whose path may not be long; by default a new folder in /run or /tmp.
    """

    def __init__(
        self,
        directory: Path,
        port: int | None = None,
        page_seconds: float = 0.02,
        runtime: Path | None = None,
        *,
        engine: Path = ENGINE,
        formats: tuple[str, ...] = (PDF, RASTER),
    ) -> None:
        self.directory = directory
        self.port = port if port is not None else ports.one()
        self.page_seconds = page_seconds
        self.sheets = directory / "sheets"
        self.tray_log = directory / "tray"
        self._engine = engine
        self._formats = formats
        self._fault = directory / "fault"
        self._own_runtime = runtime is None
        self._runtime = runtime or Path(tempfile.mkdtemp(prefix="printer-", dir=_runtime_parent()))
        self._bus: subprocess.Popen[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        for folder in (directory, self.sheets, directory / "spool", self._runtime):
            folder.mkdir(parents=True, exist_ok=True)
        self.tray_log.touch()

    @property
    def uri(self) -> str:
        """Where it takes IPP."""
        return f"ipp://127.0.0.1:{self.port}/ipp/print"

    @property
    def secure_uri(self) -> str:
        """The same with TLS; pin :meth:`certificate`."""
        return f"ipps://localhost:{self.port}/ipp/print"

    @property
    def running(self) -> bool:
        """Whether the process is up."""
        return self._process is not None and self._process.poll() is None

    def start(self, sheets: int = 250) -> None:
        """Power on, with this many A4 sheets in the main tray. Raises PrinterFailed."""
        self._start_bus()
        environment = {
            **os.environ,
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self._runtime}/bus",
            "PRINTER_TRAY": str(self.tray_log),
            "PRINTER_FAULT": str(self._fault),
            "PRINTER_SHEETS": str(self.sheets),
            "PRINTER_PAGE_SECONDS": str(self.page_seconds),
        }
        command = ["ippeveprinter", "-2", "-r", "off", "-n", "localhost", "-p", str(self.port)]
        command += ["-d", str(self.directory / "spool"), "-K", str(self.directory), "-c", str(self._engine)]
        command += ["-f", ",".join(self._formats), "-s", "30", "counter"]
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        self._wait_until_it_accepts()
        self.load_paper(sheets)

    def stop(self) -> None:
        """Power off and leave nothing running; the directory stays."""
        self.power_cut()
        if self._bus is not None:
            self._bus.terminate()
            self._bus.wait()
            self._bus = None
        (self._runtime / "bus").unlink(missing_ok=True)
        if self._own_runtime:
            shutil.rmtree(self._runtime, ignore_errors=True)

    def power_cut(self) -> None:
        """The plug is pulled: process and engine die at once, the job history is gone."""
        if self._process is not None:
            # The group: an engine left alone would go on for one more page.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """The printer hangs: it still takes connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Ends :meth:`freeze`."""
        self._signal(signal.SIGCONT)

    def load_paper(self, sheets: int) -> None:
        """Puts this many A4 sheets into the main tray; 0 empties it. The by-pass tray keeps a few envelopes."""
        self._panel(
            "/media",
            size1="iso_a4_210x297mm",
            type1="stationery",
            level1=str(sheets),
            size3="iso_dl_110x220mm",
            type3="envelope",
            level3="25",
        )

    def supplies(self, *, toner: int = 75, waste: int = 5) -> None:
        """Sets black toner and the waste bin, in percent."""
        self._panel("/supplies", supply0=str(waste), supply1=str(toner))

    def fault(self, keyword: str | None) -> None:
        """From the next side on the engine stands still with this reason (``media-jam`` …); None mends."""
        if keyword is None:
            self._fault.unlink(missing_ok=True)
        else:
            self._fault.write_text(keyword)

    def documents(self) -> list[Document]:
        """What the tray log says, oldest first."""
        found: dict[int, Document] = {}
        current: dict[str, int] = {}
        for number, line in enumerate(self.tray_log.read_text().splitlines()):
            word, token, *rest = line.split()
            if word == "START":
                current[token] = number
                found[number] = Document(token, rest[0], int(rest[1]), sheets=0, ended=False)
            else:
                seen = found[current[token]]
                sheets = seen.sheets + (word == "SHEET")
                found[current[token]] = Document(seen.token, seen.sha256, seen.size, sheets, word == "END")
        return list(found.values())

    def certificate(self) -> Path:
        """The certificate it shows on ``ipps://``; made at the first secure connection, which this waits for."""
        path = self.directory / "localhost.crt"
        if not path.exists():
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            with (
                socket.create_connection(("127.0.0.1", self.port), timeout=START_SECONDS) as plain,
                context.wrap_socket(plain, server_hostname="localhost") as secured,
            ):
                shown = secured.getpeercert(binary_form=True)
            path.write_text(ssl.DER_cert_to_PEM_cert(shown or b""))
        return path

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_bus(self) -> None:
        if self._bus is not None:
            return
        address = self._runtime / "bus"
        address.unlink(missing_ok=True)
        self._bus = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address=unix:path={address}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while not address.exists():
            if self._bus.poll() is not None or time.monotonic() > deadline:
                raise PrinterFailed("the private D-Bus bus did not start")
            time.sleep(0.005)

    def _wait_until_it_accepts(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
            except OSError:
                if not self.running or time.monotonic() > deadline:
                    raise PrinterFailed((self.directory / "log").read_text(errors="replace")) from None
                time.sleep(0.01)
            else:
                return

    def _panel(self, page: str, **fields: str) -> None:
        url = f"http://127.0.0.1:{self.port}{page}?{urllib.parse.urlencode(fields)}"
        with urllib.request.urlopen(url, timeout=START_SECONDS) as answer:
            answer.read()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, number)


def _runtime_parent() -> Path:
    parent = Path("/run")
    return parent if os.access(parent, os.W_OK) else Path(tempfile.gettempdir())
