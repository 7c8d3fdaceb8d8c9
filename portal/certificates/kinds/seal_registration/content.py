"""What stands on 印鑑登録証明書 (印鑑登録証明事務処理要領 and the city's own rules).

Unverified (no text of the 要領 was at hand): that number and day of registration are printed, the wording of the
certifying sentence, and that 性別 is left out, as cities have done of late.
"""

from dataclasses import dataclass

from portal.certificates.eras import in_era, registered_date
from portal.certificates.paper import Entry, Layout, Picture, Sheet, Subject, labelled
from portal.register import ResidentRecord
from portal.register.seals import SealRegistration

_SENTENCE = "この写しは、登録されている印影と相違ないことを証明する。"


@dataclass(frozen=True, repr=False, kw_only=True)
class SealSheet:
    """The one sheet. `impression` is the 印影, a square of 30 mm with the seal in its true size."""

    impression: Picture
    name: str = labelled("氏名")
    other_name: Entry
    birth_date: str = labelled("生年月日")
    address: str = labelled("住所")
    seal_number: str = labelled("印鑑登録番号")
    registered_on: str = labelled("登録年月日")
    sentence: str = labelled("認証文")


def compose(subject: Subject) -> Layout:
    """The sheet of a registered seal."""
    seal = subject.data.record
    if not isinstance(seal, SealRegistration):
        raise TypeError("this certificate is made from a seal")
    [person] = subject.persons
    values = SealSheet(
        impression=Picture(seal.picture),
        name=person.name,
        other_name=_other_name(person),
        birth_date=registered_date(person.birth_date, foreign=person.foreign),
        address=person.address,
        seal_number=seal.number,
        registered_on=in_era(seal.registered_on),
        sentence=_SENTENCE,
    )
    return Layout((Sheet("1", values),))


def _other_name(person: ResidentRecord) -> Entry:
    # A seal may be of the 旧氏 or 通称, so the paper has to show the name it belongs to.
    if person.foreign:
        return Entry("通　称", person.common_name or "")
    return Entry("旧　氏", person.former_surname or "")


FORMS: dict[str, object] = {
    "1": SealSheet(
        impression=Picture(b""),
        name="見本　花子",
        other_name=Entry("旧　氏", "見本"),
        birth_date="昭和64年12月31日",
        address="見本県見本市見本町一丁目1番1号",
        seal_number="000000",
        registered_on="平成31年12月31日",
        sentence=_SENTENCE,
    )
}
