"""The print agent's front door, as the kiosk calls it: HTTP over a Unix socket on this machine.

The agent alone decides whether paper may be printed; a ticket signed by the portal is its only order.
Giving the same order twice never prints twice, so every call here may be repeated.
"""

from __future__ import annotations

import http.client
import json
import logging
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.wire import (
    Table,
    Unreadable,
    items_of,
    table_of,
    text_of,
    text_or_none,
    whole_of,
    whole_or_none,
    yes_or_no,
)

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 4.0
OFFLINE: Mapping[str, object] = {"able": False, "state": "offline", "reasons": [], "order": None, "outcomes": []}
"""what the portal is told when the agent does not answer"""


class AgentUnreachable(Exception):
    """Raised when the print agent gave no answer in time, or none that the wire contract knows."""


class AgentRefused(Exception):
    """Raised when the print agent answered with an error code; `reason` is its finer word, if it gave one."""

    def __init__(self, code: str, reason: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason


class TicketRefused(AgentRefused):
    """Raised when the ticket or the command is not accepted (401)."""


class PrinterNotAble(AgentRefused):
    """Raised when the printer cannot take an order now: empty, open, busy, locked (409 busy|locked, 503)."""


class DocumentRefused(AgentRefused):
    """Raised when the document is not the one the ticket orders, or cannot be printed as it is (413, 422)."""


class OrderUnknown(AgentRefused):
    """Raised when the agent has never seen this order (404): nothing of it was printed."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing the printer says about itself, in the keywords of IPP (RFC 8011 5.4.12)."""

    keyword: str
    blocking: bool
    kind: str | None = None
    """the agent's word for what is to be done (its front door lists them); None from an agent that does not say"""


@dataclass(frozen=True, slots=True)
class EndedOrder:
    """An order that came to an end, as the agent's journal remembers it."""

    order: str
    state: str
    sheets: int
    of: int
    detail: str


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """Whether paper can come out now, and how the last orders ended."""

    able: bool
    state: str
    reasons: tuple[Reason, ...]
    order: str | None
    outcomes: tuple[EndedOrder, ...]
    wire: Table = field(repr=False)
    """the answer as it came, for the portal"""


@dataclass(frozen=True, slots=True)
class OrderProgress:
    """How many sheets of one order are out."""

    order: str
    state: str
    sheets: int
    of: int
    reasons: tuple[Reason, ...]
    seconds_left: int | None = None
    """while something blocks: how long the print agent waits for it to be put right"""


class _Door(http.client.HTTPConnection):
    """One connection to the agent's socket; the host name is a formality there."""

    def __init__(self, path: str) -> None:
        super().__init__("print-agent", timeout=TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        door.settimeout(self.timeout)
        try:
            door.connect(self._path)
        except OSError:
            door.close()
            raise
        self.sock = door


class AgentClient:
    """Wire to the print agent; safe to be used by several threads: each call opens its own connection."""

    def __init__(self, socket_path: Path) -> None:
        self._path = str(socket_path)

    def status(self) -> AgentStatus:
        """State of the printer, and the orders that ended last."""
        answer = self._call("GET", "/status")
        try:
            return AgentStatus(
                able=yes_or_no(answer, "able"),
                state=text_of(answer, "state"),
                reasons=_reasons(answer),
                order=text_or_none(answer, "order"),
                outcomes=tuple(_ended(row) for row in items_of(answer, "outcomes")),
                wire=answer,
            )
        except Unreadable:
            raise AgentUnreachable("answer not of the contract") from None

    def put_order(self, order: str, ticket: str, document: bytes) -> None:
        """Hand over ticket and document; raises `AgentRefused` or one of its families."""
        self._call("PUT", f"/orders/{order}", {"Ticket": ticket, "Content-Type": "application/pdf"}, document)

    def order(self, order: str) -> OrderProgress:
        """How far an order is; raises `OrderUnknown`."""
        answer = self._call("GET", f"/orders/{order}")
        try:
            return OrderProgress(
                order=text_of(answer, "order"),
                state=text_of(answer, "state"),
                sheets=whole_of(answer, "sheets"),
                of=whole_of(answer, "of"),
                reasons=_reasons(answer),
                seconds_left=whole_or_none(answer, "seconds_left"),
            )
        except Unreadable:
            raise AgentUnreachable("answer not of the contract") from None

    def unlock(self, command: str) -> None:
        """Pass on a device command of the portal; raises `TicketRefused` or `AgentRefused`."""
        self._call("POST", "/unlock", {"Command": command})

    def _call(self, method: str, path: str, headers: Mapping[str, str] | None = None, content: bytes = b"") -> Table:
        status, body = self._exchange(method, path, headers or {}, content)
        try:
            answer = table_of(json.loads(body))
            if 200 <= status < 300:
                return answer
            refusal = _refusal(status, text_of(answer, "error"), answer.get("reason"))
        except (ValueError, Unreadable):
            logger.warning("the print agent's answer with status %d is not of the contract", status)
            raise AgentUnreachable(f"status {status}") from None
        raise refusal

    def _exchange(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> tuple[int, bytes]:
        door = _Door(self._path)
        try:
            door.request(method, path, body=content or None, headers=dict(headers))
            response = door.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise AgentUnreachable(type(error).__name__) from None
        finally:
            door.close()


def _refusal(status: int, code: str, reason: object) -> AgentRefused:
    families = {
        401: TicketRefused,
        404: OrderUnknown,
        413: DocumentRefused,
        422: DocumentRefused,
        503: PrinterNotAble,
    }
    family = PrinterNotAble if code in {"busy", "locked"} else families.get(status, AgentRefused)
    return family(code, reason if isinstance(reason, str) else None)


def _reasons(answer: Table) -> tuple[Reason, ...]:
    return tuple(
        Reason(text_of(row, "keyword"), blocking=yes_or_no(row, "blocking"), kind=text_or_none(row, "kind"))
        for row in items_of(answer, "reasons")
    )


def _ended(row: Table) -> EndedOrder:
    return EndedOrder(
        order=text_of(row, "order"),
        state=text_of(row, "state"),
        sheets=whole_of(row, "sheets"),
        of=whole_of(row, "of"),
        detail=text_of(row, "detail"),
    )
