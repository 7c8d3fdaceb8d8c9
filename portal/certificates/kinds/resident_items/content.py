"""From records to a table: items downwards, persons across, two on a sheet.

A 住民票記載事項証明書 certifies that items stand in the 住民票 (住基法12条1項). Persons, items and what is left out
are those of the 写し. Its form is free and its sentence differs from city to city (this wording was not verified).
"""

from dataclasses import dataclass

from portal.certificates.kinds import entries
from portal.certificates.paper import Entry, Extent, Layout, Sheet, Subject, labelled
from portal.register import ResidentRecord

PERSONS_PER_SHEET = 2

_SENTENCES = {
    Extent.PERSON: "上記の事項は、住民票に記載されていることを証明する。",
    Extent.PART: "上記の事項は、世帯の一部の住民票に記載されていることを証明する。",
    Extent.WHOLE: "上記の事項は、世帯全員の住民票に記載されていることを証明する。",
}


@dataclass(frozen=True, repr=False, kw_only=True)
class Column:
    """One person's column. Entries carry the label that fits a Japanese or a foreign resident."""

    number: str
    reading: str = labelled("振り仮名")
    name: str = labelled("氏名")
    other_name: Entry
    birth_date: str = labelled("生年月日")
    sex: str = labelled("性別")
    relationship: str = labelled("続柄")
    became_resident: Entry
    since: str = labelled("住所を定めた年月日")
    notified: str = labelled("届出の年月日")
    previous_address: str = labelled("転入前住所")
    origin: Entry
    standing: Entry
    period_of_stay: str = labelled("在留期間")
    residence_card: str = labelled("在留カード等の番号")
    individual_number: str = labelled("個人番号")
    resident_code: str = labelled("住民票コード")


@dataclass(frozen=True, repr=False, kw_only=True)
class Table:
    """One sheet."""

    address: str = labelled("住所")
    head: str = labelled("世帯主")
    persons: tuple[Column, ...]
    sentence: str = labelled("認証文")


def compose(subject: Subject) -> Layout:
    """The sheets of a subject. Raises entries.NotLivingHere."""
    columns = [
        _column(number, person, subject.items) for number, person in enumerate(entries.living(subject.persons), 1)
    ]
    groups = [columns[start : start + PERSONS_PER_SHEET] for start in range(0, len(columns), PERSONS_PER_SHEET)]
    return Layout(
        tuple(
            Sheet(
                str(len(group)),
                Table(
                    address=subject.persons[0].address,
                    head=entries.head_name(subject.head, subject.items),
                    persons=tuple(group),
                    sentence=_SENTENCES[subject.extent],
                ),
            )
            for group in groups
        )
    )


def _column(number: int, person: ResidentRecord, chosen: frozenset[str]) -> Column:
    return Column(
        number=str(number),
        reading=entries.reading(person),
        name=person.name,
        other_name=entries.other_name(person),
        birth_date=entries.birth_date(person),
        sex=entries.sex(person),
        relationship=entries.relationship(person, chosen),
        became_resident=entries.became_resident(person),
        since=entries.since(person).value,
        notified=entries.notified(person).value,
        previous_address=entries.previous_address(person).value,
        origin=entries.origin(person, chosen),
        standing=entries.standing(person, chosen),
        period_of_stay=entries.period_of_stay(person, chosen),
        residence_card=entries.residence_card(person, chosen),
        individual_number=entries.OMITTED,
        resident_code=entries.OMITTED,
    )


def _specimen(persons: int) -> Table:
    entry = Entry("項目", "見本")
    column = Column(
        number="1", reading="ミホン", name="見本", other_name=entry, birth_date="見本", sex="男", relationship="見本",
        became_resident=entry, since="見本", notified="見本", previous_address="見本", origin=entry, standing=entry,
        period_of_stay="見本", residence_card="見本", individual_number="見本", resident_code="見本",
    )  # fmt: skip
    return Table(address="見本", head="見本", persons=(column,) * persons, sentence="見本")


FORMS: dict[str, object] = {str(persons): _specimen(persons) for persons in range(1, PERSONS_PER_SHEET + 1)}
