"""Variation sequences (IVS) as data: which ones a registered text may hold, and what a few others are written as.

The register holds sequences of the Moji_Joho collection only. Other systems may send those of Adobe-Japan1, whose
selectors count differently: 葛 U+E0100 there is 葛 U+E0102 here. `adobe_japan.txt` says for each pair how it was
decided; a sequence without a line is never guessed (docs/decisions/0012-variants-on-entry.md).
"""

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_FIRST_SELECTOR = 0xE0100
_SEQUENCE = re.compile("(.)([\U000e0100-\U000e01ef])", re.DOTALL)


class UnknownVariant(Exception):
    """Raised when a text holds a variation sequence that is neither Moji_Joho's nor in the table.

    `sequence` is the character with its selector; the message names the code points.
    """

    def __init__(self, sequence: str) -> None:
        self.sequence = sequence
        super().__init__(" ".join(f"U+{ord(character):04X}" for character in sequence))


def in_moji_joho(text: str) -> str:
    """`text` with each Adobe-Japan1 sequence as its Moji_Joho sequence, and nothing else changed.

    Raises UnknownVariant.
    """
    return _SEQUENCE.sub(lambda found: _known(found[0]), text)


@cache
def moji_joho() -> frozenset[str]:
    """Every variation sequence of the Moji_Joho collection."""
    return frozenset(
        chr(int(character, 16)) + chr(_FIRST_SELECTOR + selector)
        for entry in " ".join(_lines("moji_joho.txt")).split()
        for character, _, spans in [entry.partition(":")]
        for selector in _selectors(spans)
    )


@cache
def adobe_japan() -> dict[str, str]:
    """Adobe-Japan1 sequence → Moji_Joho sequence, for every pair that is certain."""
    table = {}
    for line in _lines("adobe_japan.txt"):
        character, _, theirs, ours, *_ = line.split()
        table[character + _selector(theirs)] = character + _selector(ours)
    return table


def _known(sequence: str) -> str:
    if sequence in moji_joho():
        return sequence
    try:
        return adobe_japan()[sequence]
    except KeyError as error:
        raise UnknownVariant(sequence) from error


def _lines(file: str) -> list[str]:
    lines = (_FOLDER / file).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def _selector(name: str) -> str:
    return chr(int(name.removeprefix("U+"), 16))


def _selectors(spans: str) -> list[int]:
    selectors: list[int] = []
    for span in spans.split(","):
        first, _, last = span.partition("-")
        selectors.extend(range(int(first, 16), int(last or first, 16) + 1))
    return selectors
