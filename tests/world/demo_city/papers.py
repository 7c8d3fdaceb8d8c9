"""What certificates besides 住民票の写し are made of: seals, assessments, 附票, and one case of each refusal."""

import random
from datetime import date, timedelta

from portal.municipality import current_tax_year
from portal.municipality.reading import parse
from tests.world.demo_city.cast import CAST, PAPER_ROLES, PIN, Role, Sketch, Stage
from tests.world.demo_city.city import (
    Card,
    City,
    DomicileEntry,
    FamilyMember,
    FamilyRegister,
    Person,
    Seal,
    Tax,
)
from tests.world.demo_city.municipality import MUNICIPALITY_TOML
from tests.world.demo_city.places import CITY, elsewhere
from tests.world.demo_city.seal_pictures import encoded

_FLAT_YEN = (3000, 1000, 1000)
_SEALS = (Role.SINGLE, Role.HEAD_OF_4, Role.VARIANT_NAME, Role.FORMER_SURNAME, Role.COMMON_NAME, Role.FAMILY_HERE)
_TAXES = (Role.SINGLE, Role.HEAD_OF_4, Role.VARIANT_NAME, Role.COMMON_NAME, Role.FAMILY_HERE)


def add_papers(city: City, rng: random.Random, today: date) -> None:
    """Put the rest of the cast into the city, and give the cast what their papers are made of."""
    stage = Stage(city, rng, today)
    stage.person(Role.SEAL_CANCELLED, Sketch("廃印　幸子", "ハイイン　サチコ", "female", 54))
    stage.person(Role.UNTAXED, Sketch("小林　学", "コバヤシ　マナブ", "male", 23))
    stage.person(Role.NOT_FILED, Sketch("大野　実", "オオノ　ミノル", "male", 31))
    stage.person(Role.FAMILY_HERE, Sketch("岬　千代", "ミサキ　チヨ", "female", 63))
    stage.person(Role.FAMILY_PROTECTED, Sketch("柳澤　勝", "ヤナギサワ　マサル", "male", 47))
    for role in PAPER_ROLES:
        member = CAST[role]
        city.cards.append(
            Card(member.resident_number, f"card-{len(city.cards) + 1:04}", member.note, PIN, member.card)
        )
    people = {person.resident_number: person for person in city.people}
    cast = {role: people[member.resident_number] for role, member in CAST.items()}
    for role in _SEALS:
        city.seals.append(seal(cast[role], f"M{len(city.seals) + 1:06}", today - timedelta(days=400), None))
    cancelled = cast[Role.SEAL_CANCELLED]
    city.seals.append(seal(cancelled, "M900001", today - timedelta(days=700), today - timedelta(days=40)))
    for role in _TAXES:
        city.taxes.extend(taxes(rng, cast[role].resident_number, today))
    city.taxes.append(tax(cast[Role.UNTAXED].resident_number, _year(today), 430_000, 430_000))
    _families(city, rng, cast)


def seal(person: Person, number: str, registered_on: date, cancelled_on: date | None) -> Seal:
    """A seal with the surname (or the 通称) of its owner."""
    surname = (person.common_name or person.name).partition("　")[0]
    return Seal(person.resident_number, number, registered_on, cancelled_on, encoded(surname))


def taxes(rng: random.Random, number: str, today: date) -> list[Tax]:
    """Assessments of the last two years."""
    this = _year(today)
    return [
        tax(number, year, rng.randrange(0, 9_000_000, 1000), rng.randrange(430_000, 1_500_000, 1000))
        for year in (this - 1, this)
    ]


def tax(number: str, year: int, income: int, deductions: int) -> Tax:
    """An assessment: all income is salary. 市町村民税 6 %, 道府県民税 4 % of what is left, down to 100 yen."""
    deductions = min(income, deductions)
    basic = min(deductions, 430_000)
    taxable = (income - deductions) // 1000 * 1000
    flat = _FLAT_YEN if taxable else (0, 0, 0)
    return Tax(
        resident_number=number,
        fiscal_year=year,
        filed_on=date(year, 3, 10),
        salary_revenue_yen=income + min(income, 550_000),
        salary_income_yen=income,
        income_yen=income,
        social_insurance_yen=deductions - basic,
        basic_deduction_yen=basic,
        deductions_yen=deductions,
        taxable_yen=taxable,
        municipal_levy_yen=taxable * 6 // 10_000 * 100,
        municipal_flat_yen=flat[0],
        prefectural_levy_yen=taxable * 4 // 10_000 * 100,
        prefectural_flat_yen=flat[1],
        forest_tax_yen=flat[2],
    )


def add_family(city: City, number: str, domicile: str, people: list[Person]) -> None:
    """A family register of the city for people who live here; the first of them is its 筆頭者."""
    city.family_registers.append(FamilyRegister(number, domicile, people[0].name))
    for place, person in enumerate(people, start=1):
        member = FamilyMember(number, place, person.resident_number, person.name, person.birth_date, person.sex)
        city.family_members.append(member)
        person.domicile, person.family_head = domicile, people[0].name
        came = person.address_since or person.became_resident_on
        lived = [(person.previous_address, None), (person.address, came)]
        _live(city, number, place, lived if person.previous_address else lived[1:])


def _families(city: City, rng: random.Random, cast: dict[Role, Person]) -> None:
    add_family(city, "F000001", f"{CITY}港町一丁目2番", [cast[Role.SINGLE]])
    head = cast[Role.FAMILY_HERE]
    add_family(city, "F000002", f"{CITY}岬町三丁目4番", [head])
    # Seven moves: more than one block of the sheet holds.
    city.domicile_entries = [entry for entry in city.domicile_entries if entry.register_number != "F000002"]
    moves = [(elsewhere(rng), date(1985 + 5 * move, 4, 1)) for move in range(7)]
    _live(city, "F000002", 1, [*moves, (head.address, head.became_resident_on)])
    # A son who lives elsewhere has asked for his 利用登録; it is not completed.
    son = FamilyMember("F000002", 2, "", "岬　海斗", date(1991, 8, 2), "male", usage_asked_on=date(2026, 11, 20))
    city.family_members.append(son)
    _live(city, "F000002", 2, [(head.address, date(1991, 8, 2)), (elsewhere(rng), date(2014, 4, 1))])
    husband = cast[Role.FAMILY_PROTECTED]
    add_family(city, "F000003", f"{CITY}港町二丁目9番", [husband])
    # His wife lives elsewhere under 支援措置: her new address must never come out of a kiosk.
    wife = FamilyMember("F000003", 2, "", "柳澤　明美", date(1981, 2, 14), "female", protected=True)
    city.family_members.append(wife)
    _live(city, "F000003", 2, [(husband.address, date(2010, 6, 1)), (elsewhere(rng), date(2025, 9, 1))])


def _live(city: City, number: str, place: int, lived: list[tuple[str, date | None]]) -> None:
    city.domicile_entries.extend(
        DomicileEntry(number, place, sequence, address, since) for sequence, (address, since) in enumerate(lived, 1)
    )


def _year(today: date) -> int:
    year = current_tax_year(parse(MUNICIPALITY_TOML), today)
    return today.year if year is None else year
