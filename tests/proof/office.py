"""What happens in the office while people stand at kiosks: records change, holds come and go, cases are settled."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from random import Random
from typing import ParamSpec, TypeVar
from uuid import UUID, uuid4

import sqlalchemy as sa
from psycopg.errors import LockNotAvailable

from portal import audit, certificates, database, jobs, municipality, register
from portal.audit import Action
from portal.certificates import NotSettleable
from portal.certificates.money.states import IllegalPayment
from portal.clock import local_date
from portal.register import ChangeReason, DepartureImpossible, HoldReason
from portal.register.changes import enter, present_record
from portal.register.tables import protections
from portal.terminals.tables import terminals
from tests.portal.register.people import PLAIN, TESTER
from tests.proof.accounts import PROTECTION
from tests.proof.judge import Finding, Findings
from tests.proof.names import name
from tests.proof.world import Person, Town

Undo = Callable[[], None]
Given = ParamSpec("Given")
Result = TypeVar("Result")
_STOPPED_S = 0.05
_END_PROTECTION = (
    protections.update()
    .where(protections.c.resident_id == sa.bindparam("whose"), protections.c.ended_at.is_(None))
    .values(ended_at=sa.bindparam("at"))
    .returning(protections.c.id)
)
_OVERDUE = sa.text(
    "UPDATE issuances SET due_at = now() - interval '1 second' "
    "WHERE id = :issuance AND state IN ('requested', 'rendering', 'ready', 'authorised', 'released')"
)
_LOCKED_BY = sa.select(terminals.c.locked_order).where(terminals.c.id == sa.bindparam("which"))


def patiently(act: Callable[Given, Result]) -> Callable[Given, Result]:
    """Do it again while a row is held too long: a process that the wrecker has stopped holds what it had."""

    @wraps(act)
    def again(*given: Given.args, **named: Given.kwargs) -> Result:
        while True:
            try:
                return act(*given, **named)
            except sa.exc.OperationalError as held:
                if not isinstance(held.orig, LockNotAvailable):
                    raise

    return again


class Office:
    """Acts on the register and on single requests, each time in a transaction of its own, and counts what it did."""

    def __init__(self, town: Town, done: "Tally", findings: Findings) -> None:
        self._ground, self.done, self._findings = town.ground, done, findings
        self._newcomers = Newcomers(len(town.people))

    @property
    def newcomers(self) -> list[Person]:
        """Everybody who has joined a household meanwhile."""
        return self._newcomers.people

    @patiently
    def change(self, person: Person) -> None:
        """The name in a record changes; the new one says which version it belongs to."""
        with database.transaction(self._ground.engine) as connection:
            self._rename(connection, person)
        self.done.add("record_changes")

    def restrict(self, person: Person, dice: Random) -> Undo:
        """A hold, a protection or a planned departure; returns what takes it back."""
        return patiently(patiently(dice.choice((self._hold, self._protect, self._plan_departure)))(person))

    def _hold(self, person: Person) -> Undo:
        source = str(uuid4())
        now = self._ground.clock.now()
        with database.transaction(self._ground.engine) as connection:
            register.place_hold(
                connection, [person.id], reason=HoldReason.FILING, source=source, actor=TESTER, now=now
            )
        self.done.add("holds")

        def lift() -> None:
            with database.transaction(self._ground.engine) as connection:
                register.lift_hold(connection, source=source, actor=TESTER, now=self._ground.clock.now())

        return lift

    def _protect(self, person: Person) -> Undo:
        now = self._ground.clock.now()
        today = local_date(now)
        with database.transaction(self._ground.engine) as connection:
            register.protect(
                connection, person.id, starts_on=today, ends_on=today + timedelta(days=365), actor=TESTER, now=now
            )
        self.done.add("protections")

        def end() -> None:
            # The register has no function yet for an officer's decision to end it.
            with database.transaction(self._ground.engine) as connection:
                register.lock(connection, [person.id])
                ended = connection.execute(_END_PROTECTION, {"whose": person.id, "at": self._ground.clock.now()})
                if ended.one_or_none() is not None:
                    audit.record(
                        connection, at=self._ground.clock.now(), actor=TESTER, action=Action.HOLD_LIFTED,
                        subject=person.id, detail={"source": PROTECTION},
                    )  # fmt: skip

        return end

    def _plan_departure(self, person: Person) -> Undo:
        now = self._ground.clock.now()
        try:
            with database.transaction(self._ground.engine) as connection:
                register.plan_departure(
                    connection, [person.id], planned_date=local_date(now) + timedelta(days=20),
                    destination="東京都港区芝一丁目", filing_id=uuid4(), actor=TESTER, now=now,
                )  # fmt: skip
        except DepartureImpossible:
            # Another kiosk's visitor has planned it at the same moment.
            return _nothing
        self.done.add("planned_departures")

        def cancel() -> None:
            with database.transaction(self._ground.engine) as connection:
                register.cancel_departure(
                    connection, [person.id], filing_id=uuid4(), actor=TESTER, now=self._ground.clock.now()
                )

        return cancel

    @patiently
    def arrival(self, person: Person) -> None:
        """Somebody joins this person's household."""
        newcomer = self._newcomers.next(person)
        now = self._ground.clock.now()
        with database.transaction(self._ground.engine) as connection:
            host = present_record(connection, person.id)
            fields = {field: getattr(PLAIN, field) for field in PLAIN.__dataclass_fields__}
            fields |= {
                "id": newcomer.id,
                "household_id": host.household_id,
                "number": f"N{newcomer.serial:08}",
                "name": name(newcomer.serial, 1),
                "relationship": "子",
                "is_head": False,
            }
            enter(
                connection, register.ResidentRecord(**fields), valid_from=date(2026, 11, 1), actor=TESTER,
                reason=ChangeReason.IMPORT, now=now,
            )  # fmt: skip
        self.done.add("arrivals")

    @patiently
    def stop_all_kiosks(self) -> None:
        """The switch that stops every kiosk, on and off again."""
        for stopped in (True, False):
            with database.transaction(self._ground.engine) as connection:
                municipality.set_switch(connection, "kiosk_stopped", stopped, TESTER, self._ground.clock.now())
            if stopped:
                time.sleep(_STOPPED_S)
        self.done.add("stops")

    @patiently
    def time_out(self, issuance: UUID) -> None:
        """The time of this request is over, whatever is going on with it; the sweep finds it."""
        with database.transaction(self._ground.engine) as connection:
            connection.execute(_OVERDUE, {"issuance": issuance})
        self.sweep()
        self.done.add("time_outs")

    @patiently
    def sweep(self) -> None:
        """End whatever is overdue."""
        try:
            while certificates.sweep(self._ground):
                pass
        except IllegalPayment as twice:
            self._findings.add(Finding.REVIVALS, twice.issuance_id, "to be ended again: its fee was settled before")

    @patiently
    def take_over(self, issuance: UUID) -> None:
        """A second job for a request that a worker is rendering, as when its worker is taken for dead."""
        with database.transaction(self._ground.engine) as connection:
            jobs.enqueue(self._ground.jobs, connection, jobs.Task.RENDER_ISSUANCE, issuance=str(issuance))
        self.done.add("takeovers")

    @patiently
    def look_into_the_tray(self, terminal: str) -> None:
        """A member of staff says what paper left the machine that locked itself."""
        with database.transaction(self._ground.engine) as connection:
            order = connection.execute(_LOCKED_BY, {"which": terminal}).scalar_one()
        if order is None:
            return
        try:
            with database.transaction(self._ground.engine) as connection:
                certificates.settle(
                    connection, self._ground, order, answer="not_printed", statement="排紙口を確認。紙なし。",
                    actor=TESTER, now=self._ground.clock.now(),
                )  # fmt: skip
        except NotSettleable:
            return
        self.done.add("settled")

    def _rename(self, connection: sa.Connection, person: Person) -> None:
        register.lock(connection, [person.id])
        version = present_record(connection, person.id).version
        register.change(
            connection, person.id, {"name": name(person.serial, version + 1)}, valid_from=date(2026, 11, 1),
            actor=TESTER, reason=ChangeReason.CORRECTION, filing_id=None, now=self._ground.clock.now(),
        )  # fmt: skip


class Newcomers:
    """Numbers those who join a household later."""

    def __init__(self, serials_taken: int) -> None:
        self._lock = threading.Lock()
        self._serial = serials_taken
        self.people: list[Person] = []

    def next(self, host: Person) -> Person:
        """Somebody new in the household of `host`."""
        with self._lock:
            self._serial += 1
            newcomer = Person(uuid4(), self._serial, host.household, uuid4())
            self.people.append(newcomer)
            return newcomer


class Tally:
    """Counts by name, over all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()

    def add(self, what: str, times: int = 1) -> None:
        """Count."""
        with self._lock:
            self.counts[what] += times


def _nothing() -> None:
    return
