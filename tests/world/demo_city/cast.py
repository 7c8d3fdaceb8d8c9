"""The hand-made cast: people whose records or cards are hard, under numbers that never change."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from tests.world.demo_city.city import Card, CardState, City, Household, Person, Protection
from tests.world.demo_city.names import pairs
from tests.world.demo_city.places import domicile, elsewhere, home


class Role(StrEnum):
    """What a member of the cast is there for."""

    SINGLE = "single"
    HEAD_OF_4 = "head_of_4"
    HEAD_OF_13 = "head_of_13"
    VARIANT_NAME = "variant_name"
    PLANE_2_NAME = "plane_2_name"
    FORMER_SURNAME = "former_surname"
    COMMON_NAME = "common_name"
    LONG_NAME = "long_name"
    AGED_14 = "aged_14"
    PARENT_OF_14 = "parent_of_14"
    PROTECTED = "protected"
    MOVING_OUT = "moving_out"
    STAYING_SPOUSE = "staying_spouse"
    DECEASED = "deceased"
    SURVIVOR = "survivor"
    REMOVED = "removed"
    IN_PROGRESS = "in_progress"
    CARD_EXPIRED = "card_expired"
    CARD_REVOKED = "card_revoked"
    CARD_ON_HOLD = "card_on_hold"
    CARD_UNLINKED = "card_unlinked"
    CARD_BLOCKED = "card_blocked"
    SEAL_CANCELLED = "seal_cancelled"
    UNTAXED = "untaxed"
    NOT_FILED = "not_filed"
    FAMILY_HERE = "family_here"
    FAMILY_PROTECTED = "family_protected"


@dataclass(frozen=True)
class CastMember:
    """One of the cast: who, where to find them, what to expect at the kiosk."""

    role: Role
    resident_number: str
    note: str
    card: CardState = CardState.VALID


CAST: dict[Role, CastMember] = {
    member.role: member
    for member in (
        CastMember(Role.SINGLE, "000000101", "ひとり世帯"),
        CastMember(Role.HEAD_OF_4, "000000201", "4人世帯の世帯主"),
        CastMember(Role.HEAD_OF_13, "000000301", "13人世帯の世帯主（写しは4枚）"),
        CastMember(Role.VARIANT_NAME, "000000401", "異体字セレクタ（IVS）を含む氏名"),
        CastMember(Role.PLANE_2_NAME, "000000501", "第2面の文字を含む氏名"),
        CastMember(Role.FORMER_SURNAME, "000000601", "旧氏を併記"),
        CastMember(Role.COMMON_NAME, "000000701", "外国人住民、通称あり"),
        CastMember(Role.LONG_NAME, "000000801", "とても長いローマ字氏名"),
        CastMember(Role.AGED_14, "000000902", "14歳（キオスクは市の設定しだい）"),
        CastMember(Role.PARENT_OF_14, "000000901", "14歳の子と同じ世帯の親"),
        CastMember(Role.PROTECTED, "000001001", "支援措置の対象（画面では「手続中」と同じ）"),
        CastMember(Role.MOVING_OUT, "000001101", "転出届済み（転出予定者）"),
        CastMember(Role.STAYING_SPOUSE, "000001102", "転出予定者と同じ世帯に残る配偶者"),
        CastMember(Role.DECEASED, "000001202", "死亡により消除"),
        CastMember(Role.SURVIVOR, "000001201", "死亡した人の配偶者"),
        CastMember(Role.REMOVED, "000001301", "転出により消除"),
        CastMember(Role.IN_PROGRESS, "000001401", "異動処理中"),
        CastMember(Role.CARD_EXPIRED, "000001501", "電子証明書の有効期限切れ", CardState.EXPIRED),
        CastMember(Role.CARD_REVOKED, "000001601", "電子証明書の失効", CardState.REVOKED),
        CastMember(Role.CARD_ON_HOLD, "000001701", "カードの一時停止", CardState.ON_HOLD),
        CastMember(Role.CARD_UNLINKED, "000001801", "シリアル番号の紐付けなし", CardState.UNLINKED),
        CastMember(Role.CARD_BLOCKED, "000001901", "暗証番号ロック", CardState.BLOCKED),
        CastMember(Role.SEAL_CANCELLED, "000002001", "廃印した人（印鑑登録証明書は出ない）"),
        CastMember(Role.UNTAXED, "000002101", "非課税の人"),
        CastMember(Role.NOT_FILED, "000002201", "所得の申告も印鑑登録もない人"),
        CastMember(Role.FAMILY_HERE, "000002301", "本籍がみさき市で、住所を7回移した人（附票）"),
        CastMember(Role.FAMILY_PROTECTED, "000002401", "同じ戸籍に支援措置の対象がいる人（附票）"),
    )
}
# Those who came for their papers; their cards stand behind everybody else's, whose numbers stay as they were.
PAPER_ROLES = (Role.SEAL_CANCELLED, Role.UNTAXED, Role.NOT_FILED, Role.FAMILY_HERE, Role.FAMILY_PROTECTED)
PIN = "1234"

# U+9089 U+E010F, U+845B U+E0102: sequences of the Moji_Joho collection.
_VARIANT_NAME = "渡邉\U000e010f　葛\U000e0102葉"
# U+20BB7, U+2363A.
_PLANE_2_NAME = "\U00020bb7野　\U0002363aの介"
_LONG_NAME = (
    "MONTGOMERY-FEATHERSTONEHAUGH DE LA CRUZ Y VILLANUEVA ALEXANDRINA WILHELMINA BARTHOLOMEA CHRISTABELLA "
    "EVANGELINE GUINEVERE MAXIMILIANA SERAPHINA THEODOSIA"
)


def add_cast(city: City, rng: random.Random, today: date) -> None:
    """Put the cast into the city."""
    stage = Stage(city, rng, today)
    stage.families()
    stage.names()
    stage.standings()
    stage.cards()


@dataclass(frozen=True)
class Sketch:
    """Someone as far as the household does not decide it."""

    name: str
    reading: str
    sex: str
    age: int


_WOMAN, _MAN = "female", "male"
_FAMILY_NAMES = pairs(
    "裕子/ユウコ 葵/アオイ 湊/ミナト 麻衣/マイ 拓也/タクヤ 智子/トモコ 陸/リク 彩/アヤ 樹/イツキ 凛/リン 颯/ハヤテ"
    " 紬/ツムギ"
)


class Stage:
    """Builds households one after the other."""

    def __init__(self, city: City, rng: random.Random, today: date) -> None:
        self._city = city
        self._rng = rng
        self._today = today

    def families(self) -> None:
        self.person(Role.SINGLE, Sketch("佐藤　花", "サトウ　ハナ", _WOMAN, 34))
        self._family(self.person(Role.HEAD_OF_4, Sketch("高橋　大輔", "タカハシ　ダイスケ", _MAN, 46)), (44, 16, 9))
        thirteen = self.person(Role.HEAD_OF_13, Sketch("橋本　大輔", "ハシモト　ダイスケ", _MAN, 58))
        self._family(thirteen, (56, *range(33, 2, -3)))
        parent = self.person(Role.PARENT_OF_14, Sketch("石井　恵", "イシイ　メグミ", _WOMAN, 41))
        self._join(parent, CAST[Role.AGED_14].resident_number, Sketch("石井　蓮", "イシイ　レン", _MAN, 14), "子")

    def names(self) -> None:
        self.person(Role.VARIANT_NAME, Sketch(_VARIANT_NAME, "ワタナベ　クズハ", _WOMAN, 52))
        self.person(Role.PLANE_2_NAME, Sketch(_PLANE_2_NAME, "ヨシノ　ハシノスケ", _MAN, 38))
        married = self.person(Role.FORMER_SURNAME, Sketch("山本　彩", "ヤマモト　アヤ", _WOMAN, 36))
        married.former_surname = "小川"
        foreign = self.person(Role.COMMON_NAME, Sketch("NGUYEN THI HOA", "", _WOMAN, 29))
        self._make_foreign(foreign, "ベトナム", "技術・人文知識・国際業務", "3年")
        foreign.common_name = "中村　花"
        long_named = self.person(Role.LONG_NAME, Sketch(_LONG_NAME, "", _WOMAN, 45))
        self._make_foreign(long_named, "フィリピン", "定住者", "5年")

    def standings(self) -> None:
        protected = self.person(Role.PROTECTED, Sketch("中野　真由美", "ナカノ　マユミ", _WOMAN, 39))
        starts = self._today - timedelta(days=120)
        self._city.protections.append(Protection(protected.resident_number, starts, starts + timedelta(days=365)))
        staying = self.person(Role.STAYING_SPOUSE, Sketch("原田　陽子", "ハラダ　ヨウコ", _WOMAN, 40))
        number = CAST[Role.MOVING_OUT].resident_number
        mover = self._join(staying, number, Sketch("原田　直樹", "ハラダ　ナオキ", _MAN, 42), "夫")
        mover.status, mover.destination = "planned_departure", elsewhere(self._rng)
        mover.planned_departure_on = self._today + timedelta(days=14)
        survivor = self.person(Role.SURVIVOR, Sketch("村上　和子", "ムラカミ　カズコ", _WOMAN, 78))
        number = CAST[Role.DECEASED].resident_number
        dead = self._join(survivor, number, Sketch("村上　清", "ムラカミ　キヨシ", _MAN, 83), "夫")
        dead.status, dead.ended_on = "deceased", self._today - timedelta(days=30)
        gone = self.person(Role.REMOVED, Sketch("三浦　翔太", "ミウラ　ショウタ", _MAN, 27))
        gone.status, gone.ended_on = "removed", self._today - timedelta(days=60)
        gone.planned_departure_on, gone.destination = gone.ended_on, elsewhere(self._rng)
        changing = self.person(Role.IN_PROGRESS, Sketch("金子　剛", "カネコ　ツヨシ", _MAN, 50))
        changing.change_in_progress = True

    def cards(self) -> None:
        self.person(Role.CARD_EXPIRED, Sketch("期限　切子", "キゲン　キリコ", _WOMAN, 61))
        self.person(Role.CARD_REVOKED, Sketch("失効　太郎", "シッコウ　タロウ", _MAN, 44))
        self.person(Role.CARD_ON_HOLD, Sketch("停止　一時", "テイシ　カズトキ", _MAN, 57))
        self.person(Role.CARD_UNLINKED, Sketch("紐付　無子", "ヒモツキ　ナコ", _WOMAN, 32))
        self.person(Role.CARD_BLOCKED, Sketch("暗証　忘", "アンショウ　ワスレ", _MAN, 69))
        first = [member for member in CAST.values() if member.role not in PAPER_ROLES]
        for place, member in enumerate(first, start=1):
            self._city.cards.append(Card(member.resident_number, f"card-{place:04}", member.note, PIN, member.card))

    def _family(self, head: Person, ages: tuple[int, ...]) -> None:
        """A wife and children for `head`; daughters and sons in turn."""
        surname, surname_reading = head.name.partition("　")[0], head.reading.partition("　")[0]
        for place, (age, (given, reading)) in enumerate(zip(ages, _FAMILY_NAMES, strict=False), start=1):
            sex = _WOMAN if place == 1 or place % 2 == 0 else _MAN
            sketch = Sketch(f"{surname}　{given}", f"{surname_reading}　{reading}", sex, age)
            number = f"{int(head.resident_number) + place:09}"
            self._join(head, number, sketch, "妻" if place == 1 else "子")

    def person(self, role: Role, sketch: Sketch) -> Person:
        """A head with a household of their own."""
        number = CAST[role].resident_number
        place = home(self._rng)
        household = Household(f"1{number[1:]}", place.postal_code, place.address)
        self._city.households.append(household)
        born = self._born(sketch.age)
        arrived = max(born + timedelta(days=300), self._today - timedelta(days=self._rng.randint(900, 5000)))
        person = Person(
            resident_number=number,
            household_number=household.household_number,
            name=sketch.name,
            reading=sketch.reading,
            reading_registered=bool(sketch.reading),
            birth_date=born,
            sex=sketch.sex,
            relationship="世帯主",
            is_head=True,
            address=household.address,
            became_resident_on=arrived,
            notified_on=arrived + timedelta(days=self._rng.randint(0, 13)),
            previous_address=elsewhere(self._rng),
            domicile=domicile(self._rng),
            family_head=sketch.name,
        )
        self._city.people.append(person)
        return person

    def _join(self, head: Person, number: str, sketch: Sketch, relationship: str) -> Person:
        """Someone more in the household of `head`; a child born after the move was born here."""
        born = self._born(sketch.age)
        born_here = born > head.became_resident_on
        person = Person(
            resident_number=number,
            household_number=head.household_number,
            name=sketch.name,
            reading=sketch.reading,
            birth_date=born,
            sex=sketch.sex,
            relationship=relationship,
            address=head.address,
            became_resident_on=born if born_here else head.became_resident_on,
            notified_on=born + timedelta(days=9) if born_here else head.notified_on,
            previous_address="" if born_here else head.previous_address,
            domicile=head.domicile,
            family_head=head.name,
        )
        self._city.people.append(person)
        return person

    def _born(self, age: int) -> date:
        """A birth date of someone who turned `age` between one and eleven months ago."""
        day = self._today - timedelta(days=self._rng.randint(30, 330))
        return date(day.year - age, day.month, min(day.day, 28))

    def _make_foreign(self, person: Person, nationality: str, status: str, period: str) -> None:
        person.reading_registered = False
        person.domicile = person.family_head = ""
        person.nationality, person.residence_status, person.period_of_stay = nationality, status, period
        person.stay_expires_on = self._today + timedelta(days=500)
        person.residence_card_number = f"ZZ{person.resident_number[1:]}ZZ"
