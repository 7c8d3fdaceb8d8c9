"""The cable to a printer: a TCP relay on loopback that can be slow, and can be pulled out."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Self

RESET = struct.pack("ii", 1, 0)


class Cable:
    """Relays to the printer's port, each piece ``pause`` seconds late; a reset stays a reset.

    ``carried`` counts the bytes that went to the printer. :meth:`pull` stops everything silently, as a pulled cable
    does: no end, no reset, in either direction, until :meth:`plug`.
    """

    def __init__(self, port: int, pause: float = 0.0, piece: int = 32768) -> None:
        self._target = port
        self._piece = piece
        self._plugged = threading.Event()
        self._plugged.set()
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        # A small window keeps a body in its sender's hands, where its death can still take it back.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        self._open: list[socket.socket] = []
        self.pause = pause
        self.carried = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def uri(self) -> str:
        """The printer's address through this cable."""
        return f"ipp://127.0.0.1:{self._listener.getsockname()[1]}/ipp/print"

    @property
    def secure_uri(self) -> str:
        """The same with TLS."""
        return f"ipps://localhost:{self._listener.getsockname()[1]}/ipp/print"

    def pull(self) -> None:
        """Nothing arrives any more."""
        self._plugged.clear()

    def plug(self) -> None:
        """Everything goes on."""
        self._plugged.set()

    def close(self) -> None:
        """Ends the relay and its connections."""
        self._ended.set()
        self._plugged.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._open:
            _reset(end)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target), 5)
            except OSError:
                _reset(near)
                continue
            far.settimeout(None)
            self._open += [near, far]
            threading.Thread(target=self._relay, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._relay, args=(far, near, False), daemon=True).start()

    def _relay(self, source: socket.socket, target: socket.socket, to_printer: bool) -> None:
        try:
            while data := source.recv(self._piece):
                self._ended.wait(self.pause)
                self._plugged.wait()
                target.sendall(data)
                if to_printer:
                    self.carried += len(data)
            self._plugged.wait()
            target.shutdown(socket.SHUT_WR)
        except OSError:
            self._plugged.wait()
            _reset(source)
            _reset(target)


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    with contextlib.suppress(OSError):
        # A thread waiting in recv keeps the connection open; this wakes it without sending an end.
        end.shutdown(socket.SHUT_RD)
    end.close()
