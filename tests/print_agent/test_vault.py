"""Where the document lives: locked, never dumped, overwritten."""

from __future__ import annotations

import hashlib
import mmap
import os
import subprocess
import sys
from pathlib import Path

import pytest

from print_agent.vault import HeldDocument

MARK = b"personal data of one resident"


def flags_of(document: HeldDocument) -> set[str]:
    """The kernel's flags of the mapping: lo = locked, dd = not dumped."""
    found: set[str] = set()
    here = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        first = line.split()[0]
        if "-" in first and not first.endswith(":"):
            low, high = (int(part, 16) for part in first.split("-"))
            here = low <= document._address < high
        elif here and first == "VmFlags:":
            found = set(line.split()[1:])
    return found


def test_a_held_document_is_locked_and_not_dumped() -> None:
    with HeldDocument(100_000) as held:
        assert {"lo", "dd"} <= flags_of(held)


def test_a_held_document_knows_its_digest_without_a_copy() -> None:
    with HeldDocument(len(MARK)) as held:
        held.view[:] = MARK
        assert held.sha256() == hashlib.sha256(MARK).hexdigest()


def test_wiping_overwrites_what_was_held_and_twice_is_harmless() -> None:
    held = HeldDocument(len(MARK))
    held.view[:] = MARK
    second = os.dup(held.fd)
    with mmap.mmap(second, len(MARK)) as still_mapped:
        assert still_mapped[:] == MARK
        held.wipe()
        held.wipe()
        assert still_mapped[:] == bytes(len(MARK))
    os.close(second)


def test_a_hardened_process_leaves_no_core_and_is_not_dumpable() -> None:
    program = (
        "import ctypes, resource; from print_agent.vault import harden_process; harden_process();"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "(0, 0) 0"


def test_memory_that_cannot_be_locked_is_not_used() -> None:
    program = (
        # Imported first: another user may not be able to enter the checkout.
        "from print_agent.vault import HeldDocument, MemoryNotLocked\n"
        "import os, resource; resource.setrlimit(resource.RLIMIT_MEMLOCK, (4096, 4096))\n"
        "if os.getuid() == 0: os.setresuid(65534, 65534, 65534)\n"
        "try: HeldDocument(100_000)\n"
        "except MemoryNotLocked: print('refused')\n"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "refused"


@pytest.mark.parametrize("size", [1, 4096, 5 * 1024 * 1024])
def test_every_size_the_door_lets_in_can_be_held(size: int) -> None:
    with HeldDocument(size) as held:
        assert len(held.view) == size
