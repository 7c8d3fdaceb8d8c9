"""What the print agent costs: from the socket to `printed`, beside a bare Print-Job of the same bytes.

A real agent process with its default pace, a real printer process whose engine takes no time, a document of 120 KiB.
Both ways are taken in turn in the same run, so that a busy machine is as busy for the one as for the other.
"""

from __future__ import annotations

import io
import os
import shutil
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pikepdf
import weasyprint

from print_agent.ipp import Attribute, IppClient, Value, codec
from print_agent.order import COMPLETED
from print_agent.printer import PDF, job_of, job_template
from tests.bench.figures import Figure
from tests.print_agent.agent import Agent
from tests.print_agent.signer import Signer
from tests.world.city import CHECKOUT
from tests.world.printer import INSTANT_ENGINE, Printer
from tests.world.runtime import runtime_folder

ORDERS, WARM_UP = 30, 3
DOCUMENT_BYTES = 120 * 1024
ROOM_FOR_ITS_DICTIONARY = 256
PRODUCTION_POLL_SECONDS = 0.5
NEXT_RESIDENT_SECONDS = 2.0
"""Nobody comes sooner; the agent uses the time to start the process of the next check."""
PRINT_JOB = 0x0002


class NotMeasuredError(Exception):
    """Raised when an order ends otherwise than printed: the figures would be of something else."""


def measure() -> Iterator[Figure]:
    """Prints the same document again and again, through the agent and past it."""
    base = CHECKOUT / ".state" / "tmp"
    base.mkdir(parents=True, exist_ok=True)
    folder, runtime = Path(tempfile.mkdtemp(prefix="bench-agent-", dir=base)), runtime_folder()
    signer = Signer()
    try:
        with Printer(folder / "printer", runtime=runtime, engine=INSTANT_ENGINE) as printer:
            agent = Agent(folder / "agent", runtime, printer.uri, signer, poll=PRODUCTION_POLL_SECONDS)
            agent.start().until_able()
            try:
                taken = [_both(agent, printer, signer) for _ in range(ORDERS + WARM_UP)][WARM_UP:]
            finally:
                agent.kill()
    finally:
        shutil.rmtree(runtime, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
    cycles, bare = [cycle for cycle, _ in taken], [job for _, job in taken]
    print(f"a bare Print-Job: {statistics.median(bare):.1f} ms", file=sys.stderr)
    yield Figure("agent_cycle_ms", statistics.median(cycles), "ms")
    yield Figure("agent_cycle_ms_p95", statistics.quantiles(cycles, n=20)[-1], "ms")
    yield Figure("agent_overhead_ratio", statistics.median(cycles) / statistics.median(bare), "ratio")


def _both(agent: Agent, printer: Printer, signer: Signer) -> tuple[float, float]:
    """Milliseconds of one order through the agent, and of the same bytes as a bare Print-Job."""
    time.sleep(NEXT_RESIDENT_SECONDS)
    order = str(uuid.uuid4())
    document = _certificate(order)
    cycle = _through_the_agent(agent, order, document, signer.ticket(order, document))
    agent.door.until_able()
    return cycle, _bare(printer, document)


def _through_the_agent(agent: Agent, order: str, document: bytes, ticket: str) -> float:
    begun = time.perf_counter()
    agent.door.put(order, document, ticket)
    while (state := agent.door.order(order)["state"]) != "printed":
        if state in {"not_printed", "unknown"}:
            raise NotMeasuredError(state)
        time.sleep(0.001)
    return (time.perf_counter() - begun) * 1000


@lru_cache
def _rendered() -> bytes:
    """One A4 page with a font that is small when cut down to what is used."""
    style = "@page { size: A4 } body { font-family: 'IPAmjMincho' }"
    html = f'<html lang="ja"><head><style>{style}</style></head><body><h1>住民票の写し</h1></body></html>'
    written = weasyprint.HTML(string=html).write_pdf()
    assert isinstance(written, bytes)
    return written


def _certificate(mark: str) -> bytes:
    """A document of just under 120 KiB that no other order has."""
    with pikepdf.open(io.BytesIO(_rendered())) as pdf:
        pdf.docinfo["/Mark"] = mark
        target = io.BytesIO()
        pdf.save(target)
        room = DOCUMENT_BYTES - len(target.getvalue()) - ROOM_FOR_ITS_DICTIONARY
        pdf.Root.Padding = pdf.make_stream(os.urandom(room))
        target = io.BytesIO()
        pdf.save(target)
    return target.getvalue()


def _bare(printer: Printer, document: bytes) -> float:
    client = IppClient(printer.uri)
    begun = time.perf_counter()
    name = Attribute("job-name", (Value(codec.NAME, "bare"),))
    kind = Attribute("document-format", (Value(codec.MIME_TYPE, PDF),))
    answer = client._ask(PRINT_JOB, [name, kind], job_template(copies=1), memoryview(document))
    job = job_of(answer.group(codec.JOB))
    while not job.ended:
        time.sleep(0.001)
        job = job_of(client.job_attributes(job.job_id, ["job-id", "job-state"]))
    taken = (time.perf_counter() - begun) * 1000
    client.close()
    if job.state != COMPLETED:
        raise NotMeasuredError(f"job state {job.state}")
    return taken
