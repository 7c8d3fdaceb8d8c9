"""The bridge as one small web application on loopback."""

import secrets
import time
from collections.abc import Callable
from pathlib import Path

import flask
from flask.typing import ResponseReturnValue
from flask_babel import Babel, get_locale
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import Forbidden, HTTPException

from kiosk.bridge import wire
from kiosk.bridge.compare import ComparePages
from kiosk.bridge.operation import Desk
from kiosk.bridge.pin import PinPages, Readers
from kiosk.bridge.settings import Settings

_HERE = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def create_app(settings: Settings, readers: Readers, clock: Callable[[], float] = time.monotonic) -> flask.Flask:
    """The application over one reader, in whichever token it is needed, for pages of the sites in the settings."""
    desk = Desk(clock)
    app, guard = _framed(settings)
    api = wire.create_blueprint(settings, desk)
    # Its protection is the exact origin and the preflight; a page of another site has no token to send.
    guard.exempt(api)
    app.register_blueprint(api)
    app.register_blueprint(PinPages(settings, desk, readers).blueprint())
    return app


def create_login_app(settings: Settings, desk: Desk, pages: ComparePages, readers: Readers) -> flask.Flask:
    """The pages alone, for one log-in on another machine: no page of a site can ask anything here."""
    app, _ = _framed(settings)
    app.register_blueprint(pages.blueprint())
    app.register_blueprint(PinPages(settings, desk, readers).blueprint())
    return app


def _framed(settings: Settings) -> tuple[flask.Flask, CSRFProtect]:
    app = flask.Flask("bridge", static_folder=None, template_folder=str(_HERE / "templates"))
    app.static_folder = str(_HERE.parents[1] / "static")
    app.add_url_rule("/static/<path:filename>", "static", app.send_static_file)
    app.config.update(
        SECRET_KEY=secrets.token_bytes(32),  # new at each start: nothing outlives the program
        SESSION_COOKIE_NAME="bridge",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=16 * 1024,
        BABEL_TRANSLATION_DIRECTORIES=str(_HERE / "translations"),
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    guard = CSRFProtect()

    @app.before_request
    def only_this_host() -> None:
        if flask.request.host != f"127.0.0.1:{settings.port}":
            raise Forbidden

    Babel(app, locale_selector=lambda: flask.request.accept_languages.best_match(["ja", "en"]) or "ja")
    app.jinja_env.globals["get_locale"] = get_locale
    guard.init_app(app)
    app.register_error_handler(HTTPException, _refused)
    app.after_request(_harden)
    return app, guard


def _harden(response: flask.Response) -> flask.Response:
    for name, value in _HEADERS.items():
        response.headers[name] = value
    return response


def _refused(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if flask.request.path.startswith(("/pin/", "/compare/", "/sent/")):
        return flask.render_template("over.html"), status
    codes = {400: "unfit", 403: "forbidden", 404: "unknown", 409: "busy", 415: "unfit"}
    return {"error": codes.get(status, "refused")}, status
