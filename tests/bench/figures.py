"""One measured figure, and the line in which other programs find it."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """What was measured: a name that never changes, the value, its unit (`ms`, `us`, `s`, `MiB`, `1/s`, `ratio`)."""

    name: str
    value: float
    unit: str

    def line(self) -> str:
        """`bench: NAME VALUE UNIT`: one decimal, and for small values as many as show three significant digits."""
        size = abs(self.value)
        decimals = 1 if size >= 1 or size == 0 else 2 - math.floor(math.log10(size))
        return f"bench: {self.name} {self.value:.{decimals}f} {self.unit}"
