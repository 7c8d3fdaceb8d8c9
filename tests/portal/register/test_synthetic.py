"""The synthetic register is one that an import could have made, only faster."""

import secrets
from collections import Counter
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from portal import database, register
from portal.audit import Actor, ActorKind
from portal.embedded import EmbeddedPostgres
from portal.keys import FieldCipher
from portal.register import ResidentStatus
from portal.register.search_keys import address_key, name_key
from tests.bench import synthetic
from tests.bench.synthetic.people import BLOCK, block
from tests.portal.conftest import MORNING

RESIDENTS = BLOCK + 300
_READER = Actor(ActorKind.SYSTEM, "tests")
_ORPHANS = sa.text(
    "SELECT (SELECT count(*) FROM residents WHERE household_id NOT IN (SELECT id FROM households)), "
    "(SELECT count(*) FROM resident_history WHERE resident_id NOT IN (SELECT id FROM residents)), "
    "(SELECT count(*) FROM resident_numbers WHERE resident_id NOT IN (SELECT id FROM residents)), "
    "(SELECT count(*) FROM households WHERE 1 <> "
    "(SELECT count(*) FROM residents WHERE household_id = households.id AND is_head))"
)
_COUNTS = sa.text(
    "SELECT (SELECT count(*) FROM residents), (SELECT count(*) FROM resident_history), "
    "(SELECT count(*) FROM resident_numbers)"
)


@pytest.fixture(scope="module")
def engine(postgres: EmbeddedPostgres, template: str) -> Iterator[sa.Engine]:
    """A register of a block and a bit."""
    name = f"synthetic_{secrets.token_hex(6)}"
    administration = sa.create_engine(postgres.url, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    administration.dispose()
    made = database.create_engine(postgres.url.replace("/portal?", f"/{name}?"))
    synthetic.load(made, RESIDENTS, seed=3, processes=1)
    yield made
    made.dispose()


def test_every_table_of_the_register_is_filled_as_an_import_fills_it(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert tuple(connection.execute(_COUNTS).one()) == (RESIDENTS, RESIDENTS, RESIDENTS)
        assert tuple(connection.execute(_ORPHANS).one()) == (0, 0, 0, 0)


def test_each_record_is_its_own_history_and_stands_under_the_keys_of_the_product(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM residents ORDER BY number LIMIT 150").all()
        for row in rows:
            record = register.resident(connection, row.id, reader=_READER, why="test", now=MORNING)
            (version,) = register.history_of(connection, row.id, reader=_READER, why="test", now=MORNING)
            assert version.record == record
            assert (row.name_key, row.address_key) == (name_key(row.name), address_key(row.address))
            for text, key in (
                (row.reading, row.reading_key), (row.common_name, row.common_name_key),
                (row.former_surname, row.former_surname_key),
            ):  # fmt: skip
                assert key == (None if text is None else name_key(text))


def test_everybody_is_found_by_number_and_by_name(engine: sa.Engine) -> None:
    cipher = FieldCipher(synthetic.FIELD_KEY)
    with engine.begin() as connection:
        for place in (0, BLOCK - 1, BLOCK, RESIDENTS - 1):
            found = register.find_by_individual_number(
                connection, cipher, synthetic.individual_number_of(place), reader=_READER, why="test", now=MORNING
            )
            assert found is not None
            one = register.resident(connection, found, reader=_READER, why="test", now=MORNING)
            assert one.number == f"{place:010}"
            read = register.individual_number(connection, cipher, found, reader=_READER, why="test", now=MORNING)
            assert read == synthetic.individual_number_of(place)
            page = register.search(
                connection, name=one.name, birth_date=one.birth_date, reader=_READER, why="test", now=MORNING
            )
            assert found in {each.id for each in page.residents}


def test_names_and_people_are_spread_as_in_a_city() -> None:
    people = [one for number in range(5) for one in block(1, number, 5 * BLOCK).residents]
    surnames = Counter(str(one["name"]).split("\u3000")[0] for one in people)
    assert surnames.most_common(1)[0][1] < len(people) * 0.03
    assert len(surnames) > 700
    assert sum(one["foreign"] is True for one in people) / len(people) == pytest.approx(0.03, abs=0.015)
    assert any(one["former_surname"] for one in people)
    assert any(one["common_name"] for one in people)
    assert any("\U000e010f" in str(one["name"]) or "髙" in str(one["name"]) for one in people)
    assert {one["status"] for one in people} == {
        ResidentStatus.RESIDENT, ResidentStatus.REMOVED, ResidentStatus.DECEASED,
    }  # fmt: skip
    years = Counter(str(one["birth_date"])[:3] for one in people)
    assert max(years.values()) < len(people) * 0.25


def test_the_same_seed_makes_the_same_people_and_another_others() -> None:
    assert block(1, 0, 50) == block(1, 0, 50)
    assert block(1, 0, 50) != block(2, 0, 50)
    assert len(block(1, 1, BLOCK + 7).residents) == 7
