"""A proven list as a file that a face maps into its memory: a head, then sorted serial numbers, then what each means.

    head      see _HEAD, with SHA-256 over everything else in the file
    narrow    serial numbers of up to 64 bits, ascending, as the machine's own 64-bit integers
    index     for each value of a narrow number's leading bits, where in `narrow` such numbers begin, and at last
              where they end (32 bits each): what is left to search are about sixteen neighbours
    wide      longer serial numbers, ascending, 20 octets each, big-endian
    meanings  one octet for each narrow and then for each wide number: 1 revoked, 2 on hold

The file never leaves the machine that wrote it. It is replaced as a whole, so that whoever has the old one mapped
keeps it until they let go.
"""

import hashlib
import mmap
import os
import struct
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from portal.identity.revocation.crl import LONGEST_SERIAL, RevocationList
from portal.identity.revocation.standing import CLOCK_SKEW, Standing

SUFFIX = ".list"
_MAGIC = b"portal\x00\x01"
# Format and version; root, number, thisUpdate, nextUpdate (seconds), digest of the signed part; how many of each.
_HEAD = struct.Struct("=8s32s24sqq32sQQ")
_CHECKSUM = 32
_BODY = _HEAD.size + _CHECKSUM  # a multiple of 8: the narrow numbers lie as the machine wants them
_CODES = {Standing.REVOKED: 1, Standing.ON_HOLD: 2}
_STANDINGS = {code: standing for standing, code in _CODES.items()}
_NARROW_END = 1 << 64
_MOST_LEADING_BITS = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CompactListDamaged(Exception):
    """Raised when a file is not a whole compact list, as after a full disk or by another version of the program."""


@dataclass(frozen=True)
class CompactList:
    """One list, mapped. `root` is the SHA-256 fingerprint of the root that signed it."""

    root: bytes
    number: int
    this_update: datetime
    next_update: datetime
    digest: bytes
    _shift: int
    _narrow: memoryview
    _index: memoryview
    _wide: memoryview
    _meanings: memoryview

    def __len__(self) -> int:
        return len(self._meanings)

    def covers(self, now: datetime) -> bool:
        """Whether the list is of this time: not of the future, and its next update has not passed."""
        return self.this_update <= now + CLOCK_SKEW and now <= self.next_update

    def standing(self, serial: int) -> Standing:
        """What the list says of a serial number; GOOD when it says nothing."""
        bucket = serial >> self._shift
        if bucket >= len(self._index) - 1:
            return self._standing_of_wide(serial)
        end = self._index[bucket + 1]
        at = bisect_left(self._narrow, serial, self._index[bucket], end)
        if at == end or self._narrow[at] != serial:
            return Standing.GOOD
        return _STANDINGS[self._meanings[at]]

    def _standing_of_wide(self, serial: int) -> Standing:
        wide, size = self._wide, LONGEST_SERIAL
        count = len(wide) // size

        def number(at: int) -> int:
            return int.from_bytes(wide[at * size : (at + 1) * size], "big")

        at = bisect_left(range(count), serial, key=number)
        if at == count or number(at) != serial:
            return Standing.GOOD
        return _STANDINGS[self._meanings[len(self._narrow) + at]]


def fingerprint(root: x509.Certificate) -> bytes:
    """What a list is filed under. The name of a root would not do: generations share it."""
    return root.fingerprint(hashes.SHA256())


def path_of(folder: Path, root: bytes) -> Path:
    """The file of one root's list."""
    return folder / f"{root.hex()}{SUFFIX}"


def write(folder: Path, made: RevocationList) -> Path:
    """Put a list into its file, whole or not at all; one writer at a time. Raises OSError."""
    numbers = sorted(made.entries)
    first_wide = bisect_left(numbers, _NARROW_END)
    meanings = bytearray((_CODES[Standing.REVOKED],)) * len(numbers)
    for number, standing in made.entries.items():
        if standing is Standing.ON_HOLD:
            meanings[bisect_left(numbers, number)] = _CODES[standing]
    narrow = array("Q", numbers[:first_wide])
    body = (
        narrow.tobytes(),
        _index_of(narrow).tobytes(),
        b"".join(number.to_bytes(LONGEST_SERIAL, "big") for number in numbers[first_wide:]),
        bytes(meanings),
    )
    root = fingerprint(made.root)
    head = _HEAD.pack(
        _MAGIC,
        root,
        made.number.to_bytes(24, "big"),
        _seconds(made.this_update),
        _seconds(made.next_update),
        made.digest,
        first_wide,
        len(numbers) - first_wide,
    )
    target = path_of(folder, root)
    # One name for every draft: what a writer that was killed has left, the next one writes over.
    draft = folder / ".draft"
    with draft.open("wb") as file:
        for part in (head, _checksum(head, *body), *body):
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)
    return target


def load(path: Path) -> CompactList:
    """Map a file and see that it is whole. Raises CompactListDamaged, OSError."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < _BODY:
            raise CompactListDamaged("too short")
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    magic, root, number, this_update, next_update, digest, narrow, wide = _HEAD.unpack_from(mapped)
    if magic != _MAGIC:
        raise CompactListDamaged("of another kind or version")
    index_at = _BODY + 8 * narrow
    wide_at = index_at + 4 * (_buckets(narrow) + 1)
    meanings_at = wide_at + LONGEST_SERIAL * wide
    if len(mapped) != meanings_at + narrow + wide:
        raise CompactListDamaged("of another length than its head says")
    if _checksum(mapped[: _HEAD.size], mapped[_BODY:]) != mapped[_HEAD.size : _BODY]:
        raise CompactListDamaged("altered")
    if path != path_of(path.parent, root):
        raise CompactListDamaged("of another root than its name says")
    numbers = mapped[_BODY:index_at].cast("Q")
    return CompactList(
        root=root,
        number=int.from_bytes(number, "big"),
        this_update=_EPOCH + timedelta(seconds=this_update),
        next_update=_EPOCH + timedelta(seconds=next_update),
        digest=digest,
        _shift=_shift_of(numbers),
        _narrow=numbers,
        _index=mapped[index_at:wide_at].cast("I"),
        _wide=mapped[wide_at:meanings_at],
        _meanings=mapped[meanings_at:],
    )


def _buckets(count: int) -> int:
    """How many values of the leading bits are told apart among so many numbers."""
    return 1 << max(0, min(_MOST_LEADING_BITS, count.bit_length() - 4))


def _shift_of(narrow: Sequence[int]) -> int:
    """By how much a number is shifted so that of the largest one only the leading bits are left."""
    return max(0, narrow[-1].bit_length() + 1 - _buckets(len(narrow)).bit_length()) if narrow else 0


def _index_of(narrow: "array[int]") -> "array[int]":
    shift = _shift_of(narrow)
    starts = (bisect_left(narrow, bucket << shift) for bucket in range(_buckets(len(narrow))))
    return array("I", [*starts, len(narrow)])


def _checksum(*parts: bytes | memoryview) -> bytes:
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(part)
    return hashed.digest()


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())
