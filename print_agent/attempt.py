"""Carrying out an order at the printer: deliver the document once, then find out what became of it.

A crash, a lost connection and an ordinary end all lead through :meth:`Press.follow`, which asks the printer and the
recovery table (``order.judge``) until the order has ended. There is no second way to an outcome.
"""

from __future__ import annotations

import logging
import math
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from print_agent.ipp import IppClient, IppRefused, MalformedAnswer, PrinterUnreachable
from print_agent.ipp.client import NOT_FOUND, USER
from print_agent.journal import Entry, Journal
from print_agent.order import State, Step, Verdict, is_orphan, judge
from print_agent.printer import JOB_ATTRIBUTES, PDF, Condition, Job, job_of, job_template, observe
from print_agent.raster import NotRasterised, rasterised
from print_agent.vault import HeldDocument, MemoryNotLocked

logger = logging.getLogger(__name__)

TROUBLE = (PrinterUnreachable, IppRefused, MalformedAnswer)
"""Everything by which a printer fails to do what it was asked."""
FIRST_LOOK_SECONDS, SLOWER_EACH_TIME = 0.001, 1.5
LONGEST_CANCEL_SECONDS = 10.0


class NotDelivered(Exception):
    """Raised when an order is given up before its document was sent."""


@dataclass(frozen=True)
class Pace:
    """How often to look, and how long an order may stand still before it is cancelled. Seconds."""

    poll: float
    jam_clock: float

    @property
    def cancel(self) -> float:
        """How long a cancelled job has to come to its end."""
        return min(self.jam_clock, LONGEST_CANCEL_SECONDS)


class Press:
    """The printing side of the device; belongs to one thread.

    ``condition`` tells the printer's state as last seen, None when it did not answer. ``seen`` is told the sheets.
    """

    def __init__(
        self,
        client: IppClient,
        journal: Journal,
        pace: Pace,
        stopping: threading.Event,
        *,
        condition: Callable[[], Condition | None],
        seen: Callable[[int], None],
    ) -> None:
        self._client = client
        self._journal = journal
        self._pace = pace
        self._stopping = stopping
        self._condition = condition
        self._seen = seen
        self._orphans: set[Job] = set()
        self._patience: _Patience | None = None

    @property
    def seconds_left(self) -> int | None:
        """How long the order that is followed may still stand where it stands; None while none is followed."""
        return None if self._patience is None else self._patience.seconds_left()

    def carry_out(self, order: str, document: HeldDocument) -> None:
        """Prints an accepted order and returns when it ended, or when the agent is stopping."""
        try:
            with document:
                self._deliver(order, document)
        except (NotDelivered, NotRasterised, MemoryNotLocked, *TROUBLE) as error:
            logger.warning("order %s: delivery ended with %s: %s", order, type(error).__name__, error)
        self.follow(order)

    def follow(self, order: str) -> None:
        """Asks the printer until the order has ended, or the agent is stopping.

        An order that stands still for the length of the jam clock (paper out, a jam, a printer that does not answer)
        is cancelled; one whose cancellation cannot be proven ends ``unknown``.
        """
        self._patience = _Patience(self._pace)
        try:
            self._follow(order, self._patience)
        finally:
            self._patience = None

    def _follow(self, order: str, patience: _Patience) -> None:
        delay, sheets = FIRST_LOOK_SECONDS, 0
        while not self._stopping.is_set():
            entry = self._entry(order)
            job, verdict = self._look(entry)
            if job is not None and job.impressions is not None:
                sheets = job.impressions
                self._seen(sheets)
            if verdict.outcome is not None:
                self._end(entry, verdict.outcome, verdict.detail, sheets)
                return
            if patience.cancelled_in_vain():
                outcome = State.UNKNOWN if _sent_anything(entry) else State.NOT_PRINTED
                self._end(entry, outcome, "no_end_in_time", sheets)
                return
            condition = self._condition()
            patience.note((entry.state, job, condition is not None and condition.blocked))
            if job is not None and (verdict.step is Step.CANCEL or patience.over()):
                self._cancel(job)
            if patience.over() or verdict.step is Step.CANCEL:
                patience.cancel()
            self._stopping.wait(delay)
            delay = min(delay * SLOWER_EACH_TIME, self._pace.poll)

    def cancel_orphans(self) -> None:
        """Cancels, once each, jobs of ours no open order waits for. Raises what TROUBLE lists."""
        tokens = frozenset(entry.token for entry in self._journal.open_entries() if entry.token is not None)
        for group in self._client.jobs("not-completed", JOB_ATTRIBUTES):
            job = job_of(group)
            if is_orphan(job, USER, tokens) and job not in self._orphans:
                logger.info("cancelling the orphaned job %d", job.job_id)
                self._orphans.add(job)
                self._cancel(job)

    def _deliver(self, order: str, document: HeldDocument) -> None:
        entry = self._entry(order)
        if self._stopping.is_set():
            raise NotDelivered("stopping")
        condition = observe(self._client)
        if not condition.able or condition.takes is None:
            raise NotDelivered("the printer is not empty and able")
        if condition.sheets is not None and condition.sheets < entry.expected:
            raise NotDelivered("there is not paper enough")
        self._client.validate_job(job_template(entry.copies), condition.takes.mime)
        if document.sha256() != entry.sha256:
            raise NotDelivered("the document is not the signed one")
        if condition.takes.mime == PDF:
            self._send(order, entry, document, PDF)
            return
        with rasterised(document, entry.pages, condition.takes.dots_an_inch) as raster:
            self._send(order, entry, raster, condition.takes.mime)

    def _send(self, order: str, entry: Entry, document: HeldDocument, mime: str) -> None:
        token = secrets.token_hex(16)
        self._journal.creating(order, token)
        job = job_of(self._client.create_job(token, job_template(entry.copies)))
        self._journal.created(order, job.job_id, job.uuid)
        self._journal.sending(order)
        self._client.send_document(job.job_id, document.view, mime)
        self._journal.sent(order)

    def _look(self, entry: Entry) -> tuple[Job | None, Verdict]:
        try:
            job = self._find(entry)
        except TROUBLE as error:
            logger.info("order %s: the printer does not tell: %s", entry.order, type(error).__name__)
            if not _sent_anything(entry):
                # At most an empty job is left in there; it is cancelled as an orphan once the printer is back.
                return None, judge(entry.state, None, entry.expected)
            return None, Verdict(Step.WAIT, "printer_silent")
        return job, judge(entry.state, job, entry.expected)

    def _find(self, entry: Entry) -> Job | None:
        """Our job by its token; a job-id alone proves nothing, printers count from 1 again after power-up."""
        if entry.token is None:
            return None
        if entry.job_id is not None:
            try:
                job = job_of(self._client.job_attributes(entry.job_id, JOB_ATTRIBUTES))
            except IppRefused as refusal:
                if refusal.status != NOT_FOUND:
                    raise
            else:
                if _is_ours(job, entry):
                    return job
        # A job that ends between the two questions is found by the second.
        for which in ("not-completed", "completed"):
            for group in self._client.jobs(which, JOB_ATTRIBUTES):
                job = job_of(group)
                if _is_ours(job, entry):
                    return job
        return None

    def _cancel(self, job: Job) -> None:
        try:
            self._client.cancel_job(job.job_id)
        except TROUBLE as error:
            logger.info("cancelling job %d: %s", job.job_id, error)

    def _end(self, entry: Entry, outcome: State, detail: str, sheets: int) -> None:
        self._journal.end(entry.order, outcome, sheets=sheets, detail=detail)
        logger.info("order %s: %s (%s), %d of %d", entry.order, outcome.value, detail, sheets, entry.expected)

    def _entry(self, order: str) -> Entry:
        entry = self._journal.entry(order)
        if entry is None:
            raise KeyError(order)
        return entry


class _Patience:
    """How long nothing has moved, and since when an end is awaited after a cancellation."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._last: object = None
        self._moved_at = time.monotonic()
        self._cancelled_at: float | None = None

    def note(self, observation: object) -> None:
        if observation != self._last:
            self._last = observation
            self._moved_at = time.monotonic()

    def over(self) -> bool:
        return self._cancelled_at is not None or time.monotonic() - self._moved_at > self._pace.jam_clock

    def seconds_left(self) -> int:
        waited = time.monotonic() - self._moved_at
        return 0 if self._cancelled_at is not None else max(0, math.ceil(self._pace.jam_clock - waited))

    def cancel(self) -> None:
        if self._cancelled_at is None:
            self._cancelled_at = time.monotonic()

    def cancelled_in_vain(self) -> bool:
        return self._cancelled_at is not None and time.monotonic() - self._cancelled_at > self._pace.cancel


def _sent_anything(entry: Entry) -> bool:
    return entry.state in {State.SENDING, State.SENT}


def _is_ours(job: Job, entry: Entry) -> bool:
    if job.name is not None:
        return job.name == entry.token
    # History may have lost the name; the uuid is unique as well.
    return job.uuid is not None and job.uuid == entry.job_uuid
