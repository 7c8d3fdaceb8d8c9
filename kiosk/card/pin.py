"""The PIN (暗証番号) while it is being typed: digits in locked memory, overwritten after use."""

import ctypes
import mmap
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PIN_LENGTH = 4
_PLAIN = "0123456789"
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", _PLAIN)
_MADV_DONTDUMP = 16


class NotADigitError(ValueError):
    """Raised for anything but one digit, half-width or full-width."""


class PinFullError(Exception):
    """Raised when a fifth digit is typed."""


class PinIncompleteError(Exception):
    """Raised when the PIN is to be used before four digits were typed."""


class MemoryLockError(OSError):
    """Raised at start when the system refuses to keep the PIN's page out of swap."""


def fold_digit(text: str) -> str:
    """One of 0-9; full-width digits (全角) become half-width. Raises :class:`NotADigitError`."""
    folded = text.translate(_FULL_WIDTH)
    if len(folded) != 1 or folded not in _PLAIN:
        raise NotADigitError
    return folded


class PinBuffer:
    """The only place that holds a whole PIN. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._page = mmap.mmap(-1, mmap.PAGESIZE)
        self._count = 0
        self._keep_out_of_swap_and_dumps()

    def add(self, digit: str) -> int:
        """Append a digit and return how many there are. Raises :class:`NotADigitError`,
        :class:`PinFullError`."""
        code = ord(fold_digit(digit))
        with self._lock:
            if self._count == PIN_LENGTH:
                raise PinFullError
            self._page[self._count] = code
            self._count += 1
            return self._count

    def erase(self) -> int:
        """Take the last digit back, if there is one, and return how many are left."""
        with self._lock:
            if self._count:
                self._count -= 1
                self._page[self._count] = 0
            return self._count

    def wipe(self) -> None:
        """Overwrite everything."""
        with self._lock:
            self._overwrite()

    @contextmanager
    def spend(self) -> Iterator["SpentPin"]:
        """Hand the PIN out once: the buffer is empty at once, the copy is overwritten on leaving.

        Raises :class:`PinIncompleteError`; the buffer is wiped then, too.
        """
        with self._lock:
            complete = self._count == PIN_LENGTH
            digits = bytearray(self._page[: self._count])
            self._overwrite()
        try:
            if not complete:
                raise PinIncompleteError
            yield SpentPin(digits)
        finally:
            digits[:] = bytes(len(digits))

    def _overwrite(self) -> None:
        self._page[:] = bytes(mmap.PAGESIZE)
        self._count = 0

    def _keep_out_of_swap_and_dumps(self) -> None:
        self._page.madvise(_MADV_DONTDUMP)
        libc = ctypes.CDLL(None, use_errno=True)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._page))
        if libc.mlock(ctypes.c_void_p(address), ctypes.c_size_t(mmap.PAGESIZE)) != 0:
            number = ctypes.get_errno()
            raise MemoryLockError(number, os.strerror(number))


class SpentPin:
    """The PIN on its way into PKCS#11.

    python-pkcs11 asks its PIN argument for ``encode()`` and passes the result's memory on, so a mutable
    array can go through instead of a text that nobody could overwrite.
    """

    def __init__(self, digits: bytearray) -> None:
        self._digits = digits

    def encode(self, _encoding: str) -> bytearray:
        """The array itself, not a copy."""
        return self._digits

    def __repr__(self) -> str:
        return "SpentPin()"
