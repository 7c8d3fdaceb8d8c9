"""What an operator can stop: issuance at every kiosk of the city."""

import flask
from flask.typing import ResponseReturnValue

from portal import database, municipality
from portal.municipality import Closed, Municipality, Switch
from portal.staff.forms import IssuanceSwitchForm
from portal.staff.member import actor
from portal.web import ground_of

pages = flask.Blueprint("switches", __name__, url_prefix="/switches")


@pages.get("")
def show() -> ResponseReturnValue:
    """The switch and what it does now."""
    return _page(IssuanceSwitchForm(formdata=None))


@pages.post("/issuance")
def issuance() -> ResponseReturnValue:
    """Stop or resume. Naming the state that already holds changes nothing and is not an error."""
    form = IssuanceSwitchForm()
    if not form.validate_on_submit():
        return _page(form), 422
    ground = ground_of()
    wished = form.stopped.data == "yes"
    with database.transaction(ground.engine) as connection:
        if municipality.current(connection).kiosk_stopped != wished:
            municipality.set_switch(connection, Switch.KIOSK_STOPPED.value, wished, actor(), ground.clock.now())
    return flask.redirect(flask.url_for("switches.show"), 303)


def _page(form: IssuanceSwitchForm) -> str:
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        city: Municipality = municipality.current(connection)
    state = municipality.service_state(city, ground.clock.now())
    return flask.render_template(
        "switches.html",
        tab="switches",
        form=form,
        city=city,
        closed=state.reason if isinstance(state, Closed) else None,
    )
