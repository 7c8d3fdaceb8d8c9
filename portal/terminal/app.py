"""The terminals' face as a Flask app."""

import logging

import flask

from portal.ground import Ground
from portal.identity import demand_trust_stores, prepare_revocation
from portal.terminal import device, heartbeat, issuances, payments, visit
from portal.terminal.access import ACCESS
from portal.terminal.errors import describe, respond
from portal.web import frame, reference

_LOG = logging.getLogger(__name__)
# The largest honest request is a card certificate with its signature, about 3 KiB in base64.
_LARGEST_REQUEST = 64 * 1024


def create_app(ground: Ground) -> flask.Flask:
    """The face for kiosks. Raises TrustStoreUnusable in production when a pinned root is not a national one."""
    demand_trust_stores(ground.settings.trust, ground.settings.environment)
    prepare_revocation(ground.settings)
    app = flask.Flask(__name__, static_folder=None)
    frame(
        app,
        ground,
        face="terminal",
        origin=ground.settings.origins.terminal,
        access=ACCESS,
        authorise=device.authorise,
        describe=describe,
        respond=respond,
        with_browser=False,
    )
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_REQUEST
    for endpoints in (heartbeat.endpoints, visit.endpoints, issuances.endpoints, payments.endpoints):
        app.register_blueprint(endpoints)
    app.after_request(_referenced)
    return app


def _referenced(response: flask.Response) -> flask.Response:
    """Give every answer the reference under which staff find it in the log. The log names device, place, status."""
    response.headers["Reference"] = reference()
    asked = flask.request.endpoint or "-"
    # A heartbeat comes each second; only one that fails is worth a line.
    level = logging.DEBUG if asked in {"heartbeat.tell", "healthz"} and response.status_code < 400 else logging.INFO
    _LOG.log(level, "%s %s %s %s", reference(), device.name_for_log(), asked, response.status_code)
    return response
