"""Pictures of one bit a pixel."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bits:
    """Rows packed with the most significant bit first, each padded to whole bytes; 1 is black."""

    width: int
    height: int
    rows: bytes
