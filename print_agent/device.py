"""The device: one printing thread, one thread that watches the printer, and what both know.

Questions are answered from memory and journal, never by waiting for the printer. The journal decides what may be
done: an order that has not ended occupies the device, an ``unknown`` without the staff's answer locks it.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from print_agent.attempt import TROUBLE, Pace, Press
from print_agent.ipp import IppClient
from print_agent.journal import Entry, Journal
from print_agent.order import State
from print_agent.printer import Condition, observe, was_refilled
from print_agent.reasons import OTHER_JOB, UNREACHABLE, Kind, Reason
from print_agent.ticket import Ticket, UnlockCommand
from print_agent.vault import HeldDocument

logger = logging.getLogger(__name__)

OUTCOMES_SHOWN = 20
STOP_SECONDS = 8.0


class OrderReused(Exception):
    """Raised when an order id comes again with other content."""


class DeviceBusy(Exception):
    """Raised when another order has not ended."""


class DeviceLocked(Exception):
    """Raised when an unknown order waits for the staff's answer."""


class PrinterNotAble(Exception):
    """Raised when the printer is not provably empty and able."""


class NotEnoughPaper(Exception):
    """Raised when the printer says that it has less paper than the order needs."""


class NothingLocked(Exception):
    """Raised by an unlock when no order waits for an answer."""


class OtherOrder(Exception):
    """Raised by an unlock that names another order than the one that locked the device."""


class OrderUnknown(Exception):
    """Raised when nothing was ever accepted under the order id."""


class DeviceState(StrEnum):
    """The device in one word, the gravest first."""

    LOCKED = "locked"
    OFFLINE = "offline"
    BLOCKED = "blocked"
    PRINTING = "printing"
    READY = "ready"


@dataclass(frozen=True)
class Paper:
    """A4 sheets in the printer, room for them, and how many were used since somebody put paper in. None = unknown."""

    left: int | None
    capacity: int | None
    since_refill: int | None


@dataclass(frozen=True)
class Status:
    """What the device is at this moment."""

    state: DeviceState
    reasons: tuple[Reason, ...]
    order: str | None
    outcomes: tuple[Entry, ...]
    paper: Paper

    @property
    def able(self) -> bool:
        """Whether an order would be taken now."""
        return self.state is DeviceState.READY


@dataclass(frozen=True)
class Progress:
    """One order: its entry, the sheets seen so far, what stands in its way, and how long that may still last."""

    entry: Entry
    sheets: int
    reasons: tuple[Reason, ...]
    seconds_left: int | None = None


class Device:
    """Owns the printer. :meth:`start` classifies what a crash left open before anything new is taken."""

    def __init__(self, journal: Journal, uri: str, pinned: Path | None, pace: Pace) -> None:
        self._journal = journal
        self._pace = pace
        self._stopping = threading.Event()
        self._look_again = threading.Event()
        self._guard = threading.Lock()
        self._observing = threading.Lock()
        self._asked_at = 0.0
        self._condition: Condition | None = None
        self._recovered = False
        self._sheets: Mapping[str, int] = {}
        self._current: str | None = None
        self._inbox: queue.SimpleQueue[tuple[str, HeldDocument] | None] = queue.SimpleQueue()
        self._watching_client = IppClient(uri, pinned)
        self._printing_client = IppClient(uri, pinned)
        self._press = Press(
            self._printing_client,
            journal,
            pace,
            self._stopping,
            condition=lambda: self._condition,
            seen=self._note_sheets,
        )
        self._threads = [
            threading.Thread(target=self._watch, name="watch", daemon=True),
            threading.Thread(target=self._work, name="print", daemon=True),
        ]

    def start(self) -> None:
        """Starts both threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Takes nothing new and leaves the open order to the next start; the journal says how far it came."""
        self._stopping.set()
        self._look_again.set()
        self._inbox.put(None)
        for thread in self._threads:
            thread.join(STOP_SECONDS)

    def status(self) -> Status:
        """The device now, without asking the printer."""
        # First this, then the condition: once nothing is under way, the condition is of after the last order.
        under_way = self._under_way()
        condition, open_entries = self._condition, self._journal.open_entries()
        locked_by = self._journal.locked_by()
        reasons = condition.reasons if condition is not None else (UNREACHABLE,)
        if condition is not None and condition.jobs and not under_way:
            reasons = (*reasons, Reason(OTHER_JOB, blocking=True, kind=Kind.BUSY))
        order = locked_by or (open_entries[0].order if open_entries else None)
        state = self._state(condition, locked=locked_by is not None, under_way=under_way)
        seen = (condition.sheets, condition.capacity) if condition is not None else (None, None)
        paper = Paper(*seen, self._journal.sheets_since_refill())
        return Status(state, reasons, order, self._journal.ended(OUTCOMES_SHOWN), paper)

    def progress(self, order: str) -> Progress:
        """One order. Raises OrderUnknown."""
        entry = self._journal.entry(order)
        if entry is None:
            raise OrderUnknown(order)
        if entry.state.ended:
            return Progress(entry, entry.sheets, ())
        condition = self._condition
        reasons = condition.reasons if condition is not None else (UNREACHABLE,)
        held_up = condition is None or condition.blocked
        return Progress(entry, self._sheets.get(order, 0), reasons, self._press.seconds_left if held_up else None)

    def known(self, ticket: Ticket) -> Entry | None:
        """The order's entry if it needs no document: it is under way, or has ended printed or unknown.

        None when a document would be taken now. Raises OrderReused, DeviceLocked, DeviceBusy, PrinterNotAble,
        NotEnoughPaper.
        """
        entry = self._journal.entry(ticket.order)
        if entry is not None:
            if not entry.is_for(ticket):
                raise OrderReused(ticket.order)
            if entry.state is not State.NOT_PRINTED:
                return entry
        if self._journal.locked_by() is not None:
            raise DeviceLocked
        if self._under_way() or self._stopping.is_set():
            raise DeviceBusy
        condition = self._condition
        if condition is None or not condition.able:
            raise PrinterNotAble
        if condition.sheets is not None and condition.sheets < ticket.sheets:
            raise NotEnoughPaper
        return None

    def take(self, ticket: Ticket, document: HeldDocument) -> Entry:
        """Accepts the order and hands the document to the printing thread; owns the document from here on.

        Raises as :meth:`known`.
        """
        try:
            with self._guard:
                entry = self.known(ticket)
                if entry is not None:
                    document.wipe()
                    return entry
                accepted = self._journal.accept(ticket)
                self._current = ticket.order
                self._inbox.put((ticket.order, document))
        except BaseException:
            document.wipe()
            raise
        return accepted

    def unlock(self, command: UnlockCommand) -> None:
        """Notes the staff's answer and frees the device. Raises NothingLocked, OtherOrder.

        A command carried out before is carried out again by doing nothing.
        """
        with self._guard:
            if self._journal.command_done(command.command_id):
                return
            locked_by = self._journal.locked_by()
            if locked_by is None:
                raise NothingLocked
            if locked_by != command.order:
                raise OtherOrder(command.order)
            self._journal.answered(command)
        logger.info("order %s: staff answered %s", command.order, command.answer)
        self._look_again.set()

    def _under_way(self) -> bool:
        """Whether an order is open, or has ended and the printer has not been looked at since.

        What was seen while it printed says nothing of the next one: neither "able" nor "another job is in there".
        """
        return self._current is not None or not self._recovered or bool(self._journal.open_entries())

    def _state(self, condition: Condition | None, *, locked: bool, under_way: bool) -> DeviceState:
        if locked:
            return DeviceState.LOCKED
        if condition is None:
            return DeviceState.OFFLINE
        if condition.blocked:
            return DeviceState.BLOCKED
        if under_way:
            return DeviceState.PRINTING
        return DeviceState.READY if condition.able else DeviceState.BLOCKED

    def _note_sheets(self, sheets: int) -> None:
        if self._current is not None:
            self._sheets = {self._current: sheets}

    def _watch(self) -> None:
        while not self._stopping.is_set():
            self._observe(self._watching_client)
            self._look_again.wait(self._pace.poll)
            self._look_again.clear()
        self._watching_client.close()

    def _observe(self, client: IppClient) -> None:
        asked_at = time.monotonic()
        try:
            condition: Condition | None = observe(client)
        except TROUBLE as error:
            if self._condition is not None:
                logger.warning("the printer does not answer: %s", type(error).__name__)
            condition = None
        with self._observing:
            # Two threads ask; an answer to an older question must not replace a newer one.
            if asked_at > self._asked_at:
                before, self._asked_at, self._condition = self._condition, asked_at, condition
                if before is not None and condition is not None and was_refilled(before, condition):
                    self._journal.refilled()

    def _work(self) -> None:
        self._cancel_orphans()
        for entry in self._journal.open_entries():
            self._current = entry.order
            self._press.follow(entry.order)
            self._look_after_order()
        self._recovered = True
        while not self._stopping.is_set():
            try:
                item = self._inbox.get(timeout=self._pace.poll)
            except queue.Empty:
                if self._condition is not None and self._condition.jobs:
                    self._cancel_orphans()
                continue
            if item is not None:
                self._press.carry_out(*item)
                self._look_after_order()
        self._printing_client.close()

    def _look_after_order(self) -> None:
        self._observe(self._printing_client)
        self._current = None

    def _cancel_orphans(self) -> None:
        try:
            self._press.cancel_orphans()
        except TROUBLE as error:
            logger.info("orphans are looked for later: %s", type(error).__name__)
