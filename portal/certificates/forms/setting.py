"""Line breaking: how a text stands in its place, decided in one way for the compiled form and the full layout.

A place has settings: on one line, on two in a smaller size, and so on, as far as its form provides. The first in
which the text fits is taken; a word is only broken where none would do without. Nothing is ever squeezed, clipped or
set smaller than a setting of the form says.
"""

from collections.abc import Sequence

_FIRST_FULL_WIDTH = 0x2E80
_SPACES = " \u3000"
# 行頭禁則・行末禁則 as far as names and addresses hold such signs.
_NEVER_FIRST = set(
    "、。，．・：；）］｝」』】〉》〕ーヽヾゝゞ々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ!),.:;?]}%"
)
_NEVER_LAST = set("（［｛「『【〈《〔([{")
_ROUNDING = 1e-6


def broken(
    pieces: tuple[str, ...], advances: tuple[float, ...], count: int, width: float, *, anywhere: bool
) -> tuple[str, ...] | None:
    """A text on exactly `count` lines, none wider than `width`, the widest as narrow as can be; None if impossible.

    `pieces` are what has a glyph each, `advances` their widths in the unit of `width`. Lines break after spaces and
    beside full-width characters, or `anywhere` between two pieces.
    """
    places = list(range(1, len(pieces))) if anywhere else _opportunities(pieces)
    return _best(pieces, advances, places, count, width)


def _opportunities(pieces: Sequence[str]) -> list[int]:
    return [place for place in range(1, len(pieces)) if _may_break(pieces[place - 1], pieces[place])]


def _may_break(before: str, after: str) -> bool:
    if after[0] in _SPACES or after[0] in _NEVER_FIRST or before[0] in _NEVER_LAST:
        return False
    return before[0] in _SPACES or _full_width(before) or _full_width(after)


def _full_width(piece: str) -> bool:
    return ord(piece[0]) >= _FIRST_FULL_WIDTH


def _best(
    pieces: Sequence[str], advances: Sequence[float], places: Sequence[int], count: int, width: float
) -> tuple[str, ...] | None:
    """Dynamic programme over the places: the smallest widest line for each number of lines."""
    ends = [*places, len(pieces)]
    if len(ends) < count:
        return None
    reached = [0.0]
    for advance in advances:
        reached.append(reached[-1] + advance)
    # For each end: (widest line so far, ends of the lines).
    best: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    for _ in range(count):
        following: dict[int, tuple[float, tuple[int, ...]]] = {}
        for end in ends:
            for start, (widest, cuts) in best.items():
                line = reached[end] - reached[start]
                if start < end and line <= width + _ROUNDING:
                    candidate = (max(widest, line), (*cuts, end))
                    if end not in following or candidate < following[end]:
                        following[end] = candidate
        best = following
    found = best.get(len(pieces))
    if found is None:
        return None
    starts = (0, *found[1][:-1])
    return tuple("".join(pieces[start:end]) for start, end in zip(starts, found[1], strict=True))
