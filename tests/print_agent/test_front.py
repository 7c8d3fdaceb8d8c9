"""The front door's contract: who may knock, what is refused by which word, and that refusals leave nothing behind."""

from __future__ import annotations

import http.client
import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from print_agent import front
from print_agent.attempt import Pace
from print_agent.device import Device
from print_agent.front import LARGEST_DOCUMENT, FrontDoor, House
from print_agent.inspection import Inspector
from print_agent.journal import Journal
from print_agent.ticket import Json, load_keys
from tests.print_agent.agent import Agent, Door
from tests.print_agent.paper import page_hashes, paper
from tests.print_agent.signer import TERMINAL, Signer
from tests.print_agent.test_document import changed, text_field
from tests.world.printer import Printer

ORDER = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.fixture(scope="module")
def door(scratch: Path, runtime: Path, signer: Signer) -> Iterator[Door]:
    """One agent and one printer for the refusals of this module: none of them reaches the paper."""
    folder, sockets = scratch / "front", runtime / "front"
    folder.mkdir()
    with Printer(folder / "printer", runtime=sockets) as printer:
        agent = Agent(folder / "agent", sockets, printer.uri, signer)
        try:
            agent.start().until_able()
            yield agent.door
            assert printer.documents() == []
            assert agent.door.status()["outcomes"] == []
            assert "Traceback" not in agent.log.read_text()
        finally:
            agent.kill()


def raw(door: Door, request: bytes) -> bytes:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as knock:
        knock.settimeout(5)
        knock.connect(str(door.path))
        knock.sendall(request)
        heard = bytearray()
        with suppress(ConnectionResetError):  # what it did not want to read it resets
            while piece := knock.recv(65536):
                heard += piece
        return bytes(heard)


@pytest.mark.parametrize(
    ("changed_claims", "code"),
    [
        ({"sha256": "x"}, "ticket_invalid"),
        ({"expires": 1}, "ticket_expired"),
        ({"terminal": "K-9"}, "ticket_wrong_terminal"),
    ],
)
def test_without_a_good_ticket_nothing_is_printed(
    door: Door, signer: Signer, changed_claims: dict[str, Json], code: str
) -> None:
    document = paper("no good ticket")
    assert door.put(ORDER, document, signer.ticket(ORDER, document, changed=changed_claims)) == (401, {"error": code})


def test_what_is_no_ticket_of_the_portals_is_invalid(door: Door, signer: Signer) -> None:
    document = paper("no ticket")
    for token in ("", "a.b.c", Signer().ticket(ORDER, document), signer.unlock(ORDER)):
        assert door.put(ORDER, document, token) == (401, {"error": "ticket_invalid"})


def test_a_ticket_of_another_order_is_invalid_here(door: Door, signer: Signer) -> None:
    document = paper("x")
    other = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
    status, answer = door.put(ORDER, document, signer.ticket(other, document))
    assert (status, answer["error"]) == (401, "ticket_invalid")


def test_a_document_that_is_not_the_signed_one_is_refused(door: Door, signer: Signer) -> None:
    status, answer = door.put(ORDER, paper("other"), signer.ticket(ORDER, paper("signed")))
    assert (status, answer) == (422, {"error": "document_refused", "reason": "sha256"})


def test_a_document_with_a_page_that_nobody_signed_for_is_refused(door: Door, signer: Signer) -> None:
    document = paper("x", pages=2)
    hashes = [page.hex() for page in page_hashes(document)]
    for wrong in (hashes[::-1], [hashes[0], "0" * 64]):
        token = signer.ticket(ORDER, document, pages=2, changed={"page_hashes": [*wrong]})
        assert door.put(ORDER, document, token) == (422, {"error": "document_refused", "reason": "page_hash"})


def test_a_signed_document_that_is_unfit_is_refused_with_the_reason(door: Door, signer: Signer) -> None:
    form = changed(text_field)
    assert door.put(ORDER, form, signer.ticket(ORDER, form, pages=2)) == (
        422,
        {"error": "document_refused", "reason": "form"},
    )
    two = paper("two", pages=2)
    assert door.put(ORDER, two, signer.ticket(ORDER, two, pages=1))[1]["reason"] == "pages"


def test_a_refusal_reaches_a_peer_that_is_still_sending(door: Door, signer: Signer) -> None:
    large = b"%PDF-" + bytes(4_000_000)
    assert door.put(ORDER, large, "no ticket") == (401, {"error": "ticket_invalid"})


@pytest.mark.parametrize("size", [LARGEST_DOCUMENT + 1, 10**15])
def test_a_document_that_is_too_large_is_refused_before_it_is_read(door: Door, signer: Signer, size: int) -> None:
    head = f"PUT /orders/{ORDER} HTTP/1.1\r\nTicket: {signer.ticket(ORDER, b'')}\r\nContent-Length: {size}\r\n\r\n"
    assert raw(door, head.encode()).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "length", ["", "Content-Length: -1\r\n", "Content-Length: ٣\r\n", "Transfer-Encoding: chunked\r\n"]
)
def test_a_length_is_required(door: Door, signer: Signer, length: str) -> None:
    head = f"PUT /orders/{ORDER} HTTP/1.1\r\nTicket: {signer.ticket(ORDER, b'')}\r\n{length}\r\n"
    assert raw(door, head.encode()).startswith(b"HTTP/1.1 411 ")


@pytest.mark.parametrize(
    "path", ["/orders/", "/orders/1", f"/orders/{ORDER.upper()}", f"/orders/../{ORDER}", "/", "/x"]
)
def test_a_path_that_is_no_order_is_unknown(door: Door, path: str) -> None:
    assert door.ask("GET", path) == (404, {"error": "order_unknown"})
    assert door.ask("PUT", path, b"x")[0] == 404
    assert door.ask("POST", path)[0] == 404


@pytest.mark.parametrize("garbage", [b"\x00\xff\x16\x03\r\n\r\n", b"GET\r\n\r\n", b"BREW /orders HTTP/1.1\r\n\r\n"])
def test_garbage_is_answered_with_an_error_and_the_door_stays_open(door: Door, garbage: bytes) -> None:
    assert b" 200 " not in raw(door, garbage)
    assert door.status()["able"]


def test_one_connection_carries_several_requests(door: Door, signer: Signer) -> None:
    with closing(http.client.HTTPConnection("agent")) as connection:
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.connect(str(door.path))
        connection.request("PUT", f"/orders/{ORDER}", b"x" * 300_000, {"Ticket": "no"})
        assert connection.getresponse().read() == b'{"error": "ticket_invalid"}'
        connection.request("GET", "/status")
        assert connection.getresponse().status == 200


def test_the_socket_is_for_its_owner_and_group_only(door: Door) -> None:
    assert stat.S_IMODE(door.path.stat().st_mode) == 0o660


def test_a_user_who_is_not_allowed_is_refused_whatever_the_mode(
    make_agent: Callable[..., Agent], signer: Signer
) -> None:
    agent = make_agent(uid=os.getuid() + 1)
    agent.start()
    assert agent.door.ask("GET", "/status") == (403, {"error": "peer_refused"})
    headers = {"Ticket": signer.ticket(ORDER, b"x")}
    assert agent.door.ask("PUT", f"/orders/{ORDER}", headers=headers) == (403, {"error": "peer_refused"})


def test_a_body_that_does_not_come_in_time_is_refused_and_forgotten(
    folder: Path, sockets: Path, signer: Signer, printer: Printer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "BODY_SECONDS", 0.3)
    journal = Journal(folder / "journal.sqlite")
    device = Device(journal, printer.uri, None, Pace(poll=0.05, jam_clock=5))
    inspector = Inspector()
    keys = load_keys(signer.write_keys(folder / "keys.json"))
    house = House(device, inspector, keys, TERMINAL, frozenset({os.getuid()}))
    server = FrontDoor(sockets / "slow.sock", house)
    device.start()
    with serving(server):
        Door(sockets / "slow.sock").until_able()
        head = f"PUT /orders/{ORDER} HTTP/1.1\r\nTicket: {signer.ticket(ORDER, b'')}\r\nContent-Length: 1000\r\n\r\n"
        started = time.monotonic()
        answer = raw(Door(sockets / "slow.sock"), head.encode() + b"half")
        assert b"incomplete" in answer
        assert time.monotonic() - started < 2
        assert journal.entry(ORDER) is None
    device.stop()
    inspector.close()
    journal.close()


@contextmanager
def serving(server: FrontDoor) -> Iterator[None]:
    """Serves requests in a thread while the block runs."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
