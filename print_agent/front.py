"""The front door: HTTP/1.1 over a Unix socket. This docstring is its contract with the kiosk.

Every connection's peer is asked of the kernel (``SO_PEERCRED``); a user id that is not allowed gets 403
``peer_refused``. Answers are JSON. An error is ``{"error":"<code>"}``, with ``"reason"`` where one is named below.

``GET /status`` -> 200::

    {"version":"<of this program>", "able":bool, "state":"ready"|"printing"|"blocked"|"locked"|"offline",
     "reasons":[{"keyword":"media-empty","blocking":true,"kind":"paper"}, …],
     "order":"<uuid>"|null,                   the order now printing, or the one that locked the device
     "sheets_left":N|null, "tray_capacity":N|null,      A4 in its trays and room for it, where the printer tells
     "sheets_since_refill":N|null,            null until somebody was seen to put paper in
     "outcomes":[{"order":"<uuid>","state":"printed"|"not_printed"|"unknown","sheets":N,"of":N,"detail":"<word>"}, …]}

    Reasons are IPP keywords without suffix, and of our own: offline, other-job, not-accepting-jobs, no-pdf; at most
    32. kind = paper | jam | open | supply | output | service | paused | starting | busy | offline.
    Outcomes: the last 20 orders that ended, newest first.

``PUT /orders/<uuid>`` with headers ``Ticket: <JWS>`` and ``Content-Length``, the PDF as body -> 202
``{"order","state"}`` when the order is under way, 200 when it has ended. The same order again never prints a second
time; only one that ended ``not_printed`` is tried again. Refusals:

    401 ticket_invalid | ticket_expired | ticket_wrong_terminal      404 order_unknown (the path is no order)
    409 order_reused | busy | locked      411 length_required      413 too_large
    422 document_refused, reason = action | annotation | attachment | damaged | encrypted | font | form | incomplete |
        not_pdf | page_hash | page_size | pages | script | sha256 (page_hash: a page is not the one signed for)
    503 printer_not_able | not_enough_paper

``GET /orders/<uuid>`` -> 200 ``{"order","state","sheets":N,"of":N,"reasons":[…],"seconds_left":N|null}``;
404 order_unknown. seconds_left: while something blocks, how long it may still last before the order is given up.

    state: accepted | creating | created | sending | sent | printed | not_printed | unknown

``POST /unlock`` with header ``Command: <JWS>`` -> 200 ``{"state":<as in /status>}``, again for the same command;
401 command_invalid | command_expired | command_wrong_terminal; 409 nothing_locked | other_order

Limits: 5 MiB, 20 pages, 10 copies, one order at a time, 10 s to deliver the body.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import socketserver
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TypeVar

from print_agent.device import (
    Device,
    DeviceBusy,
    DeviceLocked,
    NotEnoughPaper,
    NothingLocked,
    OrderReused,
    OrderUnknown,
    OtherOrder,
    PrinterNotAble,
)
from print_agent.inspection import DocumentRefused, Inspector
from print_agent.journal import Entry
from print_agent.reasons import Reason
from print_agent.ticket import (
    Json,
    Keys,
    Ticket,
    TokenExpired,
    TokenForOtherTerminal,
    TokenInvalid,
    is_uuid,
    verify_command,
    verify_ticket,
)
from print_agent.vault import HeldDocument, MemoryNotLocked

logger = logging.getLogger(__name__)

VERSION = "0.1.0"
"""Of the print agent; the same as in pyproject.toml."""
LARGEST_DOCUMENT = 5 * 1024 * 1024
BODY_SECONDS = 10.0
Verified = TypeVar("Verified")

REFUSALS: dict[type[Exception], tuple[int, str]] = {
    OrderUnknown: (404, "order_unknown"),
    OrderReused: (409, "order_reused"),
    DeviceBusy: (409, "busy"),
    DeviceLocked: (409, "locked"),
    PrinterNotAble: (503, "printer_not_able"),
    NotEnoughPaper: (503, "not_enough_paper"),
    NothingLocked: (409, "nothing_locked"),
    OtherOrder: (409, "other_order"),
}
TOKEN_REFUSALS: dict[type[Exception], str] = {
    TokenInvalid: "invalid",
    TokenExpired: "expired",
    TokenForOtherTerminal: "wrong_terminal",
}


class Refusal(Exception):
    """Raised inside a request when its answer is an error of the contract."""

    def __init__(self, status: int, code: str, reason: str | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class House:
    """What a request may ask."""

    device: Device
    inspector: Inspector
    keys: Keys
    terminal: str
    allowed_uids: frozenset[int]


class FrontDoor(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """The listening socket, mode 0660. A crashed agent's leftover is replaced: the journal's lock proves it dead."""

    daemon_threads = True
    request_queue_size = 16

    def __init__(self, path: Path, house: House) -> None:
        self.house = house
        path.unlink(missing_ok=True)
        before = os.umask(0o117)
        try:
            super().__init__(str(path), _Request)
        finally:
            os.umask(before)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the library's signature
        """A request that broke unexpectedly; the traceback holds no content."""
        if isinstance(sys.exception(), ConnectionError):
            logger.info("the kiosk hung up")
        else:
            logger.error("a request broke", exc_info=sys.exception())


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = BODY_SECONDS
    # Buffered reading would leave pieces of documents in this process's memory.
    rbufsize = 0
    server: FrontDoor

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_PUT(self) -> None:
        self._answer(self._put)

    def do_POST(self) -> None:
        self._answer(self._post)

    def address_string(self) -> str:
        return "unix"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Requests are not logged; what they cause is."""

    def version_string(self) -> str:
        return "print-agent"

    def _answer(self, handle: Callable[[], tuple[int, Json]]) -> None:
        self._unread = 0
        try:
            self._require_allowed_peer()
            status, body = handle()
        except Refusal as refusal:
            self._refuse(refusal)
        except tuple(REFUSALS) as error:
            status, code = REFUSALS[type(error)]
            self._refuse(Refusal(status, code))
        else:
            self._send(status, body)

    def _get(self) -> tuple[int, Json]:
        if self.path == "/status":
            return 200, self._status()
        progress = self.server.house.device.progress(self._order())
        entry = progress.entry
        return 200, {
            "order": entry.order,
            "state": entry.state.value,
            "sheets": progress.sheets,
            "of": entry.expected,
            "reasons": _reasons(progress.reasons),
            "seconds_left": progress.seconds_left,
        }

    def _put(self) -> tuple[int, Json]:
        house = self.server.house
        order = self._order()
        self._unread = self._length()
        ticket = self._verified("ticket", verify_ticket)
        if ticket.order != order:
            raise Refusal(401, "ticket_invalid", "order")
        entry = house.device.known(ticket) or house.device.take(ticket, self._receive(ticket))
        return (200 if entry.state.ended else 202), {"order": entry.order, "state": entry.state.value}

    def _post(self) -> tuple[int, Json]:
        if self.path != "/unlock":
            raise Refusal(404, "not_found")
        self.server.house.device.unlock(self._verified("command", verify_command))
        return 200, {"state": self.server.house.device.status().state.value}

    def _status(self) -> Json:
        status = self.server.house.device.status()
        return {
            "version": VERSION,
            "able": status.able,
            "state": status.state.value,
            "reasons": _reasons(status.reasons),
            "order": status.order,
            "sheets_left": status.paper.left,
            "tray_capacity": status.paper.capacity,
            "sheets_since_refill": status.paper.since_refill,
            "outcomes": [_outcome(entry) for entry in status.outcomes],
        }

    def _require_allowed_peer(self) -> None:
        credentials = self.connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _, uid, _ = struct.unpack("3i", credentials)
        if uid not in self.server.house.allowed_uids:
            self.close_connection = True
            raise Refusal(403, "peer_refused")

    def _order(self) -> str:
        prefix, _, order = self.path.rpartition("/")
        if prefix != "/orders" or not is_uuid(order):
            raise OrderUnknown
        return order

    def _verified(self, kind: str, verify: Callable[[str, Keys, str, float], Verified]) -> Verified:
        house = self.server.house
        try:
            return verify(self.headers.get(kind, ""), house.keys, house.terminal, time.time())
        except tuple(TOKEN_REFUSALS) as error:
            logger.warning("a %s was refused: %s %s", kind, type(error).__name__, error)
            raise Refusal(401, f"{kind}_{TOKEN_REFUSALS[type(error)]}") from error

    def _length(self) -> int:
        text = self.headers.get("Content-Length", "")
        if not text.isascii() or not text.isdigit() or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            raise Refusal(411, "length_required")
        if not 0 < int(text) <= LARGEST_DOCUMENT:
            self.close_connection = True
            raise Refusal(413, "too_large")
        return int(text)

    def _receive(self, ticket: Ticket) -> HeldDocument:
        """The body in locked memory, whole, signed for and fit for the printer. Raises Refusal."""
        try:
            document = HeldDocument(self._unread)
        except MemoryNotLocked as error:
            raise DeviceBusy from error
        try:
            self._read_into(document.view)
            self._require_fit(document, ticket)
        except BaseException:
            document.wipe()
            raise
        return document

    def _require_fit(self, document: HeldDocument, ticket: Ticket) -> None:
        if document.sha256() != ticket.sha256:
            raise Refusal(422, "document_refused", "sha256")
        try:
            self.server.house.inspector.inspect(document, ticket.page_hashes)
        except DocumentRefused as refusal:
            raise Refusal(422, "document_refused", refusal.reason) from refusal

    def _read_into(self, target: memoryview) -> None:
        """Fills ``target`` with what comes next. Raises Refusal when the peer stops or takes too long."""
        deadline = time.monotonic() + BODY_SECONDS
        filled = 0
        while filled < len(target):
            self.connection.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                with target[filled:] as rest:
                    got = self.connection.recv_into(rest)
            except TimeoutError:
                got = 0
            if got == 0:
                self._unread = 0
                self.close_connection = True
                raise Refusal(422, "document_refused", "incomplete")
            filled += got
            self._unread -= got
        self.connection.settimeout(self.timeout)

    def _discard(self) -> None:
        """Takes in what was sent and is not wanted: a peer still writing would miss the answer."""
        scratch = bytearray(65536)
        with memoryview(scratch) as view:
            try:
                while self._unread:
                    self._read_into(view[: min(self._unread, len(scratch))])
            except Refusal:
                logger.info("the rest of a refused request did not come")
            view[:] = bytes(len(scratch))

    def _refuse(self, refusal: Refusal) -> None:
        body: dict[str, Json] = {"error": refusal.code}
        if refusal.reason is not None:
            body["reason"] = refusal.reason
        self._send(refusal.status, body)

    def _send(self, status: int, body: Json) -> None:
        self._discard()
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)


def _reasons(reasons: tuple[Reason, ...]) -> list[Json]:
    return [{"keyword": reason.keyword, "blocking": reason.blocking, "kind": reason.kind.value} for reason in reasons]


def _outcome(entry: Entry) -> Json:
    return {
        "order": entry.order,
        "state": entry.state.value,
        "sheets": entry.sheets,
        "of": entry.expected,
        "detail": entry.detail,
    }
