"""個人番号 and 住民票コード: encrypted in a table of their own, found by blind index, read with an audit."""

import re
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from portal import audit
from portal.audit import Action, Actor
from portal.keys import FieldCipher
from portal.register.model import UnknownResident
from portal.register.tables import resident_numbers

_TABLE = "resident_numbers"
_COLUMNS = ("individual_number", "resident_code")
_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)

_STORE = insert(resident_numbers)
_STORE = _STORE.on_conflict_do_update(
    index_elements=["resident_id"],
    set_={name: _STORE.excluded[name] for column in _COLUMNS for name in (column, f"{column}_index")},
)
_INDEXES = sa.select(resident_numbers.c.individual_number_index, resident_numbers.c.resident_code_index).where(
    resident_numbers.c.resident_id == sa.bindparam("resident")
)
_NUMBER = sa.select(resident_numbers.c.individual_number).where(
    resident_numbers.c.resident_id == sa.bindparam("resident")
)
_BY_NUMBER = sa.select(resident_numbers.c.resident_id).where(
    resident_numbers.c.individual_number_index == sa.bindparam("index")
)
_BY_CODE = sa.select(resident_numbers.c.resident_id).where(
    resident_numbers.c.resident_code_index == sa.bindparam("index")
)


class NumberInvalid(Exception):
    """Raised when a 個人番号 or 住民票コード is not well formed; the message never holds it."""


class NumberTaken(Exception):
    """Raised when another resident already has the 個人番号 or 住民票コード."""


def is_individual_number(text: str) -> bool:
    """Whether `text` is twelve digits ending in the right check digit (番号法の検査用数字)."""
    return re.fullmatch("[0-9]{12}", text) is not None and text[11] == check_digit(text[:11])


def check_digit(digits: str) -> str:
    """The twelfth digit of a 個人番号 that begins with these eleven."""
    remainder = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 11
    return "0" if remainder <= 1 else str(11 - remainder)


def is_resident_code(text: str) -> bool:
    """Whether `text` is eleven digits. The rule of its check digit is not public."""
    return re.fullmatch("[0-9]{11}", text) is not None


def store_numbers(
    connection: sa.Connection,
    fields: FieldCipher,
    resident_id: UUID,
    individual_number: str,
    resident_code: str,
    *,
    actor: Actor,
    now: datetime,
) -> bool:
    """Keep both numbers of a resident, replacing older ones; returns whether anything changed.

    Raises NumberInvalid, NumberTaken.
    """
    if not is_individual_number(individual_number) or not is_resident_code(resident_code):
        raise NumberInvalid("the number is not well formed")
    number_index = fields.blind_index(individual_number, column="individual_number")
    code_index = fields.blind_index(resident_code, column="resident_code")
    for statement, index in ((_BY_NUMBER, number_index), (_BY_CODE, code_index)):
        owner = connection.execute(statement, {"index": index}).scalar_one_or_none()
        if owner not in {None, resident_id}:
            raise NumberTaken("another resident has this number")
    known = connection.execute(_INDEXES, {"resident": resident_id}).one_or_none()
    if known is not None and (known.individual_number_index, known.resident_code_index) == (number_index, code_index):
        return False
    connection.execute(
        _STORE,
        {
            "resident_id": resident_id,
            "individual_number": _encrypted(fields, resident_id, "individual_number", individual_number),
            "individual_number_index": number_index,
            "resident_code": _encrypted(fields, resident_id, "resident_code", resident_code),
            "resident_code_index": code_index,
        },
    )
    audit.record(connection, at=now, actor=actor, action=Action.NUMBER_STORED, subject=resident_id)
    return True


def individual_number(
    connection: sa.Connection, fields: FieldCipher, resident_id: UUID, *, reader: Actor, why: str, now: datetime
) -> str:
    """The resident's 個人番号. Raises UnknownResident when none is kept."""
    stored = connection.execute(_NUMBER, {"resident": resident_id}).scalar_one_or_none()
    if stored is None:
        raise UnknownResident(str(resident_id))
    audit.record(
        connection, at=now, actor=reader, action=Action.NUMBER_READ, subject=resident_id, detail={"why": why}
    )
    return fields.decrypt(stored, table=_TABLE, row=str(resident_id), column="individual_number").decode("ascii")


def find_by_individual_number(
    connection: sa.Connection, fields: FieldCipher, number: str, *, reader: Actor, why: str, now: datetime
) -> UUID | None:
    """The resident whose 個人番号 this is, found without decrypting anything. One audit event."""
    return _found(connection, fields, _BY_NUMBER, "individual_number", number, reader=reader, why=why, now=now)


def find_by_resident_code(
    connection: sa.Connection, fields: FieldCipher, code: str, *, reader: Actor, why: str, now: datetime
) -> UUID | None:
    """The resident whose 住民票コード this is, found without decrypting anything. One audit event."""
    return _found(connection, fields, _BY_CODE, "resident_code", code, reader=reader, why=why, now=now)


def _found(
    connection: sa.Connection, fields: FieldCipher, statement: sa.Executable, column: str, value: str, *,
    reader: Actor, why: str, now: datetime,
) -> UUID | None:  # fmt: skip
    index = fields.blind_index(value, column=column)
    found: UUID | None = connection.execute(statement, {"index": index}).scalar_one_or_none()
    audit.record(
        connection, at=now, actor=reader, action=Action.RECORD_SEARCHED, subject=found,
        detail={"why": why, "by": column},
    )  # fmt: skip
    return found


def _encrypted(fields: FieldCipher, resident_id: UUID, column: str, plain: str) -> bytes:
    return fields.encrypt(plain.encode("ascii"), table=_TABLE, row=str(resident_id), column=column)
