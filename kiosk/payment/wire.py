"""Frames of the payment device: TCP, four bytes of length (big-endian), then one JSON message in UTF-8.

One exchange is one connection. Nothing is ever sent twice on a doubt: whoever gets no answer asks what became of it.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from dataclasses import dataclass

from kiosk.wire import Table, Unreadable, table_of

_LONGEST = 64 * 1024
_CONNECT_SECONDS = 1.0
_LOOK_UP_SECONDS = 0.25


class DeviceSilent(Exception):
    """Raised when the device cannot be reached, or gave no answer of its protocol in time. It may have acted."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the device listens."""

    host: str
    port: int


def exchange(
    address: Address, message: Table, service: str, seconds: float, lost: threading.Event | None = None
) -> Table:
    """Send one request, return the response with the same service id.

    `lost` is set by whoever learns in another way that the answer has been given. Raises `DeviceSilent`.
    """
    until = time.monotonic() + seconds
    try:
        with socket.create_connection((address.host, address.port), timeout=_CONNECT_SECONDS) as line:
            _send(line, message)
            while True:
                answer = _received(line, until, lost)
                if _service_of(answer) == service:
                    return answer
    except (OSError, ValueError, KeyError, Unreadable) as error:
        raise DeviceSilent(type(error).__name__) from None


def tell(address: Address, message: Table) -> None:
    """Send a message that has no answer. Raises `DeviceSilent`."""
    try:
        with socket.create_connection((address.host, address.port), timeout=_CONNECT_SECONDS) as line:
            _send(line, message)
    except OSError as error:
        raise DeviceSilent(type(error).__name__) from None


def _send(line: socket.socket, message: Table) -> None:
    body = json.dumps(message, ensure_ascii=False).encode()
    line.sendall(struct.pack(">I", len(body)) + body)


def _received(line: socket.socket, until: float, lost: threading.Event | None) -> Table:
    (length,) = struct.unpack(">I", _exactly(line, 4, until, lost))
    if length > _LONGEST:
        raise Unreadable("frame too long")
    return table_of(json.loads(_exactly(line, length, until, lost)))


def _exactly(line: socket.socket, count: int, until: float, lost: threading.Event | None) -> bytes:
    read = b""
    while len(read) < count:
        left = until - time.monotonic()
        if left <= 0 or (lost is not None and lost.is_set()):
            raise TimeoutError
        line.settimeout(min(left, _LOOK_UP_SECONDS))
        try:
            more = line.recv(count - len(read))
        except TimeoutError:
            continue
        if not more:
            raise ConnectionResetError
        read += more
    return read


def _service_of(answer: Table) -> object:
    return table_of(table_of(answer["SaleToPOIResponse"])["MessageHeader"])["ServiceID"]
