"""The kiosk's own web application, for the browser on the same machine: wiring, security headers, languages."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from flask_wtf.csrf import CSRFError, CSRFProtect

from kiosk.card.payload import authentication_payload
from kiosk.heartbeat import Heartbeat
from kiosk.journey.aftercare import Aftercare
from kiosk.journey.conductor import Conductor
from kiosk.journey.journey import Journey
from kiosk.journey.parts import Parts
from kiosk.journey.ports import Agent, Clock, LoginPayload, Portal, Reader, Till
from kiosk.journey.routes import create_blueprint
from kiosk.journey.visit import Visit
from kiosk.settings import Settings

_STATIC = Path(__file__).parents[1] / "static"
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
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Kiosk:
    """The moving parts behind the screens; `app.extensions["kiosk"]`."""

    journey: Journey
    conductor: Conductor
    heartbeat: Heartbeat
    aftercare: Aftercare


def create_app(
    settings: Settings,
    *,
    reader: Reader,
    portal: Portal,
    agent: Agent,
    till: Till | None = None,
    clock: Clock = time.monotonic,
    payload: LoginPayload = authentication_payload,
) -> Flask:
    """The application with all its parts, at rest: whoever serves it also runs `Kiosk.heartbeat` and `.conductor`."""
    aftercare = Aftercare()
    heartbeat = Heartbeat(reader=reader, portal=portal, agent=agent, till=till, aftercare=aftercare, clock=clock)

    def forget(visit: Visit) -> None:
        if visit.issuance is not None and not visit.released:
            aftercare.order_abandoned(visit.order)
            heartbeat.hurry()
        if visit.portal is not None:
            aftercare.session_over(visit.portal.token)
            heartbeat.hurry()

    journey = Journey(clock, forget)
    parts = Parts(
        settings=settings,
        journey=journey,
        reader=reader,
        portal=portal,
        agent=agent,
        till=till,
        aftercare=aftercare,
        clock=clock,
        payload=payload,
        situation=lambda: heartbeat.situation,
        hurry=heartbeat.hurry,
    )
    conductor = Conductor(parts)
    app = _flask()
    Babel(app, locale_selector=lambda: journey.view.preferences.language)
    app.extensions["kiosk"] = Kiosk(journey, conductor, heartbeat, aftercare)
    app.register_blueprint(create_blueprint(parts, conductor))
    return app


def kiosk_of(app: Flask) -> Kiosk:
    """The parts `create_app` made."""
    kiosk = app.extensions["kiosk"]
    if not isinstance(kiosk, Kiosk):
        raise TypeError("not an application of create_app")
    return kiosk


def _flask() -> Flask:
    app = Flask("kiosk", static_folder=str(_STATIC), static_url_path="/static")
    app.config.update(
        # New at each start: a browser left over from before is a stranger.
        SECRET_KEY=secrets.token_bytes(32),
        SESSION_COOKIE_NAME="kiosk_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=16 * 1024,
        BABEL_DEFAULT_LOCALE="ja",
        BABEL_TRANSLATION_DIRECTORIES=str(Path(__file__).parent / "translations"),
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    CSRFProtect(app)
    app.after_request(_harden)
    app.register_error_handler(CSRFError, _stale_page)
    app.register_error_handler(404, _not_here)
    app.register_error_handler(405, _not_here)
    return app


def _harden(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers[name] = value
    response.headers["Vary"] = "HX-Request, Cookie"
    return response


def _stale_page(_: CSRFError) -> ResponseReturnValue:
    if request.headers.get("HX-Request") == "true":
        return Response(status=204, headers={"HX-Redirect": "/"})
    return render_template("stale.html"), 400


def _not_here(error: Exception) -> ResponseReturnValue:
    return render_template("stale.html"), getattr(error, "code", 404)
