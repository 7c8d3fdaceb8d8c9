"""The person at the browser: who has logged in, and what happens to those who have not."""

import base64
import secrets
from uuid import UUID

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden

from portal import database, identity
from portal.audit import Actor, ActorKind
from portal.identity import Authenticated, FourItems, VisitingCard
from portal.resident.access import Access
from portal.resident.device_wire import demand_bridge
from portal.web import ground_of, sign_in, sign_out

_RESIDENT = "resident"
_LINK = "link"
_VISITOR = "visitor"
_FINGERPRINT = "visitor_fingerprint"
_ITEMS = "visitor_items"
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
    """Begin the resident's session under a new id; only the language is carried over."""
    _begin(**{_RESIDENT: str(authenticated.resident_id), _LINK: str(authenticated.link_id)})


def enter_as_visitor(card: VisitingCard) -> None:
    """Begin the session of a card without a resident, under a new id."""
    certificate = base64.b64encode(card.certificate).decode("ascii")
    _begin(**{_VISITOR: certificate, _FINGERPRINT: card.fingerprint})


def visiting() -> VisitingCard | None:
    """The card of a visitor, or None. A visitor is never `present`."""
    if _VISITOR not in flask.session:
        return None
    return VisitingCard(base64.b64decode(flask.session[_VISITOR]), flask.session[_FINGERPRINT])


def visiting_card() -> VisitingCard:
    """The card of the visitor. The access table lets nobody else come here."""
    found = visiting()
    if found is None:
        raise Forbidden
    return found


def keep_items(items: FourItems) -> None:
    """Keep in the session, encrypted, whom the visitor's 署名用 certificate names."""
    sealed = ground_of().fields.encrypt(items.pack(), **_place())
    flask.session[_ITEMS] = base64.b64encode(sealed).decode("ascii")


def items() -> FourItems | None:
    """Whom the visitor's 署名用 certificate names, once it has answered."""
    if _ITEMS not in flask.session:
        return None
    return FourItems.unpack(ground_of().fields.decrypt(base64.b64decode(flask.session[_ITEMS]), **_place()))


def asker() -> str:
    """Names this browser's session to the challenge, so that no other browser can answer it."""
    if _ASKER not in flask.session:
        flask.session[_ASKER] = secrets.token_hex(16)
    return str(flask.session[_ASKER])


def authorise(access: Access) -> ResponseReturnValue | None:
    """Let the request in, or lead to the log-in and back to the same page.

    A visitor is led to the visitors' pages and a resident away from them.
    """
    if _LINK in flask.session and not _link_stands(UUID(flask.session[_LINK])):
        sign_out()
    if access is Access.BRIDGE:
        demand_bridge()
        return None
    if access is Access.PUBLIC or _is(access):
        return None
    if present() is not None or visiting() is not None:
        own = flask.url_for("visitor.show" if present() is None else "mine.show")
        return flask.redirect(own, 303)
    had_session = "__Host-resident" in flask.request.cookies
    asked_by_page = flask.request.headers.get("HX-Request") == "true"
    to = None if asked_by_page else flask.request.path
    log_in = flask.url_for("entrance.log_in", to=to, ended="1" if had_session else None)
    if asked_by_page:
        # A redirect would be followed and swapped into the page as a fragment.
        return "", 204, {"HX-Redirect": log_in}
    return flask.redirect(log_in, 303)


def _link_stands(link_id: UUID) -> bool:
    """Whether the card that opened this session may still be used: its link may have ended, or it was stopped."""
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        return identity.link_stands(connection, link_id)


def _is(access: Access) -> bool:
    return (present() if access is Access.RESIDENT else visiting()) is not None


def _begin(**identity: str) -> None:
    kept = {LANGUAGE: flask.session[LANGUAGE]} if LANGUAGE in flask.session else {}
    sign_in(**identity, **kept)


def _place() -> dict[str, str]:
    return {"table": "web_sessions", "row": asker(), "column": _ITEMS}
