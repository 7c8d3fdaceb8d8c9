"""One process of the house: started, watched until it is healthy, stopped with everything it started."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class NotHealthyError(Exception):
    """Raised when a process ends or stays silent instead of becoming healthy; the message holds its last words."""


class Service:
    """A child process in a group of its own, so that its children end with it."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        log: Path,
        healthy: Callable[[], bool],
        folder: Path,
    ) -> None:
        self.name = name
        self._command = list(command)
        self._environment = {**os.environ, **environment}
        self._log = log
        self._healthy = healthy
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id of the leader (also the id of its group)."""
        if self._process is None:
            raise NotHealthyError(f"{self.name} was not started")
        return self._process.pid

    def launch(self) -> None:
        """Start without waiting."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_healthy(self, seconds: float = 40) -> None:
        """Wait until the process answers; raises NotHealthyError with the tail of its log."""
        deadline = time.monotonic() + seconds
        while not self._healthy():
            if self._process is not None and self._process.poll() is not None:
                raise NotHealthyError(f"{self.name} ended with {self._process.returncode}: {self.last_words()}")
            if time.monotonic() > deadline:
                raise NotHealthyError(f"{self.name} is not healthy after {seconds:.0f} s: {self.last_words()}")
            time.sleep(0.05)

    def start(self) -> None:
        """Start and wait until healthy."""
        self.launch()
        self.wait_healthy()

    def alive(self) -> bool:
        """Whether the leader still runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Ask to end, then insist."""
        self._end(signal.SIGTERM, patience=8)

    def kill(self) -> None:
        """End at once, as a crash would (SIGKILL to the whole group)."""
        self._end(signal.SIGKILL, patience=8)

    def freeze(self) -> None:
        """Let it hang: it keeps its connections and answers nobody."""
        os.killpg(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on where it was."""
        os.killpg(self.pid, signal.SIGCONT)

    def last_words(self) -> str:
        """The tail of the log."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-2000:] if self._log.exists() else ""

    def _end(self, first: signal.Signals, patience: float) -> None:
        if self._process is None:
            return
        for number in (first, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                break
            try:
                self._process.wait(patience)
            except subprocess.TimeoutExpired:
                continue
            break
        self._process.wait(patience)
        # The leader may be gone while a child of its group lives on.
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
