"""A picture of one bit a pixel: the QR of a sheet, the ground tint."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bits:
    """`rows`: the pixels from the top, most significant bit first, each row padded to a whole byte; 1 = black."""

    width: int
    height: int
    rows: bytes
