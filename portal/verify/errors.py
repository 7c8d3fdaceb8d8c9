"""What is said when something cannot be done: a page for a person, a code for the page's script."""

import logging

import flask
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
)

from portal import identity
from portal.municipality import MunicipalityMissing
from portal.web import ErrorWords, reference
from portal.web.errors import DATABASE_AWAY, describe_by

_AWAY = ErrorWords(
    503,
    "unavailable",
    _l("いま使えません"),
    _l("システムにつながりません。少し待ってから、もう一度開いてください。"),
    logging.ERROR,
)
_UNFIT = ErrorWords(
    400, "bad_request", _l("受け取れない内容です"), _l("はじめのページから、もう一度始めてください。")
)

ERRORS: dict[type[Exception], ErrorWords] = {
    identity.TooManyAttempts: ErrorWords(
        429,
        "too_many_attempts",
        _l("しばらく照会できません"),
        _l("照会が続いたため、止めています。10分ほど待ってから、もう一度試してください。"),
        logging.WARNING,
    ),
    identity.AttemptsUncountable: _AWAY,
    MunicipalityMissing: _AWAY,
    NotFound: ErrorWords(404, "not_found", _l("ページが見つかりません"), _l("アドレスを確かめてください。")),
    Forbidden: ErrorWords(
        403, "forbidden", _l("この画面は開けません"), _l("はじめのページから、もう一度始めてください。")
    ),
    MethodNotAllowed: ErrorWords(
        405, "method_not_allowed", _l("この操作はできません"), _l("画面のボタンやリンクから操作してください。")
    ),
    RequestEntityTooLarge: ErrorWords(413, "too_large", _UNFIT.title, _UNFIT.text, logging.WARNING),
    BadRequest: _UNFIT,
    HTTPException: _UNFIT,
    **dict.fromkeys(DATABASE_AWAY, _AWAY),
}
_UNEXPECTED = ErrorWords(
    500,
    "unexpected",
    _l("うまくいきませんでした"),
    _l("しばらくしてから、もう一度試してください。"),
    logging.ERROR,
)

describe = describe_by(ERRORS, _UNEXPECTED)


def respond(words: ErrorWords) -> ResponseReturnValue:
    """A whole page; JSON for the script's question."""
    if flask.request.blueprint == "asking":
        return {"error": words.code, "reference": reference()}
    return flask.render_template(
        "error.html", words=words, reference=reference(), city=None, sprite="/static/icons.svg"
    )
