"""The wire of a bridge on a second device. It is JSON, for a program, and no page may drive it.

    POST /device/challenge  {"token"}  -> 201 {"challenge", "nonce", "purpose", "code"}
    POST /device/answer     {"token", "challenge", "certificate", "signature", "origin"}  -> 204
    otherwise               {"error": code, "reference"}

No CSRF token is asked for: nothing here looks at a cookie, so there is no session that a foreign page could misuse.
What counts is the token of the waiting browser's code. A browser is turned away nevertheless (it always names itself
by Origin or Sec-Fetch-Site on a POST), so that no page can play the bridge with somebody's card. The token travels in
the body, never in the address: addresses end up in the logs of servers and proxies.
"""

import base64
import binascii
from uuid import UUID

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, Forbidden

from portal import identity
from portal.web import ground_of, polling

wire = flask.Blueprint("device_wire", __name__, url_prefix="/device")
_LONGEST = 8192
_BROWSER_HEADERS = ("Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Cookie")


def demand_bridge() -> None:
    """Let in only what a program sends of its own accord. Raises Forbidden."""
    headers = flask.request.headers
    if any(name in headers for name in _BROWSER_HEADERS) or flask.request.mimetype != "application/json":
        raise Forbidden


@wire.post("/challenge")
@polling
def challenge() -> ResponseReturnValue:
    """The challenge of a code, once."""
    (token,) = _texts("token")
    ground = ground_of()
    question = identity.claim_device_login(
        ground, token=token, address=flask.request.remote_addr, now=ground.clock.now()
    )
    return {
        "challenge": str(question.challenge.id),
        "nonce": base64.b64encode(question.challenge.nonce).decode("ascii"),
        "purpose": question.challenge.purpose,
        "code": question.code,
    }, 201


@wire.post("/answer")
@polling
def answer() -> ResponseReturnValue:
    """The card's answer, once. What it opens is opened in the browser that waits."""
    token, challenge_id, certificate, signature, origin = _texts(
        "token", "challenge", "certificate", "signature", "origin"
    )
    ground = ground_of()
    identity.answer_device_login(
        ground,
        token=token,
        challenge_id=_id(challenge_id),
        certificate=_bytes(certificate),
        signature=_bytes(signature),
        origin=origin,
        address=flask.request.remote_addr,
        now=ground.clock.now(),
    )
    return "", 204


def _texts(*names: str) -> list[str]:
    """Exactly these fields, each a text of a plausible size."""
    body = flask.request.get_json(silent=True)
    if not isinstance(body, dict) or body.keys() != set(names):
        raise BadRequest
    texts = [body[name] for name in names]
    if not all(isinstance(text, str) and 0 < len(text) <= _LONGEST for text in texts):
        raise BadRequest
    return texts


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise BadRequest from error


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest from error
