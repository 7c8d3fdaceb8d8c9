"""The bridge's own page: the person sees who asks and types the PIN. The digits go to the reader process only."""

import threading
from dataclasses import dataclass

import flask
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import IntegerField, PasswordField, SubmitField

from kiosk.bridge.operation import Desk, Operation, OperationUnknown, State
from kiosk.bridge.settings import Settings
from kiosk.card.client import Reader, ReaderError
from kiosk.card.payload import authentication_payload
from kiosk.card.pin import NotADigitError, fold_digit

_LENGTH = 4


class PinForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """Four digits, or a word of consent, or giving up; and what the page had shown when it was filled in."""

    pin = PasswordField()
    presence = IntegerField()
    attempt = IntegerField()
    sign = SubmitField()
    consent = SubmitField()
    refuse = SubmitField()


@dataclass(frozen=True)
class CardSeen:
    """What lies on the reader, as the page tells it."""

    state: str
    tries: int | None
    presence: int


class PinPages:
    """GET and POST of /pin/<id>."""

    def __init__(self, settings: Settings, desk: Desk, reader: Reader) -> None:
        self._settings = settings
        self._desk = desk
        self._reader = reader
        # One person, one card, one buffer: two presses at once must not mix their digits or spend two tries.
        self._one_at_a_time = threading.Lock()

    def blueprint(self) -> flask.Blueprint:
        """The routes."""
        pages = flask.Blueprint("pin", __name__)
        pages.add_url_rule("/pin/<operation_id>", "show", self.show, methods=["GET"])
        pages.add_url_rule("/pin/<operation_id>", "answer", self.answer, methods=["POST"])
        return pages

    def show(self, operation_id: str) -> ResponseReturnValue:
        """The page for what is so: an end, a missing card, the consent before the last try, or the PIN field.

        Asked again by the page itself while no card is there; then only a change is worth an answer.
        """
        operation = self._found(operation_id)
        seen = self._look()
        known = flask.request.args.get("seen")
        if flask.request.headers.get("HX-Request") == "true" and operation.state is State.WAITING:
            return flask.Response(status=204, headers={} if known == seen.state else {"HX-Refresh": "true"})
        return self._page(operation, seen)

    def answer(self, operation_id: str) -> ResponseReturnValue:
        """What the person decided. Everything but a refused PIN ends in a redirect, so a reload repeats nothing."""
        form = PinForm()
        with self._one_at_a_time:
            operation = self._found(operation_id)
            error = self._act(operation, form)
        if error is not None and operation.state is State.WAITING:
            return self._page(operation, self._look(), error), 422
        return flask.redirect(flask.url_for("pin.show", operation_id=operation_id), 303)

    def _act(self, operation: Operation, form: PinForm) -> str | None:
        if operation.state is not State.WAITING:
            return None
        if form.refuse.data:
            self._desk.end(operation, State.REFUSED, "refused")
            return None
        if form.attempt.data != operation.attempts:
            # A page of before: its try has been spent or answered already.
            return None
        if form.consent.data:
            operation.last_try_accepted = True
            return None
        return self._sign(operation, form.pin.data or "", form.presence.data)

    def _sign(self, operation: Operation, typed: str, presence: int | None) -> str | None:
        """Let the card that was shown sign. Returns the code of what went wrong."""
        try:
            digits = [fold_digit(character) for character in typed]
        except NotADigitError:
            return "pin_unfit"
        if len(digits) != _LENGTH:
            # A wrong length must never cost a try: it does not reach the card.
            return "pin_unfit"
        seen = self._look()
        if presence != seen.presence:
            return "card_changed"
        if seen.tries == 1 and not operation.last_try_accepted:
            return "consent_missing"
        operation.attempts += 1
        operation.last_try_accepted = False  # consent is for one try
        try:
            self._reader.pin_begin(seen.presence)
            for digit in digits:
                self._reader.pin_digit(digit)
            payload = authentication_payload(operation.origin, operation.nonce, operation.purpose)
            signed = self._reader.sign(seen.presence, payload)
        except ReaderError as error:
            if error.code == "pin_blocked":
                self._desk.end(operation, State.FAILED, error.code)
            return error.code
        operation.certificate, operation.signature = signed.der, signed.signature
        self._desk.end(operation, State.SIGNED)
        return None

    def _look(self) -> CardSeen:
        try:
            status = self._reader.status()
        except ReaderError as unread:
            return CardSeen(unread.code, None, -1)
        return CardSeen(status.state, status.tries_left, status.presence)

    def _found(self, operation_id: str) -> Operation:
        try:
            return self._desk.find(operation_id)
        except OperationUnknown:
            flask.abort(404)

    def _page(self, operation: Operation, seen: CardSeen, error: str | None = None) -> str:
        site = {"name": self._settings.sites[operation.origin], "origin": operation.origin}
        if operation.state is not State.WAITING:
            return flask.render_template("end.html", site=site, operation=operation)
        form = PinForm(formdata=None, presence=seen.presence, attempt=operation.attempts)
        asks_consent = seen.tries == 1 and not operation.last_try_accepted
        return flask.render_template(
            "pin.html", site=site, form=form, card=seen, asks_consent=asks_consent, error=error, operation=operation
        )
