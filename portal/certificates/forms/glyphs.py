"""Outlines of the approved font, cut into a small TrueType font for each document.

The font file is mapped into memory and shared by all processes. A glyph's hinting program is left out: it is for
screens of long ago and makes two thirds of the file. No glyph of this font is composed of others.
"""

import mmap
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

_HEADER = struct.Struct(">IHHHH")
_RECORD = struct.Struct(">4sIII")
_CHECKSUM_OF_ALL = 0xB1B0AFBA


class FontUnexpected(Exception):
    """Raised when the approved font is not built the way this module knows."""


class Glyphs:
    """Metrics and outlines by glyph number."""

    def __init__(self, font: Path) -> None:
        with font.open("rb") as opened:
            self._file = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        tables = self._tables()
        head, hhea = self._table(tables, b"head"), self._table(tables, b"hhea")
        self.units: int = struct.unpack_from(">H", head, 18)[0]
        (long_offsets,) = struct.unpack_from(">h", head, 50)
        if long_offsets != 1:
            raise FontUnexpected("glyph offsets are short")
        self.ascent, self.descent = struct.unpack_from(">hh", hhea, 4)
        (metrics,) = struct.unpack_from(">H", hhea, 34)
        self._head = head
        self._maxp = self._table(tables, b"maxp")
        (count,) = struct.unpack_from(">H", self._maxp, 4)
        hmtx = self._table(tables, b"hmtx")
        pairs = np.frombuffer(hmtx, ">u2", 2 * metrics).reshape(-1, 2)
        rest = np.frombuffer(hmtx, ">u2", count - metrics, 4 * metrics)
        self.advances: list[int] = np.concatenate([pairs[:, 0], np.full(count - metrics, pairs[-1, 0])]).tolist()
        self._bearings: list[int] = np.concatenate([pairs[:, 1], rest]).tolist()
        self._offsets: list[int] = np.frombuffer(self._table(tables, b"loca"), ">u4").tolist()
        self._glyf = tables[b"glyf"][0]
        self._outlines: dict[int, bytes] = {}

    def font(self, glyphs: Sequence[int]) -> bytes:
        """A TrueType font whose glyph 0 is .notdef and whose glyph n is `glyphs[n - 1]`."""
        chosen = (0, *glyphs)
        outlines = [self._outline(glyph) for glyph in chosen]
        loca = np.zeros(len(chosen) + 1, ">u4")
        np.cumsum([len(outline) for outline in outlines], out=loca[1:])
        hmtx = np.empty((len(chosen), 2), ">u2")
        hmtx[:, 0] = [self.advances[glyph] for glyph in chosen]
        hmtx[:, 1] = [self._bearings[glyph] for glyph in chosen]
        head = bytearray(self._head)
        head[8:12] = bytes(4)
        hhea = struct.pack(
            ">IhhhHhhhhhhhhhhhH",
            0x10000, self.ascent, self.descent, 0, max(self.advances[glyph] for glyph in chosen),
            0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, len(chosen),
        )  # fmt: skip
        maxp = bytearray(self._maxp[:32])
        struct.pack_into(">H", maxp, 4, len(chosen))
        # No programs: nothing of what the hinting machine may need (twilight points, storage, functions, stack).
        maxp[16:28] = bytes(12)
        return _sfnt(
            {
                b"glyf": b"".join(outlines),
                b"head": bytes(head),
                b"hhea": hhea,
                b"hmtx": hmtx.tobytes(),
                b"loca": loca.tobytes(),
                b"maxp": bytes(maxp),
            }
        )

    def _outline(self, glyph: int) -> bytes:
        known = self._outlines.get(glyph)
        if known is None:
            begin = self._glyf + self._offsets[glyph]
            known = _without_program(self._file[begin : self._glyf + self._offsets[glyph + 1]])
            self._outlines[glyph] = known
        return known

    def _tables(self) -> dict[bytes, tuple[int, int]]:
        _, count, _, _, _ = _HEADER.unpack_from(self._file, 0)
        records = (_RECORD.unpack_from(self._file, _HEADER.size + n * _RECORD.size) for n in range(count))
        return {tag: (offset, length) for tag, _, offset, length in records}

    def _table(self, tables: dict[bytes, tuple[int, int]], tag: bytes) -> bytes:
        if tag not in tables:
            raise FontUnexpected(f"no table {tag.decode('ascii', 'replace')}")
        offset, length = tables[tag]
        return self._file[offset : offset + length]


def _without_program(glyph: bytes) -> bytes:
    """The outline of a simple glyph without its instructions, padded to four bytes."""
    if not glyph:
        return b""
    (contours,) = struct.unpack_from(">h", glyph, 0)
    if contours < 0:
        raise FontUnexpected("a glyph is composed of others")
    length_at = 10 + 2 * contours
    (length,) = struct.unpack_from(">H", glyph, length_at)
    cut = glyph[:length_at] + b"\0\0" + glyph[length_at + 2 + length :]
    return cut + bytes(-len(cut) % 4)


def _sfnt(tables: dict[bytes, bytes]) -> bytes:
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    header = _HEADER.pack(0x10000, count, power * 16, power.bit_length() - 1, (count - power) * 16)
    place = len(header) + count * _RECORD.size
    records, bodies, total, head_at = [], [], 0, 0
    for tag, table in tables.items():
        padded = table + bytes(-len(table) % 4)
        checksum = _checksum(padded)
        records.append(_RECORD.pack(tag, checksum, place, len(table)))
        bodies.append(padded)
        if tag == b"head":
            head_at = place
        total += checksum
        place += len(padded)
    directory = header + b"".join(records)
    font = bytearray(directory + b"".join(bodies))
    adjustment = (_CHECKSUM_OF_ALL - total - _checksum(directory)) & 0xFFFFFFFF
    struct.pack_into(">I", font, head_at + 8, adjustment)
    return bytes(font)


def _checksum(padded: bytes) -> int:
    return int(np.frombuffer(padded, ">u4").sum(dtype=np.uint64)) & 0xFFFFFFFF
