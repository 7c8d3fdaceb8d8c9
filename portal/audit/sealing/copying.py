"""Rows by PostgreSQL's COPY: the fastest way out, and a text of each row that does not depend on the driver."""

from collections.abc import Iterator, Sequence

import psycopg
import sqlalchemy as sa

Driver = psycopg.Connection[tuple[object, ...]]


def driver_of(connection: sa.Connection) -> Driver:
    """The driver's own connection, in the same transaction."""
    raw = connection.connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError("not a connection of psycopg")
    return raw


def copied(driver: Driver, statement: str, parameters: Sequence[object] = ()) -> Iterator[bytes]:
    """The rows of a `COPY … TO STDOUT`, one line each without its newline."""
    rest = b""
    with driver.cursor() as cursor, cursor.copy(statement, parameters) as copy:
        for part in copy:
            *whole, rest = (rest + bytes(part)).split(b"\n")
            yield from whole
