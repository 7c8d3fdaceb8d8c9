"""The closed room in which pcscd and the cards run: own network, mounts and processes.

The virtual driver listens on every address and whoever reaches it can insert a card and be told PINs, so
nothing of it may be visible outside. The room's ``/run/pcscd`` is the runtime directory of the
:class:`tests.world.card.world.ReaderWorld`; Unix sockets in it are the only doors.
"""

import fcntl
import os
import socket
import struct
import subprocess
import time
from pathlib import Path

INSIDE = Path("/run/pcscd")
CONFIGURATION = "reader.conf.d"
"""Folder of the runtime directory that tells pcscd about the virtual reader."""
DRIVER_PORT = 35963
_START_SECONDS = 10.0
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1


class PcscdError(Exception):
    """Raised when pcscd does not start listening in time; see ``pcscd.log`` in the runtime directory."""


def enter(runtime_dir: Path) -> None:
    """Arrange mounts and loopback. To be called once, by a process that ``unshare`` has put into fresh
    network and mount namespaces."""
    door = os.open(runtime_dir, os.O_RDONLY | os.O_DIRECTORY)
    _mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/run")
    INSIDE.mkdir()
    # By descriptor, because the directory itself may lie below the /run just covered.
    _mount("--no-canonicalize", "--bind", f"/proc/self/fd/{door}", str(INSIDE), door=door)
    os.close(door)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))


class Pcscd:
    """The smart-card daemon of the room, with the virtual reader as its only reader."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until reader and socket are there. Raises :class:`PcscdError`."""
        if self._process is not None:
            return
        (INSIDE / "pcscd.comm").unlink(missing_ok=True)
        with (INSIDE / "pcscd.log").open("ab") as output:
            self._process = subprocess.Popen(
                ["pcscd", "--foreground", "--config", str(INSIDE / CONFIGURATION)], stdout=output, stderr=output
            )
        deadline = time.monotonic() + _START_SECONDS
        while not (_driver_listens() and (INSIDE / "pcscd.comm").is_socket()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise PcscdError(f"exit status {self._process.poll()}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End pcscd at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _driver_listens() -> bool:
    listening = f":{DRIVER_PORT:04X} 00000000:0000 0A"
    return listening in Path("/proc/self/net/tcp").read_text(encoding="ascii")


def _mount(*arguments: str, door: int | None = None) -> None:
    subprocess.run(["mount", *arguments], check=True, pass_fds=() if door is None else (door,))
