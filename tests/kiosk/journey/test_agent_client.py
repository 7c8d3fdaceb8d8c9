"""The wire to the print agent, over a real Unix socket."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from kiosk.agent_client import (
    AgentClient,
    AgentRefused,
    AgentUnreachable,
    DocumentRefused,
    OrderUnknown,
    PrinterNotAble,
    TicketRefused,
)

STATUS = {
    "able": False,
    "state": "locked",
    "reasons": [{"keyword": "media-empty", "blocking": True, "kind": "paper"}],
    "order": "o1",
    "outcomes": [{"order": "o0", "state": "printed", "sheets": 2, "of": 2, "detail": "completed"}],
}
PROGRESS = {"order": "o1", "state": "sent", "sheets": 1, "of": 2, "reasons": []}


class Door(socketserver.ThreadingUnixStreamServer):
    # Closing waits for the answering threads, so that no socket outlives its test.
    daemon_threads = False

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), Answering)
        self.answer: tuple[int, object] = (200, STATUS)
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Door

    def _answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, dict(self.headers), content))
        status, body = self.server.answer
        answer = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_GET(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    server = Door(tmp_path / "agent.sock")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def agent(door: Door, tmp_path: Path) -> AgentClient:
    assert door.answer
    return AgentClient(tmp_path / "agent.sock")


def test_the_status_is_read_and_kept_as_it_came(agent: AgentClient) -> None:
    status = agent.status()
    assert (status.able, status.state, status.order) == (False, "locked", "o1")
    assert status.reasons[0].keyword == "media-empty"
    assert status.outcomes[0].state == "printed"
    assert status.wire == STATUS


def test_an_order_carries_its_ticket_in_a_header_and_the_document_as_body(agent: AgentClient, door: Door) -> None:
    door.answer = (202, {"order": "o1", "state": "accepted"})
    agent.put_order("o1", "a.b.c", b"%PDF")
    method, path, headers, content = door.seen[0]
    assert (method, path, content) == ("PUT", "/orders/o1", b"%PDF")
    assert headers["Ticket"] == "a.b.c"
    assert headers["Content-Length"] == "4"


def test_progress_is_told_sheet_by_sheet(agent: AgentClient, door: Door) -> None:
    door.answer = (200, PROGRESS)
    progress = agent.order("o1")
    assert (progress.state, progress.sheets, progress.of) == ("sent", 1, 2)


def test_a_command_is_passed_on_unread(agent: AgentClient, door: Door) -> None:
    door.answer = (200, {"state": "ready"})
    agent.unlock("x.y.z")
    assert door.seen[0][:2] == ("POST", "/unlock")
    assert door.seen[0][2]["Command"] == "x.y.z"


@pytest.mark.parametrize(
    ("status", "code", "family"),
    [
        (401, "ticket_expired", TicketRefused),
        (403, "peer_refused", AgentRefused),
        (404, "order_unknown", OrderUnknown),
        (409, "order_reused", AgentRefused),
        (409, "busy", PrinterNotAble),
        (409, "locked", PrinterNotAble),
        (413, "too_large", DocumentRefused),
        (422, "document_refused", DocumentRefused),
        (503, "printer_not_able", PrinterNotAble),
    ],
)
def test_each_refusal_has_its_own_exception(
    agent: AgentClient, door: Door, status: int, code: str, family: type[AgentRefused]
) -> None:
    door.answer = (status, {"error": code, "reason": "why"})
    with pytest.raises(AgentRefused) as refused:
        agent.put_order("o1", "t", b"x")
    assert type(refused.value) is family
    assert (refused.value.code, refused.value.reason) == (code, "why")


@pytest.mark.parametrize("body", [[], {}, {"able": "yes"}, {"order": 1}])
def test_an_answer_outside_the_contract_is_no_answer(agent: AgentClient, door: Door, body: object) -> None:
    door.answer = (200, body)
    with pytest.raises(AgentUnreachable):
        agent.status()
    with pytest.raises(AgentUnreachable):
        agent.order("o1")


def test_nobody_behind_the_socket_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(AgentUnreachable):
        AgentClient(tmp_path / "nobody.sock").status()


def test_an_agent_that_answers_before_it_read_the_document_is_heard(agent: AgentClient, door: Door) -> None:
    door.answer = (413, {"error": "too_large"})
    with pytest.raises(DocumentRefused):
        agent.put_order("o1", "t", b"x" * 2_000_000)
