"""What an operator can stop: issuance at every kiosk of the city, of one kind of certificate, or at one kiosk."""

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from portal import certificates, database, municipality, terminals
from portal.municipality import Closed, Municipality, Switch
from portal.staff.forms import IssuanceSwitchForm, StopOneForm
from portal.staff.member import actor
from portal.terminals import TerminalRevoked, TerminalUnknown
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


@pages.post("/certificates/<kind>")
def certificate(kind: str) -> ResponseReturnValue:
    """Stop or resume one kind of certificate everywhere."""
    form = StopOneForm()
    if kind not in certificates.all_kinds():
        raise NotFound
    if not form.validate_on_submit():
        return _page(IssuanceSwitchForm(formdata=None)), 422
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        before = municipality.current(connection).stopped_certificates
        wished = before | {kind} if form.stopped.data == "yes" else before - {kind}
        if wished != before:
            switch = Switch.STOPPED_CERTIFICATES.value
            municipality.set_switch(connection, switch, wished, actor(), ground.clock.now())
    return flask.redirect(flask.url_for("switches.show"), 303)


@pages.post("/terminals/<terminal_id>")
def terminal(terminal_id: str) -> ResponseReturnValue:
    """Stop or resume issuance at one kiosk."""
    form = StopOneForm()
    if not form.validate_on_submit():
        return _page(IssuanceSwitchForm(formdata=None)), 422
    ground = ground_of()
    try:
        with database.transaction(ground.engine) as connection:
            terminals.stop(
                connection, terminal_id=terminal_id, stopped=form.stopped.data == "yes", actor=actor(),
                now=ground.clock.now(),
            )  # fmt: skip
    except (TerminalUnknown, TerminalRevoked) as unknown:
        raise NotFound from unknown
    return flask.redirect(flask.url_for("switches.show"), 303)


def _page(form: IssuanceSwitchForm) -> str:
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        city: Municipality = municipality.current(connection)
        devices = [device for device in terminals.board(connection) if device.revoked_at is None]
    state = municipality.service_state(city, ground.clock.now())
    return flask.render_template(
        "switches.html",
        tab="switches",
        form=form,
        city=city,
        kinds=certificates.all_kinds().values(),
        devices=devices,
        one=StopOneForm(formdata=None),
        closed=state.reason if isinstance(state, Closed) else None,
    )
