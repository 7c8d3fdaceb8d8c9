"""The cable between a card on the tray and the virtual reader driver (vpcd) inside pcscd.

Protocol: TCP, each message two bytes of length (big-endian) and the body. One byte is power off (00),
power on (01), reset (02) or "give the answer-to-reset" (04, also the driver's presence poll); anything
longer is a command. Connecting is inserting, closing is removing.
"""

import logging
import socket
import struct
import threading
from collections.abc import Callable

from tests.world.card.chip import ATR, Chip, Pulled

log = logging.getLogger(__name__)
_POWER = (0, 1, 2)
_GIVE_ATR = 4
_RETRY_SECONDS = 0.05


class CardStuckError(Exception):
    """Raised when a card that was taken away still answers: a defect of this world, never of a reader."""


class Link(threading.Thread):
    """One inserted card. While it lies there it connects again whenever the driver comes back."""

    def __init__(self, chip: Chip, port: int, on_pulled: Callable[["Link"], None]) -> None:
        super().__init__(daemon=True, name="card")
        self._chip = chip
        self._address = ("127.0.0.1", port)
        self._on_pulled = on_pulled
        self._removed = threading.Event()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def run(self) -> None:
        """Serve the driver until the card is removed or its faults take it away."""
        while not self._removed.is_set():
            try:
                self._serve(self._connect())
            except OSError:
                self._removed.wait(_RETRY_SECONDS)
            except Pulled:
                self._removed.set()
                self._on_pulled(self)
            finally:
                self._close()
        self._chip.power_cycle()

    def remove(self) -> None:
        """Take the card off the reader; returns when the connection is closed.

        Raises :class:`CardStuckError`.
        """
        with self._lock:
            self._removed.set()
            if self._socket is not None:
                try:
                    self._socket.shutdown(socket.SHUT_RDWR)
                except OSError:
                    log.debug("the driver had let go already")
        self.join(timeout=5)
        if self.is_alive():
            raise CardStuckError

    def _connect(self) -> socket.socket:
        """A connection that :meth:`remove` knows of: one that is made while the card is being taken away
        would otherwise leave it on the reader for ever. Raises :class:`OSError`, then, too."""
        link = socket.create_connection(self._address, timeout=5)
        link.settimeout(None)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._socket = link
            if self._removed.is_set():
                raise ConnectionAbortedError
        return link

    def _serve(self, link: socket.socket) -> None:
        while True:
            (length,) = struct.unpack(">H", _receive(link, 2))
            message = _receive(link, length)
            if length != 1:
                _send(link, self._chip.answer(message))
            elif message[0] == _GIVE_ATR:
                _send(link, ATR)
            elif message[0] in _POWER:
                self._chip.power_cycle()

    def _close(self) -> None:
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None


def _receive(link: socket.socket, length: int) -> bytes:
    content = b""
    while len(content) < length:
        # The driver writes length and body separately: without this, delayed acknowledgement costs
        # 44 ms for each command.
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        part = link.recv(length - len(content))
        if not part:
            raise ConnectionResetError
        content += part
    return content


def _send(link: socket.socket, body: bytes) -> None:
    link.sendall(struct.pack(">H", len(body)) + body)
