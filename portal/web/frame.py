"""Builds the frame around a face."""

from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

import flask
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import Forbidden, ServiceUnavailable

from portal.ground import Ground
from portal.web import errors
from portal.web.session import DatabaseSessions

_KEY = "portal_ground"
_CAMERA = "portal_camera"
_OPEN = frozenset({"static", "healthz"})
_POLLING = "_is_polling"
View = TypeVar("View", bound=Callable[..., object])
Access = TypeVar("Access")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # Flask-WTF compares the referrer of a POST over TLS; other sites learn nothing.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera={camera}, geolocation=(), microphone=(), payment=(), usb=()",
    "Strict-Transport-Security": "max-age=31536000",
}
_POLICY = (
    "default-src 'none'; script-src 'self'{wasm}; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "media-src 'self'; connect-src 'self'{connect}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def polling(view: View) -> View:
    """Mark a view that a page asks by itself: it never sets a cookie and never prolongs a session."""
    setattr(view, _POLLING, True)
    return view


def ground_of() -> Ground:
    """The ground floor of the app that answers the present request."""
    ground = flask.current_app.extensions[_KEY]
    if not isinstance(ground, Ground):
        raise TypeError("the face was built without portal.web.frame")
    return ground


def frame(
    app: flask.Flask,
    ground: Ground,
    *,
    face: str,
    origin: str,
    access: Mapping[str, Access],
    authorise: Callable[[Access], ResponseReturnValue | None],
    describe: errors.Describe,
    respond: errors.Respond,
    with_browser: bool = True,
    with_camera: bool = False,
) -> None:
    """Dress `app` as a face of the portal.

    `access` names every endpoint and who may call it; an endpoint that is missing is refused. `authorise` looks at
    that entry and returns None to let the request in, or the answer (a log-in page, say), or raises.
    `with_browser=False` is for faces without sessions: no cookies, no CSRF token. At the terminal API each request is
    signed by its device; the page for checking certificates knows nobody and changes nothing of anybody's.
    `with_camera`: pages of this face may ask the person for the camera.
    """
    app.extensions[_KEY] = ground
    app.extensions[_CAMERA] = "(self)" if with_camera else "()"
    app.config.update(
        SECRET_KEY=ground.settings.secret_key,
        MAX_CONTENT_LENGTH=1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        TRUSTED_HOSTS=[urlsplit(origin).netloc],
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as the session: a slow reader is not an attacker
    )

    @app.before_request
    def gate() -> ResponseReturnValue | None:
        if with_browser and getattr(flask.session, "store_missing", False):
            raise ServiceUnavailable
        endpoint = flask.request.endpoint
        if endpoint is None or endpoint in _OPEN:
            return None
        if endpoint not in access:
            raise Forbidden
        return authorise(access[endpoint])

    if with_browser:
        app.session_interface = DatabaseSessions(ground, face, _asks_by_itself)
        CSRFProtect(app)

    @app.get("/healthz", endpoint="healthz")
    def healthz() -> ResponseReturnValue:
        with ground.engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
        return {"face": face, "healthy": True}

    app.after_request(_dress)
    errors.install(app, describe, respond)


def _dress(response: flask.Response) -> flask.Response:
    for name, value in _HEADERS.items():
        response.headers[name] = value.format(camera=flask.current_app.extensions[_CAMERA])
    connect = flask.g.get("may_connect_to")
    response.headers["Content-Security-Policy"] = _POLICY.format(
        connect=f" {connect}" if connect else "",
        wasm=" 'wasm-unsafe-eval'" if flask.g.get("may_compile_wasm") else "",
    )
    if flask.request.endpoint == "static":
        response.headers["Cache-Control"] = "public, max-age=86400"
    else:
        response.headers["Cache-Control"] = "no-store"
        response.vary.add("HX-Request")
    return response


def _asks_by_itself() -> bool:
    view = flask.current_app.view_functions.get(flask.request.endpoint or "")
    return bool(getattr(view, _POLLING, False)) or flask.request.endpoint in _OPEN
