"""One page for each cause: what happened, what to do now. Codes are those of the wires; words are for residents.

A person under protection (支援措置) is refused with `in_progress` like many others: these words must never
tell them apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _


class Weight(StrEnum):
    """How the page looks: nothing wrong with the resident, something to know, something broken."""

    CALM = "calm"
    WARN = "warn"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one failure page."""

    title: LazyString
    cause: LazyString
    action: LazyString
    weight: Weight = Weight.BROKEN


_COUNTER = _("本人確認書類をお持ちになり、窓口でお求めください。")
_LATER_OR_COUNTER = _("少し待ってからもう一度ためすか、窓口でお求めください。")
_CARD_COUNTER = _("カードをお持ちになり、窓口でご相談ください。")
_STAFF = _("下の番号を係員にお伝えください。")
_CANNOT_ISSUE = _("この機械では発行できません")
_CARD_NOT_USABLE = _("このカードは使えません")

FAILURES: dict[str, Words] = {
    # the card and its reader
    "no_reader": Words(
        _("カードの読み取り機が見つかりません"),
        _("カードの読み取り機との接続が切れました。カードに問題はありません。"),
        _("カードをおとりになり、係員をお呼びください。"),
    ),
    "reader_unavailable": Words(
        _("カードを読み取れなくなりました"),
        _("読み取りのしくみが応答していません。カードに問題はありません。"),
        _("カードをおとりになり、少し待ってからもう一度ためしてください。"),
    ),
    "not_jpki": Words(
        _CARD_NOT_USABLE,
        _(
            "置かれたものからは、利用者証明用電子証明書を読み取れませんでした。暗証番号がロックされたカードでも、こうなることがあります。"
        ),
        _("マイナンバーカードを置いてください。スマートフォンや、ほかのカードは重ねないでください。"),
        Weight.WARN,
    ),
    "card_error": Words(
        _("カードを読み取れませんでした"),
        _("カードからの応答が途中で止まりました。番号の入力回数は減っていません。"),
        _("カードをいちど取り、置きなおしてください。何度も起きるときは窓口でご相談ください。"),
        Weight.WARN,
    ),
    "pin_blocked": Words(
        _("暗証番号がロックされています"),
        _("番号を続けて3回まちがえると、カードを守るためにロックされます。時間がたっても元にもどりません。"),
        _("カードをお持ちになり、窓口で暗証番号の再設定をしてください。"),
        Weight.WARN,
    ),
    "card_pulled": Words(
        _("カードが取られたため、終わりにしました"),
        _("手続きの途中でカードが離れました。暗証番号をまちがえたことにはなりません。"),
        _("もう一度はじめから操作してください。カードは案内が出るまで置いたままにしてください。"),
        Weight.WARN,
    ),
    "card_again": Words(
        _("カードが置かれたため、終わりにしました"),
        _("カードをお返ししたあとに、カードが置かれました。取りちがえを防ぐため、何も印刷していません。"),
        _("カードを取り、もう一度はじめから操作してください。"),
        Weight.WARN,
    ),
    # who is this
    "card_not_mynumber": Words(
        _CARD_NOT_USABLE,
        _("マイナンバーカードではないカードが置かれました。"),
        _("マイナンバーカードを置いてください。"),
        Weight.WARN,
    ),
    "certificate_expired": Words(
        _("電子証明書の有効期間が過ぎています"),
        _("カードの利用者証明用電子証明書は、期間が過ぎたため使えません。"),
        _("カードをお持ちになり、窓口で電子証明書を更新してください。手数料はかかりません。"),
        Weight.WARN,
    ),
    "certificate_revoked": Words(
        _("電子証明書が使えなくなっています"),
        _("カードの利用者証明用電子証明書は、失効しています。"),
        _CARD_COUNTER,
        Weight.WARN,
    ),
    "certificate_on_hold": Words(
        _("カードが一時停止になっています"),
        _("紛失などの届けにより、カードの利用が一時停止されています。"),
        _CARD_COUNTER,
        Weight.WARN,
    ),
    "certificate_stopped": Words(
        _CARD_NOT_USABLE,
        _("市の窓口で、このカードの利用を止めています。"),
        _CARD_COUNTER,
        Weight.WARN,
    ),
    "certificate_untrusted": Words(
        _CARD_NOT_USABLE,
        _("カードの電子証明書を確認できませんでした。"),
        _CARD_COUNTER,
        Weight.WARN,
    ),
    "signature_wrong": Words(
        _("カードの確認ができませんでした"),
        _("カードの返事を確かめられませんでした。暗証番号は合っています。"),
        _("もう一度はじめからためしてください。くり返すときは窓口でご相談ください。"),
        Weight.WARN,
    ),
    "challenge_spent": Words(
        _("時間が切れました"),
        _("カードの確認に使う番号の期限が過ぎました。暗証番号は合っています。"),
        _("もう一度はじめから操作してください。"),
        Weight.WARN,
    ),
    "not_linked": Words(
        _("このカードは、まだここで使えません"),
        _(
            "カードを受け取った日や引越しの手続きをした日は、まだ使えません。ほかの市区町村にお住まいのときも使えません。"
        ),
        _("次の日以降にもう一度ためすか、窓口でお求めください。"),
        Weight.WARN,
    ),
    "revocation_unavailable": Words(
        _("カードの有効性を確かめられません"),
        _("カードが有効かどうかを確かめるしくみに、いまつながりません。安全のため発行を止めています。"),
        _LATER_OR_COUNTER,
    ),
    "too_many_attempts": Words(
        _("しばらく時間をおいてください"),
        _("短い時間に続けて操作が行われたため、受け付けを止めています。"),
        _("10分ほど待ってから、もう一度ためしてください。"),
        Weight.WARN,
    ),
    # may this person have this paper
    "in_progress": Words(
        _CANNOT_ISSUE,
        _("住民票の異動の処理をしているため、いまは発行できません。"),
        _COUNTER,
        Weight.CALM,
    ),
    "moved_out": Words(_CANNOT_ISSUE, _("転出の手続きが終わっています。"), _COUNTER, Weight.CALM),
    "moving": Words(
        _CANNOT_ISSUE,
        _("転出届が出されているため、この機械では発行できません。"),
        _COUNTER,
        Weight.CALM,
    ),
    "deceased": Words(_CANNOT_ISSUE, _("この住民票は、機械では発行できないものです。"), _COUNTER, Weight.CALM),
    "under_age": Words(
        _CANNOT_ISSUE,
        _("15歳未満の方のカードでは発行できません。"),
        _("保護者の方が、ご自分のカードで操作するか、窓口でお求めください。"),
        Weight.CALM,
    ),
    "no_seal": Words(
        _CANNOT_ISSUE,
        _("印鑑の登録がありません。"),
        _("印鑑登録の手続きは、窓口でお受けします。"),
        Weight.CALM,
    ),
    "seal_cancelled": Words(
        _CANNOT_ISSUE,
        _("印鑑の登録は廃止されています。"),
        _("もう一度登録するときは、窓口でお手続きください。"),
        Weight.CALM,
    ),
    "no_tax_data": Words(
        _CANNOT_ISSUE,
        _("いまの年度の所得や税の情報がありません。申告がまだのときや、年度の切り替わりのころは発行できません。"),
        _("申告や、前の年度の証明書については、窓口でご相談ください。"),
        Weight.CALM,
    ),
    "domicile_elsewhere": Words(
        _CANNOT_ISSUE,
        _("本籍がほかの市区町村にあります。戸籍の附票は、本籍のある市区町村が発行します。"),
        _("本籍のある市区町村にお求めください。"),
        Weight.CALM,
    ),
    "registration_pending": Words(
        _CANNOT_ISSUE,
        _("本籍のある市区町村への利用登録が、まだ終わっていません。"),
        _("利用登録の申請がお済みのときは、数日後にもう一度おためしください。"),
        Weight.CALM,
    ),
    "no_family_register": Words(
        _CANNOT_ISSUE,
        _("戸籍の附票は、日本の戸籍に載っている方の証明書です。"),
        _("住所の証明には、住民票の写しをお使いください。"),
        Weight.CALM,
    ),
    "not_here": Words(
        _CANNOT_ISSUE,
        _("この証明書は、窓口だけで発行しています。"),
        _COUNTER,
        Weight.CALM,
    ),
    "office_hours": Words(
        _("開庁時間だけの証明書です"),
        _("この証明書は、市役所の開いている時間だけ発行しています。"),
        _("平日の開庁時間に、もう一度お越しください。"),
        Weight.CALM,
    ),
    "too_long": Words(
        _CANNOT_ISSUE,
        _("お名前やご住所の文字を、この機械では正しく印刷できません。"),
        _COUNTER,
        Weight.CALM,
    ),
    "too_long_character": Words(
        _CANNOT_ISSUE,
        _("お名前やご住所の文字を、この機械では正しく印刷できません。"),
        _COUNTER,
        Weight.CALM,
    ),
    "record_changed": Words(
        _("内容が新しくなったため、止めました"),
        _("発行の途中で住民票の内容が変わりました。古い内容の証明書を出さないために止めました。"),
        _("もう一度はじめから操作してください。"),
        Weight.WARN,
    ),
    "session_ended": Words(
        _("時間が切れました"),
        _("本人確認から時間がたったため、終わりにしました。"),
        _("もう一度はじめから操作してください。"),
        Weight.WARN,
    ),
    "overloaded": Words(
        _("いま、たいへん混み合っています"),
        _("同時に多くの申し込みがあり、受け付けられませんでした。"),
        _LATER_OR_COUNTER,
        Weight.WARN,
    ),
    "hours": Words(
        _("利用時間が終わりました"),
        _("証明書を発行できる時間を過ぎました。"),
        _("利用時間内にもう一度お越しください。"),
        Weight.CALM,
    ),
    "maintenance": Words(
        _("メンテナンス中です"),
        _("しくみの点検のため、発行を止めています。"),
        _LATER_OR_COUNTER,
        Weight.CALM,
    ),
    "stopped": Words(
        _("いま発行を止めています"),
        _("市の判断で、この証明書の発行を止めています。"),
        _LATER_OR_COUNTER,
        Weight.CALM,
    ),
    "terminal_locked": Words(
        _("この機械は止められています"),
        _("係員の確認が終わるまで、この機械は使えません。"),
        _LATER_OR_COUNTER,
        Weight.CALM,
    ),
    # the portal
    "portal_unreachable": Words(
        _("市のしくみにつながりません"),
        _("通信が切れています。カードや暗証番号に問題はありません。何も印刷されていません。"),
        _LATER_OR_COUNTER,
    ),
    "terminal_refused": Words(
        _("この機械は使えません"),
        _("市のしくみが、この機械を確認できませんでした。"),
        _STAFF,
    ),
    "too_slow": Words(
        _("時間がかかりすぎたため、止めました"),
        _("証明書を用意できませんでした。何も印刷されていません。"),
        _LATER_OR_COUNTER,
    ),
    "issuance_failed": Words(
        _("証明書を用意できませんでした"),
        _("作成の途中で問題が起きました。何も印刷されていません。"),
        _STAFF,
    ),
    # paper
    "agent_unreachable": Words(
        _("印刷のしくみが応答していません"),
        _("プリンターと話すしくみが止まっています。何も印刷されていません。"),
        _LATER_OR_COUNTER,
    ),
    "printer_offline": Words(
        _("プリンターにつながりません"),
        _("プリンターの電源や接続に問題があります。"),
        _LATER_OR_COUNTER,
    ),
    "printer_locked": Words(
        _("係員の確認を待っています"),
        _("前の印刷がどうなったか、係員が確かめています。"),
        _LATER_OR_COUNTER,
        Weight.WARN,
    ),
    "paper_empty": Words(_("用紙がありません"), _("プリンターの用紙がなくなりました。"), _STAFF, Weight.WARN),
    "paper_jam": Words(_("用紙がつまりました"), _("プリンターの中で用紙がつまっています。"), _STAFF, Weight.WARN),
    "cover_open": Words(_("プリンターが開いています"), _("プリンターのふたが開いています。"), _STAFF, Weight.WARN),
    "toner_empty": Words(_("トナーがありません"), _("プリンターのトナーがなくなりました。"), _STAFF, Weight.WARN),
    "output_full": Words(
        _("取り出し口がいっぱいです"),
        _("印刷された用紙が、取り出し口に残っています。"),
        _STAFF,
        Weight.WARN,
    ),
    "printer_service": Words(
        _("プリンターの手入れが必要です"),
        _("プリンターの部品の交換や点検が必要です。"),
        _STAFF,
        Weight.WARN,
    ),
    "printer_paused": Words(
        _("プリンターが止められています"),
        _("プリンターが一時停止になっているか、電源を切るところです。"),
        _LATER_OR_COUNTER,
        Weight.WARN,
    ),
    "printer_starting": Words(
        _("プリンターが準備をしています"),
        _("プリンターが動きはじめたところです。まだ印刷できません。"),
        _LATER_OR_COUNTER,
        Weight.WARN,
    ),
    "printer_busy": Words(
        _("プリンターが使用中です"),
        _("ほかの印刷が終わっていません。何も印刷されていません。"),
        _LATER_OR_COUNTER,
        Weight.WARN,
    ),
    "order_refused": Words(
        _("印刷できませんでした"),
        _("印刷の指示を確かめられなかったため、止めました。"),
        _STAFF,
    ),
    "not_printed": Words(
        _("印刷できませんでした"),
        _("プリンターが途中で止まりました。証明書は発行されていません。"),
        _STAFF,
    ),
    # money
    "payment_out": Words(
        _("支払いの機械が使えません"),
        _("手数料を支払う機械が、いま止まっています。"),
        _LATER_OR_COUNTER,
        Weight.WARN,
    ),
    "payment_declined": Words(
        _("お支払いができませんでした"),
        _("この支払い方法では、受け付けられませんでした。お金は受け取っていません。"),
        _("ほかの支払い方法をえらぶか、窓口でお求めください。"),
        Weight.WARN,
    ),
    "payment_not_enough": Words(
        _("金額が足りませんでした"),
        _("手数料に足りなかったため、止めました。入れたお金はお返ししました。"),
        _("もう一度、お支払い方法をえらんでください。"),
        Weight.WARN,
    ),
    "payment_no_change": Words(
        _("おつりが足りません"),
        _("機械の中のおつりが足りないため、止めました。入れたお金はお返ししました。"),
        _("ちょうどの金額を入れるか、ほかの支払い方法をえらんでください。"),
        Weight.WARN,
    ),
    "payment_timeout": Words(
        _("お支払いがありませんでした"),
        _("時間がたったため、止めました。お金は受け取っていません。"),
        _("もう一度、お支払い方法をえらんでください。"),
        Weight.CALM,
    ),
    "payment_cancelled": Words(
        _("お支払いをやめました"),
        _("入れたお金は、支払いの機械からお返しします。何も印刷していません。"),
        _("お返ししたお金をおとりください。"),
        Weight.CALM,
    ),
    "payment_busy": Words(
        _("支払いの機械が動いています"),
        _("前のお支払いの片づけが終わっていません。"),
        _("少し待ってから、もう一度お支払い方法をえらんでください。"),
        Weight.WARN,
    ),
    "payment_host": Words(
        _("タッチ決済につながりません"),
        _("カード会社などへの通信ができません。お金は受け取っていません。"),
        _("現金でお支払いください。"),
        Weight.WARN,
    ),
    "payment_failed": Words(
        _("お支払いが終わりませんでした"),
        _("支払いの途中で問題が起きました。受け取ったお金があれば、支払いの機械からお返しします。"),
        _("もう一度ためすか、窓口でお求めください。"),
        Weight.WARN,
    ),
    "payment_unclear": Words(
        _("お支払いを確かめられません"),
        _(
            "支払いの機械が応答していません。何も印刷していません。受け取ったお金があれば、機械がもどりしだいお返しします。"
        ),
        _STAFF,
    ),
    # time, and what has no name
    "idle_timeout": Words(
        _("操作がなかったため、終わりにしました"),
        _("個人情報を守るため、入力された内容はすべて消しました。"),
        _("続けるときは、もう一度はじめから操作してください。"),
        Weight.CALM,
    ),
    "unexpected": Words(
        _("手続きを続けられませんでした"),
        _("この機械で思わぬ問題が起きました。何も印刷されていません。"),
        _STAFF,
    ),
    "starting": Words(
        _("準備をしています"),
        _("市のしくみにつないでいます。"),
        _("このまま少しお待ちください。"),
        Weight.CALM,
    ),
}

_SAME = {
    "service_unavailable": "portal_unreachable",
    "not_payable": "payment_failed",
    "not_paid": "payment_failed",
    "wrong_amount": "payment_failed",
    "not_ready": "issuance_failed",
    "card_removed": "card_pulled",
    "card_changed": "card_pulled",
    "no_card": "card_pulled",
}


def page_for(code: str) -> str:
    """The code of the page that explains `code`; anything never heard of has its own, honest page."""
    code = _SAME.get(code, code)
    return code if code in FAILURES else "unexpected"
