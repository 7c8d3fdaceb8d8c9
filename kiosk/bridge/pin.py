"""The bridge's own page: the person sees who asks and types the PIN. It goes to the reader process only."""

import threading
from dataclasses import dataclass
from typing import Protocol

import flask
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import IntegerField, PasswordField, SubmitField

from kiosk.bridge.operation import Desk, Operation, OperationUnknown, State
from kiosk.bridge.settings import Settings
from kiosk.card.client import Reader, ReaderError
from kiosk.card.payload import authentication_payload
from kiosk.card.tokens import NotAKeyError, TokenKind, Tries

_SILENT = frozenset({"reader_unavailable", "no_reader"})


class Readers(Protocol):
    """The reader in each of the card's two tokens, of which one is there at a time."""

    def of(self, kind: TokenKind) -> Reader:
        """The reader of this token, from now on in the place of the other."""

    def starting(self) -> bool:
        """Whether the silence of a reader means no more than that it has just taken the other's place."""

    def back(self) -> None:
        """The 署名用 token is no longer needed."""


class PinForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """A PIN or password, or a word of consent, or giving up; and what the page had shown when it was filled in."""

    pin = PasswordField()
    presence = IntegerField()
    attempt = IntegerField()
    sign = SubmitField()
    consent = SubmitField()
    refuse = SubmitField()


@dataclass(frozen=True)
class CardSeen:
    """What lies on the reader, as the page tells it. ``count`` is the exact number of tries where it is known."""

    state: str
    presence: int = -1
    tries: str | None = None
    count: int | None = None

    @property
    def last_try(self) -> bool:
        """Whether a wrong PIN would lock the card."""
        return self.tries == Tries.LAST


class PinPages:
    """GET and POST of /pin/<id>."""

    def __init__(self, settings: Settings, desk: Desk, readers: Readers) -> None:
        self._settings = settings
        self._desk = desk
        self._readers = readers
        # One person, one card, one buffer: two presses at once must not mix what was typed, spend two tries, or
        # change the token under each other.
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
        with self._one_at_a_time:
            operation = self._found(operation_id)
            seen = self._look(operation)
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
            seen = self._look(operation)
        if error is not None and operation.state is State.WAITING:
            return self._page(operation, seen, error), 422
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
        rules = operation.rules
        try:
            keys = [rules.fold(character) for character in typed]
        except NotAKeyError:
            return "pin_unfit"
        if not rules.fits(len(keys)):
            # A wrong length must never cost a try: it does not reach the card.
            return "pin_unfit"
        seen = self._look(operation)
        if presence != seen.presence:
            return "card_changed"
        if seen.last_try and not operation.last_try_accepted:
            return "consent_missing"
        operation.attempts += 1
        operation.last_try_accepted = False  # consent is for one try
        try:
            reader = self._readers.of(rules.kind)
            reader.pin_begin(seen.presence)
            for key in keys:
                reader.pin_key(key)
            payload = authentication_payload(operation.origin, operation.nonce, operation.purpose)
            signed = reader.sign(seen.presence, payload)
        except ReaderError as error:
            if error.code == "pin_blocked":
                self._desk.end(operation, State.FAILED, error.code)
            return error.code
        operation.certificate, operation.signature = signed.der, signed.signature
        self._desk.end(operation, State.SIGNED)
        return None

    def _look(self, operation: Operation) -> CardSeen:
        """What lies there, for the token of this operation; when that is over the 署名用 token is let go."""
        if operation.state is not State.WAITING:
            self._readers.back()
            return CardSeen("no_card")
        try:
            status = self._readers.of(operation.rules.kind).status()
        except ReaderError as unread:
            return CardSeen(self._patient(unread.code))
        return CardSeen(self._patient(status.state), status.presence, status.tries, status.tries_left)

    def _patient(self, state: str) -> str:
        return "reading" if state in _SILENT and self._readers.starting() else state

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
        asks_consent = seen.last_try and not operation.last_try_accepted
        return flask.render_template(
            "pin.html", site=site, form=form, card=seen, asks_consent=asks_consent, error=error, operation=operation
        )
