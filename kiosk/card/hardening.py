"""Keeps what this process holds in memory out of files and out of other processes' sight."""

import ctypes
import os
import resource

_PR_SET_DUMPABLE = 4


def seal_process() -> None:
    """No core dump, no reading of this process's memory by another one of the same user (ptrace, /proc), and
    nothing it creates is open to others. Raises OSError when the system refuses."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
