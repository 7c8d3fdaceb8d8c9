"""One import run over a folder: read everything, judge everything, then write what differs, by households."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

import sqlalchemy as sa

from portal import audit, database
from portal.audit import Action, Actor
from portal.clock import Clock, local_date
from portal.keys import FieldCipher
from portal.register.importing.columns import FILES, HOUSEHOLDS, RESIDENTS
from portal.register.importing.entering import enter_units
from portal.register.importing.families import judge_families, write_families
from portal.register.importing.households import Household, Judgement, judge
from portal.register.importing.parsing import Parsed, Row, parse_file
from portal.register.importing.report import (
    Difference,
    DifferenceKind,
    ImportReport,
    Refusal,
    RefusalCode,
    WriteRefused,
)
from portal.register.importing.sifting import Unit, sift
from portal.register.importing.writing import Writer
from portal.register.tables import households, residents

_BATCH = 500
_HOMES = sa.select(residents.c.number, households.c.number.label("home")).join(
    households, households.c.id == residents.c.household_id
)


def import_directory(
    engine: sa.Engine, fields: FieldCipher, folder: Path, *, actor: Actor, clock: Clock, dry_run: bool = False
) -> ImportReport:
    """Bring the register to what the files of `folder` say; running it again changes nothing.

    Every household is written whole or not at all, in one transaction with those it exchanges members with: its
    members' rows are locked while that takes, as a release locks them, and issuance to everybody else goes on. What
    is as it was is only read. A crash in between leaves whole households; the next run writes the others.

    A `dry_run` does the same and undoes each transaction; it leaves nothing but the event that it was made.
    """
    return _Run(engine, fields, actor, clock, dry_run).over(folder)


@dataclass(frozen=True)
class _Run:
    """Who runs the import, by which clock, into which database, with which cipher."""

    engine: sa.Engine
    fields: FieldCipher
    actor: Actor
    clock: Clock
    dry_run: bool

    def over(self, folder: Path) -> ImportReport:
        files = {file.name: parse_file(folder, file) for file in FILES}
        judgement = judge(files, local_date(self.clock.now()))
        families = judge_families(files)
        stop = judgement.stop or families.stop
        report = ImportReport(refusals=[*judgement.refusals, *families.refusals], stopped=stop)
        report.dry_run = self.dry_run
        if not stop:
            self._write(files, judgement, report)
            # After the households: its persons are residents who must be there.
            write_families(self._attempt, files, families, report, actor=self.actor, now=self.clock.now())
        report.differences.sort()
        report.refusals.sort()
        with database.transaction(self.engine) as connection:
            _audit(connection, report, self.actor, self.clock.now())
        return report

    def _write(self, files: Mapping[str, Parsed], judgement: Judgement, report: ImportReport) -> None:
        rows = files[RESIDENTS.name].rows
        with database.transaction(self.engine) as connection:
            homes = {row.number: row.home for row in connection.execute(_HOMES)}
        written: set[str] = set()
        for some in _batches(_units(judgement, _moves(rows, homes))):
            written.update(self._write_some(some, report))
        if not homes:
            report.differences = [each for each in report.differences if each.kind is not DifferenceKind.ADDED]
        seen = {row.optional_text("resident_number") for row in rows}
        report.differences.extend(Difference(number, DifferenceKind.ABSENT) for number in homes.keys() - seen)
        report.refusals.extend(_fallen((*files[HOUSEHOLDS.name].rows, *rows), written, report.refusals))

    def _write_some(self, units: Sequence[Unit], report: ImportReport) -> Iterator[str]:
        """Write what differs of these units; yields the numbers of the households that are then as the files say."""
        with database.transaction(self.engine) as connection:
            sifted = sift(connection, self.fields, units)
        for unit in sifted.same:
            report.unchanged += sum(len(household.members) for household in unit)
            yield from (household.number for household in unit)
        closely = sifted.other
        if sifted.new:
            try:
                with self._attempt() as connection:
                    entered = enter_units(connection, self.fields, sifted.new, actor=self.actor, now=self.clock.now())
            except WriteRefused:
                # Which of them it is, the writer says; the others come in by themselves.
                closely = [*closely, *sifted.new]
            else:
                report.add(entered)
                yield from (household.number for unit in sifted.new for household in unit)
        for unit in closely:
            try:
                with self._attempt() as connection:
                    result = Writer(connection, self.fields, self.actor, self.clock.now()).write(unit)
            except WriteRefused as refused:
                report.refusals.append(refused.refusal)
            else:
                report.add(result)
                yield from (household.number for household in unit)

    @contextmanager
    def _attempt(self) -> Iterator[sa.Connection]:
        """One transaction, undone in a dry run."""
        with self.engine.connect() as connection, connection.begin() as transaction:
            yield connection
            if self.dry_run:
                transaction.rollback()


def _batches(units: Iterable[Unit]) -> Iterator[list[Unit]]:
    """So many units at a time that reading about them all is one question."""
    units = iter(units)
    while some := list(islice(units, _BATCH)):
        yield some


def _moves(rows: Sequence[Row], homes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Pairs of households (世帯番号) between which someone moves: where the register has them, where the file has."""
    for row in rows:
        old = homes.get(row.optional_text("resident_number") or "")
        new = row.optional_text("household_number")
        if old is not None and new is not None and old != new:
            yield old, new


def _units(judgement: Judgement, moves: Iterator[tuple[str, str]]) -> Iterator[list[Household]]:
    """Households grouped by moves between them; a group with a refused household is left out."""
    neighbours: dict[str, set[str]] = defaultdict(set)
    for old, new in moves:
        neighbours[old].add(new)
        neighbours[new].add(old)
    fit = {household.number: household for household in judgement.households}
    done: set[str] = set()
    for number in fit:
        if number in done:
            continue
        group, waiting = set[str](), [number]
        while waiting:
            member = waiting.pop()
            if member not in group:
                group.add(member)
                waiting.extend(neighbours[member])
        done |= group
        if not group & judgement.refused_households:
            yield [fit[member] for member in sorted(group & fit.keys())]


def _fallen(rows: Sequence[Row], written: AbstractSet[str], refusals: Sequence[Refusal]) -> list[Refusal]:
    """Rows that are good themselves but not written, because their household or one bound to it was refused."""
    named = {(refusal.file, refusal.row) for refusal in refusals}
    return [
        row.refusal("", RefusalCode.REFUSED_WITH_HOUSEHOLD)
        for row in rows
        if row.optional_text("household_number") not in written and (row.file, row.number) not in named
    ]


def _audit(connection: sa.Connection, report: ImportReport, actor: Actor, now: datetime) -> None:
    audit.record(
        connection,
        at=now,
        actor=actor,
        action=Action.RECORD_IMPORTED,
        detail={
            "added": report.added,
            "changed": report.changed,
            "unchanged": report.unchanged,
            "registers_changed": report.registers_changed,
            "refused_rows": len(report.refusals),
            "stopped": report.stopped,
            "dry_run": report.dry_run,
        },
    )
