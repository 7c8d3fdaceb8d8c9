"""The row of tabs above every page, with the numbers that a page asks for again by itself."""

from collections.abc import Iterator
from dataclasses import dataclass

import flask
from flask.typing import ResponseReturnValue

from portal import certificates, database, filings, identity, municipality
from portal.filings import QueueCounts, QueueView
from portal.identity import Role, StaffMember
from portal.staff.forms import LogOutForm, SearchForm
from portal.staff.member import member
from portal.web import ground_of, polling

pages = flask.Blueprint("tabs", __name__)

QUEUES = {
    QueueView.MINE: "自分の担当",
    QueueView.UNASSIGNED: "未割当",
    QueueView.OTHERS: "ほかの担当",
    QueueView.DONE: "完了",
}
_ROLES = {
    Role.REVIEWER: "審査",
    Role.DESK: "窓口",
    Role.OPERATOR: "端末管理",
    Role.AUDITOR: "監査",
    Role.ADMINISTRATOR: "管理者",
}


@dataclass(frozen=True)
class Tab:
    """One tab: `count` None where a number would say nothing; `urgent` where any number above zero needs a person."""

    key: str
    label: str
    url: str
    count: int | None = None
    urgent: bool = False


@dataclass(frozen=True)
class Desk:
    """What every page of the desk shows around its own content."""

    city: str
    member: StaffMember
    roles: str
    tabs: tuple[Tab, ...]
    figures: QueueCounts | None
    search: SearchForm | None
    log_out: LogOutForm


def desk() -> Desk:
    """The frame of the present request's page."""
    here = member()
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        city = municipality.current(connection).name
        figures = None
        if Role.REVIEWER in here.roles:
            figures = filings.queue_counts(connection, officer=here.id, now=ground.clock.now())
        requests = identity.count_open_link_requests(connection) if Role.DESK in here.roles else None
        open_cases = len(certificates.open_cases(connection)) if Role.OPERATOR in here.roles else None
    return Desk(
        city=city,
        member=here,
        roles="・".join(word for role, word in _ROLES.items() if role in here.roles),
        tabs=(
            *_queue_tabs(figures),
            *_counter_tabs(requests),
            *_operator_tabs(open_cases),
            *_auditor_tabs(here),
        ),
        figures=figures,
        search=SearchForm(formdata=None, prefix="find") if figures else None,
        log_out=LogOutForm(formdata=None, prefix="out"),
    )


def by_itself() -> bool:
    """Whether a page asks, and not a person: only a page can use a part of one."""
    return flask.request.headers.get("HX-Request") == "true"


def first_page(of: StaffMember) -> str | None:
    """Where a member begins; None for roles that have no page yet."""
    if Role.REVIEWER in of.roles:
        return flask.url_for("queue.show")
    if Role.DESK in of.roles:
        return flask.url_for("cards.find")
    if Role.OPERATOR in of.roles:
        return flask.url_for("devices.show")
    if Role.AUDITOR in of.roles:
        return flask.url_for("audit_book.show")
    return None


@pages.get("/tabs")
@polling
def counts() -> ResponseReturnValue:
    """The inside of the tabs with the numbers of now; asked for again every ten seconds."""
    if not by_itself():
        return flask.redirect(flask.url_for("entrance.start"), 303)
    return flask.render_template("tabs.html", here=desk(), tab=flask.request.args.get("tab", ""))


def _queue_tabs(figures: QueueCounts | None) -> Iterator[Tab]:
    if figures is None:
        return
    for view, label in QUEUES.items():
        count = None if view is QueueView.DONE else figures.views[view]
        yield Tab(view.value, label, flask.url_for("queue.show", view=view.value), count)


def _counter_tabs(requests: int | None) -> Iterator[Tab]:
    if requests is None:
        return
    yield Tab("register", "住民の照会", flask.url_for("register_finding.find"))
    yield Tab("cards", "カードの登録", flask.url_for("cards.find"))
    yield Tab("link_requests", "登録の申し出", flask.url_for("link_requests.show"), requests)


def _operator_tabs(open_cases: int | None) -> Iterator[Tab]:
    if open_cases is None:
        return
    yield Tab("devices", "端末", flask.url_for("devices.show"))
    yield Tab("cases", "紙の確認待ち", flask.url_for("cases.show"), open_cases, urgent=True)
    yield Tab("switches", "発行の停止", flask.url_for("switches.show"))


def _auditor_tabs(here: StaffMember) -> Iterator[Tab]:
    if Role.AUDITOR in here.roles:
        yield Tab("audit", "閲覧の記録", flask.url_for("audit_book.show"))
