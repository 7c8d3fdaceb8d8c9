"""PostgreSQL, the only database. Column types, naming, transactions."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.engine.interfaces import Dialect

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Every wait is bounded: a person is standing in front of the answer.
# No statement here takes so long that compiling it would pay (jit).
_SESSION_OPTIONS = (
    "-c statement_timeout=8000 -c lock_timeout=4000 -c idle_in_transaction_session_timeout=15000 -c timezone=UTC "
    "-c jit=off"
)


class Instant(sa.types.TypeDecorator[datetime]):
    """A point in time. Naive values are refused on the way in; the way out is always UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive time has no place in the database")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC)


def enumeration(kind: type[StrEnum], name: str) -> sa.Enum:
    """A closed vocabulary: checked in Python and by a named CHECK in the database."""
    return sa.Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        name=name,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        validate_strings=True,
    )


def refuse_changes_sql(table: str) -> list[str]:
    """Statements that make `table` insert-only for everybody: no UPDATE, DELETE or TRUNCATE."""
    return [
        f"""CREATE FUNCTION refuse_change_of_{table}() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{table} is insert-only'; END $$""",
        f"""CREATE TRIGGER {table}_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_{table}()""",
    ]


def create_engine(url: str, *, pool_size: int = 5) -> sa.Engine:
    """An engine whose every wait (connect, pool, statement, lock) ends within seconds."""
    return sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=5,
        pool_timeout=4,
        pool_pre_ping=True,
        # An error that quotes its parameters would carry names and addresses into logs.
        hide_parameters=True,
        connect_args={"connect_timeout": 3, "options": _SESSION_OPTIONS},
    )


def copy_in(connection: sa.Connection, table: sa.Table, rows: Iterable[Mapping[str, object]]) -> None:
    """Insert many rows by COPY, in the connection's transaction; all rows name the same columns.

    Many times as fast as one INSERT each. Raises what an INSERT would, not the errors of the driver.
    """
    raw = connection.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError("not a connection of psycopg")
    first = next(rows := iter(rows), None)
    if first is None:
        return
    names = sql.SQL(", ").join(map(sql.Identifier, first))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
    try:
        with raw.cursor() as cursor, cursor.copy(statement) as copy:
            for row in chain((first,), rows):
                copy.write_row([value.value if isinstance(value, StrEnum) else value for value in row.values()])
    except psycopg.Error as error:
        named = sa.exc.DBAPIError.instance(statement.as_string(), None, error, psycopg.Error, hide_parameters=True)
        raise named from error


@contextmanager
def transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction: all of what happens inside, or nothing."""
    with engine.begin() as connection:
        yield connection


@contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One read-only view of the database at one instant (REPEATABLE READ), for rendering."""
    with (
        engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True) as connection,
        connection.begin(),
    ):
        yield connection
