"""Households made up by a seed: ordinary ones as they come to a kiosk, and texts as long as a form can hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, timedelta
from random import Random
from uuid import UUID

from portal.certificates.characters import Coverage
from portal.certificates.forms.compiling import Form, Place
from portal.certificates.kinds import kind_of
from portal.certificates.paper import Extent, Layout, Picture, Subject
from portal.certificates.values import texts
from portal.register import ResidentRecord, Sex
from tests.portal.register.people import PLAIN

_KANJI = [bytes((0xA0 + row, 0xA0 + cell)).decode("euc_jp") for row in range(16, 47) for cell in range(1, 95)]
"""JIS level 1: the names of every certificate are others, so that nothing is quick only by repetition."""
_HARD = ("髙", "﨑", "𠮷", "邉\U000e010f", "葛\U000e0103", "辻\U000e0103")
_KANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワ"
_ROMAN = ("NGUYEN", "MARIA", "SANTOS", "KIM", "MINSEO", "SILVA", "JOSE", "O'BRIEN", "JEAN-PIERRE", "THI", "AHMED")
_TOWNS = (
    "港町一丁目2番3号",
    "岬台二丁目14番6号　グランドハイツ岬台305号室",
    "浜町9番地1",
    "大字上岬字西ノ沢123番地4",
)
_STATUSES = ("永住者", "特別永住者", "技術・人文知識・国際業務", "定住者", "家族滞在", "日本人の配偶者等")
_COUNTRIES = ("ベトナム", "フィリピン", "ブラジル", "大韓民国", "中国", "ネパール", "アメリカ合衆国")
_KINSHIP = ("妻", "子", "長女", "妻の子", "父", "同居人", "縁故者", "夫の父の妻")
_ITEMS = frozenset({"relationship", "domicile", "nationality"})


def household(random: Random, persons: int, *, foreign: float = 0.03) -> Layout:
    """An ordinary household on 住民票の写し, all items asked for or none; `foreign` is the share of 外国人住民."""
    address = (
        f"いずみ県みさき市{_written(random, 2)}町{random.randrange(1, 300)}番地　{random.choice(_TOWNS)}".rstrip("　")
    )
    members = tuple(_person(random, place, address, foreign=foreign) for place in range(persons))
    items = random.choice((frozenset[str](), _ITEMS))
    extent = Extent.PERSON if persons == 1 else Extent.WHOLE
    return kind_of("resident_record").compose(Subject(members, members[0], extent, items))


def persons_at_a_kiosk(random: Random) -> int:
    """How many persons a certificate shows, as households of a city are."""
    return random.choices((1, 2, 3, 4, 5, 6), weights=(45, 25, 15, 10, 3, 2))[0]


def _person(random: Random, place: int, address: str, *, foreign: float) -> ResidentRecord:
    came = date(1950, 1, 1) + timedelta(days=random.randrange(27000))
    born = date(1925, 1, 1) + timedelta(days=random.randrange(36500))
    resident = replace(
        PLAIN,
        id=UUID(int=random.getrandbits(128)),
        name=f"{_surname(random)}　{_written(random, random.choice((1, 2, 2, 3)))}",
        reading=f"{_read(random)}　{_read(random)}",
        reading_registered=random.random() < 0.7,
        former_surname=_surname(random) if random.random() < 0.02 else None,
        birth_date=born.isoformat(),
        sex=random.choice((Sex.MALE, Sex.FEMALE)),
        relationship="世帯主" if place == 0 else random.choice(_KINSHIP),
        address=address,
        became_resident_on=came,
        address_since=random.choice((None, came, came + timedelta(days=random.randrange(3000)))),
        notified_on=random.choice((None, came)),
        previous_address=random.choice(
            (None, f"東京都{_written(random, 2)}区{_written(random, 2)}{random.randrange(1, 9)}丁目8番1号")
        ),
        domicile=f"いずみ県{_written(random, 2)}市{random.choice(_TOWNS)}",
    )
    return _as_foreign(random, resident, came) if random.random() < foreign else resident


def _surname(random: Random) -> str:
    return random.choice(_HARD) + _written(random, 1) if random.random() < 0.05 else _written(random, 2)


def _written(random: Random, characters: int) -> str:
    return "".join(random.choices(_KANJI, k=characters))


def _read(random: Random) -> str:
    return "".join(random.choices(_KANA, k=random.choice((3, 4, 5))))


def _as_foreign(random: Random, resident: ResidentRecord, came: date) -> ResidentRecord:
    return replace(
        resident,
        foreign=True,
        name=" ".join(random.sample(_ROMAN, random.choice((2, 3, 5)))),
        common_name=random.choice((None, resident.name)),
        birth_date=random.choice((resident.birth_date, resident.birth_date[:7], resident.birth_date[:4])),
        domicile=None,
        family_head=None,
        nationality=random.choice(_COUNTRIES),
        residence_status=random.choice(_STATUSES),
        period_of_stay=random.choice((None, "5年", "無期限", "3年")),
        stay_expires_on=random.choice((None, came + timedelta(days=20000))),
        residence_card_number="AB12345678CD",
    )


@dataclass
class Stretching:
    """Puts texts into a layout that are as long as their places, of every script the font has."""

    coverage: Coverage
    widths: Sequence[int]
    units: int

    def __post_init__(self) -> None:
        sequences = sorted(
            chr(base) + chr(selector) for base, selector in self.coverage._variations if selector > 0xFFFF
        )
        known = [chr(code) for code in sorted(self.coverage._glyphs)]
        roman = [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ '-.", *(sign for sign in known if "À" <= sign <= "ž")]
        pools = (
            [sign for sign in known if "一" <= sign <= "鿿"],
            [sign for sign in known if sign >= "\U00020000"],
            sequences,
            roman,
            [*"いずみ県みさき市港町一丁目二番地の２３４号０－1234567890　（ヴィラ）・々ー"],
            [sign for sign in known if "ぁ" <= sign <= "ヶ"],
        )
        self._pools = [[text for text in pool if self.coverage.glyph(text) is not None] for pool in pools]

    def stretched(self, random: Random, layout: Layout, forms: dict[str, Form], share: float) -> Layout:
        """`layout` with that share of its texts replaced by texts nearly as long as their places, or by none."""
        sheets = []
        for sheet in layout.sheets:
            rooms = {
                entry.path: max(one.width * len(one.baselines) / one.size for one in entry.settings)
                for entry in forms[sheet.form].flow
                if isinstance(entry, Place)
            }
            new = {
                text.path: self._text(random, rooms[text.path] * random.uniform(0.3, 0.93))
                for text in texts(sheet.values)
                if text.path in rooms and random.random() < share
            }
            new |= {path: "" for path in new if random.random() < 0.1}
            sheets.append(replace(sheet, values=with_texts(sheet.values, new)))
        return Layout(tuple(sheets))

    def _text(self, random: Random, width: float) -> str:
        pool, text, reached = random.choice(self._pools), "", 0.0
        while True:
            sign = random.choice(pool)
            advance = self.widths[self.coverage.glyph(sign) or 0] / self.units
            if reached + advance > width:
                # What a register holds neither begins nor ends with a space.
                return text.strip(" 　") or "一"
            text, reached = text + sign, reached + advance


def with_texts(values: object, new: Mapping[str, str | Picture], path: str = "") -> object:
    """The tree of a sheet's values with these texts and pictures at their paths instead."""
    if isinstance(values, str | Picture):
        return new.get(path, values)
    if isinstance(values, tuple):
        return tuple(with_texts(member, new, _below(path, str(place))) for place, member in enumerate(values))
    if is_dataclass(values) and not isinstance(values, type):
        members = {
            one.name: with_texts(getattr(values, one.name), new, _below(path, one.name)) for one in fields(values)
        }
        return replace(values, **members)
    return values


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
