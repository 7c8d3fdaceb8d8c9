"""The journal: order of states, locks, commands, and what is never in it."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from print_agent.journal import Journal, JournalInUse
from print_agent.order import IllegalTransition, State
from print_agent.ticket import Ticket, UnlockCommand

TICKET = Ticket(
    order="0f8fad5b-d9cb-469f-a165-70867728950e", sha256="ab" * 32, page_hashes=("12" * 32, "34" * 32), copies=1
)
OTHER = Ticket(order="7c9e6679-7425-40de-944b-e07fc1f90ae7", sha256="cd" * 32, page_hashes=("56" * 32,), copies=1)


@pytest.fixture
def journal(folder: Path) -> Iterator[Journal]:
    opened = Journal(folder / "journal.sqlite")
    yield opened
    opened.close()


def send(journal: Journal, ticket: Ticket) -> None:
    journal.accept(ticket)
    journal.creating(ticket.order, uuid.uuid4().hex)
    journal.created(ticket.order, 3, "urn:uuid:1")
    journal.sending(ticket.order)
    journal.sent(ticket.order)


def unlock(order: str, command_id: str = "4a0dfbba-12e1-4a9e-9a7e-023b4502295d") -> UnlockCommand:
    return UnlockCommand(command_id, order, "not_printed")


def test_an_order_goes_through_its_states_and_keeps_what_was_learnt(journal: Journal) -> None:
    send(journal, TICKET)
    journal.end(TICKET.order, State.PRINTED, sheets=2, detail="completed")
    entry = journal.entry(TICKET.order)
    assert entry is not None
    assert (entry.state, entry.sheets, entry.expected, entry.job_id, entry.attempt) == (State.PRINTED, 2, 2, 3, 1)


def test_a_state_cannot_be_left_out(journal: Journal) -> None:
    journal.accept(TICKET)
    with pytest.raises(IllegalTransition):
        journal.sending(TICKET.order)
    assert [entry.state for entry in journal.open_entries()] == [State.ACCEPTED]


def test_nothing_is_written_about_an_order_that_was_never_accepted(journal: Journal) -> None:
    with pytest.raises(IllegalTransition):
        journal.creating(TICKET.order, "token")
    assert journal.entry(TICKET.order) is None


def test_a_second_attempt_starts_without_the_first_ones_token(journal: Journal) -> None:
    journal.accept(TICKET)
    journal.creating(TICKET.order, "first")
    journal.end(TICKET.order, State.NOT_PRINTED, sheets=0, detail="nothing_sent")
    journal.accept(TICKET)
    entry = journal.entry(TICKET.order)
    assert entry is not None
    assert (entry.attempt, entry.token, entry.job_id, entry.detail) == (2, None, None, "")


@pytest.mark.parametrize("outcome", [State.PRINTED, State.UNKNOWN])
def test_what_may_have_come_out_is_never_accepted_again(journal: Journal, outcome: State) -> None:
    send(journal, TICKET)
    journal.end(TICKET.order, outcome, sheets=1, detail="x")
    with pytest.raises(IllegalTransition):
        journal.accept(TICKET)


def test_an_unknown_locks_until_it_is_answered_and_stays_unknown(journal: Journal) -> None:
    send(journal, TICKET)
    journal.end(TICKET.order, State.UNKNOWN, sheets=1, detail="no_record")
    assert journal.locked_by() == TICKET.order
    journal.answered(unlock(TICKET.order))
    assert journal.locked_by() is None
    entry = journal.entry(TICKET.order)
    assert entry is not None
    assert (entry.state, entry.answer) == (State.UNKNOWN, "not_printed")


def test_a_command_is_remembered_and_cannot_be_written_twice(journal: Journal) -> None:
    assert not journal.command_done(unlock(TICKET.order).command_id)
    journal.answered(unlock(TICKET.order))
    assert journal.command_done(unlock(TICKET.order).command_id)
    with pytest.raises(sqlite3.IntegrityError):
        journal.answered(unlock(TICKET.order))


def test_locks_and_outcomes_outlive_the_process(folder: Path) -> None:
    first = Journal(folder / "journal.sqlite")
    send(first, TICKET)
    first.end(TICKET.order, State.UNKNOWN, sheets=0, detail="no_record")
    send(first, OTHER)
    first.end(OTHER.order, State.PRINTED, sheets=1, detail="completed")
    first.close()
    second = Journal(folder / "journal.sqlite")
    assert second.locked_by() == TICKET.order
    assert [entry.order for entry in second.ended(20)] == [OTHER.order, TICKET.order]
    second.close()


def test_a_second_agent_on_the_same_journal_does_not_start(folder: Path, journal: Journal) -> None:
    with pytest.raises(JournalInUse):
        Journal(folder / "journal.sqlite")


def test_every_step_is_kept_in_order_and_survives_a_power_cut_by_setting(folder: Path, journal: Journal) -> None:
    send(journal, TICKET)
    with closing(sqlite3.connect(folder / "journal.sqlite")) as database:
        states = [row[0] for row in database.execute("select state from steps order by step")]
    assert states == ["accepted", "creating", "created", "sending", "sent"]
    assert journal._database.execute("pragma synchronous").fetchone()[0] == 2
    assert journal._database.execute("pragma journal_mode").fetchone()[0] == "wal"


def test_the_journal_is_readable_by_its_owner_only(folder: Path, journal: Journal) -> None:
    journal.accept(TICKET)
    for name in ("journal.sqlite", "journal.sqlite-wal"):
        assert (folder / name).stat().st_mode & 0o077 == 0


def test_sheets_are_counted_from_the_last_time_somebody_put_paper_in(journal: Journal) -> None:
    send(journal, TICKET)
    journal.end(TICKET.order, State.PRINTED, sheets=2, detail="completed")
    assert journal.sheets_since_refill() is None
    journal.refilled()
    assert journal.sheets_since_refill() == 0
    send(journal, OTHER)
    journal.end(OTHER.order, State.UNKNOWN, sheets=1, detail="no_record")
    assert journal.sheets_since_refill() == 1
    journal.refilled()
    assert journal.sheets_since_refill() == 0
