"""The portal's processes of one campaign: real faces and workers, each of which may be killed, frozen, begun anew."""

import os
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Self

from tests.proof.plan import Break, Plan
from tests.proof.worker import MANNER_VARIABLE
from tests.proof.world import Town
from tests.world import health
from tests.world.city import CHECKOUT
from tests.world.service import Service

APPLICATION = "portal"
"""by which PostgreSQL tells the connections of these processes from the proof's own"""
_FACE_BREAKS = frozenset({Break.SHARED_SLOT, Break.NO_RECHECK})


class Fleet:
    """All processes; use as a context manager."""

    def __init__(self, town: Town, plan: Plan, ports: list[int]) -> None:
        self._town, self._plan, self.ports = town, plan, ports
        self._lock = threading.Lock()
        self._starts = 0
        self.faces = [self._face(port) for port in self.ports]
        self.workers = [self._worker() for _ in range(plan.workers)]

    def __enter__(self) -> Self:
        try:
            for service in (*self.workers, *self.faces):
                service.launch()
            for service in (*self.faces, *self.workers):
                service.wait_healthy()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End all of them."""
        for service in (*self.workers, *self.faces):
            service.stop()

    def revive(self) -> int:
        """What a supervisor does: start every worker and face anew that has ended by itself; returns how many had."""
        ended = 0
        for place, worker in enumerate(self.workers):
            if not worker.alive():
                ended += 1
                self.kill_worker(place)
        for place, face in enumerate(self.faces):
            if not face.alive():
                ended += 1
                self.kill_face(place)
        return ended

    def kill_worker(self, place: int) -> None:
        """SIGKILL, and a new one in its place."""
        self.workers[place].kill()
        self.workers[place] = self._worker()
        self.workers[place].start()

    def kill_face(self, place: int) -> None:
        """SIGKILL to the face and its children, and a new one on the same port."""
        self.faces[place].kill()
        self.faces[place] = self._face(self.ports[place])
        self.faces[place].start()

    def pause_worker(self, place: int, seconds: float) -> None:
        """SIGSTOP for a while."""
        _pause(self.workers[place], seconds)

    def pause_face(self, place: int, seconds: float) -> None:
        """SIGSTOP for a while."""
        _pause(self.faces[place], seconds)

    def face_command(self, port: int) -> list[str]:
        """The module that is a face, and its arguments: the product's own unless a break belongs into it."""
        if self._plan.broken in _FACE_BREAKS:
            return ["tests.proof.face", "tests.proof.face:application", "127.0.0.1", str(port)]
        return ["portal", "serve", "terminal", "--bind", f"127.0.0.1:{port}"]

    def worker_command(self) -> list[str]:
        """The module that is a worker, and its arguments."""
        return ["tests.proof.worker"]

    def _face(self, port: int) -> Service:
        bind = f"127.0.0.1:{port}"
        return self._service(
            "face", self.face_command(port), lambda: health.answers(f"https://{bind}/healthz", self._town.authority)
        )

    def _worker(self) -> Service:
        return self._service("worker", self.worker_command(), None)

    def _service(self, role: str, command: list[str], healthy: Callable[[], bool] | None) -> Service:
        with self._lock:
            self._starts += 1
            number = self._starts
        log = self._log(role, number)
        return Service(
            f"{role}-{number}",
            [sys.executable, "-m", *command],
            environment={
                "PORTAL_SETTINGS": str(self._town.settings),
                "SOFTHSM2_CONF": os.environ["SOFTHSM2_CONF"],
                MANNER_VARIABLE: self._plan.for_processes(),
                "PGAPPNAME": APPLICATION,
                "PYTHONUNBUFFERED": "1",
            },
            log=log,
            healthy=healthy or partial(health.says, log, "ready"),
            folder=CHECKOUT,
        )

    def _log(self, role: str, number: int) -> Path:
        return self._town.folder / f"{self._town.settings.stem}-{role}-{number}.log"


def _pause(service: Service, seconds: float) -> None:
    service.freeze()
    try:
        time.sleep(seconds)
    finally:
        service.thaw()
