"""``python -m print_agent accept PRINTER-URI``: may this model of printer stand behind a counter?

Run once for each model, by a person who stands beside it, with nothing else using it. It prints test pages, cuts
documents off, lets paper run out and asks for the power to be cut; and says for each of eight points whether the
printer passes. What the eight are for is in ``docs/operations.md``.
"""

from __future__ import annotations

import argparse
import io
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pikepdf

from print_agent.ipp import Group, IppClient, IppRefused, MalformedAnswer, PrinterUnreachable, codec
from print_agent.ipp.client import CLOSE_NORMALLY, NOT_FOUND, SEND_DOCUMENT
from print_agent.order import COMPLETED
from print_agent.printer import JOB_ATTRIBUTES, PDF, Job, job_of, job_template

OPERATIONS = {2: "Print-Job", 4: "Validate-Job", 5: "Create-Job", 6: "Send-Document", 8: "Cancel-Job", 10: "Get-Jobs"}
A4 = (595.276, 841.89)
COUNTERS = ("printer-impressions-completed", "printer-media-sheets-completed", "printer-pages-completed")
"""Life counters of IPP (PWG 5100.22); others are read over SNMP (prtMarkerLifeCount)."""
PADDING = 400_000
"""More than one network buffer: a document that is cut in half has not arrived."""
LOOK_SECONDS = 0.05


class Verdict(StrEnum):
    """How a point ended."""

    PASSES = "passes"
    FAILS = "fails"
    OPEN = "open"
    """it needs a person, and none was there"""


@dataclass(frozen=True)
class Finding:
    """One point's verdict, and what was seen."""

    point: int
    verdict: Verdict
    seen: str

    def line(self) -> str:
        """As it is printed."""
        return f"accept: {self.point} {self.verdict.value}: {self.seen}"


@dataclass(frozen=True)
class Patience:
    """How long each wait may last. Seconds."""

    job: float = 120.0
    history: float = 300.0
    half_open: float = 180.0


class NoEnd(Exception):
    """Raised when a job has not ended in the time given to it."""


class HalfClient(IppClient):
    """A client that stops in the middle of a document."""

    def send_half(self, job_id: int, document: bytes) -> None:
        """Sends the head of Send-Document, which promises all of it, and the first half."""
        operation = (
            codec.Attribute("attributes-charset", (codec.Value(codec.CHARSET, "utf-8"),)),
            codec.Attribute("attributes-natural-language", (codec.Value(codec.LANGUAGE, "en"),)),
            codec.Attribute("printer-uri", (codec.Value(codec.URI, self._uri),)),
            codec.Attribute("job-id", (codec.Value(codec.INTEGER, job_id),)),
            codec.Attribute("document-format", (codec.Value(codec.MIME_TYPE, PDF),)),
            codec.Attribute("last-document", (codec.Value(codec.BOOLEAN, True),)),
        )
        head = codec.encode(codec.Message(SEND_DOCUMENT, 1, (codec.Group(codec.OPERATION, operation),)))
        connection = self._connected()
        connection.putrequest("POST", self._path, skip_accept_encoding=True)
        connection.putheader("Content-Type", "application/ipp")
        connection.putheader("Content-Length", str(len(head) + len(document)))
        connection.endheaders(head)
        connection.sock.sendall(document[: len(document) // 2])

    def end_plainly(self) -> None:
        """FIN, without a farewell of TLS: what other programs' deaths look like."""
        if self._connection is not None and self._connection.sock is not None:
            self._connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_NORMALLY)
        self._reset()

    def reset(self) -> None:
        """RST: what this agent's death looks like."""
        self._reset()


class Examiner:
    """Asks one printer. ``ask`` has the person beside it do something and returns when it is done; None = nobody."""

    def __init__(
        self,
        uri: str,
        pinned: Path | None,
        ask: Callable[[str], object] | None,
        patience: Patience,
    ) -> None:
        self._uri = uri
        self._pinned = pinned
        self._ask = ask
        self._patience = patience
        self._client = IppClient(uri, pinned)

    def findings(self) -> Iterator[Finding]:
        """All eight, each as soon as it is known. Raises PrinterUnreachable, IppRefused, MalformedAnswer, NoEnd."""
        yield self._abilities()
        yield self._cut_off()
        yield self._history()
        yield self._impressions()
        yield self._cancelled_without_paper()
        resumed, counters = self._power_cut()
        yield resumed
        yield counters
        yield self._half_open()
        self._client.close()

    def _abilities(self) -> Finding:
        told = self._client.printer_attributes(["operations-supported", "document-format-supported"])
        missing = [name for code, name in OPERATIONS.items() if code not in told.contents("operations-supported")]
        if PDF not in told.texts("document-format-supported"):
            missing.append(PDF)
        if not self._uri.startswith("ipps:"):
            missing.append("TLS (give its ipps:// address and --certificate)")
        return _finding(1, not missing, "all there" if not missing else f"missing: {', '.join(missing)}")

    def _cut_off(self) -> Finding:
        seen, prints = [], False
        endings: dict[str, Callable[[HalfClient], None]] = {"FIN": HalfClient.end_plainly, "RST": HalfClient.reset}
        for name, ending in endings.items():
            half = HalfClient(self._uri, self._pinned)
            job_id = self._create(f"cut-off {name}", copies=1)
            half.send_half(job_id, sample(1))
            self._wait(lambda job: job.reasons != ("job-data-insufficient",), job_id, soon=True)
            ending(half)
            job = self._until_ended(job_id)
            came_out = job.state == COMPLETED or bool(job.impressions)
            prints = prints or came_out
            seen.append(f"{name}: {'PRINTS what arrived' if came_out else 'prints nothing'} (state {job.state})")
        return _finding(2, not prints, f"a document cut off over {self._uri.partition(':')[0]}: {'; '.join(seen)}")

    def _history(self) -> Finding:
        token = f"history-{os.urandom(4).hex()}"
        job_id = self._print(token, pages=1, copies=1)
        self._until_ended(job_id)
        ended, kept = time.monotonic(), ""
        while (age := time.monotonic() - ended) < self._patience.history:
            try:
                job = job_of(self._client.job_attributes(job_id, JOB_ATTRIBUTES))
            except IppRefused as refusal:
                if refusal.status != NOT_FOUND:
                    raise
                break
            told = {"job-name": job.name == token, "job-uuid": job.uuid, "impressions": job.impressions}
            kept = ", ".join(name for name, value in told.items() if value)
            time.sleep(min(1.0, self._patience.history / 10))
        whole = age >= min(10.0, self._patience.history) and "job-name" in kept and "impressions" in kept
        return _finding(3, whole, f"an ended job is known for {age:.0f} s or more, with {kept or 'nothing'}")

    def _impressions(self) -> Finding:
        job_id = self._print("two pages, two copies", pages=2, copies=2)
        steps: list[int] = []
        deadline = time.monotonic() + self._patience.job
        while True:
            job = job_of(self._client.job_attributes(job_id, JOB_ATTRIBUTES))
            if job.impressions is not None and (not steps or steps[-1] != job.impressions):
                steps.append(job.impressions)
            if job.ended:
                break
            if time.monotonic() > deadline:
                raise NoEnd("two pages, two copies")
            time.sleep(LOOK_SECONDS)
        counted = bool(steps) and steps[-1] == 4
        return _finding(
            4, counted and len(steps) > 2, f"impressions of 2 pages in 2 copies, as they were told: {steps or 'none'}"
        )

    def _cancelled_without_paper(self) -> Finding:
        if self._ask is None:
            return Finding(5, Verdict.OPEN, "a cancelled job after a refill: needs a person")
        self._ask("Take all paper out.")
        job_id = self._print("no paper", pages=2, copies=1)
        self._wait(lambda job: "job-data-insufficient" not in job.reasons, job_id, soon=True)
        time.sleep(LOOK_SECONDS * 10)
        self._client.cancel_job(job_id)
        self._ask("Put the paper back and wait until the printer is quiet. Look whether sheets come out.")
        job = self._until_ended(job_id)
        stays = not job.impressions and job.state != COMPLETED
        return _finding(
            5, stays, f"cancelled without paper, refilled: state {job.state}, impressions {job.impressions}"
        )

    def _power_cut(self) -> tuple[Finding, Finding]:
        if self._ask is None:
            return (
                Finding(6, Verdict.OPEN, "jobs after power-on: needs a person"),
                Finding(7, Verdict.OPEN, "counters after power-off: needs a person"),
            )
        before = self._counters()
        job_id = self._print("power cut", pages=4, copies=2)
        self._wait(lambda job: bool(job.impressions), job_id)
        self._ask("Pull the plug now, wait for ten seconds, put it back, wait until the printer is ready.")
        self._client.close()
        remaining = [job_of(group) for group in self._client.jobs("not-completed", JOB_ATTRIBUTES)]
        after = self._counters()
        grown = [name for name, count in before.items() if after.get(name, -1) > count]
        return (
            _finding(6, not remaining, f"after power-on {len(remaining)} jobs wait to be printed"),
            _finding(7, bool(grown), f"counters before {before or 'none'}, after {after or 'none'}"),
        )

    def _half_open(self) -> Finding:
        half = HalfClient(self._uri, self._pinned)
        job_id = self._create("half open", copies=1)
        half.send_half(job_id, sample(1))
        begun = time.monotonic()
        try:
            job = self._until_ended(job_id, self._patience.half_open)
        except NoEnd:
            seen, freed = f"still waits after {self._patience.half_open:.0f} s", False
        else:
            seen, freed = f"ended after {time.monotonic() - begun:.0f} s with state {job.state}", not job.impressions
        half.reset()
        return _finding(8, freed, f"a connection that falls silent in the middle of a document: {seen}")

    def _counters(self) -> dict[str, int]:
        told = self._client.printer_attributes(COUNTERS)
        found = {name: told.integer(name) for name in COUNTERS}
        return {name: count for name, count in found.items() if count is not None}

    def _create(self, name: str, copies: int) -> int:
        """A job as soon as the printer takes one."""
        deadline = time.monotonic() + self._patience.job
        while True:
            try:
                made: Group = self._client.create_job(name, job_template(copies))
            except IppRefused:
                if time.monotonic() > deadline:
                    raise
                time.sleep(LOOK_SECONDS)
            else:
                return job_of(made).job_id

    def _print(self, name: str, pages: int, copies: int) -> int:
        job_id = self._create(name, copies)
        self._client.send_document(job_id, memoryview(sample(pages)), PDF)
        return job_id

    def _until_ended(self, job_id: int, patience: float | None = None) -> Job:
        return self._wait(lambda job: job.ended, job_id, patience=patience)

    def _wait(
        self, wanted: Callable[[Job], bool], job_id: int, *, soon: bool = False, patience: float | None = None
    ) -> Job:
        """The job once it is as wanted; with ``soon`` also when it is not within a second. Raises NoEnd."""
        deadline = time.monotonic() + (1.0 if soon else patience or self._patience.job)
        while True:
            job = job_of(self._client.job_attributes(job_id, JOB_ATTRIBUTES))
            if wanted(job) or (soon and time.monotonic() > deadline):
                return job
            if time.monotonic() > deadline:
                raise NoEnd(f"job {job_id} has state {job.state}")
            time.sleep(LOOK_SECONDS)


def sample(pages: int) -> bytes:
    """A4 pages with as many bars on each as its number, and something no printer can pack."""
    target = io.BytesIO()
    with pikepdf.new() as pdf:
        for number in range(pages):
            page = pdf.add_blank_page(page_size=A4)
            bars = "".join(f"100 {700 - 60 * bar} 300 20 re f " for bar in range(number + 1))
            page.obj["/Contents"] = pdf.make_stream(bars.encode())
        pdf.Root.Padding = pdf.make_stream(os.urandom(PADDING))
        pdf.save(target)
    return target.getvalue()


def _finding(point: int, passes: bool, seen: str) -> Finding:
    return Finding(point, Verdict.PASSES if passes else Verdict.FAILS, seen)


def main(arguments: list[str]) -> int:
    """Prints a verdict for each point. Exit status 0: all pass; 1: one fails or is open; 2: it could not be asked."""
    parser = argparse.ArgumentParser(prog="python -m print_agent accept", description=__doc__)
    parser.add_argument("uri", metavar="PRINTER-URI", help="ipps://… or ipp://…")
    parser.add_argument("--certificate", type=Path, help="the printer's certificate (PEM), for ipps://")
    parser.add_argument("--alone", action="store_true", help="nobody is beside the printer: points 5 to 7 stay open")
    for name, seconds in vars(Patience()).items():
        parser.add_argument(f"--{name.replace('_', '-')}-seconds", type=float, default=seconds, dest=name)
    chosen = parser.parse_args(arguments)
    patience = Patience(job=chosen.job, history=chosen.history, half_open=chosen.half_open)
    examiner = Examiner(chosen.uri, chosen.certificate, None if chosen.alone else _of_the_person, patience)
    verdicts = []
    try:
        for finding in examiner.findings():
            print(finding.line(), flush=True)
            verdicts.append(finding.verdict)
    except (PrinterUnreachable, IppRefused, MalformedAnswer, NoEnd, EOFError, OSError) as error:
        print(f"accept: stopped: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    return 0 if set(verdicts) == {Verdict.PASSES} else 1


def _of_the_person(request: str) -> object:
    print(f"accept: {request} Then press Enter.", flush=True)
    return input()
