"""Coming in and going out: the start page, log-in with the card through the bridge, log-out."""

import binascii
from urllib.parse import urlsplit

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from portal import audit, database, identity
from portal.audit import Action
from portal.clock import local_date
from portal.identity import Authenticated, IdentityError, VisitingCard
from portal.municipality import is_business_day
from portal.resident import card_answers, person, words
from portal.resident.access import ACCESS
from portal.resident.city import city
from portal.resident.errors import describe
from portal.resident.forms import DeviceForm, LogInForm
from portal.web import ErrorWords, ground_of, sign_out

pages = flask.Blueprint("entrance", __name__)


@pages.get("/")
def start() -> ResponseReturnValue:
    """What can be done here, by whom, when, and what is needed: thirty seconds of reading."""
    place = city()
    today = local_date(ground_of().clock.now())
    return flask.render_template(
        "start.html",
        city=place,
        office_works_today=is_business_day(place, today),
        days=words.days_open(today),
    )


@pages.route("/login", methods=["GET", "POST"])
def log_in() -> ResponseReturnValue:
    """The card log-in. The card's answer comes as a plain form, filled in by the page's script."""
    form = LogInForm()
    if flask.request.method == "GET":
        if person.present() is not None:
            return flask.redirect(flask.url_for("mine.show"), 303)
        form.to.data = flask.request.args.get("to", "")
        return log_in_page(form)
    if not form.validate_on_submit():
        return log_in_page(form, refused=describe(identity.SignatureWrong()))
    ground = ground_of()
    try:
        card = identity.prove(ground, card_answers.read(form, asker=person.asker()), now=ground.clock.now())
    except (IdentityError, binascii.Error) as error:
        return log_in_page(form, refused=describe(error))
    with database.transaction(ground.engine) as connection:
        known = identity.admit_or_visit(connection, card, now=ground.clock.now())
    return flask.redirect(let_in(known, form.to.data), 303)


@pages.post("/login/challenge")
def challenge() -> ResponseReturnValue:
    """A challenge for this browser's session, asked for when the person is ready: it lives two minutes only."""
    return card_answers.begin(identity.LOGIN_PURPOSE, asker=person.asker())


@pages.post("/logout")
def log_out() -> ResponseReturnValue:
    """End the session on the server and in the browser."""
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        audit.record(
            connection,
            at=ground.clock.now(),
            actor=person.actor(),
            action=Action.LOGGED_OUT,
            subject=person.resident_id(),
        )
    sign_out()
    return flask.redirect(flask.url_for("entrance.start"), 303)


def log_in_page(form: LogInForm, refused: ErrorWords | None = None) -> ResponseReturnValue:
    """The log-in page, with the words of what was refused before."""
    place = city()
    bridge = ground_of().settings.origins.bridge
    flask.g.may_connect_to = bridge
    person.asker()
    page = flask.render_template(
        "log_in.html",
        form=form,
        device_form=DeviceForm(formdata=None, prefix="device-", to=form.to.data),
        bridge=bridge,
        city=place,
        refused=refused,
        ended=refused is None and "ended" in flask.request.args,
    )
    return page, 200 if refused is None else refused.status


def let_in(known: Authenticated | VisitingCard, to: str | None) -> str:
    """Begin the session of whom the card lets in; the page where they go on."""
    if isinstance(known, VisitingCard):
        person.enter_as_visitor(known)
        return flask.url_for("visitor.show")
    person.enter(known)
    return wished(to)


def wished(to: str | None) -> str:
    """The page asked for before the log-in, if it is one of this face's own; else the resident's page."""
    own_page = flask.url_for("mine.show")
    adapter = flask.current_app.create_url_adapter(flask.request)
    try:
        parts = urlsplit(to or "")
        if adapter is None or parts.scheme or parts.netloc:
            return own_page
        endpoint, _ = adapter.match(parts.path, "GET")
    except (ValueError, HTTPException):
        return own_page
    return parts.path if endpoint in ACCESS and endpoint not in {"entrance.log_in", "filing.progress"} else own_page
