"""One record with everything that hangs on it. It opens for a reason (経路: 照会) that the officer has chosen.

Whether the resident is under protection (支援措置) is not read here: the page is made of the same statements for all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from portal import certificates, database, filings, identity, register
from portal.audit import Actor, ActorKind
from portal.certificates import Issued
from portal.identity import LinkedCard, Role
from portal.register import Hold, HoldReason, HouseholdRecord, ResidentRecord
from portal.staff import words
from portal.staff.member import actor, member
from portal.staff.register.entries import Entry, Item, entries, present
from portal.staff.register.inquiry import WORDS, Inquiry, inquiry_of
from portal.web import ground_of

pages = flask.Blueprint("register_record", __name__, url_prefix="/register")

HOLDS = {
    HoldReason.FILING: "届出を処理している",
    HoldReason.IMPORT: "既存住基で異動を処理している",
    HoldReason.OFFICER: "職員が止めた",
}
_SYSTEM = "システム"
_RESIDENT = "本人"


@dataclass(frozen=True)
class _Stop:
    """A hold in words."""

    hold: Hold
    why: str
    placed_by: str
    lifted_by: str | None


@dataclass(frozen=True)
class _Shown:
    """Everything on the page."""

    record: ResidentRecord
    items: tuple[Item, ...]
    household: HouseholdRecord
    entries: tuple[Entry, ...]
    stops: tuple[_Stop, ...]
    cards: tuple[LinkedCard, ...]
    papers: list[Issued]


@pages.get("/<uuid:resident_id>")
def show(resident_id: UUID) -> ResponseReturnValue:
    """The record; without a reason the question for one, which names nobody."""
    inquiry = inquiry_of(flask.request.args.get("why"))
    if inquiry is None:
        asked = "why" in flask.request.args
        page = flask.render_template(
            "register_why.html", tab="register", resident_id=resident_id, reasons=WORDS, missing=asked
        )
        return page, 422 if asked else 200
    return flask.render_template(
        "register_record.html",
        tab="register",
        shown=_shown(resident_id, inquiry),
        inquiry=inquiry,
        reason=WORDS[inquiry],
        kinds=certificates.all_kinds(),
        printed=words.PRINTED,
        may_open_filings=Role.REVIEWER in member().roles,
        now=ground_of().clock.now(),
    )


def _shown(resident_id: UUID, inquiry: Inquiry) -> _Shown:
    ground = ground_of()
    now, reader, why = ground.clock.now(), actor(), inquiry.why
    with database.transaction(ground.engine) as connection:
        record = register.resident(connection, resident_id, reader=reader, why=why, now=now)
        household = register.household_of(connection, resident_id, reader=reader, why=why, now=now)
        versions = register.history_of(connection, resident_id, reader=reader, why=why, now=now)
        attributions = register.attributions_of(connection, resident_id)
        holds = register.holds_of(connection, resident_id)
        writers = [each.actor for each in attributions.values()]
        names = _names(connection, (*writers, *_who(holds)))
        receipts = filings.receipt_numbers(
            connection, {each.filing_id for each in attributions.values() if each.filing_id is not None}
        )
        return _Shown(
            record=record,
            items=present(record),
            household=household,
            entries=entries(
                versions, attributions, receipts, {number: names[one.actor] for number, one in attributions.items()}
            ),
            stops=tuple(
                _Stop(
                    hold, HOLDS[hold.reason], names[hold.placed_by],
                    None if hold.lifted_by is None else names[hold.lifted_by],
                )
                for hold in holds
            ),
            cards=identity.cards_of(connection, ground, resident_id),
            papers=certificates.history_of(connection, resident_id),
        )  # fmt: skip


def _who(holds: Iterable[Hold]) -> Iterable[Actor]:
    for hold in holds:
        yield hold.placed_by
        if hold.lifted_by is not None:
            yield hold.lifted_by


def _names(connection: sa.Connection, actors: Iterable[Actor]) -> dict[Actor, str]:
    return {one: _name(connection, one) for one in set(actors)}


def _name(connection: sa.Connection, who: Actor) -> str:
    if who.kind is ActorKind.RESIDENT:
        return _RESIDENT
    if who.kind is not ActorKind.STAFF:
        return _SYSTEM
    found = identity.staff_member(connection, UUID(who.id))
    return "いまは使われていないアカウント" if found is None else found.display_name
