"""What a page and a card say to one another through the browser: a challenge out, a filled form back."""

import base64

import flask
from flask.typing import ResponseReturnValue

from portal import database, identity
from portal.resident.forms import CardAnswerForm
from portal.web import ground_of


def begin(purpose: str, *, asker: str) -> ResponseReturnValue:
    """A new challenge for this asker as the page's script reads it."""
    ground = ground_of()
    with database.transaction(ground.engine) as connection:
        begun = identity.begin_challenge(
            connection,
            purpose=purpose,
            asker=asker,
            origin=ground.settings.origins.resident,
            now=ground.clock.now(),
        )
    return {
        "challenge": str(begun.id),
        "nonce": base64.b64encode(begun.nonce).decode("ascii"),
        "purpose": begun.purpose,
    }, 201


def read(form: CardAnswerForm, *, asker: str) -> identity.Answer:
    """The answer in a valid form. Raises binascii.Error when something in it is not base64."""
    challenge_id = form.challenge.data
    if challenge_id is None:
        raise identity.ChallengeUnknown
    return identity.Answer(
        challenge_id=challenge_id,
        asker=asker,
        certificate=base64.b64decode(form.certificate.data, validate=True),
        signature=base64.b64decode(form.signature.data, validate=True),
        address=flask.request.remote_addr,
    )
