"""A reader with its tray of cards, ready for PKCS#11, visible to nobody but its owner."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.world.card.control import TrayClient
from tests.world.card.driver import fetch_driver, write_configuration
from tests.world.card.room import CONFIGURATION

_CHECKOUT = Path(__file__).resolve().parents[3]


class RoomUnavailableError(Exception):
    """Raised when the closed room cannot be arranged (no namespaces on this machine, pcscd missing)."""


class ReaderWorld(TrayClient):
    """One reader world; several can run side by side.

    ``runtime_dir`` holds the sockets and must be short (a Unix socket path has 107 bytes);
    ``state_dir`` keeps the unpacked driver, ``cards_dir`` the card folders; both not below /run, which the
    room covers.
    Give :attr:`environment` to the process that loads PKCS#11.
    """

    def __init__(self, runtime_dir: Path, state_dir: Path, cards_dir: Path) -> None:
        super().__init__(runtime_dir / "tray.sock")
        self._runtime_dir = runtime_dir
        self._state_dir = state_dir
        self._cards_dir = cards_dir
        self._process: subprocess.Popen[str] | None = None

    @property
    def pcsc_socket(self) -> Path:
        """The socket of this world's pcscd."""
        return self._runtime_dir / "pcscd.comm"

    @property
    def tray_socket(self) -> Path:
        """The control socket of the tray."""
        return self._path

    @property
    def environment(self) -> dict[str, str]:
        """Variables that point a PC/SC client at this world."""
        return {"PCSCLITE_CSOCK_NAME": str(self.pcsc_socket)}

    def start(self) -> None:
        """Fetch the driver if needed and start pcscd and the tray.

        Raises :class:`RoomUnavailableError`, :class:`tests.world.card.driver.DriverUnavailableError`.
        """
        self._runtime_dir.mkdir(parents=True, exist_ok=True)
        driver = fetch_driver(self._state_dir.resolve())
        write_configuration(self._runtime_dir / CONFIGURATION, driver)
        self._process = subprocess.Popen(
            [*_unshare(), sys.executable, "-m", "tests.world.card.tray", *self._options()],
            cwd=_CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Ctrl-C is for whoever started this; the room ends when its standard input closes.
            start_new_session=True,
        )
        if self._process.stdout is None or self._process.stdout.readline() != "ready\n":
            self.stop()
            raise RoomUnavailableError("the reader did not come up; see standard error and pcscd.log")

    def stop(self) -> None:
        """End pcscd, the tray and with them the room."""
        if self._process is None:
            return
        process, self._process = self._process, None
        try:
            process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()

    def kill_pcscd(self) -> None:
        """End pcscd as a crash would; the cards stay where they lie."""
        self.ask(op="pcscd", run=False)

    def restart_pcscd(self) -> None:
        """Start pcscd again; a card that lies on the reader is found again."""
        self.ask(op="pcscd", run=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _options(self) -> list[str]:
        pairs = {
            "--socket": self._path,
            "--cards": self._cards_dir.resolve(),
            "--room": self._runtime_dir.resolve(),
        }
        return [text for option, path in pairs.items() for text in (option, str(path))]


def _unshare() -> list[str]:
    """Own processes too: when the tray dies, the kernel ends everything else in the room."""
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"]
    return command if os.geteuid() == 0 else [*command, "--user", "--map-root-user"]
