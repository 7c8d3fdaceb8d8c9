"""Family registers (戸籍の附票) of an import: a register is written whole or not at all."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal.audit import Actor
from portal.register import domiciles
from portal.register.domiciles import DomicileEntry, MemberEntry, UsageRegistration
from portal.register.importing.columns import DOMICILE, FAMILIES, FAMILY_MEMBERS, FAMILY_REGISTERS, RESIDENTS
from portal.register.importing.parsing import Parsed, Row
from portal.register.importing.report import ImportReport, Refusal, RefusalCode
from portal.register.model import Sex, UnknownResident
from portal.register.records import resident_id_of

# Of each file, what may stand in it only once.
_UNIQUE = (
    (FAMILY_REGISTERS, ("register_number",)),
    (FAMILY_MEMBERS, ("register_number", "place")),
    (FAMILY_MEMBERS, ("resident_number",)),
    (DOMICILE, ("register_number", "place", "sequence")),
)


@dataclass(frozen=True, repr=False)
class Family:
    """A register that may be imported: its row, its persons in order, the addresses of each, oldest first."""

    row: Row
    members: tuple[tuple[Row, tuple[Row, ...]], ...]

    @property
    def number(self) -> str:
        """Number of the family register."""
        return self.row.text("register_number")


@dataclass
class Families:
    """Registers fit for import and every refusal. With `stop` nothing at all may be imported."""

    fit: list[Family] = field(default_factory=list)
    refused: frozenset[str] = frozenset()
    refusals: list[Refusal] = field(default_factory=list)
    stop: bool = False


def judge_families(files: Mapping[str, Parsed]) -> Families:
    """Sort the rows of the three files into registers, and refuse each register that one refused row belongs to."""
    if any(parsed.unusable for parsed in files.values()):
        return Families(stop=True)
    absent = [file.name for file in FAMILIES if not files[file.name].present]
    if absent and len(absent) < len(FAMILIES):
        # One of the three without the others says nothing.
        return Families(refusals=[Refusal(name, 0, "", RefusalCode.MISSING_FILE) for name in absent], stop=True)
    rows = {file.name: files[file.name].rows for file in FAMILIES}
    refusals = set(_refusals(rows))
    named = {(refusal.file, refusal.row) for refusal in refusals}
    refused = {
        row.optional_text("register_number") or ""
        for file in rows.values()
        for row in file
        if (row.file, row.number) in named
    }
    members = _by_register(rows[FAMILY_MEMBERS.name])
    addresses = _by_register(rows[DOMICILE.name])
    registers = {row.optional_text("register_number"): row for row in rows[FAMILY_REGISTERS.name]}
    fit = [
        Family(row, tuple(_member(member, addresses[number]) for member in _ordered(members[number], "place")))
        for number, row in registers.items()
        if number is not None and number not in refused
    ]
    fallen = {
        row.refusal("", RefusalCode.REFUSED_WITH_REGISTER)
        for file in rows.values()
        for row in file
        if row.optional_text("register_number") in refused and (row.file, row.number) not in named
    }
    # Whoever's protection cannot be taken over, nobody's paper may be printed from the older state.
    stop = any(
        row.values.get("protected") is not False and row.optional_text("register_number") in refused | {None}
        for row in rows[FAMILY_MEMBERS.name]
    )
    return Families(fit, frozenset(refused), sorted(refusals | fallen), stop)


def write_families(
    attempt: Callable[[], AbstractContextManager[sa.Connection]],
    files: Mapping[str, Parsed],
    families: Families,
    report: ImportReport,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Write every register that is fit, each in an attempt of its own, and remove those no file names any more."""
    if not files[FAMILY_REGISTERS.name].present:
        return
    coming = {row.optional_text("resident_number") for row in files[RESIDENTS.name].rows}
    for family in families.fit:
        try:
            with attempt() as connection:
                report.registers_changed += _write(connection, family, actor, now)
        except _WithoutRecord as unknown:
            if report.dry_run and unknown.number in coming:
                # Whoever an import would add before is not there yet, and so the register would change.
                report.registers_changed += 1
                continue
            report.refusals.append(unknown.row.refusal("resident_number", RefusalCode.UNKNOWN_RESIDENT))
    named = {row.optional_text("register_number") or "" for row in files[FAMILY_REGISTERS.name].rows}
    with attempt() as connection:
        report.registers_changed += domiciles.forget_others(
            connection, named | families.refused, actor=actor, now=now
        )


class _WithoutRecord(Exception):
    """Raised when a row names a resident whom the register does not have."""

    def __init__(self, row: Row) -> None:
        super().__init__("resident_number")
        self.row = row
        self.number = row.optional_text("resident_number")


def _write(connection: sa.Connection, family: Family, actor: Actor, now: datetime) -> bool:
    return domiciles.store(
        connection,
        family.number,
        domicile=family.row.text("domicile"),
        family_head=family.row.text("family_head"),
        members=[_entry(connection, row, addresses) for row, addresses in family.members],
        actor=actor,
        now=now,
    )


def _entry(connection: sa.Connection, row: Row, addresses: Sequence[Row]) -> MemberEntry:
    sex, asked_on = row.optional_text("sex"), row.day("usage_asked_on")
    return MemberEntry(
        resident_id=_resident(connection, row),
        name=row.text("name"),
        birth_date=row.text("birth_date"),
        sex=None if sex is None else Sex(sex),
        protected=row.flag("protected"),
        usage=None if asked_on is None else UsageRegistration(asked_on, row.day("usage_completed_on")),
        entries=tuple(DomicileEntry(entry.text("address"), entry.day("since")) for entry in addresses),
    )


def _resident(connection: sa.Connection, row: Row) -> UUID | None:
    number = row.optional_text("resident_number")
    try:
        return None if number is None else resident_id_of(connection, number)
    except UnknownResident as error:
        raise _WithoutRecord(row) from error


def _member(row: Row, addresses: Sequence[Row]) -> tuple[Row, tuple[Row, ...]]:
    own = [entry for entry in addresses if entry.values["place"] == row.values["place"]]
    return row, _ordered(own, "sequence")


def _ordered(rows: Sequence[Row], column: str) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=lambda row: row.amount(column)))


def _by_register(rows: Sequence[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row.optional_text("register_number") or ""].append(row)
    return grouped


def _refusals(rows: Mapping[str, Sequence[Row]]) -> Iterator[Refusal]:
    for file in FAMILIES:
        for row in rows[file.name]:
            yield from row.refused
    for file, columns in _UNIQUE:
        yield from _duplicates(rows[file.name], columns)
    yield from _strays(rows[FAMILY_REGISTERS.name], rows[FAMILY_MEMBERS.name], rows[DOMICILE.name])


def _strays(registers: Sequence[Row], members: Sequence[Row], addresses: Sequence[Row]) -> Iterator[Refusal]:
    """Rows that lack what they belong to, or what belongs to them."""
    numbers = {row.values.get("register_number") for row in registers}
    peopled = {row.values.get("register_number") for row in members}
    places, lived = {_place(row) for row in members}, {_place(row) for row in addresses}
    for row in registers:
        if row.values.get("register_number") not in peopled:
            yield row.refusal("register_number", RefusalCode.REGISTER_WITHOUT_MEMBERS)
    for row in addresses:
        if _place(row) not in places:
            yield row.refusal("place", RefusalCode.UNKNOWN_MEMBER)
    for row in members:
        if row.values.get("register_number") not in numbers:
            yield row.refusal("register_number", RefusalCode.UNKNOWN_REGISTER)
        if _place(row) not in lived:
            yield row.refusal("place", RefusalCode.MEMBER_WITHOUT_ADDRESS)
        if row.day("usage_completed_on") is not None and row.day("usage_asked_on") is None:
            yield row.refusal("usage_asked_on", RefusalCode.DATES_OUT_OF_ORDER)


def _duplicates(rows: Sequence[Row], columns: tuple[str, ...]) -> Iterator[Refusal]:
    places = [tuple(row.values.get(column) for column in columns) for row in rows]
    counted = Counter(place for place in places if None not in place)
    for row, place in zip(rows, places, strict=True):
        if counted[place] > 1:
            yield row.refusal(columns[-1], RefusalCode.DUPLICATE_NUMBER)


def _place(row: Row) -> tuple[object, object]:
    return row.values.get("register_number"), row.values.get("place")
