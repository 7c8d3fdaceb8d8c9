"""From what a person typed to the answers of a 転出届, one function a question. Pure; errors name their field."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from portal.filings import windows
from portal.filings.moving_out import (
    Answers,
    Candidate,
    ContentRefused,
    Destination,
    Field,
    FieldError,
    Mover,
    MovingOut,
    Problem,
)
from portal.filings.prefectures import PREFECTURES
from portal.register import CharacterRefused, as_registered

MUNICIPALITY_LENGTH = 40
ADDRESS_LENGTH = 120

_REIWA_OFFSET = 2018
_YEAR = re.compile(r"(?:令和|R)?(?P<figures>[0-9]{1,2}|元)年?", re.IGNORECASE)
_WESTERN_YEAR = re.compile(r"(?P<figures>[0-9]{4})年?")
# Every dash a Japanese keyboard can produce, the long vowel mark included.
_POSTAL_CODE = re.compile(r"〒?\s*([0-9]{3})\s*[-‐‑‒–—―−ー]?\s*([0-9]{4})")
_MUNICIPALITY_ENDINGS = ("市", "区", "町", "村")


def parse_movers(ticked: Collection[str], household: Sequence[Candidate]) -> tuple[UUID, ...]:
    """Who moves, in the order of the household. Raises ContentRefused."""
    errors = _mover_errors(ticked, household)
    if errors:
        raise ContentRefused(*errors)
    return tuple(one.resident_id for one in household if str(one.resident_id) in ticked)


def parse_planned_date(year: str, month: str, day: str, *, filed_on: date) -> date:
    """When. Takes 2026, 令和8, R8 or 8 as the year, half- or full-width. Raises ContentRefused."""
    if not (year.strip() or month.strip() or day.strip()):
        raise ContentRefused(FieldError(Field.PLANNED_DATE, Problem.MISSING))
    try:
        planned = date(_year(year), _figures(month, "月"), _figures(day, "日"))
    except ValueError:
        raise ContentRefused(FieldError(Field.PLANNED_DATE, Problem.NOT_A_DATE)) from None
    errors = _window_errors(planned, filed_on)
    if errors:
        raise ContentRefused(*errors)
    return planned


def parse_destination(
    *, postal_code: str, prefecture: str, municipality: str, address: str, leaving: tuple[str, str]
) -> Destination:
    """Where to. `leaving` is (prefecture, name) of this municipality. Raises ContentRefused with every error."""
    place, rest = municipality.strip().removeprefix(prefecture), address.strip()
    code, errors = _postal_code(postal_code)
    if not prefecture:
        errors.append(FieldError(Field.PREFECTURE, Problem.MISSING))
    elif prefecture not in PREFECTURES:
        errors.append(FieldError(Field.PREFECTURE, Problem.NOT_A_PREFECTURE))
    errors += _municipality_errors(prefecture, place, leaving)
    errors += _text_errors(Field.ADDRESS, rest, ADDRESS_LENGTH)
    if errors:
        raise ContentRefused(*errors)
    return Destination(prefecture=prefecture, municipality=place, address=rest, postal_code=code)


def complete(answers: Answers, household: Sequence[Candidate], *, filed_on: date) -> MovingOut:
    """The content of the filing, judged again as of `filed_on`. Raises ContentRefused with every error."""
    errors: list[FieldError] = []
    if answers.movers is None:
        errors.append(FieldError(Field.MOVERS, Problem.MISSING))
    else:
        errors += _mover_errors([str(mover) for mover in answers.movers], household)
    if answers.planned_date is None:
        errors.append(FieldError(Field.PLANNED_DATE, Problem.MISSING))
    else:
        errors += _window_errors(answers.planned_date, filed_on)
    if answers.destination is None:
        errors.append(FieldError(Field.ADDRESS, Problem.MISSING))
    if errors or answers.movers is None or answers.planned_date is None or answers.destination is None:
        raise ContentRefused(*errors)
    movers = tuple(Mover(one.resident_id, one.name) for one in household if one.resident_id in answers.movers)
    return MovingOut(movers=movers, planned_date=answers.planned_date, destination=answers.destination)


def _mover_errors(ticked: Collection[str], household: Sequence[Candidate]) -> list[FieldError]:
    if not ticked:
        return [FieldError(Field.MOVERS, Problem.MISSING)]
    known = {str(one.resident_id): one for one in household}
    if any(value not in known for value in ticked):
        return [FieldError(Field.MOVERS, Problem.UNKNOWN)]
    if not all(known[value].movable for value in ticked):
        return [FieldError(Field.MOVERS, Problem.NOT_MOVABLE)]
    return []


def _window_errors(planned: date, filed_on: date) -> list[FieldError]:
    verdict = windows.judge(planned_date=planned, filed_on=filed_on)
    if verdict is windows.WindowVerdict.OPEN:
        return []
    return [FieldError(Field.PLANNED_DATE, Problem(verdict.value))]


def _municipality_errors(prefecture: str, place: str, leaving: tuple[str, str]) -> list[FieldError]:
    errors = _text_errors(Field.MUNICIPALITY, place, MUNICIPALITY_LENGTH)
    if errors:
        return errors
    if not place.endswith(_MUNICIPALITY_ENDINGS):
        return [FieldError(Field.MUNICIPALITY, Problem.NOT_A_MUNICIPALITY)]
    # A ward of the same city is the same municipality: that is a 転居届.
    if prefecture == leaving[0] and place.startswith(leaving[1]):
        return [FieldError(Field.MUNICIPALITY, Problem.SAME_MUNICIPALITY)]
    return []


def _text_errors(field: Field, text: str, limit: int) -> list[FieldError]:
    if not text:
        return [FieldError(field, Problem.MISSING)]
    if len(text) > limit:
        return [FieldError(field, Problem.TOO_LONG)]
    # Controls, bidi marks, private and unassigned characters cannot be read by the receiving city.
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"} for character in text):
        return [FieldError(field, Problem.UNREADABLE)]
    # The filing keeps what was typed; the register must be able to take it down (転出先).
    try:
        as_registered(text)
    except CharacterRefused:
        return [FieldError(field, Problem.UNREADABLE)]
    return []


def _postal_code(typed: str) -> tuple[str | None, list[FieldError]]:
    folded = unicodedata.normalize("NFKC", typed).strip()
    if not folded:
        return None, []
    match = _POSTAL_CODE.fullmatch(folded)
    if match is None:
        return None, [FieldError(Field.POSTAL_CODE, Problem.NOT_A_POSTAL_CODE)]
    return match[1] + match[2], []


def _year(typed: str) -> int:
    folded = unicodedata.normalize("NFKC", typed).strip()
    if match := _WESTERN_YEAR.fullmatch(folded):
        return int(match["figures"])
    match = _YEAR.fullmatch(folded)
    if match is None:
        raise ValueError("not a year")
    return _REIWA_OFFSET + (1 if match["figures"] == "元" else int(match["figures"]))


def _figures(typed: str, unit: str) -> int:
    folded = unicodedata.normalize("NFKC", typed).strip().removesuffix(unit)
    if not re.fullmatch(r"[0-9]{1,2}", folded):
        raise ValueError("not a number")
    return int(folded)
