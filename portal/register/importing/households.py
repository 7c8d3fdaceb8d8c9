"""From rows to whole households: what belongs together is imported together or refused together."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from portal.register.importing.columns import ATTACHED, HOUSEHOLDS, PROTECTIONS, RESIDENTS
from portal.register.importing.parsing import Parsed, Row
from portal.register.importing.report import Refusal, RefusalCode
from portal.register.model import LIVING_HERE, ResidentStatus

_HEAD = "世帯主"
_UNIQUE = ("resident_number", "individual_number", "resident_code")


@dataclass(frozen=True, repr=False)
class Member:
    """A resident's row with the rows of the other files that belong to it, by file name."""

    row: Row
    attached: Mapping[str, tuple[Row, ...]]

    @property
    def number(self) -> str:
        """宛名番号."""
        return self.row.text("resident_number")


@dataclass(frozen=True, repr=False)
class Household:
    """A household that may be imported: its own row and every member's."""

    row: Row
    members: tuple[Member, ...]

    @property
    def number(self) -> str:
        """世帯番号."""
        return self.row.text("household_number")


@dataclass
class Judgement:
    """Households fit for import, and every refusal. With `stop` nothing may be imported."""

    households: list[Household] = field(default_factory=list)
    refused_households: frozenset[str] = frozenset()
    refusals: list[Refusal] = field(default_factory=list)
    stop: bool = False


def judge(files: Mapping[str, Parsed], today: date) -> Judgement:
    """Sort the rows of all files into households, and refuse each household that one refused row belongs to."""
    unusable = [refusal for parsed in files.values() for refusal in parsed.unusable]
    if unusable:
        return Judgement(refusals=unusable, stop=True)
    return _Judge(files, today).judgement()


class _Judge:
    """The working state of one judgement: which households are refused so far, and why."""

    def __init__(self, files: Mapping[str, Parsed], today: date) -> None:
        self._files = files
        self._today = today
        self._refusals: set[Refusal] = set()
        self._refused_households: set[str] = set()
        self._stop = False
        self._households = _by(files[HOUSEHOLDS.name].rows, "household_number")
        self._members = _by(files[RESIDENTS.name].rows, "household_number")
        self._residents = _by(files[RESIDENTS.name].rows, "resident_number")
        self._at_address = _by(files[HOUSEHOLDS.name].rows, "address")

    def judgement(self) -> Judgement:
        for row in self._files[HOUSEHOLDS.name].rows:
            self._refuse(row, row.refused)
        for row in self._files[RESIDENTS.name].rows:
            self._refuse(row, (*row.refused, *self._resident_refusals(row)))
        for file, column in ((HOUSEHOLDS.name, "household_number"), *((RESIDENTS.name, name) for name in _UNIQUE)):
            self._refuse_duplicates(file, column)
        for number, rows in self._households.items():
            for row in rows:
                self._refuse(row, _household_refusals(row, self._members.get(number, [])))
        attached = self._attached()
        households = [
            Household(rows[0], tuple(self._member(member, attached) for member in self._members[number]))
            for number, rows in self._households.items()
            if number not in self._refused_households
        ]
        return Judgement(
            households=[] if self._stop else households,
            refused_households=frozenset(self._refused_households),
            refusals=sorted(self._refusals),
            stop=self._stop,
        )

    def _resident_refusals(self, row: Row) -> Iterator[Refusal]:
        yield from _row_refusals(row, self._today)
        household = row.optional_text("household_number")
        if household is None or household not in self._households:
            if household is not None:
                yield row.refusal("household_number", RefusalCode.UNKNOWN_HOUSEHOLD)
            return
        address = row.optional_text("address")
        homes = {home.optional_text("address") for home in self._households[household]}
        if address is not None and _lives_here(row) and address not in homes:
            yield row.refusal("address", RefusalCode.ADDRESS_DIFFERS)

    def _refuse(self, row: Row, refusals: Iterable[Refusal]) -> None:
        """Refuse a row, and with it every household it may belong to."""
        refusals = tuple(refusals)
        if refusals:
            self._refusals.update(refusals)
            self._refuse_household_of(row)

    def _refuse_household_of(self, row: Row) -> None:
        """The household the row names; else those at its address; else nobody can be spared, and the import stops."""
        number = row.optional_text("household_number")
        if number in self._households:
            self._refused_households.add(number)
            return
        homes = self._at_address.get(row.optional_text("address") or "", [])
        if not homes:
            self._stop = True
            self._refusals.add(row.refusal("", RefusalCode.NO_HOUSEHOLD_TO_REFUSE))
        self._refused_households |= {home.optional_text("household_number") or "" for home in homes}

    def _refuse_duplicates(self, file: str, column: str) -> None:
        for rows in _by(self._files[file].rows, column).values():
            if len(rows) > 1:
                for row in rows:
                    self._refuse(row, [row.refusal(column, RefusalCode.DUPLICATE_NUMBER)])

    def _attached(self) -> dict[str, dict[str, list[Row]]]:
        """Rows of the other files by file and resident; a refused one refuses the resident's household."""
        attached: dict[str, dict[str, list[Row]]] = {}
        for file in ATTACHED:
            rows = self._files[file.name].rows
            attached[file.name] = _by(rows, "resident_number")
            duplicates = set(_duplicates(file.name, rows))
            for row in rows:
                refusals = [*row.refused, *(refusal for refusal in duplicates if refusal.row == row.number)]
                owners = self._residents.get(row.optional_text("resident_number") or "", [])
                if not owners:
                    refusals.append(row.refusal("resident_number", RefusalCode.UNKNOWN_RESIDENT))
                    # A protection that cannot be given to anybody may be anybody's.
                    self._stop = self._stop or file is PROTECTIONS
                self._refusals.update(refusals)
                for owner in owners if refusals else ():
                    self._refuse_household_of(owner)
        return attached

    def _member(self, row: Row, attached: Mapping[str, Mapping[str, list[Row]]]) -> Member:
        number = row.text("resident_number")
        present = (file.name for file in ATTACHED if self._files[file.name].present)
        return Member(row, {name: tuple(attached[name].get(number, ())) for name in present})


def _by(rows: Iterable[Row], column: str) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        value = row.optional_text(column)
        if value is not None:
            grouped[value].append(row)
    return dict(grouped)


def _lives_here(row: Row) -> bool:
    return row.values.get("status") in LIVING_HERE


def _row_refusals(row: Row, today: date) -> Iterator[Refusal]:
    born = row.optional_text("birth_date")
    status = row.values.get("status")
    if born is not None:
        if born > today.isoformat():
            yield row.refusal("birth_date", RefusalCode.DATES_OUT_OF_ORDER)
        for column in ("became_resident_on", "address_since", "notified_on", "ended_on"):
            day = row.day(column)
            if day is not None and day.isoformat()[: len(born)] < born:
                yield row.refusal(column, RefusalCode.DATES_OUT_OF_ORDER)
    became, since = row.day("became_resident_on"), row.day("address_since")
    if became is not None and since is not None and since < became:
        yield row.refusal("address_since", RefusalCode.DATES_OUT_OF_ORDER)
    needed = {
        ResidentStatus.PLANNED_DEPARTURE: ("planned_departure_on", "destination"),
        ResidentStatus.REMOVED: ("ended_on",),
        ResidentStatus.DECEASED: ("ended_on",),
    }
    for column in needed.get(status, ()) if isinstance(status, ResidentStatus) else ():
        if column in row.values and row.values[column] is None:
            yield row.refusal(column, RefusalCode.STATUS_INCOMPLETE)
    if {"is_head", "relationship"} <= row.values.keys() and row.flag("is_head") != (
        row.text("relationship") == _HEAD
    ):
        yield row.refusal("relationship", RefusalCode.HEAD_MISMATCH)


def _household_refusals(row: Row, members: list[Row]) -> Iterator[Refusal]:
    if not members:
        yield row.refusal("household_number", RefusalCode.HOUSEHOLD_WITHOUT_MEMBERS)
    living = [member for member in members if _lives_here(member)]
    heads = sum(member.values.get("is_head") is True for member in living)
    if living and heads == 0:
        yield row.refusal("household_number", RefusalCode.NO_HEAD)
    if heads > 1:
        yield row.refusal("household_number", RefusalCode.SEVERAL_HEADS)


def _duplicates(file: str, rows: list[Row]) -> Iterator[Refusal]:
    """Rows that say twice what there is once: a seal, its number, a tax year, a protection."""
    keys = {
        "seals.csv": (("resident_number",), ("seal_number",)),
        "tax.csv": (("resident_number", "fiscal_year"),),
        "protections.csv": (("resident_number",),),
    }
    for key in keys[file]:
        places = [tuple(row.values.get(column) for column in key) for row in rows]
        counted = Counter(place for place in places if None not in place)
        for row, place in zip(rows, places, strict=True):
            if counted[place] > 1:
                yield row.refusal(key[-1], RefusalCode.DUPLICATE_NUMBER)
