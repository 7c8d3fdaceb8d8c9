"""The generated city: plausible, the same each time, and accepted by the import without a word."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from portal import database, register
from portal.audit import Actor, ActorKind
from portal.ground import Ground
from portal.register import IssueBlock
from portal.register.changes import present_record
from portal.register.importing import import_directory
from portal.register.numbers import is_individual_number
from tests.portal.conftest import MovableClock
from tests.world.demo_city.cast import CAST, Role
from tests.world.demo_city.city import CardState, City, Person
from tests.world.demo_city.writing import make_city, write_city

TODAY = date(2026, 11, 24)
FONT = Path("/usr/share/fonts/truetype/ipamj/ipamjm.ttf")


@pytest.fixture(scope="module")
def city() -> City:
    return make_city(seed=7, today=TODAY)


@pytest.fixture(scope="module")
def by_number(city: City) -> dict[str, Person]:
    return {person.resident_number: person for person in city.people}


def households(city: City) -> Iterator[list[Person]]:
    members = defaultdict(list)
    for person in city.people:
        members[person.household_number].append(person)
    yield from members.values()


def test_the_same_seed_and_day_write_the_same_bytes(tmp_path: Path, city: City) -> None:
    for name, made in (("one", city), ("two", make_city(seed=7, today=TODAY))):
        write_city(made, tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(files) == 10
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_another_seed_makes_other_people_but_the_same_cast(city: City) -> None:
    other = make_city(seed=8, today=TODAY)
    assert [person.name for person in other.people] != [person.name for person in city.people]
    cast = {member.resident_number for member in CAST.values()}
    names = [{p.resident_number: p.name for p in each.people if p.resident_number in cast} for each in (city, other)]
    assert names[0] == names[1]


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_the_city_is_big_enough_and_has_cards_to_spare(seed: int) -> None:
    made = make_city(seed=seed, today=TODAY)
    assert len(made.people) >= 200
    assert len(made.households) >= 80
    cast = {member.resident_number for member in CAST.values()}
    spare = [card for card in made.cards if card.state is CardState.VALID and card.resident_number not in cast]
    assert len(spare) >= 60


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_no_life_is_out_of_order(seed: int) -> None:
    for person in make_city(seed=seed, today=TODAY).people:
        assert person.birth_date <= person.became_resident_on <= person.notified_on <= TODAY
        assert person.address_since is None or person.became_resident_on < person.address_since <= TODAY
        assert person.previous_address or person.birth_date == person.became_resident_on


def test_nobody_has_a_number_of_anybody_else(city: City) -> None:
    for field in ("resident_number", "individual_number", "resident_code"):
        assert max(Counter(getattr(person, field) for person in city.people).values()) == 1
    assert all(is_individual_number(person.individual_number) for person in city.people)
    assert all(person.individual_number.startswith("990") for person in city.people)
    assert max(Counter(card.card_id for card in city.cards).values()) == 1


def test_every_member_of_the_cast_is_there_and_holds_a_card(city: City, by_number: dict[str, Person]) -> None:
    assert set(CAST) == set(Role)
    cards = {card.resident_number: card for card in city.cards}
    for member in CAST.values():
        assert by_number[member.resident_number].name
        assert cards[member.resident_number].state is member.card
    assert {member.card for member in CAST.values()} == set(CardState)


def test_the_cast_is_what_it_says(city: City, by_number: dict[str, Person]) -> None:
    people = {role: by_number[member.resident_number] for role, member in CAST.items()}
    sizes = Counter(person.household_number for person in city.people)
    assert sizes[people[Role.SINGLE].household_number] == 1
    assert sizes[people[Role.HEAD_OF_4].household_number] == 4
    assert sizes[people[Role.HEAD_OF_13].household_number] == 13
    assert "\u9089\U000e010f" in people[Role.VARIANT_NAME].name
    assert "\u845b\U000e0102" in people[Role.VARIANT_NAME].name
    assert any(ord(character) >> 16 == 2 for character in people[Role.PLANE_2_NAME].name)
    assert people[Role.FORMER_SURNAME].former_surname
    assert people[Role.COMMON_NAME].common_name
    assert people[Role.COMMON_NAME].nationality
    assert len(people[Role.LONG_NAME].name) > 100
    born = people[Role.AGED_14].birth_date
    assert date(born.year + 14, born.month, born.day) <= TODAY < date(born.year + 15, born.month, born.day)
    assert people[Role.AGED_14].household_number == people[Role.PARENT_OF_14].household_number
    assert [each.resident_number for each in city.protections] == [people[Role.PROTECTED].resident_number]


def test_every_household_has_one_living_head_at_one_address(city: City) -> None:
    for members in households(city):
        living = [person for person in members if person.status in {"resident", "planned_departure"}]
        assert sum(person.is_head for person in living) == bool(living)
        assert len({person.address for person in members}) == 1


def test_the_certificate_font_has_every_character_and_variant_of_every_name(city: City) -> None:
    with TTFont(FONT) as font:
        tables = font["cmap"].tables
    variants = next(table.uvsDict for table in tables if table.format == 14)
    sequences = {(base, selector) for selector, pairs in variants.items() for base, _ in pairs}
    characters = {code for table in tables if table.format != 14 for code in table.cmap}
    for person in city.people:
        text = person.name + person.address + person.former_surname + person.common_name
        for place, character in enumerate(text):
            if 0xE0100 <= ord(character) <= 0xE01EF:
                assert (ord(text[place - 1]), ord(character)) in sequences
            else:
                assert ord(character) in characters


def test_the_import_takes_the_whole_city_and_then_finds_nothing_to_do(
    ground: Ground, tmp_path: Path, city: City
) -> None:
    write_city(city, tmp_path)
    officer = Actor(ActorKind.SYSTEM, "tests")
    reports = [
        import_directory(ground.engine, ground.fields, tmp_path, actor=officer, clock=MovableClock())
        for _ in range(2)
    ]
    assert [report.added for report in reports] == [len(city.people), 0]
    assert [report.refusals for report in reports] == [[], []]
    assert reports[1].unchanged == len(city.people)
    assert reports[1].differences == []
    blocks = {
        Role.SINGLE: None,
        Role.CARD_BLOCKED: None,
        Role.PROTECTED: IssueBlock.PROTECTED,
        Role.MOVING_OUT: IssueBlock.PLANNED_DEPARTURE,
        Role.STAYING_SPOUSE: None,
        Role.DECEASED: IssueBlock.DECEASED,
        Role.REMOVED: IssueBlock.REMOVED,
        Role.IN_PROGRESS: IssueBlock.IN_PROGRESS,
    }
    with database.transaction(ground.engine) as connection:
        for role, block in blocks.items():
            resident_id = register.resident_id_of(connection, CAST[role].resident_number)
            assert register.issue_block(connection, resident_id) is block, role
        for person in city.people:
            resident_id = register.resident_id_of(connection, person.resident_number)
            assert present_record(connection, resident_id).name == person.name
