"""What stands on 戸籍の附票の写し (住民基本台帳法17条): every address in order, oldest first.

Unverified (no text at hand): 生年月日 and 性別 belong to it since 2022-01-11, 本籍・筆頭者 are left out from that day
unless asked for, and the wording of the certifying sentences.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from portal.certificates.eras import in_era, registered_date
from portal.certificates.paper import Extent, Item, Layout, Sheet, Subject, labelled
from portal.register import ResidentRecord, Sex
from portal.register.domiciles import DomicileEntry, FamilyMember, FamilyRegister

BLOCKS_PER_SHEET = 2
ROWS_PER_BLOCK = 6
OMITTED = "省略"
NOTHING_BELOW = "以下余白"
_CONTINUED = "（続き）"

_DOMICILE = Item("domicile", "本籍・筆頭者", default=False)
_SENTENCES = {
    Extent.PERSON: "この写しは、戸籍の附票の原本と相違ないことを証明する。",
    Extent.PART: "この写しは、戸籍の附票の一部の原本と相違ないことを証明する。",
    Extent.WHOLE: "この写しは、戸籍の附票の全部の原本と相違ないことを証明する。",
}
_SEX = {Sex.MALE: "男", Sex.FEMALE: "女", None: ""}


@dataclass(frozen=True, repr=False)
class AddressRow:
    """One address and since when; rows without one are empty texts."""

    address: str = labelled("住所")
    since: str = labelled("住所を定めた年月日")


@dataclass(frozen=True, repr=False, kw_only=True)
class Block:
    """One of the two blocks of a sheet. `continued`: the addresses of the block before go on."""

    number: str
    name: str = labelled("氏名")
    continued: str = labelled("氏名")
    birth_date: str = labelled("生年月日")
    sex: str = labelled("性別")
    rows: tuple[AddressRow, ...]


@dataclass(frozen=True, repr=False, kw_only=True)
class DomicileSheet:
    """One sheet; the form is named by how many blocks are used."""

    domicile: str = labelled("本籍")
    family_head: str = labelled("筆頭者")
    blocks: tuple[Block, ...]
    sentence: str = labelled("認証文")


def items(_persons: tuple[ResidentRecord, ...]) -> tuple[Item, ...]:
    """本籍・筆頭者 stand on it only if asked for."""
    return (_DOMICILE,)


def compose(subject: Subject) -> Layout:
    """The sheets for those wanted, in the order of the 戸籍."""
    register = subject.data.record
    if not isinstance(register, FamilyRegister):
        raise TypeError("this certificate is made from a family register")
    members = [member for member in register.members if member.ref in subject.wanted]
    blocks = [block for number, member in enumerate(members, 1) for block in _blocks(number, member)]
    shown = _DOMICILE.id in subject.items
    groups = [blocks[start : start + BLOCKS_PER_SHEET] for start in range(0, len(blocks), BLOCKS_PER_SHEET)]
    return Layout(
        tuple(
            Sheet(
                str(len(group)),
                DomicileSheet(
                    domicile=register.domicile if shown else OMITTED,
                    family_head=register.family_head if shown else OMITTED,
                    blocks=tuple(group),
                    sentence=_SENTENCES[subject.extent],
                ),
            )
            for group in groups
        )
    )


def _blocks(number: int, member: FamilyMember) -> Iterator[Block]:
    entries = member.entries
    for start in range(0, max(len(entries), 1), ROWS_PER_BLOCK):
        yield Block(
            number=str(number),
            name=member.name,
            continued=_CONTINUED if start else "",
            birth_date=registered_date(member.birth_date),
            sex=_SEX[member.sex],
            rows=_rows(entries[start : start + ROWS_PER_BLOCK]),
        )


def _rows(entries: tuple[DomicileEntry, ...]) -> tuple[AddressRow, ...]:
    rows = [AddressRow(entry.address, "" if entry.since is None else in_era(entry.since)) for entry in entries]
    if len(rows) < ROWS_PER_BLOCK:
        # Nobody can write another address into an empty row.
        rows.append(AddressRow(NOTHING_BELOW, ""))
    rows.extend([AddressRow("", "")] * (ROWS_PER_BLOCK - len(rows)))
    return tuple(rows)


_BLOCK = Block(
    number="88",
    name="見本　花子",
    continued=_CONTINUED,
    birth_date="昭和64年12月31日",
    sex="女",
    rows=(AddressRow("見本県見本市見本町一丁目1番1号", "平成31年12月31日"),) * ROWS_PER_BLOCK,
)
FORMS: dict[str, object] = {
    str(count): DomicileSheet(
        domicile="見本県見本市見本町1番地",
        family_head="見本　太郎",
        blocks=(_BLOCK,) * count,
        sentence=_SENTENCES[Extent.WHOLE],
    )
    for count in range(1, BLOCKS_PER_SHEET + 1)
}
