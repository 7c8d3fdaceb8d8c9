"""The resident's own page: drafts, filings, issued certificates and who has checked them, notices."""

import flask
from flask.typing import ResponseReturnValue

from portal import certificates, database, filings, notices, register
from portal.certificates.papers import checks
from portal.filings import FilingKind, drafts
from portal.resident import person
from portal.resident.city import city
from portal.web import ground_of

pages = flask.Blueprint("mine", __name__)


@pages.get("/me")
def show() -> ResponseReturnValue:
    """What this person has filed, is writing, and was told."""
    ground = ground_of()
    resident_id = person.resident_id()
    now = ground.clock.now()
    place = city()
    with database.transaction(ground.engine) as connection:
        record = register.resident(connection, resident_id, reader=person.actor(), why="resident.page", now=now)
        own = filings.filings_of(connection, resident_id)
        draft = drafts.load(connection, resident_id=resident_id, kind=FilingKind.MOVING_OUT)
        inbox = notices.inbox(connection, resident_id)
        issued = certificates.history_of(connection, resident_id)
        checked = checks.of_resident(connection, resident_id)
    numbers = {filing.id: filing.receipt_number for filing in own}
    return flask.render_template(
        "me.html",
        city=place,
        name=record.name,
        filings=own,
        draft=draft,
        inbox=inbox,
        numbers=numbers,
        issued=issued,
        checked=checked,
        kinds=certificates.all_kinds(),
    )
