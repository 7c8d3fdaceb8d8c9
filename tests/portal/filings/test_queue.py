"""The queue of the desk: its views, its pages, its figures, and finding one filing."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from portal import database, filings
from portal.filings import FilingUnknown, Officer, QueueView
from portal.ground import Ground
from tests.portal.conftest import MovableClock
from tests.portal.filings.conftest import SATO, SUZUKI, Family, Submit, moving
from tests.portal.filings.test_review import accept, opened


def ids(ground: Ground, view: QueueView, officer: Officer = SATO) -> list[UUID]:
    with ground.engine.connect() as connection:
        page = filings.queue(connection, view=view, officer=officer.id, now=ground.clock.now())
        return [filing.id for filing in page.filings]


def test_the_queue_shows_what_is_mine_what_is_free_and_what_others_hold(
    ground: Ground, clock: MovableClock, family: Family, submit: Submit
) -> None:
    free = submit(family.head, moving(family.head))
    mine = submit(family.spouse, moving(family.spouse))
    opened(ground, mine)
    assert ids(ground, QueueView.UNASSIGNED) == [free.id]
    assert ids(ground, QueueView.MINE) == [mine.id]
    assert ids(ground, QueueView.OTHERS) == []
    assert ids(ground, QueueView.OTHERS, SUZUKI) == [mine.id]
    clock.advance(minutes=16)
    assert ids(ground, QueueView.UNASSIGNED, SUZUKI) == [free.id, mine.id]
    assert ids(ground, QueueView.MINE) == [mine.id]
    accept(ground, opened(ground, mine).filing)
    assert ids(ground, QueueView.DONE) == [mine.id]
    clock.advance(days=3)
    with ground.engine.connect() as connection:
        counts = filings.queue_counts(connection, officer=SATO.id, now=clock.now())
        assert counts.views == {
            QueueView.MINE: 0,
            QueueView.UNASSIGNED: 1,
            QueueView.OTHERS: 0,
            QueueView.DONE: 1,
        }
        assert (counts.overdue, counts.due_today) == (0, 1)
        clock.advance(days=1)
        assert filings.queue_counts(connection, officer=SATO.id, now=clock.now()).overdue == 1


def test_the_pages_of_the_queue_hold_every_filing_once_the_most_urgent_first(
    ground: Ground, clock: MovableClock, family: Family, submit: Submit
) -> None:
    made = []
    for member in (family.head, family.spouse, family.child):
        made.append(submit(member if member != family.child else family.head, moving(member)).id)
        clock.advance(days=1)
    for view, expected in ((QueueView.UNASSIGNED, made), (QueueView.DONE, list(reversed(made)))):
        seen: list[UUID] = []
        after = None
        while True:
            with ground.engine.connect() as connection:
                page = filings.queue(connection, view=view, officer=SATO.id, now=clock.now(), after=after, limit=2)
            seen += [filing.id for filing in page.filings]
            after = page.after
            if after is None:
                break
        assert seen == expected
        for filing_id in made:
            with ground.engine.begin() as connection:
                applicant = connection.execute(
                    sa.text("SELECT resident_id FROM filings WHERE id = :id"), {"id": filing_id}
                ).scalar_one()
                if view is QueueView.UNASSIGNED:
                    filings.withdraw(connection, filing_id, resident_id=applicant, now=clock.now())


def test_a_filing_is_found_by_its_receipt_number_however_it_is_typed(
    ground: Ground, family: Family, submit: Submit
) -> None:
    filing = submit(family.head, moving(family.head))
    with ground.engine.connect() as connection:
        assert filings.find_by_receipt_number(connection, f" {filing.receipt_number.lower()} ") == filing.id
        assert filings.find_by_receipt_number(connection, "T8-1124-9999999") is None
    with pytest.raises(FilingUnknown), database.transaction(ground.engine) as connection:
        filings.open_for_review(connection, UUID(int=5), officer=SATO, now=ground.clock.now())
