"""A picture of one bit a pixel: the QR of a sheet, the ground tint."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bits:
    """`rows` holds the pixels row by row from the top, most significant bit first, each row padded to a byte; 1 = black."""

    width: int
    height: int
    rows: bytes
