"""The book of who looked, as an auditor reads it: newest first, page by page. Reading it is an event in it.

Residents stand in it by their 宛名番号, never by name. What is sought comes by POST and goes on as an address that
names a resident by the record's id only.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from portal import audit, database, identity, register
from portal.audit import Actor, ActorKind, Entry, Place, Sought, sealing
from portal.clock import local_date
from portal.register import UnknownResident
from portal.staff.audit import words
from portal.staff.audit.forms import SeekForm
from portal.staff.member import actor
from portal.web import ground_of

pages = flask.Blueprint("audit_book", __name__, url_prefix="/audit")

SHOWN_AT_MOST = 50
DAYS_AT_FIRST = 7
_LAST_YEAR = 9000
_NAMING_STAFF = ("who", "account")
"""Details of an event that may hold the id of a member of staff."""
_PLACE = re.compile(r"(?P<at>\d{1,17})\.(?P<id>\d{1,18})", re.ASCII)
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


@dataclass(frozen=True)
class Search:
    """What an address asks for. `who` is a login, or the id of a kiosk, a program or a resident."""

    first: date
    last: date
    who: str = ""
    subject: UUID | None = None
    action: str = ""

    def url(self, **more: str) -> str:
        """The address of its first page, or of another one."""
        asked: dict[str, Any] = {
            "first": self.first.isoformat(), "last": self.last.isoformat(), "who": self.who,
            "subject": str(self.subject or ""), "action": self.action, **more,
        }  # fmt: skip
        return flask.url_for("audit_book.show", **{name: value for name, value in asked.items() if value})


@dataclass(frozen=True)
class Row:
    """One event as the table shows it: `number` is None where it is about nobody, or about no record."""

    entry: Entry
    action: str
    kind: str
    who: str
    number: str | None
    about: str | None
    why: str | None
    detail: list[tuple[str, str]]


@pages.get("")
def show() -> ResponseReturnValue:
    """One page of what was sought; of the last days, if nothing was."""
    return _page(_search(), _place(flask.request.args.get("after")))


@pages.post("")
def seek() -> ResponseReturnValue:
    """From what was typed to the address of its first page."""
    form = SeekForm()
    if form.validate_on_submit():
        first, last = form.days()
        try:
            subject = _subject(form.number.data)
        except UnknownResident:
            form.number.errors = ["この宛名番号の記録はありません。"]
        else:
            found = Search(first, last, form.who.data or "", subject, form.action.data)
            return flask.redirect(found.url(), 303)
    return _rendered(form, None, (), None, None), 422


def _page(search: Search, after: Place | None) -> str:
    ground, now = ground_of(), ground_of().clock.now()
    with database.transaction(ground.engine) as connection:
        found = audit.entries(
            connection,
            Sought(
                search.first, search.last, subject=search.subject, action=search.action or None,
                actor_id=_actor_id(connection, search.who),
            ),
            after=after, limit=SHOWN_AT_MOST + 1, reader=actor(), now=now,
        )  # fmt: skip
        rows = _rows(connection, found[:SHOWN_AT_MOST], search)
        number = "" if search.subject is None else _number_of(connection, search.subject)
    form = SeekForm(
        formdata=None, first=search.first.isoformat(), last=search.last.isoformat(), who=search.who,
        number=number, action=search.action,
    )  # fmt: skip
    more = found[SHOWN_AT_MOST - 1] if len(found) > SHOWN_AT_MOST else None
    return _rendered(form, search, rows, more, after)


def _rendered(
    form: SeekForm, search: Search | None, rows: tuple[Row, ...], more: Entry | None, after: Place | None
) -> str:
    ground, now = ground_of(), ground_of().clock.now()
    with database.transaction(ground.engine) as connection:
        standing = sealing.standing(connection)
    next_page = None
    if search is not None and more is not None:
        next_page = search.url(after=f"{(more.at - _EPOCH) // _MICROSECOND}.{more.id}")
    return flask.render_template(
        "audit.html",
        tab="audit",
        form=form,
        actions={"": "すべて", **words.ACTION},
        searched=search is not None,
        rows=rows,
        standing=standing,
        sealed=words.sealing(standing, now),
        anchored=words.anchoring(standing.anchored_at, now),
        verified=words.verifying(standing.verified, now),
        first_page=search.url() if search is not None and after is not None else None,
        next_page=next_page,
    )


def _rows(connection: sa.Connection, found: tuple[Entry, ...], search: Search) -> tuple[Row, ...]:
    staff = {_id(entry.actor.id) for entry in found if entry.actor.kind is ActorKind.STAFF} | {
        _id(str(entry.detail.get(name))) for entry in found for name in _NAMING_STAFF
    }
    people = {entry.subject for entry in found} | {
        _id(entry.actor.id) for entry in found if entry.actor.kind is ActorKind.RESIDENT
    }
    names = identity.staff_names(connection, [one for one in staff if one is not None])
    numbers = register.numbers_of(connection, [one for one in people if one is not None])
    return tuple(
        Row(
            entry=entry,
            action=words.ACTION.get(entry.action, entry.action),
            kind=words.ACTOR[entry.actor.kind],
            who=_who(entry.actor, names, numbers),
            number=None if entry.subject is None else numbers.get(entry.subject, str(entry.subject)),
            about=None if entry.subject is None else _of(search, entry.subject),
            why=_why(entry),
            detail=words.detail(entry.detail, {str(account): name for account, name in names.items()}),
        )
        for entry in found
    )


def _who(who: Actor, names: dict[UUID, str], numbers: dict[UUID, str]) -> str:
    known = _id(who.id)
    if known is None:
        return who.id
    match who.kind:
        case ActorKind.STAFF:
            return names.get(known, who.id)
        case ActorKind.RESIDENT:
            return numbers.get(known, who.id)
    return who.id


def _why(entry: Entry) -> str | None:
    why = entry.detail.get("why")
    return words.WHY.get(why, why) if isinstance(why, str) else None


def _of(search: Search, subject: UUID) -> str:
    """The address of everything that the same days hold about one person."""
    return Search(search.first, search.last, subject=subject).url()


def _actor_id(connection: sa.Connection, who: str) -> str | None:
    """As the audit names them: an account's id for a login, everybody else as they were typed."""
    if not who:
        return None
    account = identity.account_of(connection, who)
    return who if account is None else str(account)


def _number_of(connection: sa.Connection, subject: UUID) -> str:
    return register.numbers_of(connection, [subject]).get(subject, "")


def _subject(number: str | None) -> UUID | None:
    """The resident of a 宛名番号. Raises UnknownResident."""
    if not number:
        return None
    with database.transaction(ground_of().engine) as connection:
        return register.resident_id_of(connection, number)


def _search() -> Search:
    asked, today = flask.request.args, local_date(ground_of().clock.now())
    subject = asked.get("subject")
    try:
        found = Search(
            first=date.fromisoformat(asked.get("first", (today - timedelta(days=DAYS_AT_FIRST - 1)).isoformat())),
            last=date.fromisoformat(asked.get("last", today.isoformat())),
            who=asked.get("who", "")[:64],
            subject=UUID(subject) if subject else None,
            action=asked.get("action", "")[:64],
        )
    except ValueError:
        raise BadRequest from None
    if found.last.year > _LAST_YEAR:
        raise BadRequest
    return found


def _place(text: str | None) -> Place | None:
    if text is None:
        return None
    found = _PLACE.fullmatch(text)
    if found is None:
        raise BadRequest
    return Place(_EPOCH + int(found["at"]) * _MICROSECOND, int(found["id"]))


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
