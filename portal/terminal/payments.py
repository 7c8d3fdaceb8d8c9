"""The money of one paper, as the device that holds it tells of it."""

from uuid import UUID

import flask
from flask.typing import ResponseReturnValue

from portal import certificates, database
from portal.certificates import Means
from portal.identity import kiosk_session
from portal.terminal import device
from portal.terminal.reading import Fields, Unreadable
from portal.terminals import CommandKind
from portal.web import ground_of

endpoints = flask.Blueprint("payments", __name__, url_prefix="/v1/issuances")
_MOST_YEN = 1_000_000
_LONGEST_REFERENCE = 64
_ENDS = {"captured": CommandKind.CAPTURE, "voided": CommandKind.VOID}


@endpoints.post("/<uuid:issuance>/payment")
def authorise(issuance: UUID) -> ResponseReturnValue:
    """The device holds the fee. Whatever but 200 comes back: the money is given back."""
    ground, terminal = ground_of(), device.present()
    body = Fields.of_request()
    means, amount = _means(body.text("means", 32)), body.number("amount", _MOST_YEN)
    reference = body.text("reference", _LONGEST_REFERENCE)
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        session = kiosk_session(connection, device.session_token(), terminal.id, now=now)
        state = certificates.authorise(
            connection, issuance, terminal.id, session, means=means, reference=reference, amount=amount, now=now
        )
    return {"state": state.value}


@endpoints.post("/<uuid:issuance>/payment/end")
def end(issuance: UUID) -> ResponseReturnValue:
    """The device has done what it was commanded to do with the fee. Needs no session: the person may be long gone."""
    ground, terminal = ground_of(), device.present()
    body = Fields.of_request()
    done = _ENDS.get(body.text("result", 32))
    if done is None:
        raise Unreadable("result")
    reference = None if body.missing("reference") else body.text("reference", _LONGEST_REFERENCE)
    with database.transaction(ground.engine) as connection:
        state = certificates.confirm(
            connection, issuance, terminal.id, done=done, reference=reference, now=ground.clock.now()
        )
    return {"payment": state.value}


def _means(word: str) -> Means:
    try:
        return Means(word)
    except ValueError as error:
        raise Unreadable("means") from error
