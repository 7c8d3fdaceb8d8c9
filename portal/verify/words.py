"""What the page says for each verdict, its reason, and each of the four questions behind it."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from portal.certificates.papers.judging import Reason, Verdict


def of_city(text: str, name: str) -> str:
    """A sentence with the municipality's name in the place that is kept for it."""
    return str(text).replace("{city}", name)


@dataclass(frozen=True)
class VerdictWords:
    """The sentence of a verdict. `kind` is its colour, `icon` its sign: each of the three alone is enough."""

    kind: str
    icon: str
    title: str


# The two ends of "genuine and current": before and after somebody has compared the words.
COMPARED = "genuine_compared"

VERDICTS: dict[str, VerdictWords] = {
    COMPARED: VerdictWords("ok", "check-circle", _l("本物で、いまも有効です")),
    Verdict.GENUINE_CURRENT.value: VerdictWords(
        "info", "info", _l("{city}に記録があります。紙の文字を見くらべてください")
    ),
    Verdict.GENUINE_OFFLINE.value: VerdictWords(
        "info", "info", _l("{city}のコードです。ただし、まだわからないことがあります")
    ),
    Verdict.WITHDRAWN.value: VerdictWords("err", "stop", _l("この証明書は、取り消されています")),
    Verdict.ALTERED.value: VerdictWords("err", "stop", _l("紙の内容が、交付したときとちがいます")),
    Verdict.DIFFERENT_SETS.value: VerdictWords("err", "stop", _l("ほかの証明書の紙がまざっています")),
    Verdict.INCOMPLETE_SET.value: VerdictWords("warn", "warning", _l("紙がそろっていません")),
    Verdict.UNKNOWN_ISSUER.value: VerdictWords("err", "stop", _l("{city}の証明書として確認できません")),
    Verdict.UNREADABLE.value: VerdictWords("warn", "warning", _l("コードを読み取れませんでした")),
}

REASONS: dict[str, str] = {
    Reason.TEXT_SAME.value: _l(
        "コードは{city}のもので、紙はそろい、文字は交付したときと同じです。"
        "コピーかどうかは、コードではわかりません。紙の地に「複写」の文字が浮き出ていないか見てください。"
    ),
    Reason.TEXT_NOT_COMPARED.value: _l(
        "コードは写せても、紙の文字は書きかえられているかもしれません。下の内容と一字ずつ見くらべて、答えてください。"
    ),
    Reason.STANDING_NOT_ASKED.value: _l(
        "発行番号・発行年月日が紙の印字と同じか見てください。"
        "取り消されていないか、ほかの文字が書きかえられていないかは、確かめていません。それには照会が必要です。"
    ),
    Reason.NOT_ON_RECORD.value: _l(
        "コードは{city}のものですが、照会できる記録がありません。交付から1年をすぎると、記録は消えます。"
        "いまも有効か、文字が正しいかは、窓口に聞いてください。"
    ),
    Reason.REPLACED.value: _l("新しい証明書に替えたため、この紙は使えません。"),
    Reason.MISPRINT.value: _l("印刷がうまくいかなかったため、この紙は使えません。"),
    Reason.ISSUED_IN_ERROR.value: _l("誤って交付したため、この紙は使えません。"),
    Reason.OFFICER.value: _l("{city}が取り消しました。くわしいことは窓口に聞いてください。"),
    Reason.TEXT_DIFFERS.value: _l(
        "文字が書きかえられたか、ほかの証明書のコードが写されています。証明書として受け取らず、窓口に知らせてください。"
    ),
    Reason.RECORD_CONTRADICTS.value: _l(
        "{city}の記録が、コードのしるした内容と合いません。証明書として受け取らず、窓口に知らせてください。"
    ),
    Reason.OTHER_NUMBER.value: _l("発行番号のちがう紙があります。1つの証明書ごとに確かめてください。"),
    Reason.OTHER_RENDERING.value: _l(
        "同じ発行番号でも、別に作られた紙があります。同じときに出た紙だけで確かめてください。"
    ),
    Reason.OTHER_COUNT.value: _l("枚数の数えかたがちがう紙があります。1つの証明書ごとに確かめてください。"),
    Reason.OTHER_DAY.value: _l("発行年月日のちがう紙があります。1つの証明書ごとに確かめてください。"),
    Reason.PAGE_CONTRADICTS.value: _l("同じ枚目なのに、中身のちがう紙があります。どちらかが本物ではありません。"),
    Reason.PAGES_MISSING.value: _l(
        "コードは{city}のものですが、足りない紙があります。残りの紙も読み取ってください。"
    ),
    Reason.NOT_A_STAMP.value: _l("この紙のコードは、証明書のコードではありません。"),
    Reason.WEB_ADDRESS.value: _l(
        "この紙のコードは、ウェブのアドレスです。本物のコードにアドレスは入っていません。開かずに、窓口に知らせてください。"
    ),
    Reason.LOOKALIKE_ADDRESS.value: _l(
        "この紙のコードは、公式のページによく似た、にせのアドレスです。けっして開かないで、窓口に知らせてください。"
    ),
    Reason.OTHER_MUNICIPALITY.value: _l(
        "ほかの市区町村の番号が入っています。その市区町村のページで確かめてください。"
    ),
    Reason.UNKNOWN_KEY.value: _l("{city}のものではない署名です。本物の証明書ではないおそれがあります。"),
    Reason.KEY_REVOKED.value: _l("使うのをやめた鍵の署名です。いまはこの署名を信用できません。"),
    Reason.OUTSIDE_KEY_TIME.value: _l("発行年月日が、署名の鍵を使っていた時期と合いません。"),
    Reason.SIGNATURE_WRONG.value: _l("コードの中身が書きかえられています。本物の証明書ではありません。"),
    Reason.NO_CODE.value: _l(
        "明るいところで、紙を平らにして、四角いコードが大きく写るように撮ってください。コードのない紙は、証明書ではありません。"
    ),
}

# question → its heading, and what is said when the answer is yes, no, or still open
FINDINGS: dict[str, tuple[str, dict[str, str]]] = {
    "signature": (
        _l("だれが出したか"),
        {"yes": _l("{city}の署名です"), "no": _l("{city}の署名ではありません"), "open": _l("まだわかりません")},
    ),
    "set": (
        _l("紙の組"),
        {
            "yes": _l("すべてそろっています"),
            "no": _l("足りない紙があります"),
            "mixed": _l("ほかの紙がまざっています"),
            "open": _l("まだわかりません"),
        },
    ),
    "standing": (
        _l("いまも有効か"),
        {
            "yes": _l("取り消されていません"),
            "no": _l("取り消されています"),
            "open": _l("照会していません"),
            "absent": _l("記録がありません"),
        },
    ),
    "text": (
        _l("紙の文字"),
        {"yes": _l("交付したときと同じです"), "no": _l("交付したときとちがいます"), "open": _l("見くらべていません")},
    ),
}
