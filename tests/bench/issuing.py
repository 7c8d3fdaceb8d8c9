"""Whole issuances: how many a second on all cores, how long one takes, how soon overload is refused.

Kiosks of the proof over the real wire, real faces and workers, real PostgreSQL. The kiosks take their share of the
same cores.
"""

import os
import shutil
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from uuid import uuid4

from kiosk.payment.device import Reservation
from kiosk.portal_answers import IssuanceRequest, Outcome
from kiosk.portal_client import PortalBusy, PortalClient
from portal import database, identity
from tests.bench.figures import Figure
from tests.bench.timed_face import TIMES_VARIABLE
from tests.proof.fleet import Fleet
from tests.proof.plan import Plan
from tests.proof.wire import Balancer, Clockwork, client_of
from tests.proof.world import Person, Terminal, Town, World
from tests.world import ports
from tests.world.city import CHECKOUT

CORES = os.cpu_count() or 1
KIOSKS = 6 * CORES
ISSUANCES = 40 * CORES
REFUSALS = 300
OVERLOAD_AT_MOST_S = 60
PATIENCE_S = 60
_POLL_S = 0.02


class NotMeasuredError(Exception):
    """Raised when an issuance ends otherwise than with a ticket, or too little was refused to be measured."""


class _WholeFleet(Fleet):
    """The product's own workers, and faces with a watch."""

    def face_command(self, port: int) -> list[str]:
        return ["tests.proof.face", "tests.bench.timed_face:application", "127.0.0.1", str(port)]

    def worker_command(self) -> list[str]:
        return ["portal", "worker", "--queue", "render"]


class _Stand:
    """One kiosk at which one person after another gets one paper."""

    def __init__(self, town: Town, plan: Plan, terminal: Terminal, addresses: list[int]) -> None:
        self._town, self._terminal = town, terminal
        self._dice = plan.dice(terminal.id)
        self.client = client_of(terminal, town, Balancer(town, addresses, self._dice, Clockwork()))

    def log_in(self) -> tuple[str, Person]:
        """A session as a card would open it."""
        person, ground = self._dice.choice(self._town.people), self._town.ground
        with database.transaction(ground.engine) as connection:
            now = ground.clock.now()
            return identity.open_kiosk_session(connection, self._terminal.id, person.authenticated, now=now), person

    def issue(self) -> float:
        """One paper; returns the milliseconds from the wish to document and ticket."""
        token, person = self.log_in()
        begun = time.perf_counter()
        known = self.client.request_issuance(token, wish(person))
        while known.state in {"requested", "rendering"}:
            if time.perf_counter() - begun > PATIENCE_S:
                raise NotMeasuredError(f"still {known.state}")
            time.sleep(_POLL_S)
            known = self.client.issuance(token, known.issuance)
        self.client.authorise(token, known.issuance, "cash", Reservation("measured", known.fee or 0))
        self.client.release(token, known.issuance)
        taken = (time.perf_counter() - begun) * 1000
        self.client.report_outcome(known.issuance, Outcome("printed", 1, 1, "measured"))
        return taken


def wish(person: Person) -> IssuanceRequest:
    """Their own record, as the law prints it unless asked for more."""
    return IssuanceRequest(str(uuid4()), "resident_record", "self", (str(person.id),), {})


def measure() -> Iterator[Figure]:
    """Start a world and let kiosks ask."""
    world = World(CHECKOUT / ".state" / f"bench-{os.getpid()}")
    times = world.folder / "times"
    os.environ[TIMES_VARIABLE] = str(times)
    plan = Plan(workers=CORES, faces=1, kiosks=KIOSKS, households=60)
    addresses = [ports.one()]
    try:
        world.start()
        with world.town(plan, addresses[0]) as town, _WholeFleet(town, plan, addresses):
            stands = [_Stand(town, plan, terminal, addresses) for terminal in town.terminals]
            rate = _rate(stands)
            yield Figure("issue_per_s", rate, "1/s")
            taken = _at(rate / 2, stands)
            yield Figure("issue_p95_ms", statistics.quantiles(taken, n=20)[-1], "ms")
            refused = _refusals(10 * rate, stands, times)
            print(f"measured {len(taken)} issuances at {rate / 2:.1f}/s, {len(refused)} refusals", file=sys.stderr)
            yield Figure("refusal_p95_ms", statistics.quantiles(refused, n=20)[-1], "ms")
            for stand in stands:
                stand.client.close()
    finally:
        world.stop()
        shutil.rmtree(world.folder, ignore_errors=True)


def _rate(stands: list[_Stand]) -> float:
    """Issuances a second with every kiosk busy."""
    for stand in stands[:4]:
        stand.issue()
    with ThreadPoolExecutor(len(stands)) as threads:
        begun = time.perf_counter()
        rounds = ISSUANCES // len(stands)
        list(threads.map(lambda stand: [stand.issue() for _ in range(rounds)], stands))
        return rounds * len(stands) / (time.perf_counter() - begun)


def _at(rate: float, stands: list[_Stand]) -> list[float]:
    """Milliseconds of issuances that begin at this rate, whether those before are done or not."""
    free: SimpleQueue[_Stand] = SimpleQueue()
    for stand in stands:
        free.put(stand)

    def issue_at(stand: _Stand) -> float:
        try:
            return stand.issue()
        finally:
            free.put(stand)

    with ThreadPoolExecutor(len(stands)) as threads:
        running = []
        begun = time.perf_counter()
        for number in range(ISSUANCES):
            time.sleep(max(0, begun + number / rate - time.perf_counter()))
            running.append(threads.submit(issue_at, free.get()))
        return [future.result() for future in running]


def _refusals(rate: float, stands: list[_Stand], times: Path) -> list[float]:
    """Milliseconds the application took over each refusal while this many a second ask."""
    refusals = [0]  # an addition lost between two threads only means one question more
    before = len(times.read_text().splitlines())
    until, each = time.perf_counter() + OVERLOAD_AT_MOST_S, len(stands) / rate

    def ask(stand: _Stand) -> None:
        token, person = stand.log_in()
        while time.perf_counter() < until and refusals[0] < REFUSALS:
            begun = time.perf_counter()
            refusals[0] += _refused(stand.client, token, person)
            time.sleep(max(0, each - (time.perf_counter() - begun)))

    threads = [threading.Thread(target=ask, args=(stand,)) for stand in stands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = [line.split() for line in times.read_text().splitlines()[before:]]
    refused = [float(milliseconds) for status, milliseconds in lines if status == "503"]
    if len(refused) < REFUSALS / 2:
        raise NotMeasuredError(f"only {len(refused)} of {len(lines)} were refused")
    return refused


def _refused(client: PortalClient, token: str, person: Person) -> bool:
    try:
        client.request_issuance(token, wish(person))
    except PortalBusy:
        return True
    return False
