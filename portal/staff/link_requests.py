"""Requests of visitors whose card no rule could link (登録の申し出): an officer compares, and decides.

The visitor's 4情報 come from their 署名用 certificate and are beyond doubt; which resident they are is the question.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from portal import database, identity, municipality, register
from portal.clock import local_date
from portal.filings import Outcome
from portal.identity import FourItems, IdentityError, LinkRequest, RequestRefusal
from portal.register import IssueBlock, ResidentRecord, SearchTooWide
from portal.staff import words
from portal.staff.cards import find_residents
from portal.staff.comparison import Line, Side
from portal.staff.errors import describe
from portal.staff.forms import FindResidentForm, LinkRequestForm, RefuseRequestForm
from portal.staff.member import actor
from portal.web import ErrorWords, ground_of

pages = flask.Blueprint("link_requests", __name__, url_prefix="/link-requests")

# A visitor can do nothing until it is decided; one working week is promised.
DUE_AFTER_BUSINESS_DAYS = 5
MOST_CANDIDATES = 10
_WHY = "link.request"
# 支援措置 shares its refusal with every matter under way at the counter: the officer learns where, never why.
_AT_THE_COUNTER = frozenset({IssueBlock.PROTECTED, IssueBlock.IN_PROGRESS, IssueBlock.HOLD})
_DIFFERENT = "ちがいます。本人に確かめるか、窓口に来てもらってください。"
_SPACING = "空白や字の幅だけがちがいます。"
_SUBSTITUTES = "証明書には、代わりの字で書かれています。"


@dataclass(frozen=True)
class Row:
    """One request in the list."""

    request: LinkRequest
    age: str
    due: str
    late: bool


@dataclass(frozen=True)
class Candidate:
    """A resident beside the visitor's 4情報."""

    record: ResidentRecord
    lines: tuple[Line, ...]

    @property
    def same(self) -> bool:
        """Whether all four are the same, character by character."""
        return all(line.outcome is Outcome.OK for line in self.lines)


@pages.get("")
def show() -> ResponseReturnValue:
    """What waits, the oldest first."""
    ground = ground_of()
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        waiting = identity.open_link_requests(connection, ground, reader=actor(), now=now)
        city = municipality.current(connection)
    today = local_date(now)
    rows = []
    for request in waiting:
        due = municipality.add_business_days(city, local_date(request.made_at), DUE_AFTER_BUSINESS_DAYS)
        rows.append(Row(request, words.ago(request.made_at, now), words.due(due, today), due < today))
    return flask.render_template("link_requests.html", tab="link_requests", rows=rows)


@pages.get("/<uuid:request_id>")
def one(request_id: UUID) -> ResponseReturnValue:
    """The visitor's 4情報, and the search for the resident they may be."""
    return _page(request_id)


@pages.post("/<uuid:request_id>")
def search(request_id: UUID) -> ResponseReturnValue:
    """Residents who may be the visitor, each beside the visitor's 4情報."""
    form = FindResidentForm()
    try:
        found = find_residents(form) if form.validate_on_submit() else None
    except SearchTooWide:
        form.name.errors = [words.SEARCH_TOO_WIDE]
        found = None
    if found is not None and found.too_many:
        form.name.errors = [words.TOO_MANY_FOUND]
        found = None
    if found is None:
        return _page(request_id, form=form), 422
    return _page(request_id, form=form, found=[one.id for one in found.residents])


@pages.post("/<uuid:request_id>/link")
def link(request_id: UUID) -> ResponseReturnValue:
    """Register the visitor's card for the resident that was compared."""
    form = LinkRequestForm()
    resident_id = _identifier(form.resident.data)
    if resident_id is None:
        return _page(request_id), 422
    if not form.validate_on_submit():
        return _page(request_id, found=[resident_id], unchecked=form), 422
    return _decide(request_id, resident_id, None)


@pages.post("/<uuid:request_id>/refuse")
def refuse(request_id: UUID) -> ResponseReturnValue:
    """Refuse: the visitor reads that the counter has to see them."""
    form = RefuseRequestForm(prefix="refuse")
    if not form.validate_on_submit():
        return _page(request_id, refusal=form), 422
    return _decide(request_id, None, RequestRefusal(form.reason.data))


def _decide(request_id: UUID, resident_id: UUID | None, refusal: RequestRefusal | None) -> ResponseReturnValue:
    ground = ground_of()
    try:
        with database.transaction(ground.engine) as connection:
            if resident_id is not None and register.issue_block(connection, resident_id) in _AT_THE_COUNTER:
                raise identity.NotLinkable
            identity.decide_link_request(
                connection, ground, request_id, resident_id,
                actor=actor(), now=ground.clock.now(), refusal=refusal,
            )  # fmt: skip
    except (identity.LinkRequestDecided, identity.LinkRequestUnknown):
        raise
    except IdentityError as error:
        refused = describe(error)
        return _page(request_id, refused=refused), refused.status
    if resident_id is None:
        return flask.redirect(flask.url_for("link_requests.show"), 303)
    return flask.redirect(flask.url_for("cards.show", resident_id=resident_id, done="linked"), 303)


def _page(
    request_id: UUID,
    *,
    form: FindResidentForm | None = None,
    found: list[UUID] | None = None,
    unchecked: LinkRequestForm | None = None,
    refusal: RefuseRequestForm | None = None,
    refused: ErrorWords | None = None,
) -> str:
    ground = ground_of()
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        request = identity.open_link_request(connection, ground, request_id, reader=actor(), now=now)
        candidates = _candidates(connection, request.four_items, found)
    return flask.render_template(
        "link_request.html",
        tab="link_requests",
        request_=request,
        items=request.four_items,
        sex=words.SEX[request.four_items.sex],
        form=form or _prefilled(request.four_items),
        candidates=candidates,
        more=found is not None and len(found) > MOST_CANDIDATES,
        link_form=unchecked or LinkRequestForm(formdata=None),
        refusal=refusal or RefuseRequestForm(formdata=None, prefix="refuse"),
        refused=refused,
        now=now,
    )


def _candidates(
    connection: sa.Connection, items: FourItems, found: list[UUID] | None
) -> tuple[Candidate, ...] | None:
    if found is None:
        return None
    now = ground_of().clock.now()
    records = (
        register.resident(connection, one, reader=actor(), why=_WHY, now=now) for one in found[:MOST_CANDIDATES]
    )
    compared = [Candidate(record, lines(items, record)) for record in records]
    return tuple(sorted(compared, key=lambda one: sum(line.outcome is not Outcome.OK for line in one.lines)))


def lines(items: FourItems, record: ResidentRecord) -> tuple[Line, ...]:
    """The four items, the visitor's beside the resident's; every difference with its reason."""
    return (
        _text("氏名", items.name, record.name, substitutes=bool(items.name_substitutes), name=True),
        _line("生年月日", words.registered(items.birth_date), words.registered(record.birth_date)),
        _line("性別", words.SEX[items.sex], words.SEX[record.sex]),
        _text("住所", items.address, record.address, substitutes=bool(items.address_substitutes)),
    )


def _text(item: str, declared: str, registered: str, *, substitutes: bool, name: bool = False) -> Line:
    left, right = Side(declared, name=name), Side(registered, name=name)
    if substitutes:
        return Line(item, left, right, Outcome.WARN, _SUBSTITUTES)
    if declared == registered:
        return Line(item, left, right)
    return Line(item, left, right, Outcome.WARN, _SPACING if _folded(declared) == _folded(registered) else _DIFFERENT)


def _line(item: str, declared: str, registered: str) -> Line:
    outcome = Outcome.OK if declared == registered else Outcome.WARN
    return Line(item, Side(declared), Side(registered), outcome, "" if outcome is Outcome.OK else _DIFFERENT)


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _prefilled(items: FourItems) -> FindResidentForm:
    form = FindResidentForm(formdata=None)
    whole = len(items.birth_date) == len(date.min.isoformat())
    form.name.data, form.birth_date.data = items.name, items.birth_date if whole else ""
    return form


def _identifier(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
