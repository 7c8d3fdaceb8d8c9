"""How an exception becomes an answer: one table per face, words for the person, a reference for the staff."""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType

import flask
import sqlalchemy as sa
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class ErrorWords:
    """One row of a face's table: status, stable code, heading and text (lazy strings allowed), log level."""

    status: int
    code: str
    title: str
    text: str
    level: int = logging.INFO


Describe = Callable[[Exception], ErrorWords]
Respond = Callable[[ErrorWords], ResponseReturnValue]

DATABASE_AWAY = (sa.exc.OperationalError, sa.exc.TimeoutError, sa.exc.InterfaceError)


def reference() -> str:
    """Eight characters that a person can read out and staff can find in the log; one per request."""
    found: str | None = flask.g.get("reference")
    if found is None:
        found = flask.g.reference = secrets.token_hex(4)
    return found


def describe_by(table: Mapping[type[Exception], ErrorWords], unexpected: ErrorWords) -> Describe:
    """Look an exception up by its class and then by its bases; HTTP errors by the class of their status."""

    def describe(error: Exception) -> ErrorWords:
        for kind in type(error).__mro__:
            if kind in table:
                return table[kind]
        return unexpected

    return describe


def install(app: flask.Flask, describe: Describe, respond: Respond) -> None:
    """Answer every exception through `describe` and `respond`. Logs identifiers and classes, never contents."""

    def answer(error: Exception) -> ResponseReturnValue:
        if isinstance(error, SecurityError):
            # Asked under a host name that is not ours: there is no address from which a page could be built.
            return flask.Response("unknown host\n", 400, mimetype="text/plain")
        words = describe(error)
        if words.status >= 500 and not isinstance(error, (HTTPException, *DATABASE_AWAY)):
            # The traceback without the message: a message may quote what a person typed.
            _LOG.error("%s %s", reference(), type(error).__name__, exc_info=_without_message(error))
        else:
            _LOG.log(words.level, "%s %s %s", reference(), words.code, type(error).__name__)
        response = flask.make_response(respond(words))
        response.status_code = words.status
        if isinstance(error, HTTPException) and error.code == 405:
            response.headers.extend(error.get_headers())
        return response

    app.register_error_handler(Exception, answer)
    app.register_error_handler(CSRFError, answer)


def _without_message(error: Exception) -> tuple[type[BaseException], BaseException, TracebackType | None]:
    return (type(error), type("Unexpected", (Exception,), {})(type(error).__name__), error.__traceback__)
