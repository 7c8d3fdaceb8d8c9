"""From one record and its history to the sheets of a 個人票 (標準仕様書: A4 portrait, one person, with history).

The history is what the register has kept since it was loaded; older changes only the core system (既存住基) knows.
Of the head of the household (世帯主) it holds when the person became or ceased to be one, not who was before. How the
標準仕様書 words 異動事由 was not verified.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from portal.certificates.kinds import entries
from portal.certificates.paper import Data, Entry, Layout, Sheet, Source, Subject, labelled
from portal.clock import local_date
from portal.register import ChangeReason, ResidentRecord, ResidentStatus, Version, history_of

CHANGES_ON_FIRST = 8
CHANGES_ON_OTHERS = 18

_SENTENCE = "この写しは、住民票の原本と相違ないことを証明する。"
_REASONS = {
    ChangeReason.IMPORT: "異動",
    ChangeReason.MOVING_OUT: "転出届",
    ChangeReason.MOVING_OUT_CANCELLED: "転出取消",
    ChangeReason.REMOVAL: "消除",
    ChangeReason.CORRECTION: "修正",
}


class HistoryMissing(Exception):
    """Raised when a 個人票 is composed from a subject whose history was not read."""


@dataclass(frozen=True, repr=False, kw_only=True)
class Change:
    """One line of the history: an item before and after, since when, why, and when it was written down."""

    day: str = labelled("異動年月日")
    reason: str = labelled("事由")
    item: str = labelled("項目")
    before: str = labelled("変更前")
    after: str = labelled("変更後")
    noted: str = labelled("記載年月日")


NO_CHANGE = Change(day="", reason="", item="", before="", after="", noted="")


@dataclass(frozen=True, repr=False, kw_only=True)
class First:
    """The first sheet: the person as registered now, and the beginning of the history."""

    address: str = labelled("住所")
    head: str = labelled("世帯主")
    reading: str = labelled("振り仮名")
    name: str = labelled("氏名")
    other_name: Entry
    birth_date: str = labelled("生年月日")
    sex: str = labelled("性別")
    relationship: str = labelled("続柄")
    became_resident: Entry
    since: Entry
    notified: Entry
    previous_address: str = labelled("転入前住所")
    address_before: str = labelled("異動前住所")
    origin: Entry
    standing: Entry
    period_of_stay: str = labelled("在留期間")
    residence_card: str = labelled("在留カード等の番号")
    individual_number: str = labelled("個人番号")
    resident_code: str = labelled("住民票コード")
    remark: str = labelled("備考")
    changes: tuple[Change, ...]
    sentence: str = labelled("認証文")


@dataclass(frozen=True, repr=False, kw_only=True)
class More:
    """Every further sheet: whose it is, and more of the history."""

    name: str = labelled("氏名")
    birth_date: str = labelled("生年月日")
    changes: tuple[Change, ...]
    sentence: str = labelled("認証文")


def history(source: Source) -> Data:
    """The history of the applicant's record, read with an audit event."""
    versions = history_of(
        source.connection, source.resident_id, reader=source.reader, why=source.why, now=source.now,
        audit_to=source.audit_to,
    )  # fmt: skip
    return Data(record=versions, versions={"history": versions[-1].number})


def compose(subject: Subject) -> Layout:
    """The sheets of a subject. Raises HistoryMissing, entries.NotLivingHere."""
    [person] = entries.living(subject.persons)
    versions = subject.data.record
    if not isinstance(versions, tuple) or not versions:
        raise HistoryMissing
    lines = list(_changes(versions, subject.items))
    first = Sheet("first", _first(person, versions, subject, _filled(lines[:CHANGES_ON_FIRST], CHANGES_ON_FIRST)))
    rest = lines[CHANGES_ON_FIRST:]
    others = [rest[start : start + CHANGES_ON_OTHERS] for start in range(0, len(rest), CHANGES_ON_OTHERS)]
    return Layout(
        (
            first,
            *(
                Sheet(
                    "more",
                    More(
                        name=person.name,
                        birth_date=entries.birth_date(person),
                        changes=_filled(part, CHANGES_ON_OTHERS),
                        sentence=_SENTENCE,
                    ),
                )
                for part in others
            ),
        )
    )


def _first(
    person: ResidentRecord, versions: Sequence[Version], subject: Subject, changes: tuple[Change, ...]
) -> First:
    chosen = subject.items
    return First(
        address=person.address,
        head=entries.head_name(subject.head, chosen),
        reading=entries.reading(person),
        name=person.name,
        other_name=entries.other_name(person),
        birth_date=entries.birth_date(person),
        sex=entries.sex(person),
        relationship=entries.relationship(person, chosen),
        became_resident=entries.became_resident(person),
        since=entries.since(person),
        notified=entries.notified(person),
        previous_address=person.previous_address or "",
        address_before=_address_before(versions),
        origin=entries.origin(person, chosen),
        standing=entries.standing(person, chosen),
        period_of_stay=entries.period_of_stay(person, chosen),
        residence_card=entries.residence_card(person, chosen),
        individual_number=entries.OMITTED,
        resident_code=entries.OMITTED,
        remark=_leaving(person),
        changes=changes,
        sentence=_SENTENCE,
    )


def _filled(lines: Sequence[Change], size: int) -> tuple[Change, ...]:
    blank = [NO_CHANGE] * (size - len(lines))
    if blank:
        blank[0] = replace(NO_CHANGE, item=entries.NOTHING_BELOW)
    return (*lines, *blank)


def _address_before(versions: Sequence[Version]) -> str:
    """異動前住所: the address inside the municipality before the present one, as far as this register knows it."""
    addresses = [version.record.address for version in versions]
    return next((address for address in reversed(addresses) if address != addresses[-1]), "")


def _leaving(person: ResidentRecord) -> str:
    if person.status is not ResidentStatus.PLANNED_DEPARTURE:
        return ""
    return f"{entries.day(person.planned_departure_on)}転出予定　{person.destination or ''}".rstrip()


def _changes(versions: Sequence[Version], chosen: frozenset[str]) -> Iterator[Change]:
    entered = versions[0]
    yield Change(
        day=entries.day(entered.valid_from),
        reason="記載",
        item="住　所",
        before="",
        after=entered.record.address,
        noted=_noted(entered),
    )
    for before, after in pairwise(versions):
        for item, old, new in _differences(before.record, after.record, chosen):
            yield Change(
                day=entries.day(after.valid_from),
                reason=_REASONS[after.reason],
                item=item,
                before=old,
                after=new,
                noted=_noted(after),
            )


def _differences(old: ResidentRecord, new: ResidentRecord, chosen: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    told: list[tuple[str, str | None, str | None]] = [
        ("住　所", old.address, new.address),
        ("氏　名", old.name, new.name),
        ("旧　氏", old.former_surname, new.former_surname),
        ("通　称", old.common_name, new.common_name),
    ]
    if entries.RELATIONSHIP.id in chosen:
        told.append(("世帯主・続柄", old.relationship, new.relationship))
    if entries.DOMICILE.id in chosen:
        told += [("本　籍", old.domicile, new.domicile), ("筆頭者", old.family_head, new.family_head)]
    told.append(("転出予定", _leaving(old), _leaving(new)))
    return ((item, before or "", after or "") for item, before, after in told if before != after)


def _noted(version: Version) -> str:
    return entries.day(local_date(version.known_from))


def _forms() -> dict[str, object]:
    entry = Entry("項目", "見本")
    change = Change(day="見本", reason="見本", item="見本", before="見本", after="見本", noted="見本")
    first = First(
        address="見本", head="見本", reading="ミホン", name="見本", other_name=entry, birth_date="見本", sex="男",
        relationship="見本", became_resident=entry, since=entry, notified=entry, previous_address="見本",
        address_before="見本", origin=entry, standing=entry, period_of_stay="見本", residence_card="見本",
        individual_number="見本", resident_code="見本", remark="見本", changes=(change,) * CHANGES_ON_FIRST,
        sentence="見本",
    )  # fmt: skip
    more = More(name="見本", birth_date="見本", changes=(change,) * CHANGES_ON_OTHERS, sentence="見本")
    return {"first": first, "more": more}


FORMS = _forms()
