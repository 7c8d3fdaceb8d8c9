"""The synthetic register into the product's tables: by COPY, from as many processes as there are cores.

What an import writes for each resident is there: household, record with its search keys, the history row of version
1, both numbers under the field key. Left out is what no search reads: the audit of the import itself.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from datetime import UTC, date, datetime
from functools import lru_cache
from multiprocessing import get_context
from typing import Any

import psycopg
import sqlalchemy as sa

from portal.keys import FieldCipher
from portal.register import ChangeReason, ResidentRecord, as_registered
from portal.register.changes import canonical
from portal.register.numbers import check_digit
from portal.register.search_keys import address_key, name_key
from portal.register.tables import resident_history, residents
from tests.bench.synthetic.people import BLOCK, TODAY, Block, block

FIELD_KEY = bytes(range(32))
"""Under which the numbers of the synthetic residents are encrypted: nobody's secret."""

KNOWN_FROM = datetime(2026, 11, 1, tzinfo=UTC)
_RECORD = tuple(field.name for field in fields(ResidentRecord))
_FIXED = ("id", "number", "version")
_KEYS = ("name_key", "former_surname_key", "common_name_key", "reading_key", "address_key")
_HISTORY = (
    "resident_id", "version", "valid_from", "known_from", "actor_kind", "actor_id", "reason", "filing_id", "changes",
    "record",
)  # fmt: skip
_NUMBERS = (
    "resident_id", "individual_number", "individual_number_index", "resident_code", "resident_code_index",
)  # fmt: skip
_INDEXED = (residents, resident_history)
_cipher = FieldCipher(FIELD_KEY)
_key_of_name = lru_cache(100_000)(name_key)
_key_of_address = lru_cache(10_000)(address_key)
_held = lru_cache(200_000)(as_registered)


def load(engine: sa.Engine, count: int, *, seed: int = 1, processes: int | None = None) -> None:
    """Fill an empty register with `count` residents. Needs a role that may leave foreign keys unchecked."""
    with engine.begin() as connection:
        for table in _INDEXED:
            for index in table.indexes:
                index.drop(connection)
    address = engine.url.render_as_string(hide_password=False).replace("postgresql+psycopg", "postgresql")
    blocks = range((count + BLOCK - 1) // BLOCK)
    # Spawned, not forked: whoever calls may have threads and connections.
    with ProcessPoolExecutor(processes or os.cpu_count(), get_context("spawn"), _begin, (address,)) as pool:
        for _ in pool.map(_load_block, [seed] * len(blocks), blocks, [count] * len(blocks), chunksize=8):
            pass
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("SET maintenance_work_mem = '1GB'")
        for table in _INDEXED:
            for index in sorted(table.indexes, key=lambda index: str(index.name)):
                index.create(connection)
            connection.exec_driver_sql(f"VACUUM (ANALYZE) {table.name}")
        # What belongs to this session alone must not go back into the pool.
        connection.detach()


def individual_number_of(place: int) -> str:
    """The 個人番号 of the resident at this place of the register."""
    # A multiplication by a number without a common divisor gives each its own, far from its neighbour's.
    eleven = f"{(place * 48_271 + 7) % 10**11:011}"
    return eleven + check_digit(eleven)


_connection: psycopg.Connection[Any]


def _begin(address: str) -> None:
    global _connection  # noqa: PLW0603  # one for each process of the pool
    _connection = psycopg.connect(address, autocommit=False)
    _connection.execute("SET session_replication_role = replica")
    _connection.commit()


def _load_block(seed: int, number: int, count: int) -> int:
    made = block(seed, number, count)
    with _connection.transaction(), _connection.cursor() as cursor:
        _copy(cursor, "households", ("id", "number", "postal_code", "address"), _homes(made))
        rows = [_registered(values) for values in made.residents]
        _copy(cursor, "residents", (*_RECORD, *_KEYS), [_resident(values) for values in rows])
        _copy(cursor, "resident_history", _HISTORY, [_version(values) for values in rows])
        _copy(cursor, "resident_numbers", _NUMBERS, [_numbers(values) for values in rows])
    return len(rows)


def _copy(
    cursor: "psycopg.Cursor[Any]", table: str, columns: tuple[str, ...], rows: list[tuple[object, ...]]
) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _homes(made: Block) -> list[tuple[object, ...]]:
    return [(home.id, home.number, home.postal_code, _held(home.address)) for home in made.homes]


def _registered(values: dict[str, object]) -> dict[str, object]:
    return {name: _held(value) if type(value) is str else value for name, value in values.items()}


def _resident(values: dict[str, Any]) -> tuple[object, ...]:
    former, common, reading = (
        None if values[name] is None else _key_of_name(values[name])
        for name in ("former_surname", "common_name", "reading")
    )
    keys = (_key_of_name(values["name"]), former, common, reading, _key_of_address(values["address"]))
    return (*(values[name] for name in _RECORD), *keys)


def _version(values: dict[str, Any]) -> tuple[object, ...]:
    changes = {name: value for name, value in values.items() if name not in _FIXED}
    valid_from: date = values["became_resident_on"] or TODAY
    return (
        values["id"], 1, valid_from, KNOWN_FROM, "system", "synthetic", ChangeReason.IMPORT.value, None,
        canonical(changes), canonical(values),
    )  # fmt: skip


def _numbers(values: dict[str, Any]) -> tuple[object, ...]:
    number = individual_number_of(int(values["number"]))
    row: list[object] = [values["id"]]
    for column, plain in (("individual_number", number), ("resident_code", number[10::-1])):
        place_of_value = {"table": "resident_numbers", "row": str(values["id"]), "column": column}
        row.append(_cipher.encrypt(plain.encode("ascii"), **place_of_value))
        row.append(_cipher.blind_index(plain, column=column))
    return tuple(row)
