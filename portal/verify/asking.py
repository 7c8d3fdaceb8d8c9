"""The question a checker's browser asks: what is on record for the paper whose secret I hold?

It names the issue number and the access key that follows from the secret in the paper's code, in the body of a POST:
neither ever stands in an address or a log. Whoever names no fitting pair learns nothing, not even that there is such
a number.
"""

import binascii
import re
from base64 import b64encode, urlsafe_b64decode

import flask
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from portal import database, identity
from portal.certificates.papers import checks, standing
from portal.certificates.papers.judging import Standing, Status
from portal.certificates.papers.tables import CheckResult
from portal.web import ground_of

endpoints = flask.Blueprint("asking", __name__)

_NUMBER = re.compile(r"[0-9]{6}-[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}")
_ACCESS = re.compile(r"[A-Za-z0-9_-]{22}")
# What the browser has found by itself; nothing yet when it asks for the first time.
_FOUND = {"nothing": None, "differs": CheckResult.ALTERED, "mixed": CheckResult.DIFFERENT_SETS}
_NOT_ON_RECORD = Standing(Status.NOT_ON_RECORD)


@endpoints.post("/check")
def ask() -> ResponseReturnValue:
    """How the paper stands and its encrypted content; the check is kept for the resident whose certificate it is."""
    number, access_key, found = _question()
    ground = ground_of()
    now = ground.clock.now()
    identity.count_question(ground, flask.request.remote_addr, now=now)
    with database.transaction(ground.engine) as connection:
        held = standing.held(connection, number, access_key)
        if held is None:
            return _answer(_NOT_ON_RECORD, b"")
        withdrawn = held.standing.status is Status.WITHDRAWN
        result = found or (CheckResult.WITHDRAWN if withdrawn else CheckResult.CURRENT)
        checks.record(connection, held.issuance, result, now)
    return _answer(held.standing, held.ciphertext)


def _question() -> tuple[str, bytes, CheckResult | None]:
    asked = flask.request.get_json()
    if not isinstance(asked, dict) or set(asked) != {"number", "access", "found"}:
        raise BadRequest
    number, access, found = asked["number"], asked["access"], asked["found"]
    if not all(isinstance(part, str) for part in (number, access, found)) or found not in _FOUND:
        raise BadRequest
    if not _NUMBER.fullmatch(number) or not _ACCESS.fullmatch(access):
        raise BadRequest
    try:
        return number, urlsafe_b64decode(f"{access}=="), _FOUND[found]
    except binascii.Error as error:
        raise BadRequest from error


def _answer(standing: Standing, ciphertext: bytes) -> ResponseReturnValue:
    return {
        "status": standing.status.value,
        "reason": None if standing.reason is None else standing.reason.value,
        "at": None if standing.at is None else standing.at.isoformat(),
        "content": b64encode(ciphertext).decode("ascii"),
    }
