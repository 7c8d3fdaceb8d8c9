"""What stops an issuance: holds (発行停止), protection (支援措置), and the status of the record itself.

Whoever places one takes the lock of the resident's row, and so does the release of a certificate: whichever comes
first, a paper is never released past a restriction that is already there.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from portal import audit
from portal.audit import Action, Actor, ActorKind
from portal.register.model import HoldReason, IssueBlock, ResidentStatus, UnknownResident
from portal.register.tables import holds, protections, residents

_LOCK = (
    sa.select(residents.c.id)
    .where(residents.c.id == sa.func.any(sa.bindparam("wanted", type_=sa.ARRAY(sa.Uuid))))
    .order_by(residents.c.id)
    # NO KEY UPDATE: it keeps out every other lock of this kind, but not rows of other tables that point here.
    .with_for_update(key_share=True)
)
_LOCK_TOGETHER = (
    sa.select(residents.c.id)
    .where(
        sa.or_(
            residents.c.id == sa.func.any(sa.bindparam("wanted", type_=sa.ARRAY(sa.Uuid))),
            residents.c.household_id == sa.func.any(sa.bindparam("living_in", type_=sa.ARRAY(sa.Uuid))),
        )
    )
    .order_by(residents.c.id)
    .with_for_update(key_share=True)
)
_OF_THE_SAME = residents.alias("of_the_same")
_LOCK_HOUSEHOLD = (
    sa.select(residents.c.id)
    .where(
        sa.or_(
            residents.c.id == sa.func.any(sa.bindparam("wanted", type_=sa.ARRAY(sa.Uuid))),
            residents.c.household_id
            == sa.select(_OF_THE_SAME.c.household_id)
            .where(_OF_THE_SAME.c.id == sa.bindparam("living_with", type_=sa.Uuid))
            .scalar_subquery(),
        )
    )
    .order_by(residents.c.id)
    .with_for_update(key_share=True, of=residents)
)
_STANDING = sa.select(
    residents.c.status,
    sa.exists()
    .where(protections.c.resident_id == residents.c.id, protections.c.ended_at.is_(None))
    .correlate(residents)
    .label("protected"),
    sa.func.array(
        sa.select(holds.c.reason)
        .where(holds.c.resident_id == residents.c.id, holds.c.lifted_at.is_(None))
        .correlate(residents)
        .scalar_subquery()
    ).label("reasons"),
).where(residents.c.id == sa.bindparam("resident"))
_PROTECTED = sa.select(
    sa.exists().where(
        protections.c.resident_id == sa.func.any(sa.bindparam("anybody", type_=sa.ARRAY(sa.Uuid))),
        protections.c.ended_at.is_(None),
    )
)
_PLACE = (
    insert(holds)
    .on_conflict_do_nothing(index_elements=["resident_id", "source"], index_where=holds.c.lifted_at.is_(None))
    .returning(holds.c.id)
)
_HELD_BY = sa.select(holds.c.resident_id).where(
    holds.c.source == sa.bindparam("from_source"), holds.c.lifted_at.is_(None)
)
_LIFT = (
    holds.update()
    .where(holds.c.source == sa.bindparam("from_source"), holds.c.lifted_at.is_(None))
    .returning(holds.c.resident_id)
)
_PROTECTION = insert(protections)
_PROTECT = _PROTECTION.on_conflict_do_update(
    index_elements=["resident_id"],
    index_where=protections.c.ended_at.is_(None),
    set_={"starts_on": _PROTECTION.excluded.starts_on, "ends_on": _PROTECTION.excluded.ends_on},
    where=sa.tuple_(protections.c.starts_on, protections.c.ends_on)
    != sa.tuple_(_PROTECTION.excluded.starts_on, _PROTECTION.excluded.ends_on),
).returning(protections.c.id)

_HOLDS = (
    sa.select(holds)
    .where(holds.c.resident_id == sa.bindparam("resident"))
    .order_by(holds.c.placed_at.desc(), holds.c.id)
)

_BY_STATUS = {
    ResidentStatus.DECEASED: IssueBlock.DECEASED,
    ResidentStatus.REMOVED: IssueBlock.REMOVED,
    ResidentStatus.PLANNED_DEPARTURE: IssueBlock.PLANNED_DEPARTURE,
}


@dataclass(frozen=True)
class Hold:
    """A stop of issuance (発行停止): why, what put it (`source`), who and when; `lifted_at` None: it stands."""

    reason: HoldReason
    source: str
    placed_at: datetime
    placed_by: Actor
    lifted_at: datetime | None
    lifted_by: Actor | None


def lock(connection: sa.Connection, resident_ids: Collection[UUID]) -> None:
    """Take the row locks of these residents, in one fixed order, until the end of the transaction.

    Raises UnknownResident.
    """
    if len(connection.execute(_LOCK, {"wanted": list(set(resident_ids))}).all()) != len(set(resident_ids)):
        raise UnknownResident("one of the residents to be locked does not exist")


def lock_household_among(connection: sa.Connection, resident_id: UUID, ids: Collection[UUID]) -> None:
    """Lock everybody of the resident's household and all of `ids` who have a record here, in the order of `lock`.

    A paper about one of a household says who its head is, and whether it may be given depends on them all. Persons of
    a 戸籍 who live elsewhere have no record here.
    """
    connection.execute(_LOCK_HOUSEHOLD, {"wanted": list({resident_id, *ids}), "living_with": resident_id})


def lock_with_households(
    connection: sa.Connection, resident_ids: Collection[UUID], household_ids: Collection[UUID]
) -> None:
    """Lock these residents and everybody of these households: whoever joins one changes every paper of 世帯全員.

    A release that holds one of them is waited for; one that comes later sees who has joined. Raises UnknownResident.
    """
    found = connection.execute(
        _LOCK_TOGETHER, {"wanted": list(set(resident_ids)), "living_in": list(set(household_ids))}
    ).scalars()
    if not set(resident_ids) <= set(found):
        raise UnknownResident("one of the residents to be locked does not exist")


def issue_block(connection: sa.Connection, resident_id: UUID, for_update: bool = False) -> IssueBlock | None:
    """Why no paper may be issued to or about this resident now, or None. Raises UnknownResident.

    With `for_update` the resident's row is locked first, so that the answer stays true until the transaction ends.
    """
    if for_update:
        # A statement of its own: what committed while this one waited is seen only by the next.
        lock(connection, [resident_id])
    row = connection.execute(_STANDING, {"resident": resident_id}).one_or_none()
    if row is None:
        raise UnknownResident(str(resident_id))
    return _block(ResidentStatus(row.status), row.protected, row.reasons)


def protected(connection: sa.Connection, resident_ids: Collection[UUID]) -> bool:
    """Whether any of these residents is under protection (支援措置), whatever else is true of them.

    For decisions only: no screen, no list and no answer may differ by it in a way that a person could see.
    """
    return connection.execute(_PROTECTED, {"anybody": list(resident_ids)}).scalar_one()


def _block(status: ResidentStatus, protected: bool, hold_reasons: Collection[str]) -> IssueBlock | None:
    """The first reason that applies. Protection stands among those with the same public word, so it adds none."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if protected:
        return IssueBlock.PROTECTED
    if HoldReason.IMPORT in hold_reasons:
        return IssueBlock.IN_PROGRESS
    return IssueBlock.HOLD if hold_reasons else None


def place_hold(
    connection: sa.Connection,
    resident_ids: Collection[UUID],
    *,
    reason: HoldReason,
    source: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Stop issuance for these residents until the same `source` lifts it. Placing it twice is placing it once.

    Raises UnknownResident.
    """
    lock(connection, resident_ids)
    for resident_id in sorted(set(resident_ids)):
        placed = connection.execute(
            _PLACE,
            {
                "id": uuid4(),
                "resident_id": resident_id,
                "reason": reason,
                "source": source,
                "placed_at": now,
                "placed_by_kind": actor.kind.value,
                "placed_by": actor.id,
            },
        ).scalar_one_or_none()
        if placed is not None:
            audit.record(
                connection, at=now, actor=actor, action=Action.HOLD_PLACED, subject=resident_id,
                detail={"reason": reason.value, "source": source},
            )  # fmt: skip


def holds_of(connection: sa.Connection, resident_id: UUID) -> tuple[Hold, ...]:
    """Every hold there is or was on this resident, the newest first. 支援措置 is none."""
    return tuple(
        Hold(
            reason=HoldReason(row.reason),
            source=row.source,
            placed_at=row.placed_at,
            placed_by=Actor(ActorKind(row.placed_by_kind), row.placed_by),
            lifted_at=row.lifted_at,
            lifted_by=None if row.lifted_at is None else Actor(ActorKind(row.lifted_by_kind), row.lifted_by),
        )
        for row in connection.execute(_HOLDS, {"resident": resident_id})
    )


def lift_hold(connection: sa.Connection, *, source: str, actor: Actor, now: datetime) -> None:
    """End every hold that `source` placed. Nothing happens when it holds nobody."""
    lock(connection, set(connection.execute(_HELD_BY, {"from_source": source}).scalars()))
    lifted = connection.execute(
        _LIFT,
        {"from_source": source, "lifted_at": now, "lifted_by_kind": actor.kind.value, "lifted_by": actor.id},
    ).scalars()
    for resident_id in lifted.all():
        audit.record(
            connection, at=now, actor=actor, action=Action.HOLD_LIFTED, subject=resident_id, detail={"source": source}
        )


def protect(
    connection: sa.Connection, resident_id: UUID, *, starts_on: date, ends_on: date, actor: Actor, now: datetime
) -> bool:
    """Put the resident under protection (支援措置); returns whether anything changed. Raises UnknownResident.

    It stops issuance from this moment, whatever `starts_on` says, until an officer ends it, whatever `ends_on` says.
    """
    lock(connection, [resident_id])
    changed = connection.execute(
        _PROTECT,
        {
            "id": uuid4(),
            "resident_id": resident_id,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "placed_at": now,
            "placed_by_kind": actor.kind.value,
            "placed_by": actor.id,
        },
    ).scalar_one_or_none()
    if changed is not None:
        audit.record(connection, at=now, actor=actor, action=Action.PROTECTION_PLACED, subject=resident_id)
    return changed is not None
