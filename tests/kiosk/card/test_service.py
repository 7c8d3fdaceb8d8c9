"""The socket of the reader process: long lines, vanished clients, a dead card thread."""

import asyncio
import json
import socket
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from kiosk.card.pin import PinBuffer
from kiosk.card.protocol import LONGEST_LINE
from kiosk.card.service import ReaderThreadEndedError, Service, listen
from kiosk.card.tokens import AUTHENTICATION
from tests.kiosk.card.loop import completed
from tests.kiosk.card.test_protocol import InstantReader, NoCardToken


@pytest.fixture
def path(runtime: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=runtime) as folder:
        yield Path(folder) / "reader.sock"


def with_service(path: Path, talk: Callable[[], Awaitable[None]]) -> None:
    async def serve() -> None:
        stop, pin = asyncio.Event(), PinBuffer(AUTHENTICATION)
        service = Service(InstantReader(NoCardToken, pin), pin)
        served = asyncio.create_task(listen(service, path, lambda: True, stop))
        while not path.is_socket():
            await asyncio.sleep(0.01)
        await talk()
        stop.set()
        await served

    completed(asyncio.wait_for(serve(), 10))


async def ask(path: Path, line: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(line)
    await writer.drain()
    answer = await reader.readline()
    writer.close()
    return answer


def test_several_requests_can_follow_one_another_on_one_connection(path: Path) -> None:
    async def talk() -> None:
        reader, writer = await asyncio.open_unix_connection(path)
        for _ in range(3):
            writer.write(b'{"op":"status"}\n')
            answer = json.loads(await reader.readline())
            assert answer == {
                "ok": True,
                "token": "authentication",
                "state": "no_reader",
                "tries": None,
                "tries_left": None,
                "presence": 0,
            }
        writer.close()

    with_service(path, talk)


def test_a_line_beyond_the_limit_is_refused_and_the_next_client_is_served(path: Path) -> None:
    async def talk() -> None:
        assert json.loads(await ask(path, b"9" * (LONGEST_LINE * 3) + b"\n")) == {"ok": False, "error": "bad_request"}
        assert json.loads(await ask(path, b'{"op":"reset"}\n')) == {"ok": True}

    with_service(path, talk)


def test_a_client_that_vanishes_in_the_middle_harms_nobody(path: Path) -> None:
    async def talk() -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.connect(str(path))
            client.sendall(b'{"op":"sta')
        assert json.loads(await ask(path, b'{"op":"reset"}\n')) == {"ok": True}

    with_service(path, talk)


def test_the_socket_is_for_its_owner_only_and_gone_afterwards(path: Path) -> None:
    async def talk() -> None:
        assert path.stat().st_mode & 0o777 == 0o600

    with_service(path, talk)
    assert not path.exists()


def test_a_dead_card_thread_ends_the_process_instead_of_answering_from_memory(path: Path) -> None:
    pin = PinBuffer(AUTHENTICATION)
    service = Service(InstantReader(NoCardToken, pin), pin)
    with pytest.raises(ReaderThreadEndedError):
        completed(asyncio.wait_for(listen(service, path, lambda: False, asyncio.Event()), 10))
