"""What the desk says when something cannot be done: one row for each expected failure."""

import logging

import flask
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
    ServiceUnavailable,
)

from portal.certificates import IssuanceUnknown
from portal.filings import FilingUnknown
from portal.identity import AttemptsUncountable, LoginRefused, TooManyAttempts
from portal.municipality import MunicipalityMissing
from portal.web import ErrorWords, reference
from portal.web.errors import DATABASE_AWAY, describe_by

_AWAY = ErrorWords(
    503, "unavailable", "いま、システムにつながりません",
    "少し待って、もう一度開いてください。続くときは情報システム担当に連絡してください。", logging.ERROR,
)  # fmt: skip
_NOT_FOUND = ErrorWords(
    404, "not_found", "見つかりません", "番号がちがうか、もう見られない画面です。はじめの画面から探してください。"
)
_UNEXPECTED = ErrorWords(
    500, "unexpected", "処理できませんでした",
    "決定や変更は行われていません。下の問い合わせ番号を、情報システム担当に伝えてください。", logging.ERROR,
)  # fmt: skip

ERRORS: dict[type[Exception], ErrorWords] = {
    LoginRefused: ErrorWords(
        422, "login_refused", "ログインできません",
        "職員ID・パスワード・確認コードのどれかがちがいます。確認コードは、新しいものに変わってから入力してください。",
    ),
    TooManyAttempts: ErrorWords(
        429, "too_many_attempts", "しばらくログインできません",
        "まちがいが続いたため、ログインを止めています。10分ほど待ってから、もう一度試してください。", logging.WARNING,
    ),
    AttemptsUncountable: _AWAY,
    FilingUnknown: _NOT_FOUND,
    IssuanceUnknown: _NOT_FOUND,
    MunicipalityMissing: ErrorWords(
        503, "municipality_missing", "準備ができていません",
        "市区町村の設定が読み込まれていません。情報システム担当に連絡してください。", logging.ERROR,
    ),
    CSRFError: ErrorWords(
        400, "form_outdated", "画面が古くなっています",
        "前の画面に戻り、読み込み直してから、もう一度操作してください。決定や変更は行われていません。",
    ),
    Forbidden: ErrorWords(
        403, "forbidden", "この画面は開けません", "あなたの役割では使えない画面です。", logging.WARNING
    ),
    NotFound: _NOT_FOUND,
    MethodNotAllowed: ErrorWords(
        405, "method_not_allowed", "この操作はできません", "画面のボタンやリンクから操作してください。"
    ),
    RequestEntityTooLarge: ErrorWords(413, "too_large", "送られた内容が大きすぎます", "文章を短くしてください。"),
    BadRequest: ErrorWords(400, "bad_request", "受け取れない内容です", "画面のボタンやリンクから操作してください。"),
    ServiceUnavailable: _AWAY,
    HTTPException: ErrorWords(400, "bad_request", "受け取れない内容です", "はじめの画面から操作してください。"),
    **dict.fromkeys(DATABASE_AWAY, _AWAY),
}  # fmt: skip

describe = describe_by(ERRORS, _UNEXPECTED)


def respond(words: ErrorWords) -> ResponseReturnValue:
    """A whole page; a polling fragment is left as it stands on the screen."""
    if flask.request.headers.get("HX-Request") == "true":
        return "", words.status, {"HX-Reswap": "none"}
    return flask.render_template("error.html", words=words, reference=reference()), words.status
