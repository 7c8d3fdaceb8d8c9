"""Who wrote each version of a record, and from which filing (届出)."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from portal.audit import Actor, ActorKind
from portal.register.tables import resident_history

_WRITTEN = sa.select(
    resident_history.c.version,
    resident_history.c.actor_kind,
    resident_history.c.actor_id,
    resident_history.c.filing_id,
).where(resident_history.c.resident_id == sa.bindparam("resident"))


@dataclass(frozen=True)
class Attribution:
    """Who wrote a version; `filing_id` None where no filing led to it."""

    actor: Actor
    filing_id: UUID | None


def attributions_of(connection: sa.Connection, resident_id: UUID) -> Mapping[int, Attribution]:
    """By number of version. Nothing of the record itself, so no event: `history_of`, read beside it, has one."""
    return {
        row.version: Attribution(Actor(ActorKind(row.actor_kind), row.actor_id), row.filing_id)
        for row in connection.execute(_WRITTEN, {"resident": resident_id})
    }
