"""The page's side of the bridge: who may ask, and how. See the package's docstring for the contract."""

import base64
import binascii

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, Conflict, Forbidden, NotFound, UnsupportedMediaType

from kiosk.bridge.operation import PURPOSES, Busy, Desk, OperationUnknown, State
from kiosk.bridge.settings import Settings
from kiosk.card.payload import NONCE_LENGTH


def create_blueprint(settings: Settings, desk: Desk) -> flask.Blueprint:
    """The three addresses that a page of an allowed site may call."""
    wire = flask.Blueprint("wire", __name__)

    _open_to(settings, wire)

    @wire.route("/status", methods=["GET", "OPTIONS"])
    def status() -> ResponseReturnValue:
        return {"bridge": "madoguchi", "busy": desk.busy()}

    @wire.route("/requests", methods=["POST", "OPTIONS"])
    def begin() -> ResponseReturnValue:
        nonce, purpose = _asked()
        try:
            operation = desk.begin(origin=flask.request.headers["Origin"], nonce=nonce, purpose=purpose)
        except Busy as error:
            raise Conflict from error
        page = f"http://127.0.0.1:{settings.port}{flask.url_for('pin.show', operation_id=operation.id)}"
        return {"request": operation.id, "pin_page": page}, 201

    @wire.route("/requests/<operation_id>", methods=["GET", "OPTIONS"])
    def report(operation_id: str) -> ResponseReturnValue:
        try:
            found = desk.report(operation_id, flask.request.headers["Origin"])
        except OperationUnknown as error:
            raise NotFound from error
        signed = found.state is State.SIGNED
        return {
            "state": found.state.value,
            "error": found.error,
            "certificate": base64.b64encode(found.certificate).decode() if signed else None,
            "signature": base64.b64encode(found.signature).decode() if signed else None,
        }

    return wire


def _open_to(settings: Settings, wire: flask.Blueprint) -> None:
    """Only pages of the settings' origins may ask, and only they may read the answer."""

    @wire.before_request
    def only_allowed_sites() -> ResponseReturnValue | None:
        if flask.request.headers.get("Origin") not in settings.sites:
            raise Forbidden
        if flask.request.method == "OPTIONS":
            return flask.Response(status=204)
        return None

    @wire.after_request
    def for_this_site_only(response: flask.Response) -> flask.Response:
        origin = flask.request.headers.get("Origin")
        if origin in settings.sites:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Methods"] = "GET, POST"
            response.headers["Access-Control-Allow-Headers"] = "content-type"
        response.vary.add("Origin")
        return response


def _asked() -> tuple[bytes, str]:
    """Nonce and purpose of the request's body; a form or a text would have come without a preflight."""
    if flask.request.mimetype != "application/json":
        raise UnsupportedMediaType
    body = flask.request.get_json(silent=True)
    if not isinstance(body, dict) or body.keys() != {"nonce", "purpose"} or str(body["purpose"]) not in PURPOSES:
        raise BadRequest
    try:
        nonce = base64.b64decode(str(body["nonce"]), validate=True)
    except binascii.Error as error:
        raise BadRequest from error
    if len(nonce) != NONCE_LENGTH:
        raise BadRequest
    return nonce, str(body["purpose"])
