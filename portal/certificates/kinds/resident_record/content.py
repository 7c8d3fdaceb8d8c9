"""From records to the words on the sheet (住民基本台帳法7条, 12条5項, 30条の45; 標準仕様書 世帯連記式).

Latest values only, in the words of `kinds.entries`. Not verified: the sentence for a part of a household.
"""

from dataclasses import dataclass

from portal.certificates.kinds import entries
from portal.certificates.paper import Entry, Extent, Layout, Sheet, Subject, labelled
from portal.register import ResidentRecord

PERSONS_PER_SHEET = 4

_SENTENCES = {
    Extent.PERSON: "この写しは、住民票の原本と相違ないことを証明する。",
    Extent.PART: "この写しは、世帯の一部の住民票の原本と相違ないことを証明する。",
    Extent.WHOLE: "この写しは、世帯全員の住民票の原本と相違ないことを証明する。",
}


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


def compose(subject: Subject) -> Layout:
    """The sheets of a subject. Raises entries.NotLivingHere."""
    blocks = tuple(
        _block(number, person, subject.items) for number, person in enumerate(entries.living(subject.persons), 1)
    )
    groups = [blocks[start : start + PERSONS_PER_SHEET] for start in range(0, len(blocks), PERSONS_PER_SHEET)]
    sheets = (
        ResidentSheet(
            address=subject.persons[0].address,
            head=entries.head_name(subject.head, subject.items),
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
    stay, card = (
        (
            Entry("在留期間", entries.period_of_stay(person, chosen)),
            Entry("在留カード等の番号", entries.residence_card(person, chosen)),
        )
        if person.foreign
        else (Entry("備　考", ""), Entry("", ""))
    )
    return PersonBlock(
        number=str(number),
        reading=entries.reading(person),
        name=person.name,
        birth_date=entries.birth_date(person),
        sex=entries.sex(person),
        relationship=entries.relationship(person, chosen),
        other_name=entries.other_name(person),
        became_resident=entries.became_resident(person),
        origin=entries.origin(person, chosen),
        since=entries.since(person),
        standing=entries.standing(person, chosen),
        notified=entries.notified(person),
        previous_address=entries.previous_address(person),
        individual_number=Entry("個人番号", entries.OMITTED),
        resident_code=Entry("住民票コード", entries.OMITTED),
        remark=stay,
        card=card,
    )


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
