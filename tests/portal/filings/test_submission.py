"""A filing is received once, stops issuance, can be taken back, and is nobody else's business."""

import threading
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from portal import audit, database, filings, municipality, notices, register
from portal.audit import Action
from portal.filings import (
    Answers,
    ApplicantTooYoung,
    ContentRefused,
    CounterRequired,
    Field,
    Filing,
    FilingKind,
    FilingState,
    FilingUnknown,
    IllegalTransition,
    MoverAlreadyNamed,
    Problem,
    Proof,
    SignatureRequired,
    SubmissionKeyUsed,
    drafts,
)
from portal.filings.submission import receipt_number
from portal.filings.tables import filing_events, filing_movers
from portal.filings.tables import filings as filings_table
from portal.ground import Ground
from portal.municipality import HoldScope, Switch
from portal.notices import NoticeKind
from portal.register import HoldReason, IssueBlock
from tests.portal.conftest import MORNING, MovableClock
from tests.portal.filings.conftest import NEW_HOME, SATO, Family, Submit, count, moving
from tests.portal.register.people import TESTER, put_household, put_resident


def blocks(ground: Ground, family: Family) -> list[IssueBlock | None]:
    with ground.engine.connect() as connection:
        return [register.issue_block(connection, member) for member in family.everybody]


def withdraw(ground: Ground, filing: Filing, resident_id: UUID) -> Filing:
    with database.transaction(ground.engine) as connection:
        return filings.withdraw(connection, filing.id, resident_id=resident_id, now=ground.clock.now())


def switch(ground: Ground, name: Switch, value: municipality.SwitchValue) -> None:
    with database.transaction(ground.engine) as connection:
        municipality.set_switch(connection, name, value, TESTER, ground.clock.now())


def test_a_submitted_filing_has_a_receipt_number_a_promise_and_a_notice(
    ground: Ground, family: Family, submit: Submit
) -> None:
    filing = submit(family.spouse, moving(family.spouse, family.baby))
    assert filing.state is FilingState.SUBMITTED
    assert filing.receipt_number.startswith("T8-1124-")
    assert filing.promised_on == date(2026, 11, 27)
    assert filing.proof is Proof.LOG_IN
    assert [mover.name for mover in filing.content.movers] == ["本間　さくら", "本間　陽菜"]
    with ground.engine.connect() as connection:
        assert [notice.kind for notice in notices.inbox(connection, family.spouse)] == [NoticeKind.FILING_RECEIVED]
        assert notices.inbox(connection, family.baby) == ()
        assert filings.filings_of(connection, family.spouse) == (filing,)


def test_a_promise_does_not_count_the_days_on_which_the_office_rests(
    ground: Ground, clock: MovableClock, family: Family, submit: Submit
) -> None:
    clock.set(MORNING.replace(month=12, day=28))  # Monday; the office rests from 29 December to 3 January
    filing = submit(family.head, moving(family.head, on=date(2027, 1, 5)))
    assert filing.promised_on == date(2027, 1, 6)


def test_the_receipt_number_names_the_day_in_japan() -> None:
    just_before_midnight = MORNING.replace(month=12, day=31, hour=14, minute=59)
    assert receipt_number(31, just_before_midnight) == "T8-1231-0031"
    assert receipt_number(1_000_031, just_before_midnight + timedelta(minutes=1)) == "T9-0101-0031"


def test_submitting_twice_with_one_key_makes_one_filing(ground: Ground, family: Family, submit: Submit) -> None:
    key = uuid4()
    first = submit(family.head, moving(family.head), key)
    second = submit(family.head, moving(family.head, family.child), key)
    assert second == first
    assert count(ground.engine, filings_table) == 1
    assert count(ground.engine, filing_events) == 1
    with ground.engine.connect() as connection:
        assert len(notices.inbox(connection, family.head)) == 1


def test_many_submissions_of_one_key_at_the_same_moment_make_one_filing(
    ground: Ground, family: Family, submit: Submit
) -> None:
    key, numbers, together = uuid4(), list[str](), threading.Barrier(4)

    def press() -> None:
        together.wait(timeout=10)
        numbers.append(submit(family.head, moving(family.head), key).receipt_number)

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert len(numbers) == 4
    assert len(set(numbers)) == 1
    assert count(ground.engine, filings_table) == 1


def test_a_key_of_another_person_opens_nothing(family: Family, submit: Submit) -> None:
    key = uuid4()
    submit(family.head, moving(family.head), key)
    with pytest.raises(SubmissionKeyUsed):
        submit(family.spouse, moving(family.spouse), key)


def test_two_filings_at_the_same_moment_cannot_name_the_same_mover(
    ground: Ground, family: Family, submit: Submit
) -> None:
    outcomes, together = list[str](), threading.Barrier(2)

    def press(applicant: UUID) -> None:
        together.wait(timeout=10)
        try:
            submit(applicant, moving(family.child))
            outcomes.append("received")
        except MoverAlreadyNamed:
            outcomes.append("refused")

    threads = [threading.Thread(target=press, args=(one,)) for one in (family.head, family.spouse)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(outcomes) == ["received", "refused"]
    assert count(ground.engine, filing_movers) == 1


def test_a_mover_named_by_a_pending_filing_is_refused_until_it_is_withdrawn(
    ground: Ground, family: Family, submit: Submit
) -> None:
    first = submit(family.head, moving(family.head, family.child))
    with pytest.raises(MoverAlreadyNamed) as refused:
        submit(family.spouse, moving(family.spouse, family.child))
    assert refused.value.resident_ids == {family.child}
    assert count(ground.engine, filings_table) == 1
    withdraw(ground, first, family.head)
    assert submit(family.spouse, moving(family.spouse, family.child)).state is FilingState.SUBMITTED


def test_a_filing_stops_issuance_for_its_movers_and_nobody_else(
    ground: Ground, family: Family, submit: Submit
) -> None:
    filing = submit(family.spouse, moving(family.spouse, family.baby))
    assert blocks(ground, family) == [None, IssueBlock.HOLD, None, IssueBlock.HOLD]
    withdraw(ground, filing, family.spouse)
    assert blocks(ground, family) == [None, None, None, None]


def test_where_the_city_says_so_a_filing_stops_the_whole_household(
    ground: Ground, family: Family, submit: Submit
) -> None:
    switch(ground, Switch.HOLD_SCOPE, HoldScope.HOUSEHOLD)
    filing = submit(family.spouse, moving(family.baby))
    assert blocks(ground, family) == [IssueBlock.HOLD] * 4
    # A hold is no reason to refuse the filing of another member.
    other = submit(family.head, moving(family.head))
    withdraw(ground, filing, family.spouse)
    assert blocks(ground, family) == [IssueBlock.HOLD] * 4
    withdraw(ground, other, family.head)
    assert blocks(ground, family) == [None] * 4


def test_withdrawing_twice_or_after_the_decision_is_refused_by_name(
    ground: Ground, family: Family, submit: Submit
) -> None:
    filing = submit(family.head, moving(family.head))
    assert withdraw(ground, filing, family.head).state is FilingState.WITHDRAWN
    with pytest.raises(IllegalTransition):
        withdraw(ground, filing, family.head)
    decided = submit(family.head, moving(family.head))
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        opened = filings.open_for_review(connection, decided.id, officer=SATO, now=now).filing
        filings.accept(connection, ground, decided.id, officer=SATO, seen_version=opened.version, now=now)
    with pytest.raises(IllegalTransition):
        withdraw(ground, decided, family.head)
    assert blocks(ground, family)[0] is IssueBlock.PLANNED_DEPARTURE


def test_another_resident_even_a_mover_of_the_same_household_neither_sees_nor_withdraws_it(
    ground: Ground, family: Family, submit: Submit
) -> None:
    filing = submit(family.head, moving(family.head, family.spouse))
    with ground.engine.connect() as connection:
        assert filings.filings_of(connection, family.spouse) == ()
        with pytest.raises(FilingUnknown):
            filings.filing_for(connection, filing.id, resident_id=family.spouse)
        with pytest.raises(FilingUnknown):
            filings.filing_for(connection, uuid4(), resident_id=family.head)
    with pytest.raises(FilingUnknown):
        withdraw(ground, filing, family.spouse)
    assert blocks(ground, family)[0] is IssueBlock.HOLD


def test_a_protected_person_in_the_household_sends_everybody_to_the_counter_in_neutral_words(
    ground: Ground, family: Family, submit: Submit
) -> None:
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        register.protect(
            connection, family.child, starts_on=date(2026, 4, 1), ends_on=date(2027, 3, 31), actor=TESTER, now=now
        )
        other = put_household(connection, {}, {"name": "本間　花"})
        register.place_hold(
            connection, [other[1]], reason=HoldReason.IMPORT, source="import:1", actor=TESTER, now=now
        )
    with pytest.raises(CounterRequired) as because_protected:
        submit(family.head, moving(family.head))
    with pytest.raises(CounterRequired) as because_under_way:
        submit(other[0], moving(other[0]))
    assert because_protected.value.args == because_under_way.value.args == ()
    assert count(ground.engine, filings_table) == 0


def test_protection_counts_even_for_someone_who_is_already_moving_out(
    ground: Ground, family: Family, submit: Submit
) -> None:
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        register.plan_departure(
            connection, [family.child], planned_date=date(2026, 12, 1), destination="神奈川県横浜市西区",
            filing_id=uuid4(), actor=TESTER, now=now,
        )  # fmt: skip
        register.protect(
            connection, family.child, starts_on=date(2026, 4, 1), ends_on=date(2027, 3, 31), actor=TESTER, now=now
        )
    with pytest.raises(CounterRequired):
        submit(family.head, moving(family.head))


def test_a_card_of_a_child_under_15_files_nothing(ground: Ground, family: Family, submit: Submit) -> None:
    with database.transaction(ground.engine) as connection:
        alone = put_resident(connection, birth_date="2011-11-25")
    with pytest.raises(ApplicantTooYoung):
        submit(alone, moving(alone))


def test_without_the_log_in_mode_nothing_is_received_until_it_can_be_signed(
    ground: Ground, family: Family, submit: Submit
) -> None:
    switch(ground, Switch.FILING_WITHOUT_SIGNATURE, value=False)
    with pytest.raises(SignatureRequired):
        submit(family.head, moving(family.head))
    assert count(ground.engine, filings_table) == 0


def test_a_stranger_cannot_be_smuggled_in_as_a_mover(ground: Ground, family: Family, submit: Submit) -> None:
    with database.transaction(ground.engine) as connection:
        stranger = put_resident(connection)
    with pytest.raises(ContentRefused) as refused:
        submit(family.head, moving(family.head, stranger))
    assert [(error.field, error.problem) for error in refused.value.errors] == [(Field.MOVERS, Problem.UNKNOWN)]


def test_a_window_that_closed_while_the_draft_lay_there_refuses_at_submission(
    ground: Ground, clock: MovableClock, family: Family, submit: Submit
) -> None:
    clock.advance(days=18)
    with pytest.raises(ContentRefused) as refused:
        submit(family.head, moving(family.head, on=date(2026, 12, 1)))
    assert [(error.field, error.problem) for error in refused.value.errors] == [
        (Field.PLANNED_DATE, Problem.TOO_LATE)
    ]
    assert count(ground.engine, filings_table) == 0
    assert blocks(ground, family) == [None] * 4


def test_every_step_leaves_its_event_and_its_audit(ground: Ground, family: Family, submit: Submit) -> None:
    filing = submit(family.head, moving(family.head))
    withdraw(ground, filing, family.head)
    with ground.engine.connect() as connection:
        states = [step.state for step in filings.timeline(connection, filing)]
        actions = connection.execute(
            sa.select(audit.audit_events.c.action).where(audit.audit_events.c.actor_id == str(family.head))
        ).scalars()
        assert states == [FilingState.SUBMITTED, FilingState.WITHDRAWN]
        assert {
            Action.RECORD_READ,
            Action.FILING_SUBMITTED,
            Action.HOLD_PLACED,
            Action.FILING_WITHDRAWN,
            Action.HOLD_LIFTED,
        } <= set(actions)
    with pytest.raises(sa.exc.DBAPIError, match="insert-only"), database.transaction(ground.engine) as connection:
        connection.execute(sa.delete(filing_events))


def test_a_draft_grows_by_pages_and_a_second_tab_erases_nothing(ground: Ground, family: Family) -> None:
    def save(answers: Answers) -> None:
        with database.transaction(ground.engine) as connection:
            drafts.save(
                connection,
                resident_id=family.head,
                kind=FilingKind.MOVING_OUT,
                answers=answers,
                now=ground.clock.now(),
            )

    def draft(resident_id: UUID) -> drafts.Draft | None:
        with ground.engine.connect() as connection:
            return drafts.load(connection, resident_id=resident_id, kind=FilingKind.MOVING_OUT)

    save(Answers(movers=(family.head,)))
    first = draft(family.head)
    save(Answers(planned_date=date(2026, 12, 1)))
    save(Answers(destination=NEW_HOME))
    save(Answers(movers=(family.head, family.baby)))
    last = draft(family.head)
    assert first is not None
    assert last is not None
    assert last.answers == Answers((family.head, family.baby), date(2026, 12, 1), NEW_HOME)
    assert (last.version, last.submission_key) == (first.version + 3, first.submission_key)
    assert draft(family.spouse) is None


def test_the_draft_ends_with_its_submission(ground: Ground, family: Family, submit: Submit) -> None:
    with database.transaction(ground.engine) as connection:
        drafts.save(
            connection,
            resident_id=family.head,
            kind=FilingKind.MOVING_OUT,
            answers=Answers(movers=(family.head,)),
            now=ground.clock.now(),
        )
    submit(family.head, moving(family.head))
    with ground.engine.connect() as connection:
        assert drafts.load(connection, resident_id=family.head, kind=FilingKind.MOVING_OUT) is None
