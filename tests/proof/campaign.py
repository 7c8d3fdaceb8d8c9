"""One campaign from its first visitor to its closed accounts."""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from portal import database
from tests.proof.accounts import Ledger, close
from tests.proof.board import Board
from tests.proof.fleet import Fleet
from tests.proof.judge import Finding, Findings, Judge
from tests.proof.kiosk import Kiosk
from tests.proof.office import Office, Tally
from tests.proof.plan import Plan
from tests.proof.wire import Clockwork
from tests.proof.world import Town, World
from tests.proof.wrecks import Wrecker
from tests.world import ports

_DRAIN_S = 40.0
_UNFINISHED = sa.text(
    "SELECT (SELECT count(*) FROM issuances WHERE state IN ('requested', 'rendering')) "
    "+ (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))"
)
_ALL_OVERDUE = sa.text(
    "UPDATE issuances SET due_at = now() - interval '1 second' "
    "WHERE state IN ('requested', 'rendering', 'ready', 'authorised', 'released')"
)


@dataclass(frozen=True)
class Report:
    """What a campaign did and what it found."""

    plan: Plan
    deliveries: int
    seconds: float
    injected: dict[str, int]
    findings: Findings

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings.counts

    def lines(self) -> Iterator[str]:
        """`proof: NAME VALUE`, one a line; what was injected comes before what was found."""
        yield f"proof: workers {self.plan.workers}"
        yield f"proof: faces {self.plan.faces}"
        yield f"proof: kiosks {self.plan.kiosks}"
        yield f"proof: seed {self.plan.seed}"
        for name, times in sorted(self.injected.items()):
            yield f"proof: injected_{name} {times}"
        yield f"proof: deliveries {self.deliveries}"
        for finding in Finding:
            yield f"proof: {finding.value} {self.findings.counts[finding]}"
        yield f"proof: seconds {self.seconds:.1f}"


def run(world: World, plan: Plan) -> Report:
    """Serve residents until the plan is fulfilled, let everything come to its end, and judge."""
    # PostgreSQL tells our own connections from the portal's by this name.
    os.environ["PGAPPNAME"] = "proof"
    addresses = [ports.one() for _ in range(plan.faces)]
    done, findings, board, clockwork = Tally(), Findings(), Board(), Clockwork()
    with world.town(plan, addresses[0]) as town, Fleet(town, plan, addresses) as fleet:
        begun = time.monotonic()
        judge = Judge(town.ticket_keys, findings)
        office = Office(town, done, findings)
        wrecker = Wrecker(town, fleet, plan, done)
        kiosks = [
            Kiosk(
                terminal, town=town, plan=plan, ports=addresses, judge=judge, office=office, board=board,
                clockwork=clockwork,
            )
            for terminal in town.terminals
        ]  # fmt: skip
        _serve(kiosks, wrecker, plan, judge)
        _come_to_an_end(town, office)
        with database.transaction(town.ground.engine) as connection:
            ledger = Ledger.read(connection)
        close(ledger, judge, board.asked, {person.id: person for person in (*town.people, *office.newcomers)})
        seconds = time.monotonic() - begun
    done.add("same_millisecond", clockwork.together())
    done.add("requests", len(board.asked))
    done.add("documents_fetched_again", judge.repeats)
    return Report(plan, len(judge.deliveries), seconds, dict(done.counts), findings)


def _serve(kiosks: list[Kiosk], wrecker: Wrecker, plan: Plan, judge: Judge) -> None:
    over, failures = threading.Event(), []
    until = None if plan.minutes is None else time.monotonic() + plan.minutes * 60

    def fulfilled() -> bool:
        enough = time.monotonic() > until if until is not None else len(judge.deliveries) >= plan.deliveries
        return enough and wrecker.each_done

    def stand(kiosk: Kiosk) -> None:
        try:
            while not over.is_set() and not fulfilled():
                kiosk.serve_one()
                wrecker.visited()
        except BaseException as failure:  # noqa: BLE001 - told to whoever waits for the threads
            failures.append(failure)
            over.set()
        finally:
            kiosk.close()

    threads = [threading.Thread(target=stand, args=(kiosk,)) for kiosk in kiosks]
    wrecking = threading.Thread(target=wrecker.run, args=(over,))
    for thread in (*threads, wrecking):
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    wrecking.join()
    if failures:
        raise failures[0]


def _come_to_an_end(town: Town, office: Office) -> None:
    """Let workers finish, then let ten minutes pass for everything that nobody has brought further.

    What the workers have not finished by then keeps its job, and the accounts find that.
    """
    deadline = time.monotonic() + _DRAIN_S
    while time.monotonic() < deadline:
        with database.transaction(town.ground.engine) as connection:
            if connection.execute(_UNFINISHED).scalar_one() == 0:
                break
        time.sleep(0.1)
    with database.transaction(town.ground.engine) as connection:
        connection.execute(_ALL_OVERDUE)
    office.sweep()
