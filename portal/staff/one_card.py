"""One registered card: stop it at once, let it be used again, end its registration."""

from collections.abc import Callable
from uuid import UUID

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.exceptions import NotFound

from portal import database, identity
from portal.identity import LinkedCard, LinkEnd, NotLinked, StopReason
from portal.staff.cards import Holder, holder
from portal.staff.forms import EndLinkForm, LiftForm, StopForm
from portal.staff.member import actor
from portal.web import ground_of

pages = flask.Blueprint("one_card", __name__, url_prefix="/cards/<uuid:resident_id>/<uuid:link_id>")


@pages.get("")
def show(resident_id: UUID, link_id: UUID) -> ResponseReturnValue:
    """What is known about the card, and what can be done with it."""
    return _page(resident_id, link_id)


@pages.post("/stop")
def stop(resident_id: UUID, link_id: UUID) -> ResponseReturnValue:
    """Stop the card at every kiosk and on the web, and end what it has opened. Stopping twice is stopping once."""
    form = StopForm(prefix="stop")

    def stopped(connection: sa.Connection) -> None:
        identity.stop_certificate(
            connection, link_id, StopReason(form.reason.data), actor=actor(), now=ground_of().clock.now()
        )

    return _act(resident_id, link_id, form, stopped, "stopped")


@pages.post("/lift")
def lift(resident_id: UUID, link_id: UUID) -> ResponseReturnValue:
    """Let the card be used again."""
    form = LiftForm(prefix="lift")

    def lifted(connection: sa.Connection) -> None:
        identity.lift_stop(connection, link_id, actor=actor(), now=ground_of().clock.now())

    return _act(resident_id, link_id, form, lifted, "lifted")


@pages.post("/end")
def end(resident_id: UUID, link_id: UUID) -> ResponseReturnValue:
    """End the registration; it stays in the list with its reason."""
    form = EndLinkForm(prefix="end")

    def ended(connection: sa.Connection) -> None:
        identity.end_link(connection, link_id, LinkEnd(form.reason.data), actor=actor(), now=ground_of().clock.now())

    return _act(resident_id, link_id, form, ended, "ended")


def _act(
    resident_id: UUID, link_id: UUID, form: FlaskForm, change: Callable[[sa.Connection], None], done: str
) -> ResponseReturnValue:
    if not form.validate_on_submit():
        return _page(resident_id, link_id, form), 422
    _card(holder(resident_id), link_id)
    try:
        with database.transaction(ground_of().engine) as connection:
            change(connection)
    except NotLinked:
        # A colleague was quicker, or the button was pressed twice: the page says how the card stands now.
        return _page(resident_id, link_id, late=True), 409
    return flask.redirect(flask.url_for("cards.show", resident_id=resident_id, done=done), 303)


def _page(resident_id: UUID, link_id: UUID, sent: FlaskForm | None = None, *, late: bool = False) -> str:
    of = holder(resident_id)
    forms = {
        kind: sent if isinstance(sent, form) else form(formdata=None, prefix=kind)
        for kind, form in (("stop", StopForm), ("lift", LiftForm), ("end", EndLinkForm))
    }
    return flask.render_template(
        "one_card.html", tab="cards", holder=of, card=_card(of, link_id), forms=forms, sent=sent, late=late
    )


def _card(of: Holder, link_id: UUID) -> LinkedCard:
    """The card of this link. Raises NotFound when it is not this resident's."""
    found = next((card for card in of.cards if card.id == link_id), None)
    if found is None:
        raise NotFound
    return found
