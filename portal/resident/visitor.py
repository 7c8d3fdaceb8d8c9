"""A genuine card that nobody has linked: two ways on, with the 署名用電子証明書 now or at the counter.

Until the card is linked its holder is a visitor and never a resident. Two proofs make the link: the card's log-in,
kept in this browser session, and an answer with the 署名用 certificate in the same one. Between them and the register
stands a page on which the visitor sees whose certificate that was: two people of a household may share a reader.
"""

import binascii

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from portal import audit, database, identity
from portal.audit import Action
from portal.clock import local_date
from portal.identity import Authenticated, IdentityError, LinkRequestState
from portal.municipality import add_business_days
from portal.resident import card_answers, person
from portal.resident.city import city
from portal.resident.forms import CardAnswerForm, VisitorForm
from portal.resident.visitor_errors import describe_identifying
from portal.web import ErrorWords, ground_of, sign_out

pages = flask.Blueprint("visitor", __name__, url_prefix="/visitor")


@pages.get("")
def show() -> ResponseReturnValue:
    """This card is not registered yet, and what can be done about it."""
    return _show_page(CardAnswerForm())


@pages.post("/challenge")
def challenge() -> ResponseReturnValue:
    """A challenge for the visitor's 署名用 certificate."""
    return card_answers.begin(identity.IDENTIFY_PURPOSE, asker=_asker())


@pages.post("/identify")
def identify() -> ResponseReturnValue:
    """The answer of the 署名用 certificate: whom it names is kept in the session, and nobody is asked about yet."""
    form = CardAnswerForm()
    if not form.validate_on_submit():
        return _show_page(form, refused=describe_identifying(identity.SignatureWrong()))
    ground, card = ground_of(), person.visiting_card()
    now = ground.clock.now()
    try:
        answer = card_answers.read(form, asker=_asker())
        signing = identity.prove(ground, answer, now=now, kind=identity.CertificateKind.SIGNATURE)
        items = identity.four_items(signing.trusted.certificate)
    except (IdentityError, binascii.Error) as error:
        return _show_page(form, refused=describe_identifying(error))
    with database.transaction(ground.engine) as connection:
        identity.record_identified(connection, card, signing, now=now)
    person.keep_items(items)
    return flask.redirect(flask.url_for("visitor.check"), 303)


@pages.route("/check", methods=["GET", "POST"])
def check() -> ResponseReturnValue:
    """The visitor says that this is their own name; then the card is linked, or an officer is asked."""
    items = person.items()
    if items is None:
        return flask.redirect(flask.url_for("visitor.show"), 303)
    form = VisitorForm()
    if not form.validate_on_submit():
        return flask.render_template("visitor_check.html", form=form, city=city(), items=items)
    ground, card = ground_of(), person.visiting_card()
    with database.transaction(ground.engine) as connection:
        outcome = identity.link_or_request(connection, ground, card, items, now=ground.clock.now())
    if isinstance(outcome, Authenticated):
        person.enter(outcome)
        return flask.redirect(flask.url_for("mine.show"), 303)
    return flask.redirect(flask.url_for("visitor.progress"), 303)


@pages.get("/request")
def progress() -> ResponseReturnValue:
    """How the visitor's own request stands."""
    place = city()
    with database.transaction(ground_of().engine) as connection:
        asked = _latest(connection)
    if asked is None:
        return flask.redirect(flask.url_for("visitor.show"), 303)
    day = add_business_days(place, local_date(asked.made_at), place.processing_business_days)
    return flask.render_template(
        "visitor_request.html",
        city=place,
        state=asked.state,
        made_at=asked.made_at,
        day=day,
        states=LinkRequestState,
        items=person.items(),
    )


@pages.post("/leave")
def leave() -> ResponseReturnValue:
    """End the visitor's session on the server and in the browser."""
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        actor = person.visiting_card().actor
        audit.record(connection, at=ground.clock.now(), actor=actor, action=Action.LOGGED_OUT)
    sign_out()
    return flask.redirect(flask.url_for("entrance.start"), 303)


def _show_page(form: CardAnswerForm, refused: ErrorWords | None = None) -> ResponseReturnValue:
    place = city()
    bridge = ground_of().settings.origins.bridge
    flask.g.may_connect_to = bridge
    with database.transaction(ground_of().engine) as connection:
        asked = _latest(connection)
    page = flask.render_template(
        "visitor.html",
        form=form,
        bridge=bridge,
        city=place,
        refused=refused,
        asked=None if asked is None else asked.state,
        states=LinkRequestState,
    )
    return page, 200 if refused is None else refused.status


def _latest(connection: sa.Connection) -> identity.Requested | None:
    ground = ground_of()
    return identity.latest_request(connection, ground, person.visiting_card(), now=ground.clock.now())


def _asker() -> str:
    """This browser's session on these pages: a challenge of the log-in page cannot be answered here."""
    return f"{person.asker()}:{identity.IDENTIFY_PURPOSE}"
