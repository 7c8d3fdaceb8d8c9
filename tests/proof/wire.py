"""The kiosk's wire in the proof: its own client, a balancer before several faces, cuts where the plan has them."""

import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TypeVar

import httpx

from kiosk.portal_client import PortalClient
from kiosk.settings import Settings
from tests.proof.world import Terminal, Town

_TICK_S = 0.05
Result = TypeVar("Result")


class Clockwork:
    """Counts in which milliseconds requests left, over all kiosks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: Counter[int] = Counter()

    def left(self) -> None:
        """A request leaves now."""
        with self._lock:
            self._seen[time.time_ns() // 1_000_000] += 1

    def together(self) -> int:
        """How many requests left in the same millisecond as another one."""
        return sum(times for times in self._seen.values() if times > 1)


class Balancer(httpx.BaseTransport):
    """Sends each request to one of the faces by chance. One for each kiosk and thread.

    Set before a call: `aligned` holds the request, signed and ready, until the next tick that all kiosks share; `cut`
    closes the connection before the answer is there, `lose` drops the answer when it has come.
    """

    def __init__(self, town: Town, ports: list[int], dice: Random, clockwork: Clockwork) -> None:
        self._ports, self._dice, self._clockwork = ports, dice, clockwork
        trust = ssl.create_default_context(cafile=str(town.authority))
        self._http = httpx.HTTPTransport(verify=trust)
        self.aligned = self.cut = self.lose = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        aligned, cut, lose = self.aligned, self.cut, self.lose
        self.aligned = self.cut = self.lose = False
        if aligned:
            _wait_for_tick()
        if cut:
            patience = self._dice.uniform(0.0005, 0.02)
            request.extensions["timeout"] = {"connect": 2, "read": patience, "write": 2, "pool": 2}
        self._clockwork.left()
        # The signature is over the address the kiosk was told; where the balancer sends it is no part of it.
        port = self._dice.choice(self._ports)
        request.url = request.url.copy_with(port=port)
        response = self._http.handle_request(request)
        if lose:
            response.read()
            response.close()
            raise httpx.ReadError("the answer was lost")
        return response

    def close(self) -> None:
        self._http.close()


def at_the_tick(act: Callable[[], Result]) -> Result:
    """Do something at the next tick."""
    _wait_for_tick()
    return act()


def _wait_for_tick() -> None:
    time.sleep(_TICK_S - time.time() % _TICK_S)


def client_of(terminal: Terminal, town: Town, balancer: Balancer) -> PortalClient:
    """The kiosk's own client over the balancer."""
    return PortalClient(
        Settings(
            terminal_id=terminal.id,
            portal_url=town.ground.settings.origins.terminal,
            portal_ca=town.authority,
            terminal_key=terminal.key,
            reader_socket=Path("/nowhere"),
            agent_socket=Path("/nowhere"),
            listen_port=0,
        ),
        balancer,
    )
