"""The device behind a request: verified before anything of the request is read."""

import flask
from flask.typing import ResponseReturnValue

from portal import database
from portal.terminal.access import Access
from portal.terminals import SESSION_HEADER, SignedRequest, Terminal, verify_request
from portal.web import ground_of


def authorise(access: Access) -> ResponseReturnValue | None:  # noqa: ARG001
    """Let in only what an enrolled device has signed. Raises the TerminalErrors of `verify_request`."""
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        flask.g.device = verify_request(connection, _signed(ground.settings.origins.terminal), now=ground.clock.now())
    return None


def present() -> Terminal:
    """The verified device of this request."""
    device = flask.g.device
    if not isinstance(device, Terminal):
        raise TypeError("the request has not been verified")
    return device


def name_for_log() -> str:
    """The id of the verified device, or a dash."""
    device = flask.g.get("device")
    return device.id if isinstance(device, Terminal) else "-"


def session_token() -> str:
    """The session token of the request; empty, and so of no session, when there is none."""
    return flask.request.headers.get(SESSION_HEADER, "")


def _signed(origin: str) -> SignedRequest:
    request = flask.request
    query = request.query_string.decode("ascii", "replace")
    # Our own origin, not the Host header: a request signed for another server is not one for us.
    url = f"{origin}{request.path}{'?' + query if query else ''}"
    return SignedRequest(request.method, url, dict(request.headers), request.get_data())
