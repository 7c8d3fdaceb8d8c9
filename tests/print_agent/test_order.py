"""The state machine and the recovery table, sentence by sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from print_agent.order import FOLLOWING, IllegalTransition, State, Step, is_orphan, judge, require
from print_agent.printer import Job

EXPECTED = 4
EMPTY = ("job-data-insufficient",)


def job(state: int, impressions: int | None = 0, reasons: tuple[str, ...] = ()) -> Job:
    return Job(7, "urn:uuid:x", "token", "madoguchi-print-agent", state, reasons, impressions)


RECOVERY = [
    ("accepted: nothing left the process", State.ACCEPTED, None, Step.END, State.NOT_PRINTED),
    ("creating, no job: nothing to cancel", State.CREATING, None, Step.END, State.NOT_PRINTED),
    ("creating, an empty job: it is cancelled", State.CREATING, job(4, reasons=EMPTY), Step.CANCEL, None),
    ("creating, the empty job is gone", State.CREATING, job(7), Step.END, State.NOT_PRINTED),
    ("created, an empty job: it is cancelled", State.CREATED, job(4, reasons=EMPTY), Step.CANCEL, None),
    ("created, the printer forgot it", State.CREATED, None, Step.END, State.NOT_PRINTED),
    ("sending, the document never arrived", State.SENDING, job(4, reasons=EMPTY), Step.CANCEL, None),
    ("sent, the document never arrived", State.SENT, job(3, reasons=EMPTY), Step.CANCEL, None),
    ("sending, still coming in", State.SENDING, job(4, reasons=("job-incoming",)), Step.WAIT, None),
    ("sending, prints", State.SENDING, job(5, 1), Step.WAIT, None),
    ("sent, prints", State.SENT, job(5, 3), Step.WAIT, None),
    ("sent, prints, whatever words stand beside it", State.SENT, job(5, 3, EMPTY), Step.WAIT, None),
    ("sent, waits for a person", State.SENT, job(6, 0), Step.WAIT, None),
    ("completed with every sheet", State.SENT, job(9, EXPECTED), Step.END, State.PRINTED),
    ("sending, yet completed with every sheet", State.SENDING, job(9, EXPECTED), Step.END, State.PRINTED),
    ("completed with a sheet missing", State.SENT, job(9, EXPECTED - 1), Step.END, State.UNKNOWN),
    ("completed with a sheet too many", State.SENT, job(9, EXPECTED + 1), Step.END, State.UNKNOWN),
    ("completed, sheets not told", State.SENT, job(9, None), Step.END, State.UNKNOWN),
    ("completed without a sheet", State.SENT, job(9, 0), Step.END, State.UNKNOWN),
    ("cancelled before the first sheet", State.SENT, job(7, 0), Step.END, State.NOT_PRINTED),
    ("aborted before the first sheet", State.SENDING, job(8, 0), Step.END, State.NOT_PRINTED),
    ("cancelled after a sheet", State.SENT, job(7, 1), Step.END, State.UNKNOWN),
    ("cancelled after every sheet", State.SENT, job(7, EXPECTED), Step.END, State.UNKNOWN),
    ("aborted, sheets not told", State.SENT, job(8, None), Step.END, State.UNKNOWN),
    ("sending, no record of the token", State.SENDING, None, Step.END, State.UNKNOWN),
    ("sent, no record of the token", State.SENT, None, Step.END, State.UNKNOWN),
]


@pytest.mark.parametrize(
    ("state", "record", "step", "outcome"), [row[1:] for row in RECOVERY], ids=[row[0] for row in RECOVERY]
)
def test_recovery(state: State, record: Job | None, step: Step, outcome: State | None) -> None:
    verdict = judge(state, record, EXPECTED)
    assert (verdict.step, verdict.outcome) == (step, outcome)


OPEN = st.sampled_from([state for state in State if not state.ended])
JOBS = st.none() | st.builds(
    job,
    st.integers(0, 12),
    st.none() | st.integers(0, 9),
    st.lists(st.sampled_from(["job-data-insufficient", "job-incoming", "none"])).map(tuple),
)


@given(OPEN, JOBS, st.integers(1, 200))
def test_printed_is_only_said_of_a_completed_job_with_every_sheet(state: State, record: Job | None, of: int) -> None:
    if judge(state, record, of).outcome is State.PRINTED:
        assert record is not None
        assert (record.state, record.impressions) == (9, of)


@given(OPEN, JOBS, st.integers(1, 200))
def test_not_printed_is_only_said_when_no_sheet_can_have_come(state: State, record: Job | None, of: int) -> None:
    if judge(state, record, of).outcome is State.NOT_PRINTED and state in {State.SENDING, State.SENT}:
        assert record is not None
        assert record.state in {7, 8}
        assert record.impressions == 0


@given(OPEN, JOBS, st.integers(1, 200))
def test_every_verdict_leads_where_the_state_machine_allows(state: State, record: Job | None, of: int) -> None:
    verdict = judge(state, record, of)
    assert (verdict.step is Step.END) == (verdict.outcome is not None)
    if verdict.outcome is not None:
        require(state, verdict.outcome)


def test_only_not_printed_may_be_tried_again() -> None:
    assert [state for state in State if state.ended and FOLLOWING[state]] == [State.NOT_PRINTED]


@pytest.mark.parametrize("state", [state for state in State if state.ended])
def test_an_end_is_not_judged_again(state: State) -> None:
    with pytest.raises(IllegalTransition):
        judge(state, None, EXPECTED)


def test_a_step_left_out_is_refused() -> None:
    with pytest.raises(IllegalTransition):
        require(State.ACCEPTED, State.SENDING)


def test_an_orphan_is_a_living_job_of_ours_that_no_open_order_waits_for() -> None:
    assert is_orphan(job(4), "madoguchi-print-agent", frozenset())
    assert not is_orphan(job(4), "madoguchi-print-agent", frozenset({"token"}))
    assert not is_orphan(job(4), "somebody", frozenset())
    assert not is_orphan(job(7), "madoguchi-print-agent", frozenset())
