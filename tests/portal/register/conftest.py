"""One database for all tests of this room that roll back; making one for each takes longer than the tests."""

import secrets
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from portal import database
from portal.embedded import EmbeddedPostgres
from portal.keys import FieldCipher
from portal.settings import Settings


@pytest.fixture(scope="package")
def shared_engine(postgres: EmbeddedPostgres, template: str) -> Iterator[sa.Engine]:
    """A database in which nothing is ever committed."""
    name = f"shared_{secrets.token_hex(6)}"
    administration = sa.create_engine(postgres.url, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    administration.dispose()
    engine = database.create_engine(postgres.url.replace("/portal?", f"/{name}?"))
    yield engine
    engine.dispose()


@pytest.fixture
def connection(shared_engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction, rolled back at the end."""
    with shared_engine.connect() as opened, opened.begin() as transaction:
        yield opened
        transaction.rollback()


@pytest.fixture
def fields(base_settings: Settings) -> FieldCipher:
    """The cipher of single columns."""
    return FieldCipher(base_settings.field_key)
