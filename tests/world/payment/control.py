"""A machine in a process of its own, and the hands outside it: one JSON line each way over a control socket."""

import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

from tests.world.payment.book import Entry
from tests.world.payment.machine import Json, Machine

_ANSWER_SECONDS = 15.0
_ENDED_BY_FAULT = 75


class MachineSilent(Exception):
    """Raised when the machine does not come up."""


def serve(folder: Path, port: int, control: Path) -> None:
    """Run one machine until killed. A fault that takes its power ends the process, as a plug would."""
    machine = Machine(folder, port, on_power_loss=lambda: os._exit(_ENDED_BY_FAULT))
    machine.start()

    class Hand(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            request = json.loads(self.rfile.readline())
            self.wfile.write(json.dumps(_done(machine, request.pop("op"), request)).encode() + b"\n")

    control.unlink(missing_ok=True)
    with socketserver.ThreadingUnixStreamServer(str(control), Hand) as server:
        server.serve_forever()


def _done(machine: Machine, op: str, words: dict[str, Json]) -> Json:
    match op:
        case "insert":
            machine.insert(int(str(words["yen"])))
        case "tap":
            machine.tap(balance_short=bool(words.get("balance_short")))
        case "asks":
            return machine.asks_for()
        case "fail":
            machine.fail_next(str(words["step"]), str(words["fault"]))
        case "means":
            machine.cash_ok, machine.contactless_ok = bool(words["cash"]), bool(words["contactless"])
        case "change":
            machine.change = int(str(words["yen"]))
        case "entries":
            return [asdict(entry) for entry in machine.entries().values()]
    return None


class PaymentHands:
    """What people, and whoever services the machine, do at it."""

    def __init__(self, control: Path) -> None:
        self._control = control

    def insert(self, yen: int) -> None:
        """Put a coin or note in."""
        self._ask(op="insert", yen=yen)

    def tap(self, *, balance_short: bool = False) -> None:
        """Hold a card or telephone to the reader."""
        self._ask(op="tap", balance_short=balance_short)

    def asks_for(self) -> int | None:
        """Yen it is waiting for; None when for nothing."""
        yen = self._ask(op="asks")
        return yen if isinstance(yen, int) else None

    def wait_for_payment(self, seconds: float = 15) -> int:
        """Until it asks for money; how much."""
        until = time.monotonic() + seconds
        while (yen := self.asks_for()) is None:
            if time.monotonic() > until:
                raise MachineSilent("it asks for no money")
            time.sleep(0.02)
        return yen

    def fail_next(self, step: str, fault: str) -> None:
        """See `Machine.fail_next`."""
        self._ask(op="fail", step=step, fault=fault)

    def accept(self, *, cash: bool = True, contactless: bool = True) -> None:
        """Which parts of it work."""
        self._ask(op="means", cash=cash, contactless=contactless)

    def set_change(self, yen: int) -> None:
        """How much change it has."""
        self._ask(op="change", yen=yen)

    def entries(self) -> dict[str, Entry]:
        """Its book."""
        rows = self._ask(op="entries")
        assert isinstance(rows, list)
        return {str(row["sale"]): Entry(**row) for row in rows if isinstance(row, dict)}  # type: ignore[arg-type]

    def _ask(self, **request: Json) -> Json:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(_ANSWER_SECONDS)
            line.connect(str(self._control))
            line.sendall(json.dumps(request).encode() + b"\n")
            with line.makefile("rb") as answers:
                answer: Json = json.loads(answers.readline())
        return answer


class PaymentMachine(PaymentHands):
    """The process, with its hands. `folder` keeps the book over power cuts."""

    def __init__(self, folder: Path, port: int, control: Path) -> None:
        super().__init__(control)
        self._folder = folder
        self.port = port
        self._control_path = control
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Power on; returns when it listens. Raises MachineSilent."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._control_path.unlink(missing_ok=True)
        command = [
            sys.executable, "-m", "tests.world.payment", str(self._folder), str(self.port), str(self._control_path)
        ]  # fmt: skip
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + _ANSWER_SECONDS
        while not self._control_path.exists():
            if self._process.poll() is not None or time.monotonic() > until:
                raise MachineSilent((self._folder / "log").read_text(errors="replace"))
            time.sleep(0.02)

    def power_cut(self) -> None:
        """The plug is pulled."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Leave nothing running; the folder stays."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None


def main() -> None:
    """`python -m tests.world.payment FOLDER PORT CONTROL`."""
    threading.stack_size(256 * 1024)
    serve(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
