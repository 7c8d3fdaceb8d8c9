"""What was typed leaves no trace: no core dump, no reading by others, nothing left in memory that could be found.

What cannot be shown: that a single character, typed on its own, leaves no copy (the JSON line that brought it lies in
freed memory until it is overwritten), nor that pcscd and the driver, other processes, forget. What is searched for is
the whole of what was typed, in a row, as bytes or as any of the texts Python could have made of it.
"""

import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.card.payload import authentication_payload
from kiosk.card.tokens import TokenKind
from tests.kiosk.card.conftest import CHECKOUT, Bench, bench_over
from tests.world.jpki import Authority, CardOrder

PAYLOAD = authentication_payload("https://portal.example.test", bytes(32), "identify")
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
# The real start of the reader process, stopped where it would begin to serve.
ASK_THE_SEALED_PROCESS = """
import ctypes, os, resource
from kiosk.card import __main__ as program
async def serve(settings, *, until_stdin_closes=False):
    dumpable = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)
    mask = os.umask(0)
    print(dumpable, *resource.getrlimit(resource.RLIMIT_CORE), oct(mask))
program.serve = serve
program.main()
"""
# The same process in all but the seal, which would keep this test out as it keeps out everybody else.
UNSEALED = ("-c", "from kiosk.card import __main__ as program; program.seal_process = lambda: None; program.main()")


def test_the_process_is_sealed_before_it_serves(tmp_path: Path) -> None:
    settings = tmp_path / "reader.toml"
    settings.write_text('socket = "s"\n')
    told = subprocess.run(
        [sys.executable, "-c", ASK_THE_SEALED_PROCESS, "--settings", str(settings)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["0", "0", "0", "0o77"]


@pytest.mark.parametrize("sealed", [False, True])
def test_a_sealed_process_leaves_no_core_though_its_parent_would_allow_one(tmp_path: Path, sealed: bool) -> None:
    """The unsealed one is the control: the limit that its parent set reaches it."""
    seal = "from kiosk.card.hardening import seal_process; seal_process(); " if sealed else ""
    code = f"{seal}import time; print('up', flush=True); time.sleep(60)"
    with subprocess.Popen(
        ["sh", "-c", 'ulimit -c unlimited && exec "$@"', "sh", sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        limits = Path(f"/proc/{process.pid}/limits").read_text(encoding="ascii")
        process.send_signal(signal.SIGABRT)
        process.wait()
    allowed = next(line for line in limits.splitlines() if line.startswith("Max core file size")).split()[4]
    assert (allowed == "0") == sealed
    assert not sealed or not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def secret() -> str:
    """A password that nothing else in a memory can be."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


@pytest.fixture(scope="module")
def process(runtime: Path, scratch: Path, secret: str) -> Iterator[Bench]:
    folder = scratch / "dignity"
    Authority(folder / "jpki").issue_card(folder / "cards", CardOrder("hanako", sign_password=secret))
    with bench_over(runtime / "dignity", folder / "cards", TokenKind.SIGNATURE, UNSEALED) as started:
        yield started


def found_in(pid: int, secret: str) -> list[str]:
    """Where in a process's writable memory the secret lies, by the names of the mappings."""
    needles = [secret.encode(), secret.encode("utf-16-le"), secret.encode("utf-32-le")]
    places = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
            mapping = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw\S* \S+ \S+ \S+\s*(.*)", line)
            if mapping is None or mapping[3] in {"[vvar]", "[vsyscall]"}:
                continue
            start, end = int(mapping[1], 16), int(mapping[2], 16)
            memory.seek(start)
            try:
                content = memory.read(end - start)
            except OSError:  # reserved and never touched
                continue
            places += [f"{mapping[3] or 'anonymous'}" for needle in needles if needle in content]
    return places


def test_the_password_is_not_in_the_memory_of_the_reader_process_after_it_was_used(
    process: Bench, secret: str
) -> None:
    presence = process.insert("hanako").presence
    process.type_pin(secret, presence)
    assert found_in(process.process.pid, secret), "while it is typed it must be found, or the search is blind"
    assert process.reader.sign(presence, PAYLOAD).der
    process.reader.reset()
    assert found_in(process.process.pid, secret) == []


@pytest.mark.parametrize("end", ["clear", "remove", "short"])
def test_a_password_that_was_typed_and_not_used_is_gone_too(process: Bench, secret: str, end: str) -> None:
    process.world.remove()
    process.wait_for("no_card")
    presence = process.insert("hanako").presence
    process.type_pin(secret, presence)
    if end == "clear":
        process.reader.pin_clear()
    elif end == "remove":
        process.world.remove()
        process.wait_for("no_card")
    else:
        process.reader.pin_begin(presence)
    assert found_in(process.process.pid, secret) == []
