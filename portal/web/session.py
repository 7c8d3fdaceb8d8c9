"""Flask's session, kept in the database by `portal.identity.login.sessions`."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import flask
import sqlalchemy as sa
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

from portal import database
from portal.ground import Ground
from portal.identity.login import sessions

_LOG = logging.getLogger(__name__)


class ServerSession(CallbackDict[str, Any], SessionMixin):
    """What a view sees. Values are texts; the token never leaves this module except in the cookie."""

    def __init__(self, data: dict[str, str] | None = None, token: str | None = None) -> None:
        def changed(session: "ServerSession") -> None:
            session.modified = True

        super().__init__(data or {}, changed)
        self.token = token
        self.renew = False
        self.ended = False
        self.store_missing = False
        self.modified = False


def sign_in(**identity: str) -> None:
    """Start a fresh session that holds only `identity`, under a new id (no session fixation)."""
    session = _current()
    session.clear()
    session.update(identity)
    session.renew = True


def sign_out() -> None:
    """Destroy the session on the server and in the browser."""
    session = _current()
    session.clear()
    session.ended = True


def _current() -> ServerSession:
    session = flask.session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    if not isinstance(session, ServerSession):
        raise TypeError("the face was built without portal.web.frame")
    return session


class DatabaseSessions(SessionInterface):
    """Loads and stores sessions of one face. Polling requests read them but never write or prolong them."""

    def __init__(self, ground: Ground, face: str, is_polling: Callable[[], bool]) -> None:
        self._ground = ground
        self._face = face
        self._is_polling = is_polling

    def get_cookie_name(self, app: flask.Flask) -> str:  # noqa: ARG002
        """`__Host-` binds the cookie to this host, to TLS and to the whole path."""
        return f"__Host-{self._face}"

    def open_session(self, app: flask.Flask, request: flask.Request) -> ServerSession:
        """The session of the request; an empty one when there is none or the database is away."""
        token = request.cookies.get(self.get_cookie_name(app))
        if token is None or request.path == "/healthz" or request.path.startswith("/static/"):
            return ServerSession()
        try:
            with database.transaction(self._ground.engine) as connection:
                data = sessions.load(connection, face=self._face, token=token, now=self._ground.clock.now())
        except (sa.exc.OperationalError, sa.exc.TimeoutError) as error:
            # Opening happens outside Flask's error handling; the frame answers 503 in its place.
            _LOG.error("sessions cannot be read: %s", type(error).__name__)
            session = ServerSession()
            session.store_missing = True
            return session
        return ServerSession() if data is None else ServerSession(data, token)

    def save_session(self, app: flask.Flask, session: SessionMixin | None, response: flask.Response) -> None:
        """Store what changed, prolong what was used, and set the cookie only when the id is new."""
        if not isinstance(session, ServerSession) or session.store_missing or self._is_polling():
            return
        now = self._ground.clock.now()
        try:
            with database.transaction(self._ground.engine) as connection:
                self._store(connection, app, session, response, now)
        except (sa.exc.OperationalError, sa.exc.TimeoutError) as error:
            _LOG.error("session cannot be stored: %s", type(error).__name__)

    def _store(
        self,
        connection: sa.Connection,
        app: flask.Flask,
        session: ServerSession,
        response: flask.Response,
        now: datetime,
    ) -> None:
        if session.ended or (session.renew and session.token):
            if session.token:
                sessions.destroy(connection, token=session.token)
            session.token = None
        if session.ended:
            response.delete_cookie(self.get_cookie_name(app), secure=True, httponly=True, samesite="Strict", path="/")
        elif session.token is not None:
            sessions.write(connection, token=session.token, data=dict(session), now=now)
        elif session:
            token = sessions.create(connection, face=self._face, data=dict(session), now=now)
            response.set_cookie(
                self.get_cookie_name(app), token, secure=True, httponly=True, samesite="Strict", path="/"
            )
