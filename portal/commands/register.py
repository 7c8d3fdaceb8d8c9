"""`python -m portal register import FOLDER`."""

import argparse
from pathlib import Path

from portal.audit import Actor, ActorKind
from portal.ground import Ground
from portal.register.importing import DifferenceKind, ImportReport, import_directory


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the topic `register`."""
    topic = subparsers.add_parser("register", help="the register of residents")
    commands = topic.add_subparsers(required=True)
    importing = commands.add_parser(
        "import",
        help="bring the register to what the CSV files of a folder say",
        description="Exit status: 0 all imported, 2 some rows refused, 1 nothing imported.",
    )
    importing.add_argument("folder", type=Path, help="folder of the CSV files (docs/register-import.md)")
    importing.add_argument("--dry-run", action="store_true", help="only say what would change; nothing is written")
    importing.set_defaults(run=_import)


def _import(arguments: argparse.Namespace, ground: Ground) -> int:
    report = import_directory(
        ground.engine,
        ground.fields,
        arguments.folder,
        actor=Actor(ActorKind.SYSTEM, "register.import"),
        clock=ground.clock,
        dry_run=arguments.dry_run,
    )
    for line in _lines(report):
        print(line)
    if report.stopped:
        return 1
    return 2 if report.refusals else 0


def _lines(report: ImportReport) -> list[str]:
    """The report for a terminal: 宛名番号, names of fields and codes, never a value of a file."""
    return [
        *(
            f"difference {difference.resident_number} {difference.kind.value} {','.join(difference.fields)}".rstrip()
            for difference in report.differences
        ),
        *(
            f"refused {refusal.file} row {refusal.row} {refusal.column or '-'} {refusal.code.value} "
            f"{refusal.code_points}".rstrip()
            for refusal in report.refusals
        ),
        *([f"family registers changed {report.registers_changed}"] if report.registers_changed else []),
        *(
            [f"absent {_count(report, DifferenceKind.ABSENT)} kept {_count(report, DifferenceKind.STATUS_KEPT)}"]
            if _count(report, DifferenceKind.ABSENT) + _count(report, DifferenceKind.STATUS_KEPT)
            else []
        ),
        f"added {report.added} changed {report.changed} unchanged {report.unchanged}"
        + (" – stopped, nothing was imported" if report.stopped else " – dry run" if report.dry_run else ""),
    ]


def _count(report: ImportReport, kind: DifferenceKind) -> int:
    return sum(difference.kind is kind for difference in report.differences)
