"""What was declared beside what is registered: the lines that need a person's eye first, each with its reason.

The rules are asked in `portal.filings`; here are only their words. 支援措置 shares its words with every other matter
of the counter: an ordinary reviewer learns that the counter has to act, never why.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from portal.certificates.eras import registered_date
from portal.clock import local_date
from portal.filings import (
    Check,
    Filing,
    Mover,
    Outcome,
    Proof,
    Review,
    Rule,
    earliest_planned_date,
    latest_planned_date,
)
from portal.municipality import HoldScope, Municipality
from portal.register import ResidentRecord, ResidentStatus
from portal.staff import words

_WEIGHT = {Outcome.STOP: 0, Outcome.WARN: 1, Outcome.OK: 2}
_HOW = {Proof.LOG_IN: "マイナンバーカードでログイン"}
_WHY = {
    Rule.PROOF: "電子署名はついていません。ログインだけで受け付ける設定の届出です。",
    Rule.WINDOW: "ネットで届け出られる期間の外です。窓口での届出になります。",
    Rule.HOUSEHOLD: "この人は、いま届出人と同じ世帯にいません。",
    Rule.STATUS: "この人には、もう転出の予定が記録されています。",
    Rule.UNCHANGED: "届出のあとで、異動する人の住民記録が変わりました。変わったところを確かめてください。",
    Rule.HEAD: "世帯主が転出し、ほかの人が残ります。残る世帯の世帯主を確かめてください（住民基本台帳法25条）。",
    Rule.COUNTER: "この世帯には窓口で進めている手続きがあり、ここでは受理できません。窓口へ引きついでください。",
}


@dataclass(frozen=True)
class Side:
    """One side of a line. `name` asks for the typeface in which the shape of a character can be judged."""

    text: str
    notes: tuple[str, ...] = ()
    name: bool = False


@dataclass(frozen=True)
class Line:
    """One item: declared, registered, how it was judged, and why in one sentence."""

    item: str
    declared: Side
    registered: Side
    outcome: Outcome = Outcome.OK
    why: str = ""


@dataclass(frozen=True)
class Effect:
    """One thing that accepting does: the icon, what it is about, what happens."""

    icon: str
    about: str
    text: str


def lines(review: Review, city: Municipality) -> list[Line]:
    """Every line of an undecided filing; what stops comes first, then what needs a look."""
    found = {check.rule: check.outcome for check in review.checks}
    filing = review.filing
    every = [
        *_movers(review, found),
        _planned_date(filing, found),
        _destination(filing, city),
        _scope(review, found),
        _applicant(filing, review, found),
        *_unchanged(filing, found),
        *_counter(found),
    ]
    return sorted(every, key=lambda line: _WEIGHT[line.outcome])


def worst(checks: tuple[Check, ...]) -> Outcome:
    """The weightiest of the outcomes."""
    return min((check.outcome for check in checks), key=_WEIGHT.__getitem__, default=Outcome.OK)


def effects(filing: Filing, city: Municipality, *, done: bool) -> list[Effect]:
    """What accepting does, or has done, in the order in which it is written."""
    content = filing.content
    place = f"{content.destination.prefecture}{content.destination.municipality}"
    movers = f"異動する{len(content.movers)}人"
    stopped = "世帯の全員" if city.hold_scope is HoldScope.HOUSEHOLD else movers
    future = not done
    return [
        Effect(
            "people",
            "住民記録",
            f"{movers}を、{words.day(content.planned_date)}の転出予定者に{'します' if future else 'しました'}。"
            "その日までは住民のままで、窓口で証明書を受け取れます。",
        ),
        Effect(
            "building",
            f"{place}への通知",
            f"転出証明書情報を送信待ちに{'入れます' if future else '入れました'}。",
        ),
        Effect("mail", "本人への知らせ", f"「完了」と{'知らせます' if future else '知らせました'}。"),
        Effect(
            "printer", "キオスクの発行", f"{stopped}の発行は、届出のときから止まっています。受理後も止めたままです。"
        ),
    ]


def _movers(review: Review, found: dict[Rule, Outcome]) -> Iterator[Line]:
    registered = {record.id: record for record in review.movers}
    movers = review.filing.content.movers
    for number, mover in enumerate(movers, start=1):
        item = f"異動する人 {number}" if len(movers) > 1 else "異動する人"
        yield _mover(item, mover, registered.get(mover.resident_id), found)


def _mover(item: str, mover: Mover, record: ResidentRecord | None, found: dict[Rule, Outcome]) -> Line:
    declared = Side(mover.name, name=True)
    if record is None:
        return _line(item, declared, Side("世帯にいません"), Rule.HOUSEHOLD, found)
    registered = Side(record.name, _about(record), name=True)
    if record.status is not ResidentStatus.RESIDENT:
        return _line(item, declared, registered, Rule.STATUS, found)
    if record.name != mover.name:
        return _line(item, declared, registered, Rule.UNCHANGED, found)
    return Line(item, declared, registered)


def _line(item: str, declared: Side, registered: Side, rule: Rule, found: dict[Rule, Outcome]) -> Line:
    """A line that one rule judges, with the rule's sentence where there is something to say."""
    outcome = found[rule]
    return Line(item, declared, registered, outcome, "" if outcome is Outcome.OK else _WHY[rule])


def _about(record: ResidentRecord) -> tuple[str, ...]:
    born = registered_date(record.birth_date, foreign=record.foreign)
    return (f"{record.relationship}・{born}生",)


def _planned_date(filing: Filing, found: dict[Rule, Outcome]) -> Line:
    planned, filed_on = filing.content.planned_date, local_date(filing.submitted_at)
    first, last = earliest_planned_date(filed_on), latest_planned_date(filed_on)
    window = f"受け付けられる日：{words.short_day(first)}〜{words.short_day(last)}"
    registered = Side(_distance(planned, filed_on), (window,))
    return _line("転出予定年月日", Side(words.day(planned)), registered, Rule.WINDOW, found)


def _distance(planned: date, filed_on: date) -> str:
    days = (planned - filed_on).days
    if days == 0:
        return "受付の日と同じ日"
    return f"受付の日から{days}日後" if days > 0 else f"受付の日より{-days}日前"


def _destination(filing: Filing, city: Municipality) -> Line:
    destination = filing.content.destination
    code = destination.postal_code
    notes = (f"〒{code[:3]}-{code[3:]}",) if code else ()
    return Line("転出先", Side(destination.line, notes), Side(f"{city.name}の外"))


def _scope(review: Review, found: dict[Rule, Outcome]) -> Line:
    household = review.household
    members = () if household is None else household.members
    moving = len(review.filing.content.movers)
    address = () if household is None else (f"いまの住所：{household.address}",)
    declared = Side("世帯の全員" if moving >= len(members) else "世帯の一部")
    return _line("異動の範囲", declared, Side(f"世帯{len(members)}人のうち{moving}人", address), Rule.HEAD, found)


def _applicant(filing: Filing, review: Review, found: dict[Rule, Outcome]) -> Line:
    members = () if review.household is None else review.household.members
    record = next((member for member in members if member.id == filing.resident_id), None)
    registered = Side("世帯にいません") if record is None else Side(record.name, (record.relationship,), name=True)
    declared = Side(filing.applicant_name, (_HOW[filing.proof],), name=True)
    return _line("届出人", declared, registered, Rule.PROOF, found)


def _unchanged(filing: Filing, found: dict[Rule, Outcome]) -> Iterator[Line]:
    if found[Rule.UNCHANGED] is not Outcome.OK:
        since = Side(f"{words.short_moment(filing.submitted_at)}の記録による")
        yield _line("記録の変更", since, Side("そのあと変わっています"), Rule.UNCHANGED, found)


def _counter(found: dict[Rule, Outcome]) -> Iterator[Line]:
    if found[Rule.COUNTER] is not Outcome.OK:
        yield _line("窓口の手続き", Side("—"), Side("手続き中"), Rule.COUNTER, found)
