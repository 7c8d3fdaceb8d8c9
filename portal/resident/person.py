"""The person at the browser: who has logged in, and what happens to those who have not."""

import secrets
from uuid import UUID

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden

from portal.audit import Actor, ActorKind
from portal.identity import Authenticated
from portal.resident.access import Access
from portal.resident.device_wire import demand_bridge
from portal.web import sign_in

_RESIDENT = "resident"
_ASKER = "asker"
LANGUAGE = "language"


def present() -> UUID | None:
    """The resident who has logged in, or None."""
    stored = flask.session.get(_RESIDENT)
    return None if stored is None else UUID(stored)


def resident_id() -> UUID:
    """The resident who has logged in. The access table lets nobody else come here."""
    found = present()
    if found is None:
        raise Forbidden
    return found


def actor() -> Actor:
    """The resident as the audit names them."""
    return Actor(ActorKind.RESIDENT, str(resident_id()))


def enter(authenticated: Authenticated) -> None:
    """Begin the session of the resident whose card answered."""
    enter_as(authenticated.resident_id)


def enter_as(resident_id: UUID) -> None:
    """Begin a resident's session under a new id; only the language is carried over."""
    kept = {LANGUAGE: flask.session[LANGUAGE]} if LANGUAGE in flask.session else {}
    sign_in(**{_RESIDENT: str(resident_id)}, **kept)


def asker() -> str:
    """Names this browser's session to the challenge, so that no other browser can answer it."""
    if _ASKER not in flask.session:
        flask.session[_ASKER] = secrets.token_hex(16)
    return str(flask.session[_ASKER])


def authorise(access: Access) -> ResponseReturnValue | None:
    """Let the request in, or lead to the log-in and back to the same page."""
    if access is Access.BRIDGE:
        demand_bridge()
        return None
    if access is Access.PUBLIC or present() is not None:
        return None
    had_session = "__Host-resident" in flask.request.cookies
    asked_by_page = flask.request.headers.get("HX-Request") == "true"
    to = None if asked_by_page else flask.request.path
    log_in = flask.url_for("entrance.log_in", to=to, ended="1" if had_session else None)
    if asked_by_page:
        # A redirect would be followed and swapped into the page as a fragment.
        return "", 204, {"HX-Redirect": log_in}
    return flask.redirect(log_in, 303)
