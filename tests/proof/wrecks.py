"""Wrecking the portal's processes and connections, by the plan, while kiosks are served."""

import threading
from random import Random

import sqlalchemy as sa

from portal import database
from tests.proof.fleet import APPLICATION, Fleet
from tests.proof.office import Tally
from tests.proof.plan import Plan, Wreck
from tests.proof.world import Town

# Longer than the 3 s after which other workers take a silent one for dead, and shorter.
_PAUSES = (0.3, 1.0, 4.5)
_DROP = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND application_name = :application AND pid <> pg_backend_pid() AND random() < :share"
)


class Wrecker:
    """One wreck after every so many visits."""

    def __init__(self, town: Town, fleet: Fleet, plan: Plan, done: Tally) -> None:
        self._town, self._fleet, self._plan, self._done = town, fleet, plan, done
        self._dice = plan.dice("wrecks")
        self._next: list[Wreck] = []
        self._visits = 0
        self._due = threading.Semaphore(0)
        self._lock = threading.Lock()

    @property
    def each_done(self) -> bool:
        """Whether every kind of wreck of the plan has been there."""
        return all(self._done.counts[_word(wreck)] for wreck in self._plan.wrecks)

    def visited(self) -> None:
        """A kiosk has served somebody."""
        with self._lock:
            self._visits += 1
            if self._plan.wrecks and self._visits % self._plan.visits_between_wrecks == 0:
                self._due.release()

    def run(self, over: threading.Event) -> None:
        """Wreck what is due, and start anew what ended by itself, until the campaign is over."""
        while not over.is_set():
            if self._due.acquire(timeout=0.5):
                # Each kind once, in a new order each time.
                self._next = self._next or self._dice.sample(self._plan.wrecks, len(self._plan.wrecks))
                self._wreck(self._next.pop(), self._dice)
            ended = self._fleet.revive()
            if ended:
                self._done.add("ended_by_themselves", ended)

    def _wreck(self, wreck: Wreck, dice: Random) -> None:
        worker, face = dice.randrange(self._plan.workers), dice.randrange(self._plan.faces)
        match wreck:
            case Wreck.KILL_WORKER:
                self._fleet.kill_worker(worker)
            case Wreck.PAUSE_WORKER:
                self._fleet.pause_worker(worker, dice.choice(_PAUSES))
            case Wreck.KILL_FACE:
                self._fleet.kill_face(face)
            case Wreck.PAUSE_FACE:
                self._fleet.pause_face(face, dice.choice(_PAUSES[:2]))
            case Wreck.DROP_CONNECTIONS:
                with database.transaction(self._town.ground.engine) as connection:
                    connection.execute(_DROP, {"application": APPLICATION, "share": dice.choice((0.3, 1.0))})
        self._done.add(_word(wreck))


def _word(wreck: Wreck) -> str:
    return wreck.value.replace("-", "_")
