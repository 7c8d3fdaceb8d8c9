"""The state machine of a print order, as tables and functions of values. What is done with it lives in ``attempt``.

An order ends ``printed``, ``not_printed`` or ``unknown``. Exactly-once cannot be had from paper; at most once with
an honest ``unknown`` can. Only ``not_printed`` may ever be tried again by the machine. ``unknown`` stops the device
until staff have looked into the printer: a lock released because time ran out has handed people other people's
certificates (Yokohama, 2023-03-27).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from print_agent.printer import Job

CANCELED, ABORTED, COMPLETED = 7, 8, 9
PENDING, PENDING_HELD = 3, 4


class State(StrEnum):
    """Where an order stands. Each state is written to disk before the action that follows it."""

    ACCEPTED = "accepted"
    CREATING = "creating"
    CREATED = "created"
    SENDING = "sending"
    SENT = "sent"
    PRINTED = "printed"
    NOT_PRINTED = "not_printed"
    UNKNOWN = "unknown"

    @property
    def ended(self) -> bool:
        """Whether the machine has said its last word about this attempt."""
        return self in {State.PRINTED, State.NOT_PRINTED, State.UNKNOWN}


FOLLOWING: dict[State, frozenset[State]] = {
    State.ACCEPTED: frozenset({State.CREATING, State.NOT_PRINTED}),
    State.CREATING: frozenset({State.CREATED, State.NOT_PRINTED}),
    State.CREATED: frozenset({State.SENDING, State.NOT_PRINTED}),
    State.SENDING: frozenset({State.SENT, State.PRINTED, State.NOT_PRINTED, State.UNKNOWN}),
    State.SENT: frozenset({State.PRINTED, State.NOT_PRINTED, State.UNKNOWN}),
    State.NOT_PRINTED: frozenset({State.ACCEPTED}),
    State.PRINTED: frozenset(),
    State.UNKNOWN: frozenset(),
}
"""Which state may follow which."""


class IllegalTransition(Exception):
    """Raised when an order is asked to go where its state does not lead."""


def require(present: State, following: State) -> None:
    """Raises IllegalTransition unless ``following`` may follow ``present``."""
    if following not in FOLLOWING[present]:
        raise IllegalTransition(f"{present} -> {following}")


class Step(StrEnum):
    """What to do next with an order whose fate is to be found out."""

    WAIT = "wait"
    CANCEL = "cancel"
    END = "end"


@dataclass(frozen=True)
class Verdict:
    """The next step; ``outcome`` only with END. ``detail`` is a word for the journal and the staff."""

    step: Step
    detail: str
    outcome: State | None = None


def judge(state: State, job: Job | None, expected: int) -> Verdict:
    """The recovery table: last state in the journal and the printer's record of the job -> what to do.

    ``job`` is None when the printer, asked by token, knows no such job. ``expected`` = pages x copies. The same table
    serves an attempt that is under way and one that a crash interrupted.
    """
    if state in {State.ACCEPTED, State.CREATING, State.CREATED}:
        if job is not None and not job.ended:
            return Verdict(Step.CANCEL, "empty_job")
        return Verdict(Step.END, "nothing_sent", State.NOT_PRINTED)
    if state.ended:
        raise IllegalTransition(f"{state} is an end")
    if job is None:
        return Verdict(Step.END, "no_record", State.UNKNOWN)
    if not job.ended:
        if "job-data-insufficient" in job.reasons and job.state in {PENDING, PENDING_HELD}:
            return Verdict(Step.CANCEL, "document_never_arrived")
        return Verdict(Step.WAIT, "in_the_printer")
    return _classify(job, expected)


def _classify(job: Job, expected: int) -> Verdict:
    if job.state == COMPLETED and job.impressions == expected:
        return Verdict(Step.END, "completed", State.PRINTED)
    if job.state in {CANCELED, ABORTED} and job.impressions == 0:
        return Verdict(Step.END, "canceled" if job.state == CANCELED else "aborted", State.NOT_PRINTED)
    return Verdict(Step.END, "sheets_do_not_match", State.UNKNOWN)


def is_orphan(job: Job, user: str, open_tokens: frozenset[str]) -> bool:
    """Whether a job in the printer is one of ours that no open order waits for."""
    return not job.ended and job.user == user and job.name not in open_tokens
