"""What residents read when something cannot be done: one row for each expected failure."""

import binascii
import contextlib
import logging

import flask
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
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

from portal import filings, identity
from portal.municipality import MunicipalityMissing
from portal.resident import moving_out
from portal.resident.city import city
from portal.web import ErrorWords, reference
from portal.web.errors import DATABASE_AWAY, describe_by

_AWAY = ErrorWords(
    503,
    "unavailable",
    _l("いま使えません"),
    _l("システムにつながりません。少し待ってから、もう一度開いてください。保存した下書きは残っています。"),
    logging.ERROR,
)
_NOT_FOUND = ErrorWords(
    404,
    "not_found",
    _l("ページが見つかりません"),
    _l("アドレスが変わったか、あなたが出した届出ではありません。マイページから探してください。"),
)
UNEXPECTED = ErrorWords(
    500,
    "unexpected",
    _l("うまくいきませんでした"),
    _l("この画面で行った操作は、保存されていません。しばらくしてから、もう一度試してください。"),
    logging.ERROR,
)
_CARD_UNTRUSTED = ErrorWords(
    422,
    "certificate_untrusted",
    _l("このカードでは確認できませんでした"),
    _l("マイナンバーカードの証明書を確認できません。窓口でカードを確認してください。"),
)
_AGAIN = ErrorWords(
    422,
    "challenge_spent",
    _l("時間が切れました"),
    _l("ログインは2分以内に終えてください。はじめからもう一度、お願いします。"),
)

_DEVICE_ANSWER_UNFIT = ErrorWords(
    409,
    "device_login_used",
    _l("この答えは受け取れません"),
    _l("答えを受け取るのは、コード一つについて一度だけです。新しいコードで、もう一度試してください。"),
    logging.WARNING,
)

_LOG_IN: dict[type[Exception], ErrorWords] = {
    identity.ChallengeUnknown: _AGAIN,
    identity.ChallengeExpired: _AGAIN,
    identity.ChallengeOfAnotherAsker: _AGAIN,
    identity.CertificateUnreadable: _CARD_UNTRUSTED,
    identity.CertificateUntrusted: _CARD_UNTRUSTED,
    identity.CertificateNotYetValid: _CARD_UNTRUSTED,
    identity.CertificateUnknown: _CARD_UNTRUSTED,
    identity.CertificateExpired: ErrorWords(
        422,
        "certificate_expired",
        _l("カードの証明書の有効期限が切れています"),
        _l("利用者証明用電子証明書の更新は、窓口で無料でできます。カードを持ってお越しください。"),
    ),
    identity.CertificateRevoked: ErrorWords(
        422,
        "certificate_revoked",
        _l("カードの証明書が失効しています"),
        _l("このカードではログインできません。新しい証明書の発行は、窓口でできます。"),
    ),
    identity.CertificateOnHold: ErrorWords(
        422,
        "certificate_on_hold",
        _l("カードが一時停止されています"),
        _l("紛失の届けなどで止められています。カードが見つかったときは、窓口で一時停止の解除をしてください。"),
    ),
    identity.CertificateStopped: ErrorWords(
        422,
        "certificate_stopped",
        _l("このカードは、市の窓口で利用を止めています"),
        _l("このカードではログインできません。カードを持って、窓口で相談してください。"),
    ),
    identity.WrongCertificateKind: ErrorWords(
        422,
        "card_not_mynumber",
        _l("マイナンバーカードではないようです"),
        _l("マイナンバーカードを置いて、もう一度試してください。"),
    ),
    identity.SignatureWrong: ErrorWords(
        422,
        "signature_wrong",
        _l("ログインできませんでした"),
        _l("カードの答えを確認できませんでした。カードを置いたまま、もう一度試してください。"),
    ),
    identity.NotLinked: ErrorWords(
        422,
        "not_linked",
        _l("このカードは、まだ登録されていません"),
        _l("この市に住民登録があるかたは、窓口でカードを登録すると使えるようになります。"),
    ),
    identity.TooManyAttempts: ErrorWords(
        429,
        "too_many_attempts",
        _l("しばらくログインできません"),
        _l("まちがいが続いたため、止めています。10分ほど待ってから、もう一度試してください。"),
        logging.WARNING,
    ),
    identity.RevocationUnavailable: ErrorWords(
        503,
        "revocation_unavailable",
        _l("いまカードの確認ができません"),
        _l("カードが有効かどうかを国のしくみに確認できません。少し待ってから、もう一度試してください。"),
        logging.WARNING,
    ),
    identity.AttemptsUncountable: _AWAY,
    identity.AlreadyLinked: ErrorWords(
        409,
        "already_linked",
        _l("このカードは、窓口で登録します"),
        _l("オンラインでは登録を進められません。カードを持って、下の窓口にお越しください。"),
        logging.WARNING,
    ),
    identity.DeviceLoginUnknown: ErrorWords(
        422,
        "device_login_unknown",
        _l("このコードは使えません"),
        _l("すでに使われたか、新しいコードに替わっています。新しいコードで、もう一度試してください。"),
    ),
    identity.DeviceLoginExpired: ErrorWords(
        422,
        "device_login_expired",
        _l("コードの時間が切れました"),
        _l("コードは2分で使えなくなります。新しいコードで、もう一度試してください。"),
    ),
    identity.DeviceLoginOfAnotherSession: ErrorWords(
        422,
        "device_login_of_another_session",
        _l("このコードは、ほかの画面のものです"),
        _l("コードを表示した画面でだけログインできます。新しいコードで、もう一度試してください。"),
        logging.WARNING,
    ),
    identity.DeviceLoginUnanswered: ErrorWords(
        422,
        "device_login_unanswered",
        _l("カードの読み取りが、まだ終わっていません"),
        _l("もう一方の機器で読み取りを終えてから進んでください。新しいコードで、もう一度試してください。"),
    ),
    identity.DeviceLoginClaimed: ErrorWords(
        409,
        "device_login_claimed",
        _l("このコードは、ほかの機器で使われています"),
        _l("覚えがないときは使わずに、新しいコードで、もう一度試してください。"),
        logging.WARNING,
    ),
    identity.DeviceLoginUnclaimed: _DEVICE_ANSWER_UNFIT,
    identity.DeviceLoginUsed: _DEVICE_ANSWER_UNFIT,
    identity.RelayedOrigin: ErrorWords(
        422,
        "relayed_origin",
        _l("ほかのサイトを経由した読み取りを断りました"),
        _l("だれかが間に入っているおそれがあります。アドレスを自分で確かめ、新しいコードで試してください。"),
        logging.WARNING,
    ),
}
# What is not even base64 was not made by the bridge.
_LOG_IN[binascii.Error] = _LOG_IN[identity.SignatureWrong]
_LOG_IN[identity.LinkEnded] = _LOG_IN[identity.NotLinked]

_FILING: dict[type[Exception], ErrorWords] = {
    filings.CounterRequired: ErrorWords(
        409,
        "counter_required",
        _l("この届出は、窓口でお受けします"),
        _l("オンラインでは手続を進められません。下の窓口にお越しください。"),
    ),
    filings.ApplicantTooYoung: ErrorWords(
        409,
        "applicant_too_young",
        _l("15歳未満のかたのカードでは届け出られません"),
        _l("同じ世帯の15歳以上のかたのカードでログインするか、窓口で届け出てください。"),
    ),
    filings.SignatureRequired: ErrorWords(
        409,
        "signature_required",
        _l("いま、オンラインの届出を受け付けていません"),
        _l("届出には電子署名が必要です。電子署名による受付が始まるまで、窓口で届け出てください。"),
    ),
    filings.MoverAlreadyNamed: ErrorWords(
        409,
        "mover_already_named",
        _l("すでに転出届が出ている人がいます"),
        _l("選んだ人の中に、ほかの届出で転出の手続をしている人がいます。引っ越す人を選びなおしてください。"),
    ),
    filings.SubmissionKeyUsed: ErrorWords(
        409,
        "form_outdated",
        _l("画面が古くなっています"),
        _l("届出は送られていません。マイページから、もう一度始めてください。"),
    ),
    filings.IllegalTransition: ErrorWords(
        409,
        "already_decided",
        _l("この届出は、もう取り下げられません"),
        _l("手続が終わったか、すでに取り下げられています。転出をやめるときは、窓口に相談してください。"),
    ),
    filings.FilingUnknown: _NOT_FOUND,
}

ERRORS: dict[type[Exception], ErrorWords] = {
    **_LOG_IN,
    **_FILING,
    MunicipalityMissing: _AWAY,
    CSRFError: ErrorWords(
        400,
        "form_outdated",
        _l("画面が古くなっています"),
        _l("届出は送られていません。前の画面に戻り、読み込みなおしてから、もう一度試してください。"),
    ),
    Forbidden: ErrorWords(
        403,
        "forbidden",
        _l("この画面は開けません"),
        _l("はじめのページから、もう一度始めてください。"),
        logging.WARNING,
    ),
    NotFound: _NOT_FOUND,
    MethodNotAllowed: ErrorWords(
        405, "method_not_allowed", _l("この操作はできません"), _l("画面のボタンやリンクから操作してください。")
    ),
    RequestEntityTooLarge: ErrorWords(
        413, "too_large", _l("送られた内容が大きすぎます"), _l("文字を短くして、もう一度試してください。")
    ),
    BadRequest: ErrorWords(
        400, "bad_request", _l("受け取れない内容です"), _l("画面のボタンやリンクから操作してください。")
    ),
    ServiceUnavailable: _AWAY,
    HTTPException: ErrorWords(
        400, "bad_request", _l("受け取れない内容です"), _l("はじめのページから、もう一度始めてください。")
    ),
    **dict.fromkeys(DATABASE_AWAY, _AWAY),
}

describe = describe_by(ERRORS, UNEXPECTED)


def respond(words: ErrorWords) -> ResponseReturnValue:
    """A whole page; a form with an outdated token comes back with what was typed; JSON for a bridge."""
    if flask.request.blueprint == "device_wire":
        return {"error": words.code, "reference": reference()}
    if flask.request.headers.get("HX-Request") == "true":
        return "", words.status, {"HX-Reswap": "none"}
    if words is ERRORS[CSRFError] and (kept := moving_out.kept_page()) is not None:
        return kept
    if words.status < 500:
        with contextlib.suppress(MunicipalityMissing, *DATABASE_AWAY):
            city()
    return flask.render_template("error.html", words=words, reference=reference())
