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

from portal import identity
from portal.certificates import IssuanceUnknown
from portal.filings import FilingUnknown
from portal.identity import AttemptsUncountable, LoginRefused, TooManyAttempts
from portal.municipality import MunicipalityMissing
from portal.register import UnknownResident
from portal.terminals import TerminalUnknown
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

_AGAIN = "何も登録していません。もう一度「カードを読み取る」から始めてください。"
_UNTRUSTED = ErrorWords(
    422, "certificate_untrusted", "マイナンバーカードの証明書として確認できません",
    "何も登録していません。カードの種類と、有効な利用者証明用電子証明書が入っているかを確かめてください。",
)  # fmt: skip

_CARD: dict[type[Exception], ErrorWords] = {
    identity.ChallengeUnknown: ErrorWords(422, "challenge_spent", "この読み取りは、もう使われました", _AGAIN),
    identity.ChallengeExpired: ErrorWords(422, "challenge_spent", "読み取りに2分より長くかかりました", _AGAIN),
    identity.ChallengeOfAnotherAsker: ErrorWords(
        422, "challenge_of_another", "ほかの人の画面か、ほかの職員の画面で始めた読み取りです", _AGAIN, logging.WARNING
    ),
    identity.CertificateUnreadable: _UNTRUSTED,
    identity.CertificateUntrusted: _UNTRUSTED,
    identity.CertificateNotYetValid: _UNTRUSTED,
    identity.CertificateUnknown: _UNTRUSTED,
    identity.WrongCertificateKind: _UNTRUSTED,
    identity.CertificateExpired: ErrorWords(
        422, "certificate_expired", "カードの証明書の有効期限が切れています",
        "何も登録していません。利用者証明用電子証明書を更新してから、もう一度登録してください。",
    ),
    identity.CertificateRevoked: ErrorWords(
        422, "certificate_revoked", "カードの証明書が失効しています",
        "何も登録していません。新しい証明書を発行してから、もう一度登録してください。",
    ),
    identity.CertificateOnHold: ErrorWords(
        422, "certificate_on_hold", "カードが一時停止されています",
        "何も登録していません。J-LISで一時停止を解いてから、もう一度登録してください。",
    ),
    identity.CertificateStopped: ErrorWords(
        422, "certificate_stopped", "このカードは、この市で利用を止めています",
        "何も登録していません。止めた理由を確かめ、利用停止を解いてから、もう一度登録してください。",
    ),
    identity.SignatureWrong: ErrorWords(422, "signature_wrong", "カードの答えを確認できませんでした", _AGAIN),
    identity.RevocationUnavailable: ErrorWords(
        503, "revocation_unavailable", "いま、カードの有効性を確認できません",
        "何も登録していません。失効を確認するしくみにつながってから、もう一度登録してください。", logging.WARNING,
    ),
    identity.AlreadyLinked: ErrorWords(
        409, "already_linked", "このカードは、ほかの人のカードとして登録されています",
        "何も登録していません。カードと、いま開いている人が合っているかを確かめてください。", logging.WARNING,
    ),
    identity.NotLivingHere: ErrorWords(
        409, "not_living_here", "いまこの市に住んでいる人ではありません",
        "何も登録していません。転出や死亡で消除された人のカードは登録できません。",
    ),
    identity.NotLinkable: ErrorWords(
        409, "not_linkable", "この人には、窓口で進めている手続きがあります",
        "何も登録していません。この人のカードは、本人に来てもらい、窓口で登録してください。",
    ),
    identity.LinkRequestDecided: ErrorWords(
        409, "link_request_decided", "この申し出は、もう決まっています",
        "いまの操作では、何も変わっていません。ほかの職員が決めたか、本人が申し出をやりなおしました。",
    ),
    identity.NotLinked: ErrorWords(
        409, "not_linked", "選んだ前のカードの登録は、もう終わっています",
        "何も登録していません。画面を読み込み直して、もう一度登録してください。",
    ),
}  # fmt: skip

ERRORS: dict[type[Exception], ErrorWords] = {
    **_CARD,
    LoginRefused: ErrorWords(
        422, "login_refused", "ログインできません",
        "職員ID・パスワード・確認コードのどれかがちがいます。確認コードは、新しいものに変わってから入力してください。",
    ),
    TooManyAttempts: ErrorWords(
        429, "too_many_attempts", "しばらくログインできません",
        "まちがいが続いたため、止めています。10分ほど待ってから、もう一度試してください。", logging.WARNING,
    ),
    AttemptsUncountable: _AWAY,
    FilingUnknown: _NOT_FOUND,
    IssuanceUnknown: _NOT_FOUND,
    UnknownResident: _NOT_FOUND,
    identity.LinkRequestUnknown: _NOT_FOUND,
    TerminalUnknown: _NOT_FOUND,
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
