"""Issued paper that must not count any more: found by its number, withdrawn with a reason, never given back."""

from uuid import UUID

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from portal import certificates, database
from portal.certificates.papers import standing
from portal.certificates.papers.judging import Status
from portal.certificates.papers.tables import WithdrawalReason
from portal.staff.forms import FindPaperForm, WithdrawForm
from portal.staff.member import actor
from portal.web import ground_of

pages = flask.Blueprint("papers", __name__, url_prefix="/papers")

REASONS = {
    WithdrawalReason.REPLACED: "新しい証明書に替えた",
    WithdrawalReason.MISPRINT: "印刷がうまくいかなかった",
    WithdrawalReason.ISSUED_IN_ERROR: "誤って交付した",
    WithdrawalReason.OFFICER: "ほかの理由",
}


@pages.get("")
def find() -> ResponseReturnValue:
    """The form that finds a paper by its number."""
    return flask.render_template("paper_find.html", tab="cases", form=FindPaperForm(formdata=None))


@pages.post("")
def search() -> ResponseReturnValue:
    """Lead to the paper with this number. The number travels in the body only."""
    form = FindPaperForm()
    if form.validate_on_submit():
        with database.transaction(ground_of().engine) as connection:
            found = standing.issuance_of_number(connection, form.number.data.upper())
        if found is not None:
            return flask.redirect(flask.url_for("papers.one", issuance=found), 303)
        form.number.errors = ["この発行番号の証明書は、交付していません。番号を確かめてください。"]
    return flask.render_template("paper_find.html", tab="cases", form=form), 422


@pages.get("/<uuid:issuance>")
def one(issuance: UUID) -> ResponseReturnValue:
    """How the paper stands, and the form that withdraws it."""
    return _page(issuance, WithdrawForm(formdata=None))


@pages.post("/<uuid:issuance>")
def withdraw(issuance: UUID) -> ResponseReturnValue:
    """Withdraw: from this moment every check of the paper says so."""
    form = WithdrawForm()
    if not form.validate_on_submit():
        return _page(issuance, form), 422
    ground = ground_of()
    try:
        with database.transaction(ground.engine) as connection:
            reason = WithdrawalReason(form.reason.data)
            standing.withdraw(connection, issuance, reason, actor(), ground.clock.now())
    except standing.AlreadyWithdrawn:
        # A colleague was quicker, or the button was pressed twice: the page says how it stands.
        return _page(issuance, form), 409
    except standing.NeverReleased:
        raise NotFound from None
    return flask.redirect(flask.url_for("papers.one", issuance=issuance), 303)


def _page(issuance: UUID, form: WithdrawForm) -> str:
    with database.transaction(ground_of().engine) as connection:
        case = certificates.case(connection, issuance)
        stands = standing.standing_of(connection, issuance)
    if case.released_at is None:
        raise NotFound
    return flask.render_template(
        "paper.html",
        tab="cases",
        case=case,
        kind=certificates.all_kinds()[case.kind].name,
        withdrawn=stands.status is Status.WITHDRAWN,
        reason=None if stands.reason is None else REASONS[stands.reason],
        since=stands.at,
        reasons=REASONS,
        form=form,
    )
