"""What a 住民票 says of one person, item by item; every kind about residents takes its words from here.

住民基本台帳法7条 and 30条の45 for the items, 12条5項 for what is left out unless asked for, 標準仕様書 for the forms
(転入前住所, 【空欄】).

Not verified, to be checked against the 標準仕様書 itself: that an item not asked for prints 省略; 以下余白; the
certifying sentence for a part of a household. Wordings of the sentences differ from city to city.

The register has neither the 区分 of 30条の45 nor 通称の記載と削除に関する事項, so no sheet says them.
"""

from datetime import date

from portal.certificates.eras import in_era, registered_date, western
from portal.certificates.paper import Entry, Item
from portal.register import LIVING_HERE, ResidentRecord, Sex

OMITTED = "省略"
NEVER_MOVED_INSIDE = "【空欄】"
NOTHING_BELOW = "以下余白"

RELATIONSHIP = Item("relationship", "世帯主・続柄", default=False)
DOMICILE = Item("domicile", "本籍・筆頭者", default=False)
NATIONALITY = Item("nationality", "国籍・地域、在留資格など", default=False)

_SEX = {Sex.MALE: "男", Sex.FEMALE: "女", None: ""}


class NotLivingHere(Exception):
    """Raised when somebody removed or deceased would stand on the paper: that is a 除票, which no kind here is."""


def items(persons: tuple[ResidentRecord, ...]) -> tuple[Item, ...]:
    """What may be chosen for these persons; 本籍 exists for Japanese, 国籍・地域 for foreign residents."""
    offered = [RELATIONSHIP]
    if any(not person.foreign for person in persons):
        offered.append(DOMICILE)
    if any(person.foreign for person in persons):
        offered.append(NATIONALITY)
    return tuple(offered)


def living(persons: tuple[ResidentRecord, ...]) -> tuple[ResidentRecord, ...]:
    """`persons`, all of whom live here; raises NotLivingHere."""
    if any(person.status not in LIVING_HERE for person in persons):
        raise NotLivingHere
    return persons


def head_name(head: ResidentRecord | None, chosen: frozenset[str]) -> str:
    """世帯主: their name, or 省略."""
    return if_chosen(RELATIONSHIP, chosen, head.name if head else None)


def relationship(person: ResidentRecord, chosen: frozenset[str]) -> str:
    """続柄 as registered, or 省略."""
    return if_chosen(RELATIONSHIP, chosen, person.relationship)


def reading(person: ResidentRecord) -> str:
    """振り仮名: printed once notified through the 戸籍 (since 2025-05-26), never for foreign residents."""
    return (person.reading or "") if person.reading_registered and not person.foreign else ""


def birth_date(person: ResidentRecord) -> str:
    """生年月日, western for foreign residents; as far as it is registered."""
    return registered_date(person.birth_date, foreign=person.foreign)


def sex(person: ResidentRecord) -> str:
    """男女の別; blank where none is registered."""
    return _SEX[person.sex]


def other_name(person: ResidentRecord) -> Entry:
    """旧氏, or 通称 of a foreign resident."""
    if person.foreign:
        return Entry("通　称", person.common_name or "")
    return Entry("旧　氏", person.former_surname or "")


def became_resident(person: ResidentRecord) -> Entry:
    """住民となった年月日, or 外国人住民となった年月日 (30条の45)."""
    return Entry(
        "外国人住民となった年月日" if person.foreign else "住民となった年月日", day(person.became_resident_on)
    )


def since(person: ResidentRecord) -> Entry:
    """住所を定めた年月日: 【空欄】 for whoever never moved inside the municipality."""
    settled = person.address_since
    moved = settled is not None and settled != person.became_resident_on
    return Entry("住所を定めた年月日", day(settled) if moved else NEVER_MOVED_INSIDE)


def notified(person: ResidentRecord) -> Entry:
    """届出の年月日."""
    return Entry("届出の年月日", day(person.notified_on))


def previous_address(person: ResidentRecord) -> Entry:
    """転入前住所: the one just before this municipality. Earlier ones inside it (異動前住所) only the 個人票 says."""
    return Entry("転入前住所", person.previous_address or "")


def origin(person: ResidentRecord, chosen: frozenset[str]) -> Entry:
    """本籍, or 国籍・地域 of a foreign resident, or 省略."""
    if person.foreign:
        return Entry("国籍・地域", if_chosen(NATIONALITY, chosen, person.nationality))
    return Entry("本　籍", if_chosen(DOMICILE, chosen, person.domicile))


def standing(person: ResidentRecord, chosen: frozenset[str]) -> Entry:
    """筆頭者, or 在留資格 of a foreign resident, or 省略."""
    if person.foreign:
        return Entry("在留資格", if_chosen(NATIONALITY, chosen, person.residence_status))
    return Entry("筆頭者", if_chosen(DOMICILE, chosen, person.family_head))


def period_of_stay(person: ResidentRecord, chosen: frozenset[str]) -> str:
    """在留期間 with its last day, or 省略; nothing for Japanese."""
    if not person.foreign:
        return ""
    until = "" if person.stay_expires_on is None else f"（{western(person.stay_expires_on)}まで）"
    return if_chosen(NATIONALITY, chosen, f"{person.period_of_stay or ''}{until}")


def residence_card(person: ResidentRecord, chosen: frozenset[str]) -> str:
    """在留カード等の番号, or 省略; nothing for Japanese."""
    return if_chosen(NATIONALITY, chosen, person.residence_card_number) if person.foreign else ""


def if_chosen(item: Item, chosen: frozenset[str], value: str | None) -> str:
    """The value where its item was asked for, else 省略 – an item that does not exist is then blank."""
    return (value or "") if item.id in chosen else OMITTED


def day(value: date | None) -> str:
    """A day of the register in 和暦; blank where none is registered."""
    return "" if value is None else in_era(value)
