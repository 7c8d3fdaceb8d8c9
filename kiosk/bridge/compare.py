"""The pages around the PIN page when the bridge serves a second device: is this the code, and what became of it."""

import threading
from enum import StrEnum

import flask
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import SubmitField

from kiosk.bridge.operation import Desk, Operation, OperationUnknown, State
from kiosk.bridge.settings import Settings


class Ending(StrEnum):
    """What the portal made of the card's answer. `sending` until it is known."""

    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


class CompareForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF carries no types
    """The person has looked at both screens, or gives up."""

    same = SubmitField()
    differs = SubmitField()


class ComparePages:
    """GET and POST of /compare/<id>, before the PIN; GET of /sent/<id>, after it. For one operation only."""

    def __init__(self, settings: Settings, desk: Desk, operation: Operation, code: str) -> None:
        self._settings = settings
        self._desk = desk
        self._operation = operation
        self._code = code
        self._same = False
        self._ending = Ending.SENDING
        self._refusal = ""
        self.decided = threading.Event()
        """Set once the operation has ended."""
        self.told = threading.Event()
        """Set once the person has seen the ending."""

    def blueprint(self) -> flask.Blueprint:
        """The routes, and the order of the pages: code, PIN, ending."""
        pages = flask.Blueprint("compare", __name__)
        pages.add_url_rule("/compare/<operation_id>", "show", self.show, methods=["GET"])
        pages.add_url_rule("/compare/<operation_id>", "answer", self.answer, methods=["POST"])
        pages.add_url_rule("/sent/<operation_id>", "sent", self.sent, methods=["GET"])
        pages.before_app_request(self._in_order)
        pages.after_app_request(self._notice_the_end)
        return pages

    def finish(self, ending: Ending, refusal: str = "") -> None:
        """Say what the portal answered; `refusal` is its code."""
        self._ending, self._refusal = ending, refusal

    def show(self, operation_id: str) -> ResponseReturnValue:
        """The site, its address and the code, and the question whether the other screen shows the same."""
        self._found(operation_id)
        origin = self._operation.origin
        site = {"name": self._settings.sites[origin], "origin": origin}
        return flask.render_template("compare.html", site=site, code=self._code, form=CompareForm(formdata=None))

    def answer(self, operation_id: str) -> ResponseReturnValue:
        """Go on to the PIN only after an explicit yes."""
        operation = self._found(operation_id)
        form = CompareForm()
        if form.same.data:
            self._same = True
        elif form.differs.data:
            self._desk.end(operation, State.REFUSED, "refused")
        return flask.redirect(flask.url_for("pin.show", operation_id=operation_id), 303)

    def sent(self, operation_id: str) -> ResponseReturnValue:
        """What the portal made of the answer; asked again by the page itself until it is known."""
        self._found(operation_id)
        fragment = flask.request.headers.get("HX-Request") == "true"
        if fragment and self._ending is not Ending.SENDING:
            self.told.set()
        site = {"name": self._settings.sites[self._operation.origin], "origin": self._operation.origin}
        page = "sent_ending.html" if fragment else "sent.html"
        return flask.render_template(
            page, site=site, operation=self._operation, ending=self._ending.value, refusal=self._refusal
        )

    def _in_order(self) -> ResponseReturnValue | None:
        if flask.request.endpoint not in {"pin.show", "pin.answer"}:
            return None
        operation_id = (flask.request.view_args or {})["operation_id"]
        if self._operation.state is State.SIGNED:
            return flask.redirect(flask.url_for("compare.sent", operation_id=operation_id), 303)
        if self._operation.state is State.WAITING and not self._same:
            return flask.redirect(flask.url_for("compare.show", operation_id=operation_id), 303)
        return None

    def _notice_the_end(self, response: flask.Response) -> flask.Response:
        if self._operation.state is not State.WAITING:
            self.decided.set()
            if flask.request.endpoint == "pin.show" and self._operation.state is not State.SIGNED:
                self.told.set()
        return response

    def _found(self, operation_id: str) -> Operation:
        try:
            return self._desk.find(operation_id)
        except OperationUnknown:
            flask.abort(404)
