"""Ordinary households: plausible families from a seed."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

from tests.world.demo_city.city import Card, CardState, City, Household, Person
from tests.world.demo_city.names import SURNAMES, given_names
from tests.world.demo_city.papers import add_family, seal, taxes
from tests.world.demo_city.places import CITY, domicile, elsewhere, home

HOUSEHOLDS = 100

_FIRST_NUMBER = 100_001


@dataclass(frozen=True)
class _Part:
    """One member of a family before it has a name."""

    relationship: str
    woman: bool
    age: int


def add_ordinary(city: City, rng: random.Random, today: date) -> None:
    """Put the ordinary households, what hangs on their people, and a card for one adult of each, into the city."""
    number = _FIRST_NUMBER
    for place in range(HOUSEHOLDS):
        people = _household(city, rng, today, place, number)
        number += len(people)
        city.people.extend(people)
        head = people[0]
        city.cards.append(
            Card(
                head.resident_number,
                f"card-{len(city.cards) + 1:04}",
                head.name,
                f"{rng.randrange(10_000):04}",
                CardState.VALID,
            )
        )
        for person in people:
            _attach(city, rng, today, person)
        _family_register(city, place, people)


def _household(city: City, rng: random.Random, today: date, place: int, number: int) -> list[Person]:
    where = home(rng)
    household = Household(f"2{place:08}", where.postal_code, where.address)
    city.households.append(household)
    surname, surname_reading = rng.choice(SURNAMES)
    parts = _family(rng)
    births = [_born(rng, today, part.age) for part in parts]
    arrived = today - timedelta(days=rng.randint(200, 9000))
    arrived = max(arrived, births[0] + timedelta(days=18 * 366))
    moved_inside = rng.random() < 0.3
    origin, registered_at = elsewhere(rng), domicile(rng)
    names: set[str] = set()
    people: list[Person] = []
    for place_in_family, (part, born) in enumerate(zip(parts, births, strict=True)):
        given, given_reading = _given(rng, part, born, names)
        became = max(born, arrived)
        since = became + (today - became) / 2 if moved_inside and born < arrived else None
        people.append(
            Person(
                resident_number=str(number + place_in_family).zfill(9),
                household_number=household.household_number,
                name=f"{surname}　{given}",
                reading=f"{surname_reading}　{given_reading}",
                reading_registered=rng.random() < 0.9,
                birth_date=born,
                sex="female" if part.woman else "male",
                relationship=part.relationship,
                is_head=place_in_family == 0,
                address=household.address,
                became_resident_on=became,
                address_since=since,
                notified_on=became + timedelta(days=rng.randint(0, 13)),
                previous_address=origin if born < arrived else "",
                domicile=registered_at,
                family_head=people[0].name if people else f"{surname}　{given}",
            )
        )
    return people


def _family(rng: random.Random) -> list[_Part]:
    kind = rng.random()
    woman = rng.random() < 0.4
    if kind < 0.3:
        return [_Part("世帯主", woman, rng.randint(20, 92))]
    if kind < 0.5:
        age = rng.randint(25, 88)
        return [_Part("世帯主", woman, age), _Part("夫" if woman else "妻", not woman, _spouse(rng, age))]
    if kind < 0.6:
        age = rng.randint(30, 52)
        return [_Part("世帯主", woman, age), *_children(rng, age, 2)]
    age = rng.randint(28, 55)
    couple = [_Part("世帯主", False, age), _Part("妻", True, min(age, _spouse(rng, age)))]
    family = [*couple, *_children(rng, couple[1].age, 3)]
    return [*family, _Part("母", True, age + rng.randint(22, 32))] if kind > 0.92 else family


def _spouse(rng: random.Random, age: int) -> int:
    return max(20, age + rng.randint(-6, 3))


def _children(rng: random.Random, mother: int, most: int) -> list[_Part]:
    oldest = min(mother - 20, 27)
    ages = sorted((rng.randint(0, oldest) for _ in range(rng.randint(1, most))), reverse=True)
    return [_Part("子", rng.random() < 0.5, age) for age in ages]


def _given(rng: random.Random, part: _Part, born: date, taken: set[str]) -> tuple[str, str]:
    """A given name nobody else of the family has."""
    free = [pair for pair in given_names(woman=part.woman, born=born.year) if pair[0] not in taken]
    chosen = rng.choice(free)
    taken.add(chosen[0])
    return chosen


def _born(rng: random.Random, today: date, age: int) -> date:
    day = today - timedelta(days=rng.randint(20, 360))
    return date(day.year - age, day.month, min(day.day, 28))


def _attach(city: City, rng: random.Random, today: date, person: Person) -> None:
    number, came = person.resident_number, person.became_resident_on
    adult_since = person.birth_date + timedelta(days=20 * 366)
    if adult_since >= today:
        return
    if rng.random() < 0.5:
        earliest = max(came, adult_since)
        registered = earliest + (today - earliest) * rng.random()
        cancelled = registered + (today - registered) / 2 if rng.random() < 0.1 else None
        city.seals.append(seal(person, f"S{len(city.seals) + 1:06}", registered, cancelled))
    if rng.random() < 0.6:
        city.taxes.extend(taxes(rng, number, today))


def _family_register(city: City, place: int, people: list[Person]) -> None:
    """Every third family has its 本籍 here; a mother who lives with them stands in another register."""
    if place % 3 == 0:
        own = [person for person in people if person.relationship != "母"]
        add_family(city, f"G{place:06}", f"{CITY}晴海町{place + 1}番地", own)
