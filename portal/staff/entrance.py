"""Coming in and going out: log-in with two factors, log-out, and the first page of each role."""

from urllib.parse import urlsplit

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from portal import audit, database, identity
from portal.audit import Action
from portal.identity import LoginRefused, TooManyAttempts
from portal.staff import member
from portal.staff.access import ACCESS
from portal.staff.errors import describe
from portal.staff.forms import LogInForm
from portal.staff.tabs import first_page
from portal.web import ground_of, sign_out

pages = flask.Blueprint("entrance", __name__)


@pages.route("/login", methods=["GET", "POST"])
def log_in() -> ResponseReturnValue:
    """The log-in form. Every failure of the check is answered with the same words."""
    form = LogInForm()
    if flask.request.method == "GET":
        if member.present() is not None:
            return flask.redirect(flask.url_for("entrance.start"), 303)
        form.to.data = flask.request.args.get("to", "")
        return flask.render_template("log_in.html", form=form, left="left" in flask.request.args)
    if not form.validate_on_submit():
        return flask.render_template("log_in.html", form=form), 422
    ground = ground_of()
    try:
        with database.transaction(ground.engine) as connection:
            found = identity.log_in_staff(
                connection,
                ground,
                login=form.login.data,
                password=form.password.data,
                totp=form.code.data,
                address=flask.request.remote_addr or "",
                now=ground.clock.now(),
            )
    except (LoginRefused, TooManyAttempts) as error:
        words = describe(error)
        return flask.render_template("log_in.html", form=form, refused=words), words.status
    member.enter(found)
    return flask.redirect(_wished(form.to.data), 303)


@pages.post("/logout")
def log_out() -> ResponseReturnValue:
    """End the session on the server and in the browser."""
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        audit.record(connection, at=ground.clock.now(), actor=member.actor(), action=Action.LOGGED_OUT)
    sign_out()
    return flask.redirect(flask.url_for("entrance.log_in", left=""), 303)


@pages.get("/")
def start() -> ResponseReturnValue:
    """The first page of the member's role; a plain one for a role that has no page yet."""
    page = first_page(member.member())
    if page is not None:
        return flask.redirect(page, 303)
    return flask.render_template("start.html", tab="")


def _wished(to: str | None) -> str:
    """The page asked for before the log-in, if it is one of the desk's own pages; else the first page."""
    parts = urlsplit(to or "")
    if parts.path.startswith("/") and not parts.scheme and not parts.netloc:
        try:
            endpoint, _ = flask.current_app.url_map.bind("").match(parts.path, "GET")
        except HTTPException:
            endpoint = ""
        if endpoint in ACCESS and endpoint != "entrance.log_in":
            return parts.path
    return flask.url_for("entrance.start")
