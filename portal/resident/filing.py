"""A filing after its submission: receipt, status, withdrawal. Only the person who filed it gets here."""

from uuid import UUID

import flask
from flask.typing import ResponseReturnValue

from portal import database, filings
from portal.filings import FilingState
from portal.resident import person
from portal.resident.city import city
from portal.resident.forms import WithdrawForm
from portal.web import ground_of, polling

pages = flask.Blueprint("filing", __name__, url_prefix="/filings/<uuid:filing_id>")


@pages.get("/")
def show(filing_id: UUID) -> ResponseReturnValue:
    """Where the filing stands, and what was filed."""
    return _page("filing.html", filing_id)


@pages.get("/progress")
@polling
def progress(filing_id: UUID) -> ResponseReturnValue:
    """Only the part of the page that changes, for the page that asks by itself."""
    return _page("progress.html", filing_id)


@pages.get("/receipt")
def receipt(filing_id: UUID) -> ResponseReturnValue:
    """The receipt: number, what happens next, and by when."""
    return _page("receipt.html", filing_id)


@pages.route("/withdraw", methods=["GET", "POST"])
def withdraw(filing_id: UUID) -> ResponseReturnValue:
    """Take the filing back, after one more look."""
    form = WithdrawForm()
    if not form.validate_on_submit():
        return _page("withdraw.html", filing_id, form)
    ground = ground_of()
    city()
    with database.transaction(ground.engine) as connection:
        filings.withdraw(connection, filing_id, resident_id=person.resident_id(), now=ground.clock.now())
    return flask.redirect(flask.url_for("filing.show", filing_id=filing_id), 303)


def _page(template: str, filing_id: UUID, form: WithdrawForm | None = None) -> str:
    place = city()
    with database.transaction(ground_of().engine) as connection:
        found = filings.filing_for(connection, filing_id, resident_id=person.resident_id())
        steps = filings.timeline(connection, found)
    began = next((step.at for step in steps if step.state is FilingState.IN_REVIEW), None)
    return flask.render_template(template, city=place, filing=found, began=began, form=form)
