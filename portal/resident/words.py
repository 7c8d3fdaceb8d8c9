"""Values as words, in the language of the page."""

from datetime import date, datetime

import flask_babel
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.certificates.eras import in_era
from portal.certificates.papers.tables import CheckResult
from portal.clock import JAPAN, local_date
from portal.filings import Field, FieldError, FilingState, Problem, earliest_planned_date, latest_planned_date
from portal.notices import NoticeKind
from portal.register import Sex
from portal.resident import languages

_WEEKDAYS = "月火水木金土日"

STATES = {
    FilingState.SUBMITTED: _l("受付"),
    FilingState.IN_REVIEW: _l("処理中"),
    FilingState.ACCEPTED: _l("完了"),
    FilingState.WITHDRAWN: _l("取下げ"),
}
STATE_KINDS = {
    FilingState.SUBMITTED: "info",
    FilingState.IN_REVIEW: "info",
    FilingState.ACCEPTED: "ok",
    FilingState.WITHDRAWN: "mute",
}
NOTICES = {
    NoticeKind.FILING_RECEIVED: _l("転出届を受け付けました"),
    NoticeKind.FILING_ACCEPTED: _l("転出届の手続が終わりました"),
    NoticeKind.FILING_WITHDRAWN: _l("転出届を取り下げました"),
}
CHECKS = {
    CheckResult.CURRENT: _l("この証明書は{when}に確認されました"),
    CheckResult.WITHDRAWN: _l("この証明書は{when}に確認され、取り消されていることが伝わりました"),
    CheckResult.ALTERED: _l("{when}に確認した人が、紙の文字がちがうと答えました"),
    CheckResult.DIFFERENT_SETS: _l("{when}に、ほかの証明書の紙とまぜて確認されました"),
}
CHECK_KINDS = {
    CheckResult.CURRENT: "ok",
    CheckResult.WITHDRAWN: "err",
    CheckResult.ALTERED: "err",
    CheckResult.DIFFERENT_SETS: "err",
}
_SEXES = {Sex.MALE: _l("男"), Sex.FEMALE: _l("女")}
_PROBLEMS = {
    (Field.MOVERS, Problem.MISSING): _l("引っ越す人を1人以上選んでください"),
    (Field.MOVERS, Problem.UNKNOWN): _l("世帯の人の中から選びなおしてください"),
    (Field.MOVERS, Problem.NOT_MOVABLE): _l("すでに転出届が出ている人は選べません"),
    (Field.PLANNED_DATE, Problem.MISSING): _l("引っ越す日を入力してください"),
    (Field.PLANNED_DATE, Problem.NOT_A_DATE): _l("引っ越す日は、年・月・日を数字で入力してください"),
    (Field.POSTAL_CODE, Problem.NOT_A_POSTAL_CODE): _l("郵便番号は7けたの数字で入力してください"),
    (Field.PREFECTURE, Problem.MISSING): _l("都道府県を選んでください"),
    (Field.PREFECTURE, Problem.NOT_A_PREFECTURE): _l("都道府県を選んでください"),
    (Field.MUNICIPALITY, Problem.MISSING): _l("市区町村を入力してください"),
    (Field.MUNICIPALITY, Problem.TOO_LONG): _l("市区町村は40文字以内で入力してください"),
    (Field.MUNICIPALITY, Problem.UNREADABLE): _l("市区町村に使えない文字があります"),
    (Field.MUNICIPALITY, Problem.NOT_A_MUNICIPALITY): _l("市区町村は「市」「区」「町」「村」まで入力してください"),
    (Field.MUNICIPALITY, Problem.SAME_MUNICIPALITY): _l("同じ市の中の引っ越しは転居届です。窓口に届け出てください"),
    (Field.ADDRESS, Problem.MISSING): _l("町名・番地・建物名を入力してください"),
    (Field.ADDRESS, Problem.TOO_LONG): _l("町名・番地・建物名は120文字以内で入力してください"),
    (Field.ADDRESS, Problem.UNREADABLE): _l("町名・番地・建物名に使えない文字があります"),
}


def problem(error: FieldError, filed_on: date) -> str:
    """What is wrong with an answer and how to put it right, in one sentence."""
    if error.problem in {Problem.TOO_EARLY, Problem.TOO_LATE}:
        return str(_("引っ越す日は、%(days)sの日を入力してください", days=days_open(filed_on)))
    return str(_PROBLEMS[error.field, error.problem])


def days_open(filed_on: date) -> str:
    """2026年11月14日から12月24日まで: the days of moving that can be filed on this day."""
    first, last = earliest_planned_date(filed_on), latest_planned_date(filed_on)
    end = short_day(last)
    if languages.current() == "ja" and first.year == last.year:
        end = end.partition("年")[2]
    return str(_("%(first)sから%(last)sまで", first=short_day(first), last=end))


def day(value: date) -> str:
    """2026年（令和8年）12月1日（火）; in English 1 December 2026 (Tue)."""
    if languages.current() == "ja":
        era = in_era(value).partition("年")[0]
        weekday = _WEEKDAYS[value.weekday()]
        return f"{value.year}年（{era}年）{value.month}月{value.day}日（{weekday}）"
    return str(flask_babel.format_date(value, "d MMMM y (EEE)"))


def short_day(value: date) -> str:
    """2026年12月1日; in English 1 December 2026."""
    if languages.current() == "ja":
        return f"{value.year}年{value.month}月{value.day}日"
    return str(flask_babel.format_date(value, "d MMMM y"))


def moment(value: datetime) -> str:
    """2026年11月24日 10:00, in Japan's time."""
    return f"{short_day(local_date(value))} {value.astimezone(JAPAN):%H:%M}"


def birth_day(text: str) -> str:
    """1985年7月20日; what is not a whole date stands as it is."""
    whole = len(text) == len("YYYY-MM-DD")
    return short_day(date.fromisoformat(text)) if whole else text or str(_("不明"))


def sex(value: Sex | None) -> str:
    """男, 女 or 不明."""
    return str(_("不明") if value is None else _SEXES[value])


def postal_code(value: str) -> str:
    """〒220-0012."""
    return f"〒{value[:3]}-{value[3:]}"


def masked(name: str) -> str:
    """A name that its owner recognises and a passer-by does not: 本間 ○○."""
    family, space, given = name.replace(" ", "\u3000").partition("\u3000")
    if not space:
        return f"{name[:1]}{'○' * 2}"
    return f"{family}\u3000{'○' * min(len(given), 4)}"
