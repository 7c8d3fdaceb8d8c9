"""The virtual reader driver, unpacked into the checkout and never installed."""

import fcntl
import subprocess
import tempfile
from pathlib import Path

PACKAGE = "vsmartcard-vpcd"
_DRIVER = Path("usr/lib/pcsc/drivers/serial/libifdvpcd.so")


class DriverUnavailableError(Exception):
    """Raised when apt cannot fetch the driver package or the package holds no driver."""


def fetch_driver(state_dir: Path) -> Path:
    """Path of the driver below ``<state_dir>/vpcd``; downloads and unpacks the package the first time.

    Raises :class:`DriverUnavailableError`.
    """
    target = state_dir / "vpcd"
    state_dir.mkdir(parents=True, exist_ok=True)
    with (state_dir / "vpcd.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target / _DRIVER).exists():
            _unpack(state_dir, target)
    return target / _DRIVER


def _unpack(state_dir: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=state_dir) as workplace:
        download = subprocess.run(
            ["apt-get", "download", PACKAGE], cwd=workplace, capture_output=True, text=True, check=False
        )
        packages = list(Path(workplace).glob(f"{PACKAGE}_*.deb"))
        if download.returncode != 0 or len(packages) != 1:
            raise DriverUnavailableError(download.stderr.strip())
        unpacked = Path(workplace) / "unpacked"
        subprocess.run(["dpkg", "-x", str(packages[0]), str(unpacked)], check=True)
        drivers = list(unpacked.rglob("libifdvpcd.so*"))
        if not (unpacked / _DRIVER).exists():
            raise DriverUnavailableError(f"driver not at {_DRIVER}, found {len(drivers)} others")
        unpacked.rename(target)


def write_configuration(config_dir: Path, driver: Path) -> None:
    """A pcscd configuration with one virtual reader."""
    config_dir.mkdir(parents=True, exist_ok=True)
    (config_dir / "virtual").write_text(
        f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:0x8C7B\nLIBPATH {driver}\nCHANNELID 0x8C7B\n',
        encoding="ascii",
    )
