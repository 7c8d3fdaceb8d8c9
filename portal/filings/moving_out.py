"""What a 転出届 says: who moves, when, where to (住基法24条: 氏名, 転出先, 転出の予定年月日). Pure; no database."""

import json
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID


class Field(StrEnum):
    """The answers of the form; the value is also the name of the form's field that carries the message."""

    MOVERS = "movers"
    PLANNED_DATE = "planned_date"
    POSTAL_CODE = "postal_code"
    PREFECTURE = "prefecture"
    MUNICIPALITY = "municipality"
    ADDRESS = "address"


class Problem(StrEnum):
    """What can be wrong with an answer. The words for it belong to the face that shows it."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    NOT_MOVABLE = "not_movable"
    NOT_A_DATE = "not_a_date"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    TOO_LONG = "too_long"
    UNREADABLE = "unreadable"
    NOT_A_POSTAL_CODE = "not_a_postal_code"
    NOT_A_PREFECTURE = "not_a_prefecture"
    NOT_A_MUNICIPALITY = "not_a_municipality"
    SAME_MUNICIPALITY = "same_municipality"


@dataclass(frozen=True)
class FieldError:
    """One answer and what is wrong with it."""

    field: Field
    problem: Problem


class ContentRefused(Exception):
    """Raised when answers are missing or wrong; names every one of them, never what was typed."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__(", ".join(f"{error.field}: {error.problem}" for error in errors))
        self.errors = errors


@dataclass(frozen=True)
class Candidate:
    """A member of the household as the form offers it. `movable` is False once a departure is filed or planned."""

    resident_id: UUID
    name: str
    relationship: str | None
    movable: bool


@dataclass(frozen=True)
class Destination:
    """Where to (転出先). `postal_code` is seven figures or None; `address` is the town, block and building."""

    prefecture: str
    municipality: str
    address: str
    postal_code: str | None = None

    @property
    def line(self) -> str:
        """The whole address as one line."""
        return f"{self.prefecture}{self.municipality}{self.address}"


@dataclass(frozen=True)
class Mover:
    """A person who moves (異動者), with the name as registered when the answer was given."""

    resident_id: UUID
    name: str


@dataclass(frozen=True)
class MovingOut:
    """The complete content of a 転出届."""

    movers: tuple[Mover, ...]
    planned_date: date
    destination: Destination

    def canonical(self) -> str:
        """The text that is stored: keys sorted, no spaces, so that its bytes can be hashed or signed later."""
        return _dump(
            {
                "v": 1,
                "movers": [{"resident": str(mover.resident_id), "name": mover.name} for mover in self.movers],
                "planned_date": self.planned_date.isoformat(),
                "destination": _destination_out(self.destination),
            }
        )

    @classmethod
    def from_canonical(cls, text: str) -> "MovingOut":
        """Read back what `canonical` wrote."""
        stored = json.loads(text)
        return cls(
            movers=tuple(Mover(UUID(mover["resident"]), mover["name"]) for mover in stored["movers"]),
            planned_date=date.fromisoformat(stored["planned_date"]),
            destination=Destination(**stored["destination"]),
        )


@dataclass(frozen=True)
class Answers:
    """What has been answered so far; a draft. Each answer was right when it was given."""

    movers: tuple[UUID, ...] | None = None
    planned_date: date | None = None
    destination: Destination | None = None

    def merged(self, newer: "Answers") -> "Answers":
        """These answers, with those replaced that `newer` gives."""
        given = {
            name: value
            for name in ("movers", "planned_date", "destination")
            if (value := getattr(newer, name)) is not None
        }
        return replace(self, **given)

    def dump(self) -> str:
        """As stored in the draft."""
        return _dump(
            {
                "movers": None if self.movers is None else [str(mover) for mover in self.movers],
                "planned_date": None if self.planned_date is None else self.planned_date.isoformat(),
                "destination": None if self.destination is None else _destination_out(self.destination),
            }
        )

    @classmethod
    def load(cls, text: str) -> "Answers":
        """Read back what `dump` wrote."""
        stored = json.loads(text)
        return cls(
            movers=None if stored["movers"] is None else tuple(UUID(mover) for mover in stored["movers"]),
            planned_date=None if stored["planned_date"] is None else date.fromisoformat(stored["planned_date"]),
            destination=None if stored["destination"] is None else Destination(**stored["destination"]),
        )


def _destination_out(destination: Destination) -> dict[str, str | None]:
    return {
        "prefecture": destination.prefecture,
        "municipality": destination.municipality,
        "address": destination.address,
        "postal_code": destination.postal_code,
    }


def _dump(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
