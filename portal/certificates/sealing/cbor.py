"""Reading the few shapes of CBOR (RFC 8949) that a stamp is made of, in their one canonical form.

A general decoder would build dates, big numbers and patterns out of whatever somebody prints on a sheet; this one
knows numbers, bytes, texts, and the heads of arrays and maps.
"""

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG = range(7)
# Value from which the number behind a head of so many bytes may begin; smaller ones have a shorter head.
_LEAST = {1: 24, 2: 0x100, 4: 0x10000}


class StampUnreadable(Exception):
    """Raised when bytes are not a stamp: every malformed shape has a subclass."""


class Truncated(StampUnreadable):
    """Raised when the bytes end before the stamp does."""


class TrailingBytes(StampUnreadable):
    """Raised when something follows the stamp, or a part of it is longer than what it holds."""


class Tagged(StampUnreadable):
    """Raised when a CBOR tag stands where the plain value belongs, that of COSE_Sign1 (18) included."""


class NotCanonical(StampUnreadable):
    """Raised when a number or length is written longer than need be, or without one."""


class WrongShape(StampUnreadable):
    """Raised when another type or number of items stands where the stamp has its own."""


class Reader:
    """Takes one item after another; each raises Truncated, Tagged, NotCanonical or WrongShape."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self) -> int:
        """An unsigned number below 2³²."""
        return self._head(_UNSIGNED)

    def negative(self) -> int:
        """A negative number."""
        return -1 - self._head(_NEGATIVE)

    def octets(self) -> bytes:
        """A byte string."""
        return self._take(self._head(_BYTES))

    def text(self) -> str:
        """A text string."""
        try:
            return self._take(self._head(_TEXT)).decode("utf-8")
        except UnicodeDecodeError as error:
            raise WrongShape("text") from error

    def array(self, items: int) -> None:
        """The head of an array of exactly so many items."""
        if self._head(_ARRAY) != items:
            raise WrongShape("items of an array")

    def mapping(self, pairs: int) -> None:
        """The head of a map of exactly so many pairs."""
        if self._head(_MAP) != pairs:
            raise WrongShape("pairs of a map")

    def end(self) -> None:
        """Raises TrailingBytes unless everything has been taken."""
        if self._at != len(self._data):
            raise TrailingBytes

    def _head(self, wanted: int) -> int:
        first = self._take(1)[0]
        major, detail = first >> 5, first & 31
        if major == _TAG:
            raise Tagged
        if major != wanted:
            raise WrongShape(f"major type {major} instead of {wanted}")
        if detail < 24:
            return detail
        if detail > 26:
            raise NotCanonical
        size = 1 << (detail - 24)
        value = int.from_bytes(self._take(size))
        if value < _LEAST[size]:
            raise NotCanonical
        return value

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) != count:
            raise Truncated
        self._at += count
        return taken
