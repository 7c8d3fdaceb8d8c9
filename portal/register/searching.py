"""Finding residents by 4情報. Every search, and everybody it shows, is in the audit."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal import audit
from portal.audit import Action, Actor
from portal.register.model import ResidentStatus
from portal.register.search_keys import address_key, name_key
from portal.register.tables import residents

_SHOWN = sa.select(
    residents.c.id,
    residents.c.number,
    residents.c.name,
    residents.c.reading,
    residents.c.birth_date,
    residents.c.address,
    residents.c.status,
)


class SearchTooWide(Exception):
    """Raised when a search names nothing to search for."""


@dataclass(frozen=True, repr=False)
class FoundResident:
    """One line of a search result."""

    id: UUID
    number: str
    name: str
    reading: str | None
    birth_date: str
    address: str
    status: ResidentStatus


def search(
    connection: sa.Connection,
    *,
    name: str | None = None,
    reading: str | None = None,
    birth_date: str | None = None,
    address: str | None = None,
    reader: Actor,
    why: str,
    now: datetime,
    limit: int = 51,
) -> tuple[FoundResident, ...]:
    """Residents to whom everything given applies, at most `limit`, in order of reading.

    `name` finds the beginning of 氏名, 通称 or 旧氏, `reading` and `address` the beginning of theirs, `birth_date`
    the whole date; width, kana and variant shapes do not matter. Raises SearchTooWide.
    """
    conditions = _conditions(name, reading, birth_date, address)
    if not conditions:
        raise SearchTooWide("nothing to search for")
    statement = _SHOWN.where(*conditions.values()).order_by(residents.c.reading_key, residents.c.id).limit(limit)
    found = tuple(
        FoundResident(
            row.id, row.number, row.name, row.reading, row.birth_date, row.address, ResidentStatus(row.status)
        )
        for row in connection.execute(statement)
    )
    detail: dict[str, str | int | bool | None] = {"why": why, "by": ",".join(sorted(conditions))}
    audit.record(
        connection, at=now, actor=reader, action=Action.RECORD_SEARCHED, detail={**detail, "found": len(found)}
    )
    for hit in found:
        audit.record(connection, at=now, actor=reader, action=Action.RECORD_SEARCHED, subject=hit.id, detail=detail)
    return found


def _conditions(
    name: str | None, reading: str | None, birth_date: str | None, address: str | None
) -> dict[str, sa.ColumnElement[bool]]:
    conditions: dict[str, sa.ColumnElement[bool]] = {}
    if name and (key := name_key(name)):
        columns = (residents.c.name_key, residents.c.common_name_key, residents.c.former_surname_key)
        conditions["name"] = sa.or_(*(column.startswith(key, autoescape=True) for column in columns))
    if reading and (key := name_key(reading)):
        conditions["reading"] = residents.c.reading_key.startswith(key, autoescape=True)
    if address and (key := address_key(address)):
        conditions["address"] = residents.c.address_key.startswith(key, autoescape=True)
    if birth_date:
        conditions["birth_date"] = residents.c.birth_date == birth_date
    return conditions
