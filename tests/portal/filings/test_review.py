"""At the desk: one officer at a time, every check again, and a decision that happens whole or not at all."""

import json
import threading
from datetime import date

import pytest
import sqlalchemy as sa

from portal import audit, database, exchange, filings, municipality, notices, register
from portal.audit import Action
from portal.filings import (
    LEASE,
    ChecksFailed,
    ClaimedByAnother,
    Filing,
    FilingState,
    Officer,
    Outcome,
    Review,
    Rule,
    StaleDecision,
)
from portal.filings.tables import filing_events
from portal.ground import Ground
from portal.municipality import HoldScope, Switch
from portal.notices import NoticeKind
from portal.register import ChangeReason, IssueBlock, ResidentStatus
from tests.portal.conftest import MovableClock
from tests.portal.filings.conftest import SATO, SUZUKI, Family, Submit, count, moving
from tests.portal.register.people import TESTER, put_resident


def opened(ground: Ground, filing: Filing, officer: Officer = SATO) -> Review:
    with database.transaction(ground.engine) as connection:
        return filings.open_for_review(connection, filing.id, officer=officer, now=ground.clock.now())


def accept(ground: Ground, filing: Filing, officer: Officer = SATO, *, seen_version: int | None = None) -> None:
    with database.transaction(ground.engine) as connection:
        filings.accept(
            connection,
            ground,
            filing.id,
            officer=officer,
            seen_version=filing.version if seen_version is None else seen_version,
            now=ground.clock.now(),
        )


def present(ground: Ground, filing: Filing) -> Filing:
    with ground.engine.connect() as connection:
        return filings.filing_for(connection, filing.id, resident_id=filing.resident_id)


def outcomes(review: Review) -> dict[Rule, Outcome]:
    return {check.rule: check.outcome for check in review.checks}


def test_opening_a_filing_claims_it_and_tells_the_resident_that_work_has_begun(
    ground: Ground, family: Family, submit: Submit
) -> None:
    review = opened(ground, submit(family.head, moving(family.head)))
    assert review.filing.state is FilingState.IN_REVIEW
    assert review.filing.claim is not None
    assert review.filing.claim.officer == SATO
    assert review.filing.claim.until == ground.clock.now() + LEASE
    assert [record.id for record in review.movers] == [family.head]


def test_opening_again_renews_the_lease_and_keeps_the_version(
    ground: Ground, clock: MovableClock, family: Family, submit: Submit
) -> None:
    first = opened(ground, submit(family.head, moving(family.head)))
    clock.advance(minutes=10)
    again = opened(ground, first.filing)
    assert again.filing.version == first.filing.version
    assert again.filing.claim is not None
    assert again.filing.claim.until == clock.now() + LEASE
    assert count(ground.engine, filing_events) == 2


def test_of_two_officers_one_wins_and_the_other_learns_the_name(
    ground: Ground, family: Family, submit: Submit
) -> None:
    filing = submit(family.head, moving(family.head))
    won, lost, together = list[str](), list[str](), threading.Barrier(2)

    def reach(officer: Officer) -> None:
        together.wait(timeout=10)
        try:
            opened(ground, filing, officer)
            won.append(officer.name)
        except ClaimedByAnother as held:
            lost.append(held.officer_name)

    threads = [threading.Thread(target=reach, args=(officer,)) for officer in (SATO, SUZUKI)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert len(won) == 1
    assert lost == won


def test_a_lease_that_ran_out_or_was_given_back_is_free_for_the_next(
    ground: Ground, clock: MovableClock, family: Family, submit: Submit
) -> None:
    filing = opened(ground, submit(family.head, moving(family.head))).filing
    clock.advance(minutes=15)
    taken = opened(ground, filing, SUZUKI).filing
    assert taken.claim is not None
    assert taken.claim.officer == SUZUKI
    with pytest.raises(ClaimedByAnother):
        accept(ground, taken, SATO)
    with database.transaction(ground.engine) as connection:
        filings.release_claim(connection, filing.id, officer=SATO, now=clock.now())
        filings.release_claim(connection, filing.id, officer=SUZUKI, now=clock.now())
    free = present(ground, filing)
    assert (free.state, free.claim) == (FilingState.IN_REVIEW, None)
    opened(ground, filing, SATO)


def test_accepting_makes_the_movers_leave_and_sends_and_tells_everything_together(
    ground: Ground, family: Family, submit: Submit
) -> None:
    with database.transaction(ground.engine) as connection:
        register.store_numbers(
            connection,
            ground.fields,
            family.head,
            "123456789018",
            "12345678901",
            actor=TESTER,
            now=ground.clock.now(),
        )
    filing = opened(ground, submit(family.head, moving(family.head, family.child))).filing
    accept(ground, filing)
    done = present(ground, filing)
    assert done.state is FilingState.ACCEPTED
    assert done.decision is not None
    assert done.decision.officer == SATO
    assert done.claim is None
    with database.transaction(ground.engine) as connection:
        record = register.resident(connection, family.head, reader=TESTER, why="tests", now=ground.clock.now())
        assert record.status is ResidentStatus.PLANNED_DEPARTURE
        assert record.planned_departure_on == date(2026, 12, 1)
        assert record.destination == "神奈川県横浜市西区みなとみらい一丁目1番1号 港ハイツ201"
        (message,) = exchange.waiting(connection)
        assert {notice.kind for notice in notices.inbox(connection, family.head)} == {
            NoticeKind.FILING_RECEIVED,
            NoticeKind.FILING_ACCEPTED,
        }
        decided = connection.execute(
            sa.select(audit.audit_events.c.actor_id).where(audit.audit_events.c.action == Action.FILING_DECIDED)
        ).scalar_one()
    assert decided == str(SATO.id)
    body = json.loads(ground.fields.decrypt(message.body, table="outbox", row=str(filing.id), column="body").decode())
    assert [mover["name"] for mover in body["movers"]] == ["本間　一郎", "本間　蓮"]
    assert [mover["individual_number"] for mover in body["movers"]] == ["123456789018", None]
    assert "本間".encode() not in message.body


def test_a_failure_while_the_message_is_posted_changes_nothing_at_all(
    ground: Ground, family: Family, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    filing = opened(ground, submit(family.head, moving(family.head))).filing

    def broken(*_: object, **__: object) -> None:
        raise ConnectionError("the disk is full")

    before = count(ground.engine, audit.audit_events)
    monkeypatch.setattr(exchange, "post", broken)
    with pytest.raises(ConnectionError):
        accept(ground, filing)
    assert present(ground, filing) == filing
    assert count(ground.engine, audit.audit_events) == before
    with ground.engine.connect() as connection:
        assert register.issue_block(connection, family.head) is IssueBlock.HOLD
        assert len(notices.inbox(connection, family.head)) == 1
        assert exchange.waiting(connection) == ()
    monkeypatch.undo()
    accept(ground, filing)
    assert present(ground, filing).state is FilingState.ACCEPTED


def test_a_stale_decision_names_who_decided(ground: Ground, family: Family, submit: Submit) -> None:
    filing = opened(ground, submit(family.head, moving(family.head))).filing
    accept(ground, filing)
    with pytest.raises(StaleDecision) as stale:
        accept(ground, filing, SUZUKI)
    assert (stale.value.state, stale.value.by) == (FilingState.ACCEPTED, "佐藤 花子")


def test_a_filing_withdrawn_under_the_officers_hands_is_not_accepted(
    ground: Ground, family: Family, submit: Submit
) -> None:
    filing = opened(ground, submit(family.head, moving(family.head))).filing
    with database.transaction(ground.engine) as connection:
        filings.withdraw(connection, filing.id, resident_id=family.head, now=ground.clock.now())
    with pytest.raises(StaleDecision) as stale:
        accept(ground, filing)
    assert (stale.value.state, stale.value.by) == (FilingState.WITHDRAWN, None)
    with ground.engine.connect() as connection:
        assert exchange.waiting(connection) == ()


def test_only_the_version_that_was_on_the_screen_can_be_accepted(
    ground: Ground, clock: MovableClock, family: Family, submit: Submit
) -> None:
    filing = submit(family.head, moving(family.head))
    with pytest.raises(StaleDecision):
        accept(ground, filing)
    seen = opened(ground, filing).filing
    clock.advance(minutes=16)
    opened(ground, filing, SUZUKI)
    clock.advance(minutes=16)
    mine_again = opened(ground, filing).filing
    with pytest.raises(StaleDecision):
        accept(ground, seen)
    accept(ground, mine_again)


def test_the_register_has_the_last_word_before_acceptance(ground: Ground, family: Family, submit: Submit) -> None:
    filing = opened(ground, submit(family.head, moving(family.child))).filing
    with database.transaction(ground.engine) as connection:
        elsewhere = put_resident(connection)
        household = register.resident(connection, elsewhere, reader=TESTER, why="tests", now=ground.clock.now())
        register.change(
            connection,
            family.child,
            {"household_id": household.household_id},
            valid_from=date(2026, 11, 24),
            actor=TESTER,
            reason=ChangeReason.CORRECTION,
            filing_id=None,
            now=ground.clock.now(),
        )
    with pytest.raises(ChecksFailed) as failed:
        accept(ground, filing)
    assert failed.value.rules == (Rule.HOUSEHOLD,)
    assert present(ground, filing) == filing


def test_protection_placed_after_the_filing_stops_its_acceptance(
    ground: Ground, family: Family, submit: Submit
) -> None:
    filing = opened(ground, submit(family.head, moving(family.head))).filing
    with database.transaction(ground.engine) as connection:
        register.protect(
            connection,
            family.spouse,
            starts_on=date(2026, 11, 24),
            ends_on=date(2027, 11, 23),
            actor=TESTER,
            now=ground.clock.now(),
        )
    assert outcomes(opened(ground, filing))[Rule.COUNTER] is Outcome.STOP
    with pytest.raises(ChecksFailed):
        accept(ground, filing)


def test_the_checks_say_what_the_officer_should_look_at(ground: Ground, family: Family, submit: Submit) -> None:
    filing = submit(family.head, moving(family.head))
    with database.transaction(ground.engine) as connection:
        register.change(
            connection,
            family.head,
            {"former_surname": "浜野"},
            valid_from=date(2026, 11, 24),
            actor=TESTER,
            reason=ChangeReason.CORRECTION,
            filing_id=None,
            now=ground.clock.now(),
        )
    found = outcomes(opened(ground, filing))
    assert {rule for rule, outcome in found.items() if outcome is Outcome.WARN} == {
        Rule.PROOF,
        Rule.UNCHANGED,
        Rule.HEAD,
    }
    assert Outcome.STOP not in found.values()


def test_a_whole_household_that_moves_needs_no_new_head(ground: Ground, family: Family, submit: Submit) -> None:
    found = outcomes(opened(ground, submit(family.head, moving(*family.everybody))))
    assert found[Rule.HEAD] is Outcome.OK


def test_a_decided_filing_is_shown_without_reading_the_register_again(
    ground: Ground, family: Family, submit: Submit
) -> None:
    filing = opened(ground, submit(family.head, moving(family.head))).filing
    accept(ground, filing)
    review = opened(ground, filing, SUZUKI)
    assert (review.household, review.checks, review.movers) == (None, (), ())
    with ground.engine.connect() as connection:
        read = connection.execute(
            sa.select(audit.audit_events.c.action).where(audit.audit_events.c.actor_id == str(SUZUKI.id))
        ).scalars()
        assert list(read) == [Action.FILING_READ]


def test_those_who_stay_are_free_again_when_the_movers_are_removed(
    ground: Ground, clock: MovableClock, family: Family, submit: Submit
) -> None:
    with database.transaction(ground.engine) as connection:
        municipality.set_switch(connection, Switch.HOLD_SCOPE, HoldScope.HOUSEHOLD, TESTER, clock.now())
    accept(ground, opened(ground, submit(family.head, moving(family.child))).filing)
    with ground.engine.connect() as connection:
        assert register.issue_block(connection, family.spouse) is IssueBlock.HOLD
    clock.advance(days=7)
    with database.transaction(ground.engine) as connection:
        removed = register.remove_departed(connection, today=date(2026, 12, 1), now=clock.now())
        filings.release_departed(connection, removed, now=clock.now())
        assert removed == (family.child,)
        assert register.issue_block(connection, family.spouse) is None
        assert register.issue_block(connection, family.child) is IssueBlock.REMOVED
