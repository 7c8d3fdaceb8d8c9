"""A real agent process, and the kiosk's side of its socket."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from tests.print_agent.signer import TERMINAL, Signer

PATIENCE_SECONDS = 20.0
Seen = TypeVar("Seen")


def until(what: str, look: Callable[[], Seen | None], patience: float = PATIENCE_SECONDS) -> Seen:
    """Looks until it sees something true. Fails naming what it waited for."""
    deadline = time.monotonic() + patience
    while not (seen := look()):
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.005)
    return seen


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("agent", timeout=timeout)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Door:
    """Knocks at the agent's socket; one connection a request."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        with closing(_Connection(self.path, PATIENCE_SECONDS)) as connection:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def status(self) -> dict[str, Any]:
        return self.ask("GET", "/status")[1]

    def put(self, order: str, document: bytes, ticket: str) -> tuple[int, dict[str, Any]]:
        return self.ask("PUT", f"/orders/{order}", document, {"Ticket": ticket})

    def order(self, order: str) -> dict[str, Any]:
        return self.ask("GET", f"/orders/{order}")[1]

    def unlock(self, command: str) -> tuple[int, dict[str, Any]]:
        return self.ask("POST", "/unlock", headers={"Command": command})

    def until_able(self) -> None:
        until("the agent is able", lambda: self.status()["able"])

    def until_ended(self, order: str) -> dict[str, Any]:
        def ended() -> dict[str, Any] | None:
            seen = self.order(order)
            return seen if seen["state"] in {"printed", "not_printed", "unknown"} else None

        return until(f"order {order} has ended", ended)


class Agent:
    """``python -m print_agent`` in a directory of its own; its journal outlives it."""

    def __init__(
        self,
        directory: Path,
        runtime: Path,
        uri: str,
        signer: Signer,
        *,
        certificate: Path | None = None,
        jam_clock: float = 30,
        poll: float = 0.05,
        uid: int | None = None,
        program: str = "print_agent",
    ) -> None:
        self._program = program
        self.directory = directory
        self.journal = directory / "journal.sqlite"
        self.log = directory / "agent.log"
        self.door = Door(runtime / "agent.sock")
        self._settings = directory / "agent.toml"
        self._process: subprocess.Popen[bytes] | None = None
        directory.mkdir(parents=True, exist_ok=True)
        signer.write_keys(directory / "ticket-keys.json")
        lines = [
            f'terminal = "{TERMINAL}"',
            f'printer_uri = "{uri}"',
            f'socket = "{self.door.path}"',
            'journal = "journal.sqlite"',
            'ticket_keys = "ticket-keys.json"',
            f"allowed_uids = [{os.getuid() if uid is None else uid}]",
            f"poll_seconds = {poll}",
            f"jam_clock_seconds = {jam_clock}",
        ]
        if certificate is not None:
            lines.append(f'printer_certificate = "{certificate}"')
        self._settings.write_text("\n".join(lines))

    def start(self, dies_at: str | None = None) -> Door:
        """Starts it and waits until its door answers; until it is dead, where it dies at a point before that."""
        program = [self._program] if dies_at is None else ["tests.print_agent.doomed", dies_at]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *program],
                env={**os.environ, "PRINT_AGENT_SETTINGS": str(self._settings), "TMPDIR": str(self.directory)},
                stdout=log,
                stderr=log,
            )
        until("the agent's door answers", lambda: self.dead(doomed=dies_at is not None) or self._answers())
        return self.door

    def dead(self, *, doomed: bool = True) -> bool:
        """Whether it was killed. Fails when it ended in any other way, and when it is dead without having to be."""
        assert self._process is not None
        status = self._process.poll()
        assert status is None or (doomed and status == -signal.SIGKILL), self.log.read_text()
        return status is not None

    def kill(self) -> None:
        """SIGKILL: what a crash looks like to everyone else."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    def strike(self) -> None:
        """The same without waiting, for a thread beside the one that waits."""
        if self._process is not None:
            self._process.kill()

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(PATIENCE_SECONDS)
        self._process = None
        return status

    def state_in_journal(self, order: str) -> str | None:
        """The order's state as it stands on disk at this moment."""
        return self._read("select state from orders where order_id = ?", order)

    def token_in_journal(self, order: str) -> str | None:
        """The name of the order's job at the printer."""
        return self._read("select token from orders where order_id = ?", order)

    def _read(self, query: str, order: str) -> str | None:
        with closing(sqlite3.connect(f"file:{self.journal}?mode=ro", uri=True)) as database:
            row = database.execute(query, (order,)).fetchone()
        return None if row is None else row[0]

    def _answers(self) -> bool:
        try:
            return bool(self.door.status())
        except (OSError, http.client.HTTPException):
            return False
