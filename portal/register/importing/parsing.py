"""From the bytes of a file to rows whose every value is understood or refused."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from portal.register.importing.columns import File, Value, ValueRefused
from portal.register.importing.report import Refusal, RefusalCode


@dataclass(frozen=True, repr=False)
class Row:
    """One row. `refused` names the columns whose value was refused; they are missing from `values`."""

    file: str
    number: int
    values: dict[str, Value]
    refused: tuple[Refusal, ...]

    def text(self, column: str) -> str:
        """The text of a required column."""
        value = self.values[column]
        if not isinstance(value, str):
            raise TypeError(column)
        return value

    def optional_text(self, column: str) -> str | None:
        """The text of a column that may be empty (or was refused)."""
        return None if self.values.get(column) is None else self.text(column)

    def day(self, column: str) -> date | None:
        """The day of a column that may be empty (or was refused)."""
        value = self.values.get(column)
        if value is not None and not isinstance(value, date):
            raise TypeError(column)
        return value

    def required_day(self, column: str) -> date:
        """The day of a required column."""
        value = self.day(column)
        if value is None:
            raise TypeError(column)
        return value

    def amount(self, column: str) -> int:
        """The number of a required column."""
        value = self.values[column]
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(column)
        return value

    def data(self, column: str) -> bytes:
        """The bytes of a required column."""
        value = self.values[column]
        if not isinstance(value, bytes):
            raise TypeError(column)
        return value

    def flag(self, column: str) -> bool:
        """The flag of a required column."""
        value = self.values[column]
        if not isinstance(value, bool):
            raise TypeError(column)
        return value

    def refusal(self, column: str, code: RefusalCode) -> Refusal:
        """This row's refusal for a column."""
        return Refusal(self.file, self.number, column, code)


@dataclass
class Parsed:
    """A file as read. `unusable` refusals are about the file as a whole: no row of any file may be imported then."""

    rows: list[Row] = field(default_factory=list)
    unusable: list[Refusal] = field(default_factory=list)
    present: bool = True


def parse_file(folder: Path, file: File) -> Parsed:
    """Read one file: UTF-8 with or without a byte order mark, lines ending in LF or CRLF, a header row."""
    path = folder / file.name
    if not path.is_file():
        missing = [Refusal(file.name, 0, "", RefusalCode.MISSING_FILE)] if file.required else []
        return Parsed(unusable=missing, present=False)
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return Parsed(unusable=[Refusal(file.name, 0, "", RefusalCode.NOT_UTF8)])
    return _parse(text.removeprefix("\ufeff"), file)


def _parse(text: str, file: File) -> Parsed:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        unusable = list(_header_refusals(header, file))
        return Parsed(unusable=unusable) if unusable else _rows(reader, header, file)
    except csv.Error:
        # An unclosed quote: nobody can tell where the rows begin after it.
        return Parsed(unusable=[Refusal(file.name, 0, "", RefusalCode.MALFORMED_ROW)])


def _header_refusals(header: list[str], file: File) -> Iterator[Refusal]:
    known = {column.name for column in file.columns}
    for name in sorted(known - set(header)):
        yield Refusal(file.name, 0, name, RefusalCode.MISSING_COLUMN)
    if not set(header) <= known:
        yield Refusal(file.name, 0, "", RefusalCode.UNKNOWN_COLUMN)
    for name in sorted({name for name in known if header.count(name) > 1}):
        yield Refusal(file.name, 0, name, RefusalCode.DUPLICATE_COLUMN)


def _rows(reader: Iterator[list[str]], header: list[str], file: File) -> Parsed:
    parsed = Parsed()
    # The header is row 1, as in a spreadsheet.
    for number, cells in enumerate(reader, start=2):
        if not cells:
            continue
        if len(cells) != len(header):
            parsed.unusable.append(Refusal(file.name, number, "", RefusalCode.MALFORMED_ROW))
            continue
        parsed.rows.append(_row(file, number, dict(zip(header, cells, strict=True))))
    return parsed


def _row(file: File, number: int, cells: dict[str, str]) -> Row:
    values: dict[str, Value] = {}
    refused = []
    for column in file.columns:
        try:
            values[column.name] = column.value(cells[column.name])
        except ValueRefused as refusal:
            refused.append(Refusal(file.name, number, column.name, refusal.code, refusal.code_points))
    return Row(file.name, number, values, tuple(refused))
