"""Versions of a record as rows of the desk: only what each of them changed, in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from portal.register import Attribution, ChangeReason, ResidentRecord, Version
from portal.staff import words

LABELS = {
    "status": "住民の区分",
    "name": "氏名",
    "reading": "フリガナ",
    "reading_registered": "フリガナの届出",
    "former_surname": "旧氏",
    "common_name": "通称",
    "birth_date": "生年月日",
    "sex": "性別",
    "household_id": "世帯",
    "relationship": "続柄",
    "is_head": "世帯主かどうか",
    "address": "住所",
    "address_since": "住所を定めた年月日",
    "notified_on": "届出年月日",
    "became_resident_on": "住民となった年月日",
    "previous_address": "転入前住所",
    "domicile": "本籍",
    "family_head": "筆頭者",
    "foreign": "外国人住民",
    "nationality": "国籍・地域",
    "residence_status": "在留資格",
    "period_of_stay": "在留期間",
    "stay_expires_on": "在留期間の満了の日",
    "residence_card_number": "在留カード番号",
    "planned_departure_on": "転出予定年月日",
    "destination": "転出先",
    "ended_on": "消除・死亡の年月日",
}
"""Every field of a record that can change, in the order of the 住民票."""

REASONS = {
    ChangeReason.IMPORT: "既存住基からの取込",
    ChangeReason.MOVING_OUT: "転出届",
    ChangeReason.MOVING_OUT_CANCELLED: "転出の取消し",
    ChangeReason.REMOVAL: "転出予定日による消除",
    ChangeReason.CORRECTION: "訂正",
}


@dataclass(frozen=True)
class Item:
    """One field in words; `before` None where the record begins."""

    label: str
    value: str
    before: str | None = None
    name: bool = False


@dataclass(frozen=True)
class Entry:
    """One version: from when it holds, when it was written down, who, why, from which filing, what it changed."""

    number: int
    valid_from: date
    known_from: datetime
    why: str
    who: str
    filing_id: UUID | None
    receipt_number: str | None
    items: tuple[Item, ...]


def entries(
    versions: Sequence[Version],
    attributions: Mapping[int, Attribution],
    receipts: Mapping[UUID, str],
    who: Mapping[int, str],
) -> tuple[Entry, ...]:
    """The newest first. `who` names the writer of each version."""
    rows = []
    for place, version in enumerate(versions):
        before = versions[place - 1].record if place else None
        filing = attributions[version.number].filing_id
        rows.append(
            Entry(
                number=version.number,
                valid_from=version.valid_from,
                known_from=version.known_from,
                why=REASONS[version.reason],
                who=who[version.number],
                filing_id=filing,
                receipt_number=None if filing is None else receipts.get(filing),
                items=_changed(version, before),
            )
        )
    return tuple(reversed(rows))


def present(record: ResidentRecord) -> tuple[Item, ...]:
    """What the record says now, without what is empty and what stands in the heading."""
    return tuple(
        Item(label, _text(record, name), name=name in {"former_surname", "common_name"})
        for name, label in LABELS.items()
        if name not in {"status", "name", "reading", "household_id", "is_head", "foreign"}
        and getattr(record, name) is not None
    )


def _changed(version: Version, before: ResidentRecord | None) -> tuple[Item, ...]:
    if before is None:
        return ()
    return tuple(
        Item(
            label,
            _text(version.record, name),
            "もとの世帯" if name == "household_id" else _text(before, name),
            name=name in {"name", "former_surname", "common_name"},
        )
        for name, label in LABELS.items()
        if name in version.changed
    )


def _text(record: ResidentRecord, name: str) -> str:
    value = getattr(record, name)
    if value is not None and name in _IN_WORDS:
        return _IN_WORDS[name](value)
    if value is None:
        return words.SEX[None] if name == "sex" else "なし"
    return words.day(value) if isinstance(value, date) else str(value)


def _yes(value: bool) -> str:  # a field of the record
    return "はい" if value else "いいえ"


_IN_WORDS: Mapping[str, Callable[..., str]] = {
    "sex": words.SEX.__getitem__,
    "birth_date": words.registered,
    "status": lambda status: words.STANDING[status].text,
    "household_id": lambda _: "別の世帯に移った",
    "reading_registered": lambda registered: "届出ずみ" if registered else "未届",
    "is_head": _yes,
    "foreign": _yes,
}
