"""Values as the words of the desk: dates, waiting times, states of devices."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.certificates import Answer, Gap, Means, PaymentState, State
from portal.certificates.eras import in_era, registered_date
from portal.clock import JAPAN, local_date
from portal.filings import FilingKind, FilingState
from portal.identity import LinkEnd, StopReason
from portal.register import MOST_FOUND, ResidentStatus, Sex
from portal.running import Name

MEANS = {Means.CASH: "現金", Means.CONTACTLESS: "タッチ決済"}
MONEY = {
    PaymentState.NONE: "まだ受け取っていません。",
    PaymentState.AUTHORISED: "支払いの機械が預かっています。",
    PaymentState.HELD: "支払いの機械が預かったまま、確認を待っています。",
    PaymentState.CAPTURING: "受け取る指示を、支払いの機械に送っています。",
    PaymentState.CAPTURED: "受け取りました。",
    PaymentState.VOIDING: "返す指示を、支払いの機械に送っています。",
    PaymentState.VOIDED: "返しました。",
}
GAPS = {
    Gap.REQUEST_MISSING: "申請の記録が、1件ちょうどではありません",
    Gap.RENDERING_MISSING: "渡した書類を作った記録がありません",
    Gap.DELIVERY_MISSING: "端末に渡した記録がありません",
    Gap.DELIVERY_TWICE: "端末に渡した記録が多すぎます",
    Gap.OUTCOME_MISSING: "紙が出たかどうかの知らせがありません",
    Gap.STATEMENT_MISSING: "職員の確認が済んでいません",
    Gap.PAYMENT_MISSING: "手数料の記録がありません",
    Gap.AMOUNT_DIFFERS: "手数料の金額が合いません",
    Gap.FEE_NOT_KEPT: "紙が出たのに、手数料を受け取れていません",
    Gap.FEE_NOT_RETURNED: "紙が出ていないのに、手数料を返せていません",
    Gap.FEE_WITHOUT_PAPER: "紙が出ていないのに、手数料を受け取っています",
    Gap.PAPER_WITHOUT_FEE: "紙が出たのに、手数料がありません",
}
_WEEKDAYS = "月火水木金土日"

SEARCH_TOO_WIDE = "氏名・フリガナ・生年月日・住所のどれかを入力してください。市や区の名前だけでは、広すぎます。"
TOO_MANY_FOUND = (
    f"当てはまる人が{MOST_FOUND:,}人をこえました。生年月日や住所を足して、しぼってください。だれも表示していません。"
)


def day(value: date) -> str:
    """令和8年11月24日（火）."""
    return f"{in_era(value)}（{_WEEKDAYS[value.weekday()]}）"


def moment(value: datetime) -> str:
    """令和8年11月24日（火）14:02, in Japan's time."""
    return f"{day(local_date(value))}{clock_time(value)}"


def short_moment(value: datetime) -> str:
    """11月24日 14:02, in Japan's time: for lists, where the year is plain."""
    return f"{short_day(local_date(value))} {clock_time(value)}"


def short_day(value: date) -> str:
    """11月24日, where the year is plain."""
    return f"{value.month}月{value.day}日"


def clock_time(value: datetime) -> str:
    """14:02, in Japan's time."""
    return f"{value.astimezone(JAPAN):%H:%M}"


def due(value: date, today: date) -> str:
    """A deadline as a person at a desk thinks of it."""
    left = (value - today).days
    if left < 0:
        return f"{-left}日 超過"
    if left == 0:
        return "きょう"
    if left == 1:
        return "あす"
    return f"{short_day(value)}（{_WEEKDAYS[value.weekday()]}）"


_TYPED = re.compile(r"(\d{4})(?:[-/.年])(\d{1,2})(?:[-/.月])(\d{1,2})日?|(\d{4})(\d{2})(\d{2})")


def typed_date(text: str | None) -> str | None:
    """A date as a person types it (1991-4-8, 1991年4月8日, 19910408, in any width) as the register keeps it.

    None for nothing, and for what is no day of the calendar.
    """
    match = _TYPED.fullmatch(unicodedata.normalize("NFKC", text or "").strip())
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups() if part is not None)).isoformat()
    except ValueError:
        return None


def registered(text: str) -> str:
    """A birth date of the register in the words of the desk."""
    return registered_date(text)


def fingerprint(value: str) -> str:
    """Sixteen hexadecimal digits in groups of four, as two people would read them to one another."""
    return " ".join(value[place : place + 4] for place in range(0, len(value), 4))


SEX = {Sex.MALE: "男", Sex.FEMALE: "女", None: "記載なし"}


def ago(value: datetime, now: datetime) -> str:
    """How long ago something was last heard: seconds, minutes, hours, then days."""
    gone = max(now - value, timedelta(0))
    seconds = int(gone.total_seconds())
    if seconds < 60:
        return f"{seconds}秒前"
    if seconds < 3600:
        return f"{seconds // 60}分前"
    if seconds < 86400:
        return f"{seconds // 3600}時間前"
    return f"{seconds // 86400}日前"


@dataclass(frozen=True)
class Word:
    """A state in one word, with its weight: `ok`, `info`, `warn`, `err` or `mute`."""

    kind: str
    text: str


KIND = {FilingKind.MOVING_OUT: "転出届"}


def filing_state(state: FilingState, *, held: bool) -> Word:
    """Where a filing stands, as the desk says it. `held`: an officer works on it now."""
    match state:
        case FilingState.ACCEPTED:
            return Word("ok", "受理")
        case FilingState.WITHDRAWN:
            return Word("mute", "取下げ")
        case _:
            return Word("info", "審査中") if held else Word("mute", "審査待ち")


LINK_END = {
    LinkEnd.WITHDRAWN: "本人の申し出",
    LinkEnd.SUPERSEDED: "新しい証明書に替わった",
    LinkEnd.MOVED_OUT: "転出した",
    LinkEnd.DECEASED: "死亡した",
    LinkEnd.OFFICER: "職員の判断（登録のまちがいなど）",
}
STOP_REASON = {
    StopReason.LOST: "カードをなくした",
    StopReason.STOLEN: "カードを盗まれた",
    StopReason.MISUSE: "ほかの人に使われたおそれがある",
    StopReason.OFFICER: "そのほか、職員の判断",
}
STANDING = {
    ResidentStatus.RESIDENT: Word("info", "住民"),
    ResidentStatus.PLANNED_DEPARTURE: Word("warn", "転出予定"),
    ResidentStatus.REMOVED: Word("mute", "転出などで消除"),
    ResidentStatus.DECEASED: Word("mute", "死亡"),
}

PRINTED = {
    State.PRINTED: Word("ok", "印刷できました"),
    State.NOT_PRINTED: Word("warn", "印刷できませんでした"),
    State.UNKNOWN: Word("err", "わかりません（紙の確認待ち）"),
    State.SETTLED: Word("info", "職員が確かめました"),
}
ANSWERS = {
    Answer.PRINTED: "すべて出ていた",
    Answer.NOT_PRINTED: "出ていなかった",
    Answer.PARTLY_PRINTED: "一部が出ていた",
}
PROGRAMS = {
    Name.RESIDENT: "住民のページ",
    Name.STAFF: "職員のページ",
    Name.TERMINAL: "端末の窓口",
    Name.VERIFY: "証明書の確認ページ",
    Name.WORKER: "証明書の作成",
}
READER = {
    "no_reader": "カードリーダーが見つかりません",
    "no_card": "カード待ち",
    "reading": "カードを読み取り中",
    "not_jpki": "マイナンバーカードでないカードが置かれています",
    "card_error": "カードを読み取れません",
    "ready": "カードが置かれています",
    "blocked": "暗証番号がロックされたカードが置かれています",
}
READER_FAULTS = frozenset({"no_reader", "card_error"})

PRINTER = {
    "ready": "印刷できます",
    "printing": "印刷中",
    "blocked": "印刷できません",
    "locked": "停止中（排出した紙の確認待ち）",
    "offline": "プリンターにつながりません",
}

_REASONS = {
    "media-empty": "用紙がありません",
    "media-needed": "用紙の補給が必要です",
    "media-jam": "紙づまり",
    "media-low": "用紙が残りわずか",
    "cover-open": "カバーが開いています",
    "door-open": "カバーが開いています",
    "input-tray-missing": "給紙トレイがありません",
    "output-area-full": "排紙口がいっぱいです",
    "output-area-almost-full": "排紙口がまもなくいっぱいです",
    "toner-empty": "トナーがありません",
    "toner-low": "トナーが残りわずか",
    "marker-supply-empty": "トナーがありません",
    "marker-supply-low": "トナーが残りわずか",
    "marker-waste-full": "廃トナーボックスがいっぱいです",
    "marker-waste-almost-full": "廃トナーボックスがまもなくいっぱいです",
    "paused": "プリンターが一時停止しています",
    "spool-area-full": "プリンターの記憶域がいっぱいです",
    "other": "プリンターがその他の異常を知らせています",
    "offline": "プリンターにつながりません",
    "other-job": "ほかの印刷が残っています",
    "not-accepting-jobs": "プリンターが印刷を受けつけていません",
    "no-pdf": "プリンターがこの書類の形式に対応していません",
}


PRINTER_KINDS = {
    "paper": "用紙を確かめてください",
    "jam": "紙づまり",
    "open": "カバーが開いています",
    "supply": "トナーなどの消耗品を確かめてください",
    "output": "排紙口を確かめてください",
    "service": "部品の点検や交換が必要です",
    "paused": "プリンターが一時停止しています",
    "starting": "プリンターが準備中です",
    "busy": "ほかの印刷が残っています",
    "offline": "プリンターにつながりません",
}
"""The print agent's kinds of reasons, for the hundreds of keywords that have no words of their own."""


def printer_reason(keyword: str, kind: str | None = None, *, blocking: bool = True) -> str:
    """A printer-state-reason in words: its own, or those of its kind with the keyword for the maker's book."""
    for word in (keyword, *(keyword.removesuffix(suffix) for suffix in ("-error", "-warning", "-report"))):
        if word in _REASONS:
            return _REASONS[word]
    said = PRINTER_KINDS.get(kind or "", "プリンターの知らせ") if blocking else "プリンターの知らせ"
    return f"{said}（{keyword}）"
