"""Limits. Every attempt is counted, and the count is committed, before anything is checked."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from portal import database
from portal.ground import Ground
from portal.identity.errors import AttemptsUncountable, TooManyAttempts
from portal.identity.tables import Scope, attempts


@dataclass(frozen=True)
class Limit:
    """How many attempts one subject has in each window."""

    most: int
    window: timedelta


LIMITS = {
    # No hand puts more than two cards a second on a reader.
    Scope.ASKER: Limit(120, timedelta(minutes=1)),
    # A whole office or a carrier's NAT may stand behind one address.
    Scope.ADDRESS: Limit(300, timedelta(minutes=10)),
    Scope.CARD: Limit(60, timedelta(minutes=10)),
    Scope.STAFF_LOGIN: Limit(10, timedelta(minutes=10)),
    Scope.STAFF_ADDRESS: Limit(100, timedelta(minutes=10)),
}

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_NEW = insert(attempts)
_COUNT = _NEW.on_conflict_do_update(
    index_elements=[attempts.c.scope, attempts.c.subject],
    set_={
        "count": sa.case((attempts.c.window_start == _NEW.excluded.window_start, attempts.c.count + 1), else_=1),
        "window_start": _NEW.excluded.window_start,
    },
).returning(attempts.c.count)
_OVER = (
    sa.select(attempts.c.scope, attempts.c.subject)
    .where(attempts.c.window_start < sa.bindparam("before"))
    .limit(100)
    .with_for_update(skip_locked=True)
)
_SWEEP = sa.delete(attempts).where(sa.tuple_(attempts.c.scope, attempts.c.subject).in_(_OVER))
_FORGET = sa.delete(attempts).where(
    attempts.c.scope == sa.bindparam("of_scope"), attempts.c.subject == sa.bindparam("of_subject")
)


def count(ground: Ground, scope: Scope, subject: str, *, now: datetime) -> None:
    """Count one attempt of `subject`, in a transaction of its own.

    Raises TooManyAttempts when it is one too many, AttemptsUncountable when the store does not answer.
    """
    limit = LIMITS[scope]
    start = now - (now - _EPOCH) % limit.window
    values = {"scope": scope, "subject": _key(ground, scope, subject), "window_start": start, "count": 1}
    try:
        with database.transaction(ground.engine) as own:
            made = own.execute(_COUNT, values).scalar_one()
            own.execute(_SWEEP, {"before": start - timedelta(days=1)})
    except sa.exc.SQLAlchemyError as error:
        raise AttemptsUncountable from error
    if made > limit.most:
        raise TooManyAttempts


def count_question(ground: Ground, address: str | None, *, now: datetime) -> None:
    """Count one question of somebody without a log-in (the check of a certificate), apart from the log-ins.

    Raises TooManyAttempts, AttemptsUncountable.
    """
    if address is not None:
        count(ground, Scope.ADDRESS, f"question {address}", now=now)


def forget(connection: sa.Connection, ground: Ground, scope: Scope, subject: str) -> None:
    """Start counting `subject` anew, after an attempt that was right."""
    connection.execute(_FORGET, {"of_scope": scope, "of_subject": _key(ground, scope, subject)})


def _key(ground: Ground, scope: Scope, subject: str) -> bytes:
    return ground.fields.blind_index(subject, column=f"attempts.{scope.value}")
