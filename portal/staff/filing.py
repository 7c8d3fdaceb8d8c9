"""One filing: opening claims it; declared and registered stand side by side; accepting names the version seen."""

from uuid import UUID

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from portal import database, filings, municipality
from portal.filings import ChecksFailed, ClaimedByAnother, FilingState, Officer, Review, StaleDecision
from portal.staff import comparison, words
from portal.staff.forms import AcceptForm, ReleaseForm
from portal.staff.member import member
from portal.web import ground_of

pages = flask.Blueprint("filing", __name__, url_prefix="/filings")


@pages.get("/<uuid:filing_id>")
def show(filing_id: UUID) -> ResponseReturnValue:
    """Open a filing: claim it, or say who holds it and until when."""
    return _page(filing_id)


@pages.post("/<uuid:filing_id>/accept")
def accept(filing_id: UUID) -> ResponseReturnValue:
    """Accept what was seen. Whoever was quicker is named; the same officer pressing twice sees the result once."""
    form = AcceptForm()
    if not form.validate_on_submit():
        if form.seen_version.errors:
            raise BadRequest
        return _page(filing_id, form, status=422)
    ground = ground_of()
    try:
        with database.transaction(ground.engine) as connection:
            filings.accept(
                connection, ground, filing_id,
                officer=_officer(), seen_version=form.seen_version.data, now=ground.clock.now(),
            )  # fmt: skip
    except StaleDecision as stale:
        return _page(filing_id, stale=stale, status=409)
    except (ChecksFailed, ClaimedByAnother):
        # The page itself says what stands in the way now.
        return _page(filing_id, status=409, refused=True)
    return flask.redirect(flask.url_for("filing.show", filing_id=filing_id), 303)


@pages.post("/<uuid:filing_id>/release")
def release(filing_id: UUID) -> ResponseReturnValue:
    """Give the filing back to the others."""
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        filings.release_claim(connection, filing_id, officer=_officer(), now=ground.clock.now())
    return flask.redirect(flask.url_for("queue.show"), 303)


def _officer() -> Officer:
    here = member()
    return Officer(here.id, here.display_name)


def _page(
    filing_id: UUID,
    form: AcceptForm | None = None,
    *,
    stale: StaleDecision | None = None,
    refused: bool = False,
    status: int = 200,
) -> ResponseReturnValue:
    ground = ground_of()
    now = ground.clock.now()
    try:
        with database.transaction(ground.engine) as connection:
            review = filings.open_for_review(connection, filing_id, officer=_officer(), now=now)
            city = municipality.current(connection)
    except ClaimedByAnother as held:
        return flask.render_template("held.html", tab="others", held=held, filing_id=filing_id), 409
    decided = review.filing.decision
    if stale is not None and decided is not None and decided.officer.id == member().id:
        # The second of two presses: the first has done it.
        return flask.redirect(flask.url_for("filing.show", filing_id=filing_id), 303)
    return flask.render_template(
        "filing.html",
        tab="mine" if review.filing.pending else "done",
        now=now,
        stale=stale,
        refused=refused,
        **_contents(review, city, form),
    ), status


def _contents(review: Review, city: municipality.Municipality, form: AcceptForm | None) -> dict[str, object]:
    filing = review.filing
    accepting = form or AcceptForm(formdata=None)
    # Always the version that this page shows, never the one that was posted.
    accepting.seen_version.raw_data = None
    accepting.seen_version.data = filing.version
    lines = comparison.lines(review, city) if filing.pending else []
    return {
        "filing": filing,
        "kind": words.KIND[filing.kind],
        "state": words.filing_state(filing.state, held=True),
        "lines": lines,
        "flagged": sum(1 for line in lines if line.why),
        "worst": comparison.worst(review.checks),
        "effects": comparison.effects(filing, city, done=filing.state is FilingState.ACCEPTED),
        "accept_form": accepting,
        "release_form": ReleaseForm(formdata=None, prefix="release"),
    }
