"""From records to the words on the sheet (住民基本台帳法7条, 12条5項, 30条の45; 標準仕様書 世帯連記式)."""

from dataclasses import dataclass
from datetime import date

from portal.certificates.eras import in_era, registered_date, western
from portal.certificates.paper import Entry, Extent, Item, Layout, Sheet, Subject, labelled
from portal.register import ResidentRecord, Sex

PERSONS_PER_SHEET = 4
OMITTED = "省略"
NEVER_MOVED_INSIDE = "【空欄】"

_RELATIONSHIP = Item("relationship", "世帯主・続柄", default=False)
_DOMICILE = Item("domicile", "本籍・筆頭者", default=False)
_NATIONALITY = Item("nationality", "国籍・地域、在留資格など", default=False)

_SENTENCES = {
    Extent.PERSON: "この写しは、住民票の原本と相違ないことを証明する。",
    Extent.PART: "この写しは、世帯の一部の住民票の原本と相違ないことを証明する。",
    Extent.WHOLE: "この写しは、世帯全員の住民票の原本と相違ないことを証明する。",
}
_BECAME = {False: "住民となった年月日", True: "外国人住民となった年月日"}
_SEX = {Sex.MALE: "男", Sex.FEMALE: "女", None: ""}


@dataclass(frozen=True, repr=False, kw_only=True)
class PersonBlock:
    """One of the four blocks of a sheet."""

    number: str
    reading: str = labelled("振り仮名")
    name: str = labelled("氏名")
    birth_date: str = labelled("生年月日")
    sex: str = labelled("性別")
    relationship: str = labelled("続柄")
    other_name: Entry
    became_resident: Entry
    origin: Entry
    since: Entry
    standing: Entry
    notified: Entry
    previous_address: Entry
    individual_number: Entry
    resident_code: Entry
    remark: Entry
    card: Entry


@dataclass(frozen=True, repr=False, kw_only=True)
class ResidentSheet:
    """One sheet; its form is named by how many blocks are used.

    `blanks` are the numbers of the blocks nobody stands in (以下余白).
    """

    address: str = labelled("住所")
    head: str = labelled("世帯主")
    persons: tuple[PersonBlock, ...]
    blanks: tuple[str, ...]
    sentence: str = labelled("認証文")


def items(persons: tuple[ResidentRecord, ...]) -> tuple[Item, ...]:
    """What may be chosen for these persons; 本籍 exists for Japanese, 国籍・地域 for foreign residents."""
    offered = [_RELATIONSHIP]
    if any(not person.foreign for person in persons):
        offered.append(_DOMICILE)
    if any(person.foreign for person in persons):
        offered.append(_NATIONALITY)
    return tuple(offered)


def compose(subject: Subject) -> Layout:
    """The sheets of a subject."""
    blocks = tuple(_block(number, person, subject.items) for number, person in enumerate(subject.persons, 1))
    groups = [blocks[start : start + PERSONS_PER_SHEET] for start in range(0, len(blocks), PERSONS_PER_SHEET)]
    named = _RELATIONSHIP.id in subject.items
    head = (subject.head.name if subject.head else "") if named else OMITTED
    sheets = (
        ResidentSheet(
            address=subject.persons[0].address,
            head=head,
            persons=group,
            blanks=_blank_numbers(number, len(group)),
            sentence=_SENTENCES[subject.extent],
        )
        for number, group in enumerate(groups, 1)
    )
    return Layout(tuple(Sheet(str(len(sheet.persons)), sheet) for sheet in sheets))


def _blank_numbers(sheet: int, used: int) -> tuple[str, ...]:
    first = (sheet - 1) * PERSONS_PER_SHEET
    return tuple(str(first + place) for place in range(used + 1, PERSONS_PER_SHEET + 1))


def _block(number: int, person: ResidentRecord, chosen: frozenset[str]) -> PersonBlock:
    with_relationship = _RELATIONSHIP.id in chosen
    return PersonBlock(
        number=str(number),
        # 振り仮名 is printed once notified through the 戸籍; never for foreign residents.
        reading=(person.reading or "") if person.reading_registered and not person.foreign else "",
        name=person.name,
        birth_date=registered_date(person.birth_date, foreign=person.foreign),
        sex=_SEX[person.sex],
        relationship=person.relationship if with_relationship else OMITTED,
        other_name=_other_name(person),
        became_resident=Entry(_BECAME[person.foreign], _day(person.became_resident_on)),
        origin=_origin(person, chosen),
        since=Entry("住所を定めた年月日", _since(person)),
        standing=_standing(person, chosen),
        notified=Entry("届出の年月日", _day(person.notified_on)),
        previous_address=Entry("転入前住所", person.previous_address or ""),
        individual_number=Entry("個人番号", OMITTED),
        resident_code=Entry("住民票コード", OMITTED),
        remark=_remark(person, chosen),
        card=_card(person, chosen),
    )


def _other_name(person: ResidentRecord) -> Entry:
    if person.foreign:
        return Entry("通　称", person.common_name or "")
    return Entry("旧　氏", person.former_surname or "")


def _origin(person: ResidentRecord, chosen: frozenset[str]) -> Entry:
    if person.foreign:
        return Entry("国籍・地域", _if_chosen(_NATIONALITY, chosen, person.nationality))
    return Entry("本　籍", _if_chosen(_DOMICILE, chosen, person.domicile))


def _standing(person: ResidentRecord, chosen: frozenset[str]) -> Entry:
    if person.foreign:
        return Entry("在留資格", _if_chosen(_NATIONALITY, chosen, person.residence_status))
    return Entry("筆頭者", _if_chosen(_DOMICILE, chosen, person.family_head))


def _remark(person: ResidentRecord, chosen: frozenset[str]) -> Entry:
    if not person.foreign:
        return Entry("備　考", "")
    until = "" if person.stay_expires_on is None else f"（{western(person.stay_expires_on)}まで）"
    return Entry("在留期間", _if_chosen(_NATIONALITY, chosen, f"{person.period_of_stay or ''}{until}"))


def _card(person: ResidentRecord, chosen: frozenset[str]) -> Entry:
    if not person.foreign:
        return Entry("", "")
    return Entry("在留カード等の番号", _if_chosen(_NATIONALITY, chosen, person.residence_card_number))


def _if_chosen(item: Item, chosen: frozenset[str], value: str | None) -> str:
    return (value or "") if item.id in chosen else OMITTED


def _since(person: ResidentRecord) -> str:
    if person.address_since is None or person.address_since == person.became_resident_on:
        return NEVER_MOVED_INSIDE
    return in_era(person.address_since)


def _day(day: date | None) -> str:
    return "" if day is None else in_era(day)


def _specimen(persons: int) -> ResidentSheet:
    entry = Entry("項目", "見本")
    block = PersonBlock(
        number="1", reading="ミホン", name="見本", birth_date="見本", sex="男", relationship="見本",
        other_name=entry, became_resident=entry, origin=entry, since=entry, standing=entry, notified=entry,
        previous_address=entry, individual_number=entry, resident_code=entry, remark=entry, card=entry,
    )  # fmt: skip
    blanks = ("4",) * (PERSONS_PER_SHEET - persons)
    return ResidentSheet(address="見本", head="見本", persons=(block,) * persons, blanks=blanks, sentence="見本")


FORMS: dict[str, object] = {str(persons): _specimen(persons) for persons in range(1, PERSONS_PER_SHEET + 1)}
