"""発行番号: the municipality's code and ten signs drawn at random, `982016-XXXXX-XXXXX`."""

import re
import secrets
from collections.abc import Iterable

# No letters that read like figures: people dictate issue numbers over the telephone.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
SIGNS = 10
_HALF = SIGNS // 2
OWN_PART = re.compile(rf"[{ALPHABET}]{{{_HALF}}}-[{ALPHABET}]{{{_HALF}}}")
"""The part of an issue number that is its own, without the municipality's code."""


class NotAnIssueNumber(Exception):
    """Raised when a text is not a municipality's code followed by the ten signs of an issue number."""


def draw(code: str) -> str:
    """A new issue number of the municipality `code`."""
    return f"{code}-{grouped(secrets.choice(ALPHABET) for _ in range(SIGNS))}"


def grouped(signs: Iterable[str]) -> str:
    """Ten signs as people read them: `XXXXX-XXXXX`."""
    joined = "".join(signs)
    return f"{joined[:_HALF]}-{joined[_HALF:]}"


def parted(number: str) -> tuple[str, str]:
    """(municipality's code, own part); raises NotAnIssueNumber."""
    code, _, own = number.partition("-")
    if not (code.isascii() and code.isdigit() and OWN_PART.fullmatch(own)):
        raise NotAnIssueNumber
    return code, own
