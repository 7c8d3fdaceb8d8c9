"""Households and those who live in them, as values of the register's own columns."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from uuid import UUID

from portal.register import ResidentStatus, Sex
from tests.bench.synthetic.names import Foreign, Written, foreign_name, given_name, surname

TODAY = date(2026, 11, 1)
CITY = "いずみ県みさき市"
BLOCK = 2000
"""Residents that are made at a time, and of one seed."""

_WARDS = ("中央区", "港区", "東区", "西区", "南区", "北区", "緑区", "青葉区", "若葉区", "美浜区")
_TOWNS_FIRST = (
    "晴海", "港", "浜", "本", "栄", "旭", "春日", "若葉", "緑", "桜", "松", "竹", "梅", "東", "西", "南", "北", "中",
    "上", "下", "大", "新", "古", "富士見", "日の出", "稲荷", "八幡", "天神", "泉", "青葉",
)  # fmt: skip
_TOWNS_SECOND = (
    "町", "台", "丘", "本町", "が丘", "野", "原", "田", "崎", "浜", "川", "沢", "島", "山", "坂", "橋", "ヶ谷", "通",
)  # fmt: skip
_BUILDINGS = (
    "みさきハイツ", "コーポ晴海", "メゾン緑", "グランドみさき", "サンライズ青葉", "ヴィラ港", "レジデンス桜",
)  # fmt: skip
_SIZES, _SIZE_WEIGHTS = (1, 2, 3, 4, 5, 6), (38, 28, 17, 12, 4, 1)
# Residents by ages of ten years, in thousands, as the census of 2020 has them.
_AGES = list(accumulate((93, 106, 124, 139, 182, 167, 155, 160, 92, 24)))
_ERA_KANJI = "一二三四五六七"


@dataclass(frozen=True)
class Home:
    """A household before anybody lives in it."""

    id: UUID
    number: str
    postal_code: str
    address: str


@dataclass(frozen=True)
class Block:
    """Some households and their residents, each as the values of its columns but the search keys."""

    homes: list[Home]
    residents: list[dict[str, object]]


def _towns() -> list[tuple[str, str]]:
    names = [one + other for one in _TOWNS_FIRST for other in _TOWNS_SECOND]
    random.Random("towns").shuffle(names)
    return [(_WARDS[place % len(_WARDS)], name) for place, name in enumerate(names)]


TOWNS = _towns()
_TOWN_WEIGHTS = list(accumulate(1 / (rank + 30) for rank in range(len(TOWNS))))


def block(seed: int, number: int, residents: int) -> Block:
    """The block of this number of a register of so many `residents`. The same seed makes the same block."""
    rng = random.Random(f"{seed} {number}")
    first = number * BLOCK
    wanted = min(BLOCK, residents - first)
    made = Block([], [])
    while len(made.residents) < wanted:
        size = min(rng.choices(_SIZES, _SIZE_WEIGHTS)[0], wanted - len(made.residents))
        home = _home(rng, f"2{first + len(made.homes):09}")
        made.homes.append(home)
        made.residents.extend(_household(rng, home, size, first + len(made.residents)))
    return made


def _home(rng: random.Random, number: str) -> Home:
    place = rng.choices(range(len(TOWNS)), cum_weights=_TOWN_WEIGHTS)[0]
    ward, town = TOWNS[place]
    district = f"{rng.choice(_ERA_KANJI)}丁目" if rng.random() < 0.8 else ""
    house = f"{rng.randint(1, 40)}番{rng.randint(1, 30)}号" if rng.random() < 0.9 else f"{rng.randint(1, 3000)}番地"
    building = (
        f"\u3000{rng.choice(_BUILDINGS)}{rng.randint(1, 14)}{rng.randint(1, 12):02}号" if rng.random() < 0.4 else ""
    )
    return Home(_uuid(rng), number, f"000{place:04}", f"{CITY}{ward}{town}{district}{house}{building}")


def _household(rng: random.Random, home: Home, size: int, first: int) -> Iterator[dict[str, object]]:
    if rng.random() < 0.03:
        for place in range(size):
            yield _foreigner(rng, home, foreign_name(rng), first + place, place)
        return
    family = surname(rng)
    head = _birth(rng, youngest=18)
    man = rng.random() < 0.7
    for place in range(size):
        if place == 0:
            woman, born, relationship = not man, head, "世帯主"
        elif place == 1 and (size == 2 or rng.random() < 0.8):
            woman, born, relationship = man, head + timedelta(days=rng.randint(-3000, 3000)), "妻" if man else "夫"
        else:
            woman, born, relationship = rng.random() < 0.5, head + timedelta(days=rng.randint(8000, 14000)), "子"
        born = min(born, TODAY - timedelta(days=rng.randint(1, 2000)))
        name = given_name(rng, woman=woman, born=born.year)
        married = woman and relationship != "子" and rng.random() < 0.04
        yield _resident(
            rng, home, first + place, place,
            name=f"{family.text}\u3000{name.text}", reading=f"{family.reading}\u3000{name.reading}",
            reading_registered=rng.random() < 0.9, birth_date=born.isoformat(),
            sex=Sex.FEMALE if woman else Sex.MALE, relationship=relationship,
            former_surname=surname(rng).text if married else None,
            domicile=home.address.partition("\u3000")[0], family_head=f"{family.text}\u3000{name.text}",
        )  # fmt: skip


def _foreigner(rng: random.Random, home: Home, person: Foreign, index: int, place: int) -> dict[str, object]:
    born = _birth(rng, youngest=0 if place else 18)
    # Of some only the year, or year and month, is registered.
    birth_date = born.isoformat()[: rng.choices((10, 7, 4), (990, 5, 5))[0]]
    name: Written = person.name
    return _resident(
        rng, home, index, place,
        name=name.text, reading=name.reading if person.has_reading else None, reading_registered=False,
        birth_date=birth_date, sex=rng.choice(list(Sex)), relationship="世帯主" if place == 0 else "縁故者",
        common_name=person.common_name, foreign=True, nationality=person.nationality,
        residence_status=rng.choice(("永住者", "技術・人文知識・国際業務", "留学", "家族滞在", "特定技能")),
        became_resident_on=TODAY - timedelta(days=rng.randint(100, 9000)),
    )  # fmt: skip


def _resident(rng: random.Random, home: Home, index: int, place: int, **own: object) -> dict[str, object]:
    since = TODAY - timedelta(days=rng.randint(30, 12000))
    # The head stays: a household without anybody who lives in it would be none.
    standing = 0.5 if place == 0 else rng.random()
    gone = standing > 0.96
    status = ResidentStatus.RESIDENT
    if gone:
        status = ResidentStatus.REMOVED if standing > 0.975 else ResidentStatus.DECEASED
    return {
        "id": _uuid(rng),
        "household_id": home.id,
        "number": f"{index:010}",
        "version": 1,
        "status": status,
        "former_surname": None,
        "common_name": None,
        "is_head": place == 0,
        "address": home.address,
        "became_resident_on": None,
        "address_since": since,
        "notified_on": since + timedelta(days=3),
        "previous_address": "東京都新宿区西新宿二丁目8番1号" if rng.random() < 0.6 else None,
        "domicile": None,
        "family_head": None,
        "foreign": False,
        "nationality": None,
        "residence_status": None,
        "period_of_stay": None,
        "stay_expires_on": None,
        "residence_card_number": None,
        "planned_departure_on": None,
        "destination": None,
        "ended_on": TODAY - timedelta(days=rng.randint(1, 1800)) if gone else None,
        **own,
    }


def _birth(rng: random.Random, *, youngest: int) -> date:
    decade = rng.choices(range(10), cum_weights=_AGES)[0]
    age = max(youngest * 365.25, decade * 3652.5 + rng.random() * 3652.5)
    return TODAY - timedelta(days=int(age))


def _uuid(rng: random.Random) -> UUID:
    return UUID(int=rng.getrandbits(128), version=4)
