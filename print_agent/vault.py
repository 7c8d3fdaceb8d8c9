"""Where a document lives while it is here: one locked mapping that is never swapped, dumped or left behind.

Python ``bytes`` would stay in freed memory for as long as the process runs; so the document is received into, hashed
in and sent from one anonymous mapping, and overwritten there.
"""

from __future__ import annotations

import ctypes
import hashlib
import mmap
import os
import resource
from types import TracebackType
from typing import Self

PR_SET_DUMPABLE = 4
MADV_DONTDUMP = 16

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mlock.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
_libc.munlock.argtypes = (ctypes.c_void_p, ctypes.c_size_t)


class MemoryNotLocked(Exception):
    """Raised when the system refuses to lock a document's memory (limit ``LimitMEMLOCK``)."""


def harden_process() -> None:
    """From now on this process leaves no core dump and cannot be traced by its own user."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "PR_SET_DUMPABLE")


class HeldDocument:
    """``size`` bytes of locked memory. Use as a context manager or call :meth:`wipe`; wiping twice is harmless."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.fd = os.memfd_create("document", os.MFD_CLOEXEC)
        os.ftruncate(self.fd, size)
        self._mapping = mmap.mmap(self.fd, size)
        self._first = ctypes.c_char.from_buffer(self._mapping)
        self._address = ctypes.addressof(self._first)
        self.view = memoryview(self._mapping)
        self._wiped = False
        if _libc.mlock(self._address, size) != 0:
            reason = os.strerror(ctypes.get_errno())
            self.wipe()
            raise MemoryNotLocked(reason)
        self._mapping.madvise(MADV_DONTDUMP)

    def sha256(self) -> str:
        """The digest of what is in it now, in hex."""
        return hashlib.sha256(self.view).hexdigest()

    def shorten(self, size: int) -> None:
        """From now on only the first ``size`` bytes count; the rest of the memory stays locked and is wiped too."""
        self.view = self.view[:size]

    def wipe(self) -> None:
        """Overwrites and gives back the memory."""
        if self._wiped:
            return
        self._wiped = True
        ctypes.memset(self._address, 0, self.size)
        _libc.munlock(self._address, self.size)
        self.view.release()
        del self._first
        self._mapping.close()
        os.close(self.fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()
