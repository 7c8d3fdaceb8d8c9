"""The life of one issuance (交付): the whole table of states and events, and the one statement that moves a row.

A move is compare-and-set: it happens only from a state the table names and, where a worker is involved, only while
the worker's fencing token is the row's. A worker whose lease was taken over can therefore never publish (incident of
Yokohama, 2023-03-27: a lock was freed while its job lived on).
"""

from uuid import UUID

import sqlalchemy as sa

from portal.certificates.money.following import follow
from portal.certificates.tables import Event, State, issuances

SOURCES: dict[Event, frozenset[State]] = {
    Event.CLAIM: frozenset({State.REQUESTED, State.RENDERING}),
    Event.PUBLISH: frozenset({State.RENDERING}),
    Event.REFUSE: frozenset({State.RENDERING, State.READY, State.AUTHORISED}),
    Event.BREAK: frozenset({State.REQUESTED, State.RENDERING}),
    Event.REPEAT: frozenset({State.READY, State.AUTHORISED}),
    Event.AUTHORISE: frozenset({State.READY}),
    Event.RELEASE: frozenset({State.AUTHORISED}),
    Event.REPORT_PRINTED: frozenset({State.RELEASED}),
    Event.REPORT_NOT_PRINTED: frozenset({State.RELEASED}),
    Event.REPORT_UNKNOWN: frozenset({State.RELEASED}),
    Event.SETTLE: frozenset({State.UNKNOWN, State.FAILED}),
    Event.EXPIRE: frozenset({State.REQUESTED, State.RENDERING, State.READY, State.AUTHORISED}),
    Event.ABANDON: frozenset({State.REQUESTED, State.RENDERING, State.READY, State.AUTHORISED}),
}

TARGETS: dict[Event, State] = {
    Event.CLAIM: State.RENDERING,
    Event.PUBLISH: State.READY,
    Event.REFUSE: State.FAILED,
    Event.BREAK: State.FAILED,
    Event.REPEAT: State.REQUESTED,
    Event.AUTHORISE: State.AUTHORISED,
    Event.RELEASE: State.RELEASED,
    Event.REPORT_PRINTED: State.PRINTED,
    Event.REPORT_NOT_PRINTED: State.NOT_PRINTED,
    Event.REPORT_UNKNOWN: State.UNKNOWN,
    Event.SETTLE: State.SETTLED,
    Event.EXPIRE: State.EXPIRED,
    Event.ABANDON: State.EXPIRED,
}

# States in which work goes on or a document may exist; everything else is an end (or waits for a statement).
WAITING = frozenset({State.REQUESTED, State.RENDERING})
HOLDING_DOCUMENT = frozenset({State.READY, State.AUTHORISED, State.RELEASED})
SHOWABLE = HOLDING_DOCUMENT - {State.RELEASED}


class IllegalTransition(Exception):
    """Raised when an event does not belong to the state an issuance is in, or its fencing token is an older one."""

    def __init__(self, issuance_id: UUID, state: State | None) -> None:
        self.issuance_id = issuance_id
        self.state = state
        super().__init__(f"{type(self).__name__} in state {state}")


class NotClaimable(IllegalTransition):
    """Raised when a worker takes an issuance that waits for no rendering."""


class NotPublishable(IllegalTransition):
    """Raised when a worker that lost its lease, or whose issuance has ended, brings a document."""


class NotRefusable(IllegalTransition):
    """Raised when an issuance is to be refused after its document has been released or it has ended."""


class NotBreakable(IllegalTransition):
    """Raised when an issuance is to be given up by a worker that does not hold it."""


class NotRepeatable(IllegalTransition):
    """Raised when an issuance is to be rendered again that is not ready."""


class NotAuthorisable(IllegalTransition):
    """Raised when money is brought for an issuance that is not ready, or has been paid with other money."""


class NotReleasable(IllegalTransition):
    """Raised when a document is asked for that is not ready, or no longer there."""


class NotPaid(NotReleasable):
    """Raised when a document is asked for whose fee no device holds yet."""


class NotReportable(IllegalTransition):
    """Raised when an outcome is reported for an issuance whose document was never released."""


class NotSettleable(IllegalTransition):
    """Raised when an issuance is to be settled that is no open case."""


class NotExpirable(IllegalTransition):
    """Raised when an issuance is to expire whose document has been released or which has ended."""


class NotAbandonable(IllegalTransition):
    """Raised when a terminal abandons an issuance whose document it has fetched already."""


EXCEPTIONS: dict[Event, type[IllegalTransition]] = {
    Event.CLAIM: NotClaimable,
    Event.PUBLISH: NotPublishable,
    Event.REFUSE: NotRefusable,
    Event.BREAK: NotBreakable,
    Event.REPEAT: NotRepeatable,
    Event.AUTHORISE: NotAuthorisable,
    Event.RELEASE: NotReleasable,
    Event.REPORT_PRINTED: NotReportable,
    Event.REPORT_NOT_PRINTED: NotReportable,
    Event.REPORT_UNKNOWN: NotReportable,
    Event.SETTLE: NotSettleable,
    Event.EXPIRE: NotExpirable,
    Event.ABANDON: NotAbandonable,
}

_STATE_OF = sa.select(issuances.c.state).where(issuances.c.id == sa.bindparam("of_issuance"))


def _statement(event: Event) -> sa.Executable:
    moved = sa.update(issuances).where(
        issuances.c.id == sa.bindparam("of_issuance"),
        issuances.c.state.in_(sorted(SOURCES[event])),
        sa.or_(sa.bindparam("at_fence", type_=sa.Integer).is_(None), issuances.c.fence == sa.bindparam("at_fence")),
    )
    if event is Event.CLAIM:
        moved = moved.values(fence=issuances.c.fence + 1, attempts=issuances.c.attempts + 1)
    return moved.values(state=TARGETS[event]).returning(*issuances.c)


_STATEMENTS = {event: _statement(event) for event in Event}


def move(
    connection: sa.Connection, issuance_id: UUID, event: Event, *, fence: int | None = None, **values: object
) -> sa.Row[tuple[object, ...]]:
    """Apply `event` and set further columns; returns the row after it. Raises the event's IllegalTransition.

    What an ending means for the fee is decided here too, in the same transaction (`money.following`).
    """
    parameters = {"of_issuance": issuance_id, "at_fence": fence, **values}
    row = connection.execute(_STATEMENTS[event], parameters).one_or_none()
    if row is None:
        state = connection.execute(_STATE_OF, {"of_issuance": issuance_id}).scalar_one_or_none()
        raise EXCEPTIONS[event](issuance_id, None if state is None else State(state))
    follow(connection, row, event)
    return row
