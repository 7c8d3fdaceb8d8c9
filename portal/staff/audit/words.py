"""The audit's codes in the words of the desk. A code without a word is shown as it is: nothing is left out."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from portal.audit import Action, ActorKind
from portal.audit.sealing import Standing, Verification
from portal.staff.register.inquiry import WORDS as INQUIRIES
from portal.staff.words import Word, ago, short_moment

ACTION: dict[str, str] = {
    Action.RECORD_READ: "住民記録を見た",
    Action.RECORD_SEARCHED: "住民をさがした",
    Action.RECORD_CHANGED: "住民記録を変えた",
    Action.RECORD_IMPORTED: "住民記録を取り込んだ",
    Action.NUMBER_READ: "個人番号を見た",
    Action.NUMBER_STORED: "個人番号を記録した",
    Action.HOLD_PLACED: "発行を止めた",
    Action.HOLD_LIFTED: "発行の停止を解いた",
    Action.PROTECTION_PLACED: "支援措置を記録した",
    Action.LINK_MADE: "カードを登録した",
    Action.LINK_ENDED: "カードの登録を終えた",
    Action.CERTIFICATE_STOPPED: "カードの利用を止めた",
    Action.STOP_LIFTED: "カードの利用停止を解いた",
    Action.LINK_REQUESTED: "カードの登録を申し出た",
    Action.LINK_REQUEST_READ: "登録の申し出を見た",
    Action.LINK_REQUEST_CLOSED: "登録の申し出を決めた",
    Action.VISITOR_ADMITTED: "未登録のカードを受け付けた",
    Action.VISITOR_IDENTIFIED: "未登録のカードの人を確かめた",
    Action.LOGGED_IN: "ログインした",
    Action.LOGIN_REFUSED: "ログインを断った",
    Action.LOGGED_OUT: "ログアウトした",
    Action.ACCOUNT_CHANGED: "職員の登録を変えた",
    Action.ISSUANCE_REQUESTED: "証明書を申請した",
    Action.ISSUANCE_REFUSED: "証明書の発行を断った",
    Action.ISSUANCE_RENDERED: "証明書を作った",
    Action.ISSUANCE_RELEASED: "証明書を端末に渡した",
    Action.ISSUANCE_ENDED: "証明書の発行を終えた",
    Action.ISSUANCE_SETTLED: "出た紙を確認した",
    Action.PAPER_WITHDRAWN: "証明書を取り消した",
    Action.PAYMENT_AUTHORISED: "手数料を預かった",
    Action.PAYMENT_ENDED: "手数料の扱いを終えた",
    Action.FILING_SUBMITTED: "届出を出した",
    Action.FILING_READ: "届出を見た",
    Action.FILING_CLAIMED: "届出を担当した",
    Action.FILING_DECIDED: "届出を決めた",
    Action.FILING_WITHDRAWN: "届出を取り下げた",
    Action.MUNICIPALITY_CHANGED: "市の設定を変えた",
    Action.SEAL_KEY_CHANGED: "電子署名の鍵を変えた",
    Action.TERMINAL_ENROLLED: "端末を登録した",
    Action.TERMINAL_COMMANDED: "端末に指示した",
    Action.AUDIT_READ: "閲覧の記録を見た",
}
ACTOR = {
    ActorKind.RESIDENT: "住民",
    ActorKind.VISITOR: "未登録のカードの人",
    ActorKind.STAFF: "職員",
    ActorKind.TERMINAL: "端末",
    ActorKind.SYSTEM: "システム",
}
WHY = {
    "certificate.offer": "選べる証明書を示すため",
    "certificate.request": "証明書の申請",
    "certificate.render": "証明書の作成",
    "certificate.release": "証明書の受け渡し",
    "cards.desk": "カードの登録の窓口",
    "link.request": "登録の申し出の確認",
    "link.visitor": "登録の申し出の照合",
    "login": "キオスクでのログイン",
    "resident.page": "本人の画面",
    "filing.submit": "届出の提出",
    "filing.review": "届出の審査",
    "filing.accept": "届出の受理",
} | {inquiry.why: word for inquiry, word in INQUIRIES.items()}
DETAIL = {
    "version": "版", "fields": "項目", "reason": "理由", "filing": "届出", "issuance": "発行", "code": "結果",
    "history": "履歴の版", "as_of": "いつの状態", "known_at": "いつ知られた状態", "source": "もと", "state": "状態",
    "by": "さがし方", "who": "だれが", "first": "この日から", "last": "この日まで", "action": "操作",
    "events": "件数", "added": "追加", "changed": "変更", "unchanged": "同じ", "account": "職員", "roles": "役割",
}  # fmt: skip
# The sealer seals each second and anchors each minute; verification is a nightly job (docs/operations.md).
_UNSEALED, _UNSEALED_LONG = timedelta(seconds=10), timedelta(minutes=1)
_ANCHORED, _VERIFIED = timedelta(minutes=3), timedelta(hours=36)


def detail(said: Mapping[str, str | int | bool | None], names: Mapping[str, str]) -> list[tuple[str, str]]:
    """What an event says besides, without `why`: names and values, as they are kept but for members of staff."""
    return [
        (
            DETAIL.get(name, name),
            "はい" if value is True else "いいえ" if value is False else names.get(str(value), str(value)),
        )
        for name, value in said.items()
        if name != "why" and value not in {None, ""}
    ]


def sealing(standing: Standing, now: datetime) -> Word:
    """Whether anything has waited too long for its seal: what happened a moment ago gets it in a moment."""
    since = standing.unsealed_since
    if since is None:
        return Word("ok", "すべて封印されています") if standing.seals else Word("info", "まだ記録がありません")
    waited = now - since
    if waited > _UNSEALED_LONG:
        return Word("err", f"{ago(since, now)}の記録が封印されていません")
    if waited > _UNSEALED:
        return Word("warn", f"{ago(since, now)}の記録が封印を待っています")
    return Word("ok", "すべて封印されています")


def anchoring(at: datetime | None, now: datetime) -> Word:
    """When the head was last put outside."""
    if at is None:
        return Word("warn", "まだ外に控えていません")
    return Word("warn" if now - at > _ANCHORED else "ok", f"{short_moment(at)}（{ago(at, now)}）")


def verifying(last: Verification | None, now: datetime) -> Word:
    """When the book was last looked through, and what was found."""
    if last is None:
        return Word("warn", "まだ検証していません")
    if last.faults:
        return Word("err", f"食いちがいが{last.faults}か所あります")
    if now - last.at > _VERIFIED:
        return Word("warn", f"最後の検証は{ago(last.at, now)}です")
    return Word("ok", "食いちがいはありません")
