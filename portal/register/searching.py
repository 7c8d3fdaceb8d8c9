"""Finding residents by 4情報, in any combination of fragments. Every search, and everybody it shows, is in the audit.

Nothing here asks whether somebody is under protection (支援措置): what is found and counted, and how long it takes,
is the same.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal import audit
from portal.audit import Action, Actor
from portal.register import fragments
from portal.register.model import ResidentStatus
from portal.register.search_keys import address_key, name_key
from portal.register.tables import fragments as resident_fragments
from portal.register.tables import residents

MOST_FOUND = 1000
"""A search that fits more residents is too wide: nobody reads through them, and nobody should."""

_SORTED = sa.func.coalesce(residents.c.reading_key, residents.c.name_key).collate("C")
_SHOWN = sa.select(
    residents.c.id,
    residents.c.number,
    residents.c.name,
    residents.c.reading,
    residents.c.birth_date,
    residents.c.address,
    residents.c.status,
    _SORTED.label("sorted"),
)
_NAMES = (residents.c.name_key, residents.c.common_name_key, residents.c.former_surname_key)


class SearchTooWide(Exception):
    """Raised when a search names nothing to search for, or only what is true of nearly everybody."""


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


@dataclass(frozen=True, repr=False)
class FoundPage:
    """A part of those who were found, in order of reading. `more`: others follow; `total`: found altogether."""

    residents: tuple[FoundResident, ...]
    total: int
    more: bool

    @property
    def too_many(self) -> bool:
        """Whether more than MOST_FOUND fit; then nobody is shown."""
        return self.total > MOST_FOUND


@dataclass
class _Wanted:
    """What has to be true of a resident: fragments for the index, and the same to the letter."""

    by: list[str] = field(default_factory=list)
    index: list[int] = field(default_factory=list)
    periods: list[int] = field(default_factory=list)
    letters: list[sa.ColumnElement[bool]] = field(default_factory=list)


def search(
    connection: sa.Connection,
    *,
    name: str | None = None,
    reading: str | None = None,
    birth_date: str | None = None,
    born_until: str | None = None,
    address: str | None = None,
    after: UUID | None = None,
    reader: Actor,
    why: str,
    now: datetime,
    limit: int = 50,
) -> FoundPage:
    """Residents to whom everything given applies, at most `limit`, in order of reading; those that follow `after`.

    `name` is a fragment of 氏名, 通称 or 旧氏, `reading` and `address` are fragments of theirs: the beginning, or
    inside; width, kana and variant shapes do not matter. One kana alone finds beginnings. `birth_date` is a
    year, a month or a day (YYYY, YYYY-MM, YYYY-MM-DD), with `born_until` the first of several; a registered date that
    is partial is found by what there is of it. Raises SearchTooWide, NoSuchDay.
    """
    wanted = _wanted(name, reading, birth_date, born_until, address)
    if not wanted.index and not wanted.periods:
        raise SearchTooWide("nothing to search for")
    rows = connection.execute(_statement(wanted, after, limit)).all()
    total = rows[0].total if rows else 0
    found = tuple(
        FoundResident(
            row.id, row.number, row.name, row.reading, row.birth_date, row.address, ResidentStatus(row.status)
        )
        for row in (() if total > MOST_FOUND else rows[:limit])
    )
    detail: dict[str, str | int | bool | None] = {"why": why, "by": ",".join(sorted(wanted.by))}
    audit.record(
        connection, at=now, actor=reader, action=Action.RECORD_SEARCHED, detail={**detail, "found": len(found)}
    )
    audit.record_all(
        connection, at=now, actor=reader, action=Action.RECORD_SEARCHED, events=[(hit.id, detail) for hit in found]
    )
    return FoundPage(found, total, more=len(rows) > limit)


def _statement(wanted: _Wanted, after: UUID | None, limit: int) -> sa.Select[tuple[object, ...]]:
    """Whoever fits is found first and sorted then: no plan may walk all residents in order of reading."""
    conditions = [*wanted.letters]
    if wanted.index:
        conditions.append(resident_fragments.contains(wanted.index))
    if wanted.periods:
        conditions.append(resident_fragments.overlap(wanted.periods))
    hits = _SHOWN.where(*conditions).limit(MOST_FOUND + 1).cte("hits")
    total = sa.select(sa.func.count()).select_from(hits).scalar_subquery()
    page = sa.select(hits, total.label("total")).order_by(hits.c.sorted, hits.c.id).limit(limit + 1)
    if after is None:
        return page
    last = sa.select(_SORTED).where(residents.c.id == after).scalar_subquery()
    return page.where(sa.tuple_(hits.c.sorted, hits.c.id) > sa.tuple_(last, sa.literal(after)))


def _wanted(
    name: str | None, reading: str | None, birth_date: str | None, born_until: str | None, address: str | None
) -> _Wanted:
    wanted = _Wanted()
    if name and (key := name_key(name)):
        wanted.by.append("name")
        wanted.letters.append(sa.or_(*(column.contains(key, autoescape=True) for column in _NAMES)))
        wanted.index += fragments.of_name(key)
    if reading and (key := name_key(reading)):
        wanted.by.append("reading")
        column = residents.c.reading_key
        one_kana = len(key) == 1
        wanted.letters.append((column.startswith if one_kana else column.contains)(key, autoescape=True))
        wanted.index += fragments.of_reading(key)
    if address and (key := address_key(address)):
        wanted.by.append("address")
        wanted.letters.append(residents.c.address_key.contains(key, autoescape=True))
        wanted.index += fragments.of_address(key)
    if birth_date:
        wanted.by.append("birth_date")
        wanted.periods = fragments.of_birth(birth_date, born_until or birth_date)
        if born_until is None and fragments.is_day(birth_date):
            # A day is shared by so few that what else is asked for is quicker read than looked up.
            wanted.index = []
    return wanted
