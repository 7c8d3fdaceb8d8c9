"""The least of DER (X.690) that is needed to walk over a list of a million entries: strict, and without copies."""

from collections.abc import Iterator

INTEGER, OCTET_STRING, OBJECT_IDENTIFIER, ENUMERATED, BOOLEAN = 0x02, 0x04, 0x06, 0x0A, 0x01
BIT_STRING, SEQUENCE, UTC_TIME, GENERALIZED_TIME = 0x03, 0x30, 0x17, 0x18


class NotDer(Exception):
    """Raised when bytes are not the DER they should be: another tag, a length beyond the end or not the shortest."""


def element(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Where the contents of the element at `at` begin and end; it must have this tag and lie before `end`."""
    if at + 2 > end or data[at] != tag:
        raise NotDer("another element was expected")
    length = data[at + 1]
    start = at + 2
    if length >= 0x80:
        size = length & 0x7F
        start += size
        if not 1 <= size <= 4 or start > end:
            raise NotDer("length")
        length = int.from_bytes(data[at + 2 : start], "big")
        if length < 0x80 or length >> (8 * (size - 1)) == 0:
            raise NotDer("length is not the shortest")
    if start + length > end:
        raise NotDer("length goes beyond the end")
    return start, start + length


def elements(data: bytes, start: int, end: int, tag: int) -> Iterator[tuple[int, int]]:
    """The contents of each of the elements that fill `start` to `end` without a gap."""
    while start < end:
        begins, start = element(data, start, end, tag)
        yield begins, start


def whole(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """As `element`, of the one element that fills `at` to `end`."""
    start, stop = element(data, at, end, tag)
    if stop != end:
        raise NotDer("something follows")
    return start, stop


def unsigned(data: bytes, start: int, end: int) -> int:
    """The INTEGER between `start` and `end`, which must not be negative and must be the shortest."""
    length = end - start
    if length < 1 or data[start] >= 0x80:
        raise NotDer("integer is empty or negative")
    if length > 1 and data[start] == 0 and data[start + 1] < 0x80:
        raise NotDer("integer is not the shortest")
    return int.from_bytes(data[start:end], "big")
