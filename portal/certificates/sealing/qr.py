"""The stamp as a QR code: version 8, level M, byte mode, one fixed mask (ISO/IEC 18004).

`qrcode` is the encoder, and takes 5 ms for a code of this size. A QR code with fixed version and mask is an affine
function of its data bits over GF(2), Reed-Solomon included. So `qrcode` is asked once where each bit goes and what
each data byte contributes; a code is then the exclusive or of one prepared row for each half byte.
"""

from functools import cache

import numpy as np
import numpy.typing as npt
from qrcode import base, constants, util
from qrcode.main import QRCode

from portal.certificates.forms.bits import Bits

VERSION = 8
SIZE = 17 + 4 * VERSION
# Of the eight masks the one with the lowest mean penalty over random stamps; they differ by a few per cent.
MASK = 2
_LEVEL = constants.ERROR_CORRECT_M
_DATA_BYTES = sum(block.data_count for block in base.rs_blocks(VERSION, _LEVEL))
# Four bits say "bytes", eight how many.
MOST_BYTES = _DATA_BYTES - 2
_ROW_BYTES = (SIZE + 7) // 8
_WORDS = (SIZE * _ROW_BYTES + 7) // 8
_PADDING = (0xEC, 0x11)

_Bytes = npt.NDArray[np.uint8]
_Words = npt.NDArray[np.uint64]


class TooLongForCode(Exception):
    """Raised when a stamp has more bytes than the one size of code that is printed can hold."""


def bits(stamp: bytes) -> Bits:
    """The code of `stamp` without its quiet zone (four white modules all around); raises TooLongForCode."""
    if len(stamp) > MOST_BYTES:
        raise TooLongForCode(f"{len(stamp)} bytes")
    table, places, empty = _tables()
    data = _data_bytes(stamp)
    halves = np.empty(2 * _DATA_BYTES, np.intp)
    halves[0::2] = data >> 4
    halves[1::2] = data & 15
    words = np.bitwise_xor.reduce(table[places, halves], axis=0) ^ empty
    return Bits(SIZE, SIZE, words.tobytes()[: SIZE * _ROW_BYTES])


def _data_bytes(stamp: bytes) -> _Bytes:
    """Mode, length, bytes, terminator and padding: what Reed-Solomon begins with."""
    header = (util.MODE_8BIT_BYTE << 8 | len(stamp)) << (8 * len(stamp))
    begun = ((header | int.from_bytes(stamp)) << 4).to_bytes(len(stamp) + 2)
    missing = _DATA_BYTES - len(begun)
    return np.frombuffer(begun + bytes(_PADDING * (missing // 2 + 1))[:missing], np.uint8)


@cache
def _tables() -> tuple[_Words, npt.NDArray[np.intp], _Words]:
    """(picture of each value of each half byte, index of the half bytes, picture of no data at all).

    Made on first use, in about 0.1 s.
    """
    empty = _drawn(bytes(_codeword_count()))
    contributions = _contributions()
    rows = np.zeros((_DATA_BYTES * 8, SIZE * _ROW_BYTES * 8), np.uint8)
    rows[:, _placement(empty)] = np.unpackbits(contributions.reshape(_DATA_BYTES * 8, -1), axis=1)
    of_bit = _packed(rows).reshape(2 * _DATA_BYTES, 4, _WORDS)
    table = np.zeros((2 * _DATA_BYTES, 16, _WORDS), np.uint64)
    for value in range(16):
        for bit in range(4):
            if value & 8 >> bit:
                table[:, value] ^= of_bit[:, bit]
    return table, np.arange(2 * _DATA_BYTES), _packed(empty[np.newaxis])[0]


def _contributions() -> _Bytes:
    """[data byte, bit of it from the highest] → all codewords, data and correction, that this bit alone gives."""
    exponents = np.array([base.gexp(n) for n in range(255)], np.uint8)
    logarithms = np.array([0, *(base.glog(n) for n in range(1, 256))], np.intp)
    # `qrcode` cannot divide a block of zeros: each holds a 1 at its end; what a 2 at each place adds is looked at.
    ends = np.cumsum([block.data_count for block in base.rs_blocks(VERSION, _LEVEL)]) - 1
    ground = np.zeros(_DATA_BYTES, np.uint8)
    ground[ends] = 1
    codewords_of_ground = _codewords(ground)
    made = np.zeros((_DATA_BYTES, 8, _codeword_count()), np.uint8)
    for place in range(_DATA_BYTES):
        changed = ground.copy()
        changed[place] ^= 2
        two = _codewords(changed) ^ codewords_of_ground
        for bit in range(8):
            # Reed-Solomon is linear over GF(256): every other bit is the same times a power of two.
            made[place, bit] = np.where(two == 0, 0, exponents[(logarithms[two] + 6 - bit) % 255])
    return made


def _codewords(data: _Bytes) -> _Bytes:
    buffer = util.BitBuffer()
    buffer.buffer = data.tolist()
    return np.array(util.create_bytes(buffer, base.rs_blocks(VERSION, _LEVEL)), np.uint8)


def _placement(empty: _Bytes) -> npt.NDArray[np.intp]:
    """Bit of the codewords, in order → its place among the pixels, found by drawing each bit of its own number."""
    count = _codeword_count() * 8
    numbers = np.arange(count)
    found = np.zeros(empty.size, np.intp)
    for digit in range(count.bit_length()):
        codewords = np.packbits((numbers >> digit & 1).astype(np.uint8)).tobytes()
        found |= (_drawn(codewords) ^ empty).astype(np.intp) << digit
    anywhere = np.flatnonzero(_drawn(b"\xff" * _codeword_count()) ^ empty)
    places = np.zeros(count, np.intp)
    places[found[anywhere]] = anywhere
    return places


def _drawn(codewords: bytes) -> _Bytes:
    """One byte a pixel, rows padded to whole bytes, as `qrcode` draws these codewords."""
    code: QRCode[object] = QRCode(version=VERSION, error_correction=_LEVEL, mask_pattern=MASK)
    code.data_cache = list(codewords)
    code.makeImpl(False, MASK)
    pixels = np.zeros((SIZE, _ROW_BYTES * 8), np.uint8)
    pixels[:, :SIZE] = np.array(code.modules, bool)
    return pixels.reshape(-1)


def _packed(pixels: _Bytes) -> _Words:
    packed = np.zeros((len(pixels), _WORDS * 8), np.uint8)
    packed[:, : SIZE * _ROW_BYTES] = np.packbits(pixels, axis=1)
    return packed.view(np.uint64)


def _codeword_count() -> int:
    return sum(block.total_count for block in base.rs_blocks(VERSION, _LEVEL))
