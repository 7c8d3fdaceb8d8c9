"""A synchronous IPP client for one printer, over one connection that is opened when needed and kept.

Two rules of this module decide whether paper can be trusted (measured against a real printer program):

* A document travels as one body with a Content-Length, and the socket resets when its process dies
  (``SO_LINGER`` 1, 0 from connect on). A printer that sees a plain end prints what it has and reports success.
* ``ipps://`` accepts exactly the pinned certificate and sends nothing before it was compared.
"""

from __future__ import annotations

import hmac
import http.client
import itertools
import select
import socket
import ssl
import struct
import time
import urllib.parse
from collections.abc import Iterable
from pathlib import Path

from print_agent.ipp import codec
from print_agent.ipp.codec import Attribute, Group, Message, Value

VALIDATE_JOB, CREATE_JOB, SEND_DOCUMENT, CANCEL_JOB = 0x0004, 0x0005, 0x0006, 0x0008
GET_JOB_ATTRIBUTES, GET_JOBS, GET_PRINTER_ATTRIBUTES = 0x0009, 0x000A, 0x000B

SUBSTITUTED = 0x0001
"""``successful-ok-ignored-or-substituted-attributes``: a success that is not what was asked for."""
NOT_FOUND, NOT_POSSIBLE, BUSY = 0x0406, 0x0404, 0x0507

USER = "madoguchi-print-agent"
"""``requesting-user-name``: by it the agent knows its own jobs again."""
LARGEST_ANSWER = 1024 * 1024
REQUEST_SECONDS = 3.0
DOCUMENT_SECONDS = 60.0
"""A printer without a spool takes the body at the pace of its paper."""
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
CLOSE_NORMALLY = struct.pack("ii", 0, 0)


class PrinterUnreachable(Exception):
    """Raised when no complete answer came: no connection, a broken one, or none within the time."""


class AnswerTooLarge(PrinterUnreachable):
    """Raised when an answer exceeds :data:`LARGEST_ANSWER`."""


class CertificateMismatch(PrinterUnreachable):
    """Raised when the printer shows another certificate than the pinned one."""


class IppRefused(Exception):
    """Raised when the printer answered with anything but full success; ``unsupported`` names what it would not do."""

    def __init__(self, status: int, unsupported: tuple[str, ...] = ()) -> None:
        super().__init__(f"IPP status 0x{status:04x} {' '.join(unsupported)}".rstrip())
        self.status = status
        self.unsupported = unsupported


class IppClient:
    """Operations on one printer. Not thread-safe: each thread has its own."""

    def __init__(self, uri: str, pinned_certificate: Path | None = None) -> None:
        parts = urllib.parse.urlsplit(uri)
        self._uri = uri
        self._host = parts.hostname or ""
        self._port = parts.port or 631
        self._path = parts.path or "/"
        self._pinned = _der(pinned_certificate) if pinned_certificate is not None else None
        self._request_ids = itertools.count(1)
        self._connection: http.client.HTTPConnection | None = None

    def printer_attributes(self, names: Iterable[str]) -> Group:
        """Get-Printer-Attributes. Raises PrinterUnreachable, IppRefused, MalformedAnswer."""
        answer = self._ask(GET_PRINTER_ATTRIBUTES, [_keywords("requested-attributes", names)])
        return answer.group(codec.PRINTER)

    def jobs(self, which: str, names: Iterable[str]) -> tuple[Group, ...]:
        """Get-Jobs, ``which`` = ``not-completed`` or ``completed``."""
        wanted = [_keywords("requested-attributes", names), _keywords("which-jobs", [which])]
        return tuple(group for group in self._ask(GET_JOBS, wanted).groups if group.tag == codec.JOB)

    def job_attributes(self, job_id: int, names: Iterable[str]) -> Group:
        """Get-Job-Attributes; IppRefused with NOT_FOUND when the printer has no such job."""
        wanted = [_integer("job-id", job_id), _keywords("requested-attributes", names)]
        return self._ask(GET_JOB_ATTRIBUTES, wanted).group(codec.JOB)

    def validate_job(self, template: Iterable[Attribute], document_format: str) -> None:
        """Validate-Job: would the printer take this job exactly as asked?"""
        fidelity = [_fidelity(), Attribute("document-format", (Value(codec.MIME_TYPE, document_format),))]
        self._ask(VALIDATE_JOB, fidelity, tuple(template))

    def create_job(self, name: str, template: Iterable[Attribute]) -> Group:
        """Create-Job: an empty job called ``name``; nothing prints before a document follows."""
        operation = [Attribute("job-name", (Value(codec.NAME, name),)), _fidelity()]
        return self._ask(CREATE_JOB, operation, tuple(template)).group(codec.JOB)

    def send_document(self, job_id: int, document: memoryview, document_format: str) -> None:
        """Send-Document with the only document of the job, straight from the caller's memory."""
        operation = [
            _integer("job-id", job_id),
            Attribute("document-format", (Value(codec.MIME_TYPE, document_format),)),
            Attribute("last-document", (Value(codec.BOOLEAN, True),)),
        ]
        self._ask(SEND_DOCUMENT, operation, document=document)

    def cancel_job(self, job_id: int) -> None:
        """Cancel-Job. Success says that the printer heard it, not that no sheet will come."""
        self._ask(CANCEL_JOB, [_integer("job-id", job_id)])

    def close(self) -> None:
        """Ends the connection between two requests, in the ordinary way."""
        if self._connection is not None:
            if self._connection.sock is not None:
                self._connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_NORMALLY)
            self._connection.close()
            self._connection = None

    def _reset(self) -> None:
        """Ends the connection so that a printer in the middle of a body sees a reset."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(
        self,
        operation: int,
        operation_attributes: list[Attribute],
        job_attributes: tuple[Attribute, ...] = (),
        document: memoryview | None = None,
    ) -> Message:
        request_id = next(self._request_ids)
        target = [
            Attribute("attributes-charset", (Value(codec.CHARSET, "utf-8"),)),
            Attribute("attributes-natural-language", (Value(codec.LANGUAGE, "en"),)),
            Attribute("printer-uri", (Value(codec.URI, self._uri),)),
        ]
        if operation_attributes and operation_attributes[0].name == "job-id":
            # RFC 8011, 4.1.5: the job-id belongs to the target and follows the printer-uri at once.
            target.append(operation_attributes.pop(0))
        target.append(Attribute("requesting-user-name", (Value(codec.NAME, USER),)))
        groups = [Group(codec.OPERATION, (*target, *operation_attributes))]
        if job_attributes:
            groups.append(Group(codec.JOB, job_attributes))
        body = self._exchange(codec.encode(Message(operation, request_id, tuple(groups))), document)
        try:
            answer = _answer_to(request_id, body)
        except codec.MalformedAnswer:
            self._reset()
            raise
        if answer.code >= 0x0100 or answer.code == SUBSTITUTED:
            unsupported = answer.group(codec.UNSUPPORTED).attributes
            raise IppRefused(answer.code, tuple(attribute.name for attribute in unsupported))
        return answer

    def _exchange(self, head: bytes, document: memoryview | None) -> bytes:
        seconds = REQUEST_SECONDS if document is None else DOCUMENT_SECONDS
        deadline = time.monotonic() + seconds
        try:
            connection = self._connected()
            connection.sock.settimeout(seconds)
            connection.putrequest("POST", self._path, skip_accept_encoding=True)
            connection.putheader("Content-Type", "application/ipp")
            connection.putheader("Content-Length", str(len(head) + (len(document) if document else 0)))
            connection.endheaders(head)
            if document is not None:
                connection.sock.sendall(document)
            with connection.getresponse() as response:
                body = _read(response, deadline)
        except (OSError, http.client.HTTPException) as error:
            self._reset()
            raise PrinterUnreachable(type(error).__name__) from error
        except PrinterUnreachable:
            self._reset()
            raise
        if response.status != 200:
            self._reset()
            raise PrinterUnreachable(f"HTTP status {response.status}")
        return body

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is not None and (self._connection.sock is None or _stale(self._connection.sock)):
            self._reset()
        if self._connection is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=REQUEST_SECONDS)
            connection.sock = self._socket()
            self._connection = connection
        return self._connection

    def _socket(self) -> socket.socket:
        plain = socket.create_connection((self._host, self._port), timeout=REQUEST_SECONDS)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._pinned is None:
            return plain
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # The one certificate is compared byte by byte below: names and dates in it prove nothing more.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        secured = context.wrap_socket(plain, server_hostname=self._host)
        shown = secured.getpeercert(binary_form=True) or b""
        if not hmac.compare_digest(shown, self._pinned):
            secured.close()
            raise CertificateMismatch("the printer's certificate is not the pinned one")
        return secured


def _der(path: Path) -> bytes:
    return ssl.PEM_cert_to_DER_cert(path.read_text("ascii"))


def _stale(sock: socket.socket) -> bool:
    """Between two requests nothing may arrive: what does is the printer's farewell."""
    readable, _, _ = select.select([sock], [], [], 0)
    return bool(readable)


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    body = bytearray()
    while piece := response.read1(65536):
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise AnswerTooLarge(f"more than {LARGEST_ANSWER} bytes")
        if time.monotonic() > deadline:
            raise PrinterUnreachable("the answer did not end in time")
    if response.length:
        raise PrinterUnreachable("the answer was cut off")
    return bytes(body)


def _answer_to(request_id: int, body: bytes) -> Message:
    answer = codec.decode(body)
    if answer.request_id != request_id:
        raise codec.MalformedAnswer("the answer belongs to another request")
    return answer


def _integer(name: str, number: int) -> Attribute:
    return Attribute(name, (Value(codec.INTEGER, number),))


def _keywords(name: str, words: Iterable[str]) -> Attribute:
    return Attribute(name, tuple(Value(codec.KEYWORD, word) for word in words))


def _fidelity() -> Attribute:
    return Attribute("ipp-attribute-fidelity", (Value(codec.BOOLEAN, True),))
