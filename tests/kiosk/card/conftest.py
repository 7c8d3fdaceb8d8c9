"""A real reader process in front of a real pcscd, with virtual cards on the tray."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk.card.client import Reader, ReaderError, ReaderStatus
from kiosk.card.tokens import TokenKind
from tests.world.card import ReaderWorld
from tests.world.jpki import Authority, CardOrder

CHECKOUT = Path(__file__).resolve().parents[3]


@dataclass
class Bench:
    """The reader client and the world its process lives in."""

    reader: Reader
    world: ReaderWorld
    process: subprocess.Popen[bytes]
    cards: Path

    def wait_for(self, state: str, seconds: float = 6.0) -> ReaderStatus:
        """The status once the reader is in this state."""
        return self.wait_until(lambda status: status.state == state, seconds)

    def wait_until(self, reached: Callable[[ReaderStatus], bool], seconds: float = 6.0) -> ReaderStatus:
        """The first status that fulfils the condition."""
        deadline = time.monotonic() + seconds
        while not reached(status := self.reader.status()):
            assert time.monotonic() < deadline, f"still {status}"
            time.sleep(0.02)
        return status

    def insert(self, card: str, state: str = "ready") -> ReaderStatus:
        """Put a card down and wait for a state."""
        self.world.insert(card)
        return self.wait_for(state)

    def type_pin(self, pin: str, presence: int) -> None:
        """Type a PIN key by key."""
        self.reader.pin_begin(presence)
        for key in pin:
            self.reader.pin_key(key)

    def refusal(self, pin: str, presence: int, payload: bytes) -> ReaderError:
        """The error a log-in with this PIN ends with."""
        self.type_pin(pin, presence)
        with pytest.raises(ReaderError) as caught:
            self.reader.sign(presence, payload)
        return caught.value


@pytest.fixture(scope="session")
def cards(scratch: Path) -> Path:
    """Card folders: hanako, taro (both PIN 1234) and blocked."""
    authority = Authority(scratch / "reader-jpki")
    folder = scratch / "reader-cards"
    for order in (CardOrder("hanako"), CardOrder("taro"), CardOrder("blocked", tries=0)):
        authority.issue_card(folder, order)
    return folder


@contextmanager
def bench_over(
    folder: Path, cards: Path, token: TokenKind, program: Sequence[str] = ("-m", "kiosk.card")
) -> Iterator[Bench]:
    """A reader world and a reader process for one token, both in this folder."""
    with ReaderWorld(folder, CHECKOUT / ".state", cards) as world:
        settings, socket = folder / "reader.toml", folder / "reader.sock"
        settings.write_text(f'socket = "{socket}"\ntoken = "{token}"\npcsc_socket = "{world.pcsc_socket}"\n')
        process = subprocess.Popen(
            [sys.executable, *program, "--settings", str(settings), "--until-stdin-closes"],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
        )
        bench = Bench(Reader(socket, token=token), world, process, cards)
        _wait_for_socket(socket)
        yield bench
        process.communicate(timeout=10)


def restored(bench: Bench) -> None:
    """Nothing on the reader, and every card healthy."""
    world = bench.world
    world.restart_pcscd()
    world.remove()
    for card, tries in (("hanako", 3), ("taro", 3), ("blocked", 0)):
        world.set_faults(card)
        world.set_tries(card, tries)
        world.set_sign_tries(card, 5)
    bench.wait_for("no_card")


@pytest.fixture(scope="session")
def bench_process(runtime: Path, cards: Path) -> Iterator[Bench]:
    """One reader process for all tests of this folder."""
    with bench_over(runtime / "card", cards, TokenKind.AUTHENTICATION) as bench:
        yield bench


@pytest.fixture
def bench(bench_process: Bench) -> Iterator[Bench]:
    """The reader with nothing on it and every card healthy."""
    yield bench_process
    restored(bench_process)


def _wait_for_socket(path: Path) -> None:
    deadline = time.monotonic() + 10
    while not path.is_socket():
        assert time.monotonic() < deadline, "the reader process did not come up"
        time.sleep(0.02)
