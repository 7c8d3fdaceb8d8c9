"""What a visitor reads when the 署名用電子証明書 could not be used: the rows that differ from those of the log-in."""

import binascii

from flask_babel import lazy_gettext as _l

from portal import identity
from portal.resident.errors import ERRORS, UNEXPECTED
from portal.web import ErrorWords
from portal.web.errors import describe_by

_UNTRUSTED = ErrorWords(
    422,
    "certificate_untrusted",
    _l("署名用電子証明書を確認できませんでした"),
    _l("マイナンバーカードの署名用電子証明書ではないようです。窓口でカードを確認してください。"),
)
_AGAIN = ErrorWords(
    422,
    "challenge_spent",
    _l("時間が切れました"),
    _l("2分以内に暗証番号を入れてください。もう一度「カードを読み取る」を押してください。"),
)
_WRONG = ErrorWords(
    422,
    "signature_wrong",
    _l("カードの答えを確認できませんでした"),
    _l("カードを置いたまま、もう一度試してください。"),
)

_ROWS: dict[type[Exception], ErrorWords] = {
    **dict.fromkeys(
        (
            identity.CertificateUnreadable,
            identity.CertificateUntrusted,
            identity.CertificateNotYetValid,
            identity.CertificateUnknown,
            identity.WrongCertificateKind,
        ),
        _UNTRUSTED,
    ),
    **dict.fromkeys(
        (identity.ChallengeUnknown, identity.ChallengeExpired, identity.ChallengeOfAnotherAsker),
        _AGAIN,
    ),
    **dict.fromkeys((identity.SignatureWrong, binascii.Error), _WRONG),
    identity.CertificateExpired: ErrorWords(
        422,
        "certificate_expired",
        _l("署名用電子証明書の有効期限が切れています"),
        _l("更新は、窓口で無料でできます。カードを持ってお越しください。"),
    ),
    identity.CertificateRevoked: ErrorWords(
        422,
        "certificate_revoked",
        _l("署名用電子証明書が失効しています"),
        _l("引っ越しや氏名の変更をすると失効します。新しい署名用電子証明書は、窓口で発行できます。"),
    ),
    identity.FourItemsError: ErrorWords(
        422,
        "four_items_unreadable",
        _l("署名用電子証明書の内容を読み取れませんでした"),
        _l("カードを持って窓口にお越しください。その場で登録できます。"),
    ),
}

describe_identifying = describe_by({**ERRORS, **_ROWS}, UNEXPECTED)
