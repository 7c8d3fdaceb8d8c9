"""One paper from wish to outcome, as the device goes through it."""

import base64
from uuid import UUID

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue

from portal import certificates, database, terminals
from portal.certificates import Outcome, Overloaded, RefusalCode, Refused, State
from portal.ground import Ground
from portal.identity import KioskSession, kiosk_session
from portal.terminal import device
from portal.terminal.errors import overloaded, refused
from portal.terminal.reading import Fields, Unreadable
from portal.terminals import TerminalLocked
from portal.web import ground_of

endpoints = flask.Blueprint("issuances", __name__, url_prefix="/v1/issuances")
_MOST_PERSONS = 50
_MOST_ITEMS = 20
_MOST_SHEETS = 10_000


@endpoints.post("")
def ask() -> ResponseReturnValue:
    """Ask for one paper. A refusal is committed like anything else: the record has been read for it."""
    ground, terminal = ground_of(), device.present()
    if terminal.locked_order is not None:
        raise TerminalLocked
    if terminal.stopped:
        return refused(RefusalCode.STOPPED)
    body = Fields.of_request()
    key, kind, scope = body.identifier("request"), body.text("kind", 64), body.text("scope", 32)
    persons, items = body.texts("persons", _MOST_PERSONS, 36), body.flags("items", _MOST_ITEMS)
    copies = body.number("copies", 100)
    try:
        with database.transaction(ground.engine) as connection:
            answer = certificates.request(
                connection,
                ground,
                key=key,
                terminal_id=terminal.id,
                session=_session(connection, ground),
                kind=kind,
                scope=scope,
                persons=persons,
                items=items,
                copies=copies,
                now=ground.clock.now(),
            )
    except Overloaded as full:
        return overloaded(full.seconds)
    if isinstance(answer, Refused):
        return refused(answer.code)
    return {"issuance": str(answer.issuance), "state": answer.state.value}, 201


@endpoints.get("/<uuid:issuance>")
def look(issuance: UUID) -> ResponseReturnValue:
    """How far the paper is."""
    ground, terminal = ground_of(), device.present()
    with database.transaction(ground.engine) as connection:
        _session(connection, ground)
        status = certificates.status(connection, issuance, terminal.id)
    return {
        "issuance": str(status.issuance),
        "state": status.state.value,
        "pages": status.pages,
        "refusal": None if status.refusal is None else status.refusal.value,
        "fee": status.fee,
    }


@endpoints.get("/<uuid:issuance>/pages/<int:page>")
def show(issuance: UUID, page: int) -> ResponseReturnValue:
    """One sheet as a marked picture, before it is paid for and printed."""
    ground, terminal = ground_of(), device.present()
    with database.transaction(ground.engine) as connection:
        session = _session(connection, ground)
        document = certificates.to_show(connection, ground, issuance, terminal.id, session, ground.clock.now())
    if isinstance(document, Refused):
        return refused(document.code)
    return {"picture": base64.b64encode(certificates.picture(document, page)).decode("ascii")}


@endpoints.post("/<uuid:issuance>/release")
def release(issuance: UUID) -> ResponseReturnValue:
    """Hand out ticket and document; whether they may leave is decided again."""
    ground, terminal = ground_of(), device.present()
    if terminal.stopped:
        return refused(RefusalCode.STOPPED)
    with database.transaction(ground.engine) as connection:
        session = _session(connection, ground)
        answer = certificates.release(connection, ground, issuance, terminal.id, session, ground.clock.now())
    if isinstance(answer, Refused):
        return refused(answer.code)
    return {"ticket": answer.ticket, "document": base64.b64encode(answer.document).decode("ascii")}


@endpoints.post("/<uuid:issuance>/outcome")
def report(issuance: UUID) -> ResponseReturnValue:
    """Take down what became of the paper. Needs no session: the person may be long gone.

    When nobody knows, the device is closed to everybody until staff have looked.
    """
    ground, terminal = ground_of(), device.present()
    body = Fields.of_request()
    outcome = _outcome(body.text("outcome", 32))
    sheets, of = body.number("sheets", _MOST_SHEETS), body.number("of", _MOST_SHEETS)
    detail = body.text("detail", 120, shortest=0)
    with database.transaction(ground.engine) as connection:
        state = certificates.report_outcome(
            connection,
            issuance,
            terminal.id,
            outcome=outcome,
            sheets=sheets,
            of=of,
            detail=detail,
            now=ground.clock.now(),
        )
        if state is State.UNKNOWN:
            terminals.lock(connection, terminal.id, issuance)
    return {"state": state.value}


@endpoints.post("/<uuid:issuance>/abandon")
def abandon(issuance: UUID) -> ResponseReturnValue:
    """The person has gone before the document was fetched. Needs no session; money, if any, goes back."""
    ground, terminal = ground_of(), device.present()
    with database.transaction(ground.engine) as connection:
        state = certificates.abandon(connection, issuance, terminal.id, now=ground.clock.now())
    return {"state": state.value}


def _session(connection: sa.Connection, ground: Ground) -> KioskSession:
    return kiosk_session(connection, device.session_token(), device.present().id, now=ground.clock.now())


def _outcome(word: str) -> Outcome:
    try:
        return Outcome(word)
    except ValueError as error:
        raise Unreadable("outcome") from error
