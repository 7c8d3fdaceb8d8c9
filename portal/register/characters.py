"""文字 on entry: what a registered text may hold. What is accepted is kept code point by code point.

Nothing is normalised, ever. The one thing that is rewritten is a variation sequence of another collection, and only
where the table of `variants` is certain; what cannot stand in a register is refused by name.
"""

import re
import unicodedata
from enum import StrEnum

from portal.register.variants import UnknownVariant, in_moji_joho

_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


class CharacterFault(StrEnum):
    """Why a text cannot be registered."""

    CONTROL_CHARACTER = "control_character"
    PRIVATE_CHARACTER = "private_character"
    UNASSIGNED_CHARACTER = "unassigned_character"
    LONE_SELECTOR = "lone_selector"
    UNKNOWN_VARIANT = "unknown_variant"


class CharacterRefused(Exception):
    """Raised when a text holds what no registered text can hold. Names the code points, never the text."""

    def __init__(self, fault: CharacterFault, sequence: str, field: str = "") -> None:
        self.fault = fault
        self.sequence = sequence
        self.field = field
        self.code_points = " ".join(f"U+{ord(character):04X}" for character in sequence)
        super().__init__(f"{field}: {self.code_points}" if field else self.code_points)

    def of(self, field: str) -> "CharacterRefused":
        """The same refusal with the field it is about."""
        return CharacterRefused(self.fault, self.sequence, field)


def as_registered(text: str) -> str:
    """`text` as the register holds it: every code point as it came, variation sequences in Moji_Joho's selectors.

    Raises CharacterRefused.
    """
    for place, character in enumerate(text):
        fault = _fault(character, text[place - 1] if place else "")
        if fault is not None:
            raise CharacterRefused(fault, character)
    try:
        return in_moji_joho(text)
    except UnknownVariant as unknown:
        raise CharacterRefused(CharacterFault.UNKNOWN_VARIANT, unknown.sequence) from unknown


def _fault(character: str, before: str) -> CharacterFault | None:
    if _SELECTORS.match(character):
        return None if before.isalnum() else CharacterFault.LONE_SELECTOR
    match unicodedata.category(character):
        case "Cc" | "Cf" | "Cs" | "Zl" | "Zp":
            return CharacterFault.CONTROL_CHARACTER
        # 外字 of some vendor: it has no meaning here, and a paper with it would show another character.
        case "Co":
            return CharacterFault.PRIVATE_CHARACTER
        # Newer than this Python knows is still a character; a noncharacter never is one.
        case "Cn" if _is_noncharacter(ord(character)):
            return CharacterFault.UNASSIGNED_CHARACTER
    return None


def _is_noncharacter(code: int) -> bool:
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
