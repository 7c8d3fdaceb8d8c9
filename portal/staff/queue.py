"""The queue of filings: one table for each tab, page by page, and the search by receipt number."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from portal import database, filings
from portal.clock import local_date
from portal.filings import Cursor, Filing, QueuePage, QueueView
from portal.staff import words
from portal.staff.forms import SearchForm
from portal.staff.member import member
from portal.staff.tabs import QUEUES
from portal.web import ground_of

pages = flask.Blueprint("queue", __name__)

_CURSOR = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})\.(?P<number>\d{1,18})", re.ASCII)
_EMPTY = {
    QueueView.MINE: "いま担当している届出はありません。「未割当」から選ぶと、あなたの担当になります。",
    QueueView.UNASSIGNED: "担当を待っている届出はありません。",
    QueueView.OTHERS: "ほかの人が担当している届出はありません。",
    QueueView.DONE: "処理が終わった届出は、まだありません。",
}


@dataclass(frozen=True)
class Row:
    """One filing as the table shows it."""

    id: UUID
    receipt_number: str
    kind: str
    applicant: str
    reading: str | None
    moves: str
    destination: str
    due: str
    late: bool
    state: words.Word
    holder: str | None


@pages.get("/queue")
def show() -> ResponseReturnValue:
    """One page of a tab."""
    return _page(_view(flask.request.args.get("view")), _cursor(flask.request.args.get("after")))


@pages.post("/queue/search")
def search() -> ResponseReturnValue:
    """Open the filing with this receipt number."""
    form = SearchForm(prefix="find")
    if form.validate_on_submit():
        with database.transaction(ground_of().engine) as connection:
            found = filings.find_by_receipt_number(connection, form.number.data)
        if found is not None:
            return flask.redirect(flask.url_for("filing.show", filing_id=found), 303)
        form.number.errors = ["この受付番号の届出はありません。番号を確かめてください。"]
    return _page(QueueView.MINE, None, form), 422


def _page(view: QueueView, after: Cursor | None, search_form: SearchForm | None = None) -> str:
    ground = ground_of()
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        page: QueuePage = filings.queue(connection, view=view, officer=member().id, now=now, after=after)
    return flask.render_template(
        "queue.html",
        tab=view.value,
        heading=QUEUES[view],
        rows=[_row(filing, now) for filing in page.filings],
        done=view is QueueView.DONE,
        empty=_EMPTY[view],
        search=search_form,
        first_page=flask.url_for("queue.show", view=view.value) if after else None,
        next_page=_next_page(view, page.after),
    )


def _row(filing: Filing, now: datetime) -> Row:
    content = filing.content
    claim = filing.claim
    held = filing.pending and claim is not None and claim.until > now
    return Row(
        id=filing.id,
        receipt_number=filing.receipt_number,
        kind=words.KIND[filing.kind],
        applicant=filing.applicant_name,
        reading=filing.applicant_reading,
        moves=f"{len(content.movers)}人・{words.short_day(content.planned_date)} 転出",
        destination=f"{content.destination.prefecture}{content.destination.municipality}",
        due=words.due(filing.promised_on, local_date(now))
        if filing.pending
        else words.short_moment(filing.changed_at),
        late=filing.pending and filing.promised_on < local_date(now),
        state=words.filing_state(filing.state, held=held),
        holder=claim.officer.name if held and claim is not None and claim.officer.id != member().id else None,
    )


def _view(named: str | None) -> QueueView:
    try:
        return QueueView(named or QueueView.MINE)
    except ValueError:
        raise BadRequest from None


def _cursor(text: str | None) -> Cursor | None:
    if text is None:
        return None
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise BadRequest
    try:
        return Cursor(date.fromisoformat(found["day"]), int(found["number"]))
    except ValueError:
        raise BadRequest from None


def _next_page(view: QueueView, after: Cursor | None) -> str | None:
    if after is None:
        return None
    return flask.url_for("queue.show", view=view.value, after=f"{after.promised_on.isoformat()}.{after.number}")
