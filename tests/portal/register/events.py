"""Looking into the audit from a test."""

import sqlalchemy as sa

from portal.audit import Action, audit_events

_SUBJECTS = (
    sa.select(audit_events.c.subject)
    .where(audit_events.c.action == sa.bindparam("wanted"))
    .order_by(audit_events.c.id)
)


def subjects(connection: sa.Connection, action: Action) -> list[object]:
    """Whom the events of this action are about, in order."""
    return list(connection.execute(_SUBJECTS, {"wanted": action.value}).scalars())
