"""What was done, on disk before the next thing is done. No names, no titles: ids, tokens, digests, counts, words.

SQLite in WAL mode with ``synchronous=FULL``: a transaction that returned survives the loss of power.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from print_agent import order as machine
from print_agent.order import State
from print_agent.ticket import Ticket, UnlockCommand

SCHEMA = """
create table if not exists orders (
  order_id text primary key,
  sha256   text not null,
  pages    integer not null,
  copies   integer not null,
  state    text not null,
  attempt  integer not null,
  token    text,
  job_id   integer,
  job_uuid text,
  sheets   integer not null default 0,
  detail   text not null default '',
  answer   text,
  step     integer not null default 0
) strict;
create table if not exists steps (
  step     integer primary key,
  at       real not null,
  order_id text not null,
  attempt  integer not null,
  state    text not null,
  detail   text not null
) strict;
create table if not exists refills (
  at   real not null,
  step integer not null
) strict;
create table if not exists commands (
  command_id text primary key,
  order_id   text not null,
  answer     text not null,
  at         real not null
) strict;
"""
COLUMNS = (
    'order_id as "order", sha256, pages, copies, state, attempt, token, job_id, job_uuid, sheets, detail, answer'
)


class JournalInUse(Exception):
    """Raised at start when another agent holds the journal."""


@dataclass(frozen=True)
class Entry:
    """One order as the journal has it. ``answer`` = what staff said about an unknown one."""

    order: str
    sha256: str
    pages: int
    copies: int
    state: State
    attempt: int
    token: str | None
    job_id: int | None
    job_uuid: str | None
    sheets: int
    detail: str
    answer: str | None

    @property
    def expected(self) -> int:
        """Sheets that make the order complete."""
        return self.pages * self.copies

    def is_for(self, ticket: Ticket) -> bool:
        """Whether the ticket asks for the same thing."""
        return (self.sha256, self.pages, self.copies) == (ticket.sha256, ticket.pages, ticket.copies)


class Journal:
    """One connection, shared by the agent's threads. Raises JournalInUse when a second agent opens it."""

    def __init__(self, path: Path) -> None:
        self._guard = threading.RLock()
        self._claim = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._claim)
            raise JournalInUse(str(path)) from None
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.row_factory = sqlite3.Row
        self._database.execute("pragma journal_mode=wal")
        self._database.execute("pragma synchronous=full")
        self._database.executescript(SCHEMA)

    def close(self) -> None:
        """Gives the journal back."""
        with self._guard:
            self._database.close()
            os.close(self._claim)

    def entry(self, order: str) -> Entry | None:
        """The order, None if it was never accepted."""
        return next(iter(self._select("where order_id = ?", order)), None)

    def open_entries(self) -> tuple[Entry, ...]:
        """Orders that have not ended, oldest first."""
        return self._select("where state not in ('printed', 'not_printed', 'unknown') order by step")

    def ended(self, limit: int) -> tuple[Entry, ...]:
        """The last orders that ended, newest first."""
        return self._select("where state in ('printed', 'not_printed', 'unknown') order by step desc limit ?", limit)

    def locked_by(self) -> str | None:
        """The oldest unknown order staff have not answered; while there is one the device prints nothing."""
        waiting = self._select("where state = 'unknown' and answer is null order by step limit 1")
        return waiting[0].order if waiting else None

    def refilled(self) -> None:
        """Notes that somebody put paper in; sheets are counted from here on."""
        with self._transaction():
            self._database.execute(
                "insert into refills (at, step) select ?, coalesce(max(step), 0) from steps", (time.time(),)
            )

    def sheets_since_refill(self) -> int | None:
        """Sheets of all orders that ended since paper was put in; None while nobody was seen to do that."""
        with self._guard:
            (sheets,) = self._database.execute(
                "select case when exists (select 1 from refills) then coalesce(sum(sheets), 0) end from orders"
                " where step > (select max(step) from refills)"
            ).fetchone()
        return None if sheets is None else int(sheets)

    def accept(self, ticket: Ticket) -> Entry:
        """A new order, or a further attempt at one that ended not_printed. Raises IllegalTransition."""
        with self._transaction():
            known = self.entry(ticket.order)
            if known is not None:
                machine.require(known.state, State.ACCEPTED)
                self._database.execute(
                    "update orders set state = 'accepted', attempt = attempt + 1, token = null, job_id = null,"
                    " job_uuid = null, sheets = 0, detail = '' where order_id = ?",
                    (ticket.order,),
                )
            else:
                self._database.execute(
                    "insert into orders (order_id, sha256, pages, copies, state, attempt)"
                    " values (?, ?, ?, ?, 'accepted', 1)",
                    (ticket.order, ticket.sha256, ticket.pages, ticket.copies),
                )
            self._log_step(ticket.order)
            (accepted,) = self._select("where order_id = ?", ticket.order)
        return accepted

    def creating(self, order: str, token: str) -> None:
        """Before Create-Job: the name by which the job can be found again."""
        self._advance(order, State.CREATING, "token = ?", token)

    def created(self, order: str, job_id: int, job_uuid: str | None) -> None:
        """After Create-Job was answered."""
        self._advance(order, State.CREATED, "job_id = ?, job_uuid = ?", job_id, job_uuid)

    def sending(self, order: str) -> None:
        """Before the first byte of the document."""
        self._advance(order, State.SENDING, "detail = ''")

    def sent(self, order: str) -> None:
        """After the printer confirmed the document."""
        self._advance(order, State.SENT, "detail = ''")

    def end(self, order: str, outcome: State, *, sheets: int, detail: str) -> None:
        """The machine's last word; an unknown locks the device from this transaction on."""
        self._advance(order, outcome, "sheets = ?, detail = ?", sheets, detail)

    def answered(self, command: UnlockCommand) -> None:
        """Staff's answer about an unknown order, and the command that brought it, in one transaction."""
        with self._transaction():
            self._database.execute(
                "insert into commands (command_id, order_id, answer, at) values (?, ?, ?, ?)",
                (command.command_id, command.order, command.answer, time.time()),
            )
            self._database.execute(
                "update orders set answer = ? where order_id = ? and state = 'unknown'",
                (command.answer, command.order),
            )

    def command_done(self, command_id: str) -> bool:
        """Whether this command was carried out before."""
        with self._guard:
            found = self._database.execute("select 1 from commands where command_id = ?", (command_id,))
            return found.fetchone() is not None

    def _advance(self, order: str, state: State, assignments: str, *values: str | int | None) -> None:
        with self._transaction():
            known = self.entry(order)
            if known is None:
                raise machine.IllegalTransition(f"nothing -> {state}")
            machine.require(known.state, state)
            self._database.execute(
                f"update orders set state = ?, {assignments} where order_id = ?",  # noqa: S608 - literals of this module
                (state.value, *values, order),
            )
            self._log_step(order)

    def _log_step(self, order: str) -> None:
        self._database.execute(
            "insert into steps (at, order_id, attempt, state, detail)"
            " select ?, order_id, attempt, state, detail from orders where order_id = ?",
            (time.time(), order),
        )
        self._database.execute("update orders set step = last_insert_rowid() where order_id = ?", (order,))

    def _select(self, clause: str, *values: str | int) -> tuple[Entry, ...]:
        with self._guard:
            rows = self._database.execute(f"select {COLUMNS} from orders {clause}", values).fetchall()  # noqa: S608
        return tuple(Entry(**{**dict(row), "state": State(row["state"])}) for row in rows)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._guard:
            self._database.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._database.execute("rollback")
                raise
            self._database.execute("commit")
