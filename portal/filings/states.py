"""The life of a filing (届出) as a table: which event leads from which state to which."""

from enum import StrEnum


class FilingState(StrEnum):
    """Where a filing stands. The word the resident reads stands beside it."""

    SUBMITTED = "submitted"
    """受付"""
    IN_REVIEW = "in_review"
    """処理中"""
    ACCEPTED = "accepted"
    """完了"""
    WITHDRAWN = "withdrawn"
    """取下げ"""


class FilingEvent(StrEnum):
    """What can happen to a filing."""

    SUBMIT = "submit"
    OPEN = "open"
    RELEASE = "release"
    ACCEPT = "accept"
    WITHDRAW = "withdraw"


class IllegalTransition(Exception):
    """Raised when an event is not possible in the state in which the filing is."""

    def __init__(self, state: FilingState | None, event: FilingEvent) -> None:
        super().__init__(f"{event} is not possible in state {state}")
        self.state = state
        self.event = event


# None is the state before the filing exists. An officer's lease can run out, so a filing in review can be opened
# again, and a filing given back stays in review: the resident was told that the work has begun.
TRANSITIONS: dict[tuple[FilingState | None, FilingEvent], FilingState] = {
    (None, FilingEvent.SUBMIT): FilingState.SUBMITTED,
    (FilingState.SUBMITTED, FilingEvent.OPEN): FilingState.IN_REVIEW,
    (FilingState.SUBMITTED, FilingEvent.WITHDRAW): FilingState.WITHDRAWN,
    (FilingState.IN_REVIEW, FilingEvent.OPEN): FilingState.IN_REVIEW,
    (FilingState.IN_REVIEW, FilingEvent.RELEASE): FilingState.IN_REVIEW,
    (FilingState.IN_REVIEW, FilingEvent.ACCEPT): FilingState.ACCEPTED,
    (FilingState.IN_REVIEW, FilingEvent.WITHDRAW): FilingState.WITHDRAWN,
}

PENDING = frozenset(state for state, event in TRANSITIONS if state is not None and event is FilingEvent.WITHDRAW)
"""States in which nothing is decided yet: the resident can still take the filing back."""


def next_state(state: FilingState | None, event: FilingEvent) -> FilingState:
    """The state after `event`. Raises IllegalTransition when the table does not know the pair."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(state, event) from None
