"""Can answers about 支援措置 be told from those about 異動処理中? `python -m tests.proof.timing [ANSWERS]`.

An abuser may hold the victim's card and know the PIN; the kiosk's answer is then all they have. The measurement
itself is a test of the terminal face (`tests/portal/terminal/test_same_answer.py`); here it runs with 2,000 answers.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pytest

ANSWERS_VARIABLE = "PROOF_ANSWERS"
MOST = 0.55
"""the AUC that a classifier may reach over 2,000 answers (chance is 0.50, one standard error 0.013)"""
_TEST = "tests/portal/terminal/test_same_answer.py"


@dataclass(frozen=True)
class Heard:
    """One answer as whoever stands at the kiosk could measure it: which call, how long, how large, which headers."""

    call: str
    protected: bool
    seconds: float
    size: int
    headers: tuple[tuple[str, str], ...]


def auc(heard: Iterable[Heard], feature: str) -> float:
    """How well one number tells the two apart, within each call and whichever way round: 0.5 not at all, 1 always.

    `feature` is `seconds`, `size` or the name of a header, whose length counts.
    """
    by_call: dict[str, dict[bool, list[float]]] = defaultdict(lambda: {True: [], False: []})
    total = 0
    for one in heard:
        by_call[one.call][one.protected].append(_number(one, feature))
        total += 1
    mean = sum(
        _rank_sum_auc(sides[True], sides[False]) * (len(sides[True]) + len(sides[False])) / total
        for sides in by_call.values()
    )
    return max(mean, 1 - mean)


def _number(heard: Heard, feature: str) -> float:
    match feature:
        case "seconds":
            return heard.seconds
        case "size":
            return heard.size
    return float(len(dict(heard.headers).get(feature, "")))


def _rank_sum_auc(ones: Sequence[float], others: Sequence[float]) -> float:
    """The chance that a number of `ones` is larger than one of `others`, equal ones counting half (Mann-Whitney)."""
    order = sorted([(number, True) for number in ones] + [(number, False) for number in others])
    ranks, place = 0.0, 0
    while place < len(order):
        end = place
        while end < len(order) and order[end][0] == order[place][0]:
            end += 1
        ranks += sum(own for _, own in order[place:end]) * (place + end + 1) / 2
        place = end
    return (ranks - len(ones) * (len(ones) + 1) / 2) / (len(ones) * len(others))


def main(answers: int) -> int:
    """Measure and judge; the lines go to standard output."""
    os.environ[ANSWERS_VARIABLE] = str(answers)
    return int(pytest.main(["-q", "-s", "-p", "no:cacheprovider", "--timeout=1200", _TEST]))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
