"""A card that is taken away is gone, at whatever moment it happens."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.world.card.chip import Chip
from tests.world.card.link import Link


class StubChip(Chip):
    """A card of which only the cable matters."""

    def __init__(self) -> None:
        """No folder, no keys."""

    def power_cycle(self) -> None:
        """Nothing to forget."""


def test_a_card_taken_away_while_it_is_still_being_put_down_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    connected, may_go_on = threading.Event(), threading.Event()
    connect = socket.create_connection

    def connect_slowly(address: tuple[str, int], timeout: float) -> socket.socket:
        made = connect(address, timeout=timeout)
        connected.set()
        may_go_on.wait()
        return made

    monkeypatch.setattr(socket, "create_connection", connect_slowly)
    with socket.create_server(("127.0.0.1", 0)) as driver, ThreadPoolExecutor() as hand:
        card = Link(StubChip(), driver.getsockname()[1], lambda _: None)
        card.start()
        connected.wait()
        removal = hand.submit(card.remove)
        card._removed.wait()
        may_go_on.set()
        removal.result()
        end, _ = driver.accept()
        with end:
            end.settimeout(5)
            assert end.recv(1) == b""
