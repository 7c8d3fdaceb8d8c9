"""Who sits at the desk in this request, and whether they may."""

from uuid import UUID

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden

from portal import database, identity
from portal.audit import Actor, ActorKind
from portal.identity import StaffMember
from portal.staff.access import Access
from portal.web import ground_of, sign_in


def enter(member: StaffMember) -> None:
    """Begin the session of a member who has just logged in, under a new id."""
    sign_in(account=str(member.id))


def present() -> StaffMember | None:
    """The member of this session with the roles held now; None when nobody is logged in or the account was closed."""
    if "member" not in flask.g:
        account = flask.session.get("account")
        flask.g.member = None if account is None else _read(UUID(account))
    found: StaffMember | None = flask.g.member
    return found


def member() -> StaffMember:
    """The member of this session. Raises Forbidden when there is none: the gate should have answered before."""
    found = present()
    if found is None:
        raise Forbidden
    return found


def actor() -> Actor:
    """The member of this session, as the audit names them."""
    return Actor(ActorKind.STAFF, str(member().id))


def authorise(entry: Access) -> ResponseReturnValue | None:
    """Let the request in (None), send it to the log-in page, or raise Forbidden."""
    if entry.anonymous:
        return None
    found = present()
    if found is None:
        return _to_log_in()
    if not entry.admits(found.roles):
        raise Forbidden
    return None


def _to_log_in() -> ResponseReturnValue:
    if flask.request.headers.get("HX-Request") == "true":
        # The page polls: personal data must not stay on an abandoned screen after the session has ended.
        return "", 401, {"HX-Redirect": flask.url_for("entrance.log_in")}
    to = flask.request.path if flask.request.method == "GET" and flask.request.path != "/" else None
    return flask.redirect(flask.url_for("entrance.log_in", to=to), 303)


def _read(account: UUID) -> StaffMember | None:
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        return identity.staff_member(connection, account)
