"""公印: the seal picture of the municipality, kept by its code."""

from functools import cache
from pathlib import Path

from portal.certificates.paper import Seal

_FOLDER = Path(__file__).parent / "seals"


class SealMissing(Exception):
    """Raised when no seal picture is kept for the municipality; no certificate can be made."""


@cache
def seal_of(code: str) -> Seal:
    """The seal of the municipality with this 全国地方公共団体コード; raises SealMissing."""
    if not (code.isascii() and code.isdigit()):
        raise SealMissing("not a municipality code")
    try:
        return Seal((_FOLDER / f"{code}.svg").read_bytes())
    except FileNotFoundError as error:
        raise SealMissing(code) from error


def all_seals() -> tuple[Seal, ...]:
    """Every seal kept here, for a press that warms up."""
    return tuple(seal_of(path.stem) for path in sorted(_FOLDER.glob("*.svg")))
