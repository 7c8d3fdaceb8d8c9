"""Having a document checked by a child process that is started ahead and used once.

PDF libraries copy what they read all over their memory; the child takes those copies with it. One child is waiting
before an order comes, so that none waits for a Python to start; the next one is started a moment after an order was
taken, so that its start does not compete with the printing.
"""

from __future__ import annotations

import logging
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from print_agent.vault import HeldDocument

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 10.0
REST_SECONDS = 1.0
"""From one check to the start of the next child: what is printed has been handed to the printer by then."""
REQUEST = struct.Struct(">II")
"""The question to the child: size in bytes and the number of pages the order names, with the SHA-256 of each page
behind it. The document's descriptor travels beside it."""
HASH_BYTES = 32
READY = b"+"
"""What the child says once it has loaded what it needs."""
REASONS = frozenset(
    {
        "action",
        "annotation",
        "attachment",
        "damaged",
        "encrypted",
        "font",
        "form",
        "not_pdf",
        "page_hash",
        "page_size",
        "pages",
        "script",
    }
)


class InspectionUnavailable(Exception):
    """Raised when the child does not come up, which no document can cause."""


class DocumentRefused(Exception):
    """Raised when a document must not reach the printer; ``reason`` is one word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class _Child:
    process: subprocess.Popen[bytes]
    channel: socket.socket

    def await_ready(self) -> None:
        try:
            ready = self.channel.recv(len(READY), socket.MSG_PEEK)
        except OSError:
            ready = b""
        if ready != READY:
            raise InspectionUnavailable

    def end(self) -> None:
        self.channel.close()
        self.process.kill()
        self.process.wait()


class Inspector:
    """Checks documents, one child process each."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: _Child | None = _start()
        self._closed = threading.Event()

    def require_ready(self) -> None:
        """Raises InspectionUnavailable unless the waiting child is ready; asked once, at the start of the agent."""
        with self._guard:
            if self._waiting is not None:
                self._waiting.await_ready()

    def inspect(self, document: HeldDocument, page_hashes: Sequence[str]) -> None:
        """Raises DocumentRefused when the document is not fit for the printer or its pages are not those signed for.

        ``page_hashes``: SHA-256 of each page's content in page order, hexadecimal.
        """
        with self._guard:
            child, self._waiting = self._waiting or _start(), None
        try:
            answer = _ask(child, document, page_hashes)
        finally:
            threading.Thread(target=self._replace, args=(child,), name="inspect", daemon=True).start()
        if answer != "ok":
            raise DocumentRefused(answer if answer in REASONS else "damaged")

    def close(self) -> None:
        """Ends the waiting child."""
        self._closed.set()
        with self._guard:
            if self._waiting is not None:
                self._waiting.end()
                self._waiting = None

    def _replace(self, used: _Child) -> None:
        used.end()
        self._closed.wait(REST_SECONDS)
        with self._guard:
            if self._waiting is None and not self._closed.is_set():
                self._waiting = _start()


def _start() -> _Child:
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "print_agent.document", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            # What a PDF library says about a broken file may quote the file.
            stderr=subprocess.DEVNULL,
        )
    ours.settimeout(ANSWER_SECONDS)
    return _Child(process, ours)


def _ask(child: _Child, document: HeldDocument, page_hashes: Sequence[str]) -> str:
    child.await_ready()
    child.channel.recv(len(READY))
    question = REQUEST.pack(document.size, len(page_hashes)) + bytes.fromhex("".join(page_hashes))
    try:
        socket.send_fds(child.channel, [question], [document.fd])
        answer = child.channel.recv(64).decode("ascii", "replace")
    except OSError as error:
        logger.warning("the check of a document ended with %s", type(error).__name__)
        return "damaged"
    if not answer:
        logger.warning("the check of a document ended without an answer")
    return answer
