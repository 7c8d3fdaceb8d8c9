"""The PIN or password (暗証番号) while it is being typed: characters in locked memory, overwritten after use."""

import ctypes
import mmap
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kiosk.card.tokens import TokenRules

_MADV_DONTDUMP = 16


class PinFullError(Exception):
    """Raised when a character is typed beyond the longest PIN of the token."""


class PinIncompleteError(Exception):
    """Raised when the PIN is to be used while it is too short."""


class MemoryLockError(OSError):
    """Raised at start when the system refuses to keep the PIN's page out of swap."""


class PinBuffer:
    """The only place that holds a whole PIN. Safe to use from several threads."""

    def __init__(self, rules: TokenRules) -> None:
        self.rules = rules
        self._lock = threading.Lock()
        self._page = mmap.mmap(-1, mmap.PAGESIZE)
        self._count = 0
        self._keep_out_of_swap_and_dumps()

    def add(self, key: str) -> int:
        """Append a character and return how many there are. Raises :class:`kiosk.card.tokens.NotAKeyError`,
        :class:`PinFullError`."""
        code = ord(self.rules.fold(key))
        with self._lock:
            if self._count == self.rules.longest:
                raise PinFullError
            self._page[self._count] = code
            self._count += 1
            return self._count

    def erase(self) -> int:
        """Take the last character back, if there is one, and return how many are left."""
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
            complete = self.rules.fits(self._count)
            characters = bytearray(self._page[: self._count])
            self._overwrite()
        try:
            if not complete:
                raise PinIncompleteError
            yield SpentPin(characters)
        finally:
            characters[:] = bytes(len(characters))

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

    def __init__(self, characters: bytearray) -> None:
        self._characters = characters

    def encode(self, _encoding: str) -> bytearray:
        """The array itself, not a copy."""
        return self._characters

    def __repr__(self) -> str:
        return "SpentPin()"
