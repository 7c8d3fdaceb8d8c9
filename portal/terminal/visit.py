"""A person at the kiosk: challenge, log-in with the card, leaving."""

import base64

import flask
from flask.typing import ResponseReturnValue

from portal import certificates, database, identity, register
from portal.audit import Actor, ActorKind
from portal.terminal import device
from portal.terminal.reading import Fields
from portal.web import ground_of

endpoints = flask.Blueprint("visit", __name__)
_LONGEST_CERTIFICATE = 8192
_LONGEST_SIGNATURE = 1024


@endpoints.post("/v1/challenges")
def challenge() -> ResponseReturnValue:
    """A nonce for the card at this device's reader."""
    ground, terminal = ground_of(), device.present()
    with database.transaction(ground.engine) as connection:
        begun = identity.begin_challenge(
            connection,
            purpose=identity.kiosk_purpose(terminal.id),
            asker=terminal.id,
            origin=ground.settings.origins.terminal,
            now=ground.clock.now(),
        )
    return {
        "challenge": str(begun.id),
        "nonce": base64.b64encode(begun.nonce).decode("ascii"),
        "origin": begun.origin,
        "purpose": begun.purpose,
        "expires_in": int(identity.CHALLENGE_LIFETIME.total_seconds()),
    }, 201


@endpoints.post("/v1/sessions")
def log_in() -> ResponseReturnValue:
    """Let in whose card has signed, and say what this person may have."""
    ground, terminal = ground_of(), device.present()
    body = Fields.of_request()
    answer = identity.Answer(
        challenge_id=body.identifier("challenge"),
        asker=terminal.id,
        certificate=body.data("certificate", _LONGEST_CERTIFICATE),
        signature=body.data("signature", _LONGEST_SIGNATURE),
    )
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        person = identity.authenticate(connection, ground, answer, now=now)
        token = identity.open_kiosk_session(connection, terminal.id, person, now=now)
        reader = Actor(ActorKind.TERMINAL, terminal.id)
        record = register.resident(connection, person.resident_id, reader=reader, why="login", now=now)
        offers = certificates.offers(connection, ground, person.resident_id, now=now)
    return {
        "session": token,
        "expires_in": int(identity.KIOSK_SESSION_LIFETIME.total_seconds()),
        "person": {"ref": str(record.id), "name": record.name},
        "offers": [offer.as_json() for offer in offers],
    }, 201


@endpoints.delete("/v1/session")
def log_out() -> ResponseReturnValue:
    """End the session, if there is one."""
    ground, terminal = ground_of(), device.present()
    with database.transaction(ground.engine) as connection:
        identity.close_kiosk_session(connection, device.session_token(), terminal.id, now=ground.clock.now())
    return "", 204
