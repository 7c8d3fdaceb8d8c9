"""The IPP client against a printer that misbehaves, and against a real one with TLS."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from print_agent.ipp import (
    AnswerTooLarge,
    Attribute,
    CertificateMismatch,
    Group,
    IppClient,
    IppRefused,
    MalformedAnswer,
    Message,
    PrinterUnreachable,
    Value,
    client,
    codec,
    encode,
)
from tests.print_agent.agent import until
from tests.print_agent.paper import paper
from tests.world.printer import Printer

Talk = Callable[[socket.socket, bytes], None]


class Impostor:
    """Something at the printer's address that answers each connection's first request as told."""

    def __init__(self, talk: Talk) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.uri = f"ipp://127.0.0.1:{self._listener.getsockname()[1]}/ipp/print"
        self._talk = talk
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                try:
                    self._talk(connection, whole_request(connection))
                except OSError:
                    continue

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def impostor() -> Iterator[Callable[[Talk], IppClient]]:
    made: list[tuple[Impostor, IppClient]] = []

    def make(talk: Talk) -> IppClient:
        behind = Impostor(talk)
        made.append((behind, IppClient(behind.uri)))
        return made[-1][1]

    yield make
    for behind, connection in made:
        connection.close()
        behind.close()


def whole_request(connection: socket.socket) -> bytes:
    """What was sent, to its end: closing a connection with unread bytes would reset it."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(65536)
    head, _, body = request.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split()[0])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def http_answer(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def answering(body: bytes, status: str = "200 OK") -> Talk:
    return lambda connection, _: connection.sendall(http_answer(body, status))


@pytest.mark.parametrize(
    ("talk", "error"),
    [
        (lambda connection, _: connection.close(), PrinterUnreachable),
        (lambda connection, _: connection.sendall(b"SSH-2.0-hello\r\n"), PrinterUnreachable),
        (answering(b"", "404 Not Found"), PrinterUnreachable),
        (
            lambda connection, _: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx"),
            PrinterUnreachable,
        ),
        (answering(b"not ipp"), MalformedAnswer),
        (answering(encode(Message(0, 999_999, ()))), MalformedAnswer),
        (answering(b"x" * (client.LARGEST_ANSWER + 1)), AnswerTooLarge),
    ],
)
def test_an_answer_that_is_none_has_a_name(
    impostor: Callable[[Talk], IppClient], talk: Talk, error: type[Exception]
) -> None:
    with pytest.raises(error):
        impostor(talk).printer_attributes(["printer-state"])


def test_a_printer_that_never_stops_talking_is_cut_off(impostor: Callable[[Talk], IppClient]) -> None:
    def talk(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with pytest.raises(AnswerTooLarge):
        impostor(talk).printer_attributes(["printer-state"])


@pytest.mark.parametrize("drip", [b"", b"x"])
def test_a_printer_that_is_silent_or_drips_is_given_up_in_time(
    impostor: Callable[[Talk], IppClient], drip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "REQUEST_SECONDS", 0.3)
    given_up = threading.Event()

    def talk(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not given_up.wait(0.02):
            connection.sendall(drip)

    started = time.monotonic()
    with pytest.raises(PrinterUnreachable):
        impostor(talk).printer_attributes(["printer-state"])
    given_up.set()
    assert time.monotonic() - started < 1


def test_substituted_attributes_are_a_refusal(impostor: Callable[[Talk], IppClient]) -> None:
    unsupported = Group(codec.UNSUPPORTED, (Attribute("media", (Value(codec.KEYWORD, "iso_a4_210x297mm"),)),))
    with pytest.raises(IppRefused) as caught:
        impostor(answering(encode(Message(0x0001, 1, (unsupported,))))).validate_job((), "application/pdf")
    assert (caught.value.status, caught.value.unsupported) == (0x0001, ("media",))


def test_a_document_travels_as_one_body_of_known_length_and_is_not_chunked(
    impostor: Callable[[Talk], IppClient],
) -> None:
    heard: list[bytes] = []

    def talk(connection: socket.socket, request: bytes) -> None:
        head, _, body = request.partition(b"\r\n\r\n")
        heard.extend((head, body))
        connection.sendall(http_answer(encode(Message(0, 1, ()))))

    impostor(talk).send_document(1, memoryview(b"document" * 50_000), "application/pdf")
    assert b"chunked" not in heard[0].lower()
    assert heard[1].endswith(b"document" * 50_000)


def test_the_pinned_certificate_is_needed_and_no_other_is_taken(
    folder: Path, sockets: Path, printer: Printer
) -> None:
    pinned = printer.certificate()
    secure = IppClient(printer.secure_uri, pinned)
    assert secure.printer_attributes(["printer-state"]).integer("printer-state") == 3
    secure.close()
    with Printer(folder / "other", runtime=sockets / "other") as impostor:
        uri = impostor.secure_uri
        with pytest.raises(CertificateMismatch):
            IppClient(uri, pinned).printer_attributes(["printer-state"])


def test_a_refused_job_names_what_the_printer_would_not_do(printer: Printer) -> None:
    asked = (Attribute("sides", (Value(codec.KEYWORD, "tumble"),)),)
    connection = IppClient(printer.uri)
    with pytest.raises(IppRefused) as caught:
        connection.validate_job(asked, "application/pdf")
    connection.close()
    assert caught.value.unsupported == ("sides",)


def test_a_kept_connection_that_the_printer_closed_is_opened_anew(printer: Printer) -> None:
    connection = IppClient(printer.uri)
    connection.printer_attributes(["printer-state"])
    printer.power_cut()
    printer.start()
    assert connection.printer_attributes(["printer-state"]).integer("printer-state") == 3
    connection.close()


def test_a_cut_off_body_makes_a_real_printer_print_nothing(printer: Printer) -> None:
    """The hole this agent is built around: without the reset the printer prints the piece and reports success."""
    connection = IppClient(printer.uri)
    job_id = connection.create_job("cut-off", ()).integer("job-id") or 0
    document = paper("x", padding=200_000)
    operation = Group(
        codec.OPERATION,
        (
            Attribute("attributes-charset", (Value(codec.CHARSET, "utf-8"),)),
            Attribute("attributes-natural-language", (Value(codec.LANGUAGE, "en"),)),
            Attribute("printer-uri", (Value(codec.URI, printer.uri),)),
            Attribute("job-id", (Value(codec.INTEGER, job_id),)),
            Attribute("last-document", (Value(codec.BOOLEAN, True),)),
        ),
    )
    head = encode(Message(client.SEND_DOCUMENT, 7, (operation,)))
    cut = connection._connected()
    cut.putrequest("POST", "/ipp/print")
    cut.putheader("Content-Type", "application/ipp")
    cut.putheader("Content-Length", str(len(head) + len(document)))
    cut.endheaders(head)
    cut.sock.sendall(document[:100_000])
    second = IppClient(printer.uri)
    until("the document is coming in", lambda: reasons_of_job(second, job_id) == ("job-incoming",))
    connection._reset()
    until("the job has ended", lambda: state_of_job(second, job_id) >= 7)
    second.close()
    assert printer.documents() == []


def reasons_of_job(connection: IppClient, job_id: int) -> tuple[str, ...]:
    return connection.job_attributes(job_id, ["job-state-reasons"]).texts("job-state-reasons")


def state_of_job(connection: IppClient, job_id: int) -> int:
    return connection.job_attributes(job_id, ["job-state"]).integer("job-state") or 0
