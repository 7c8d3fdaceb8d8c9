"""The agent's settings: one TOML file, named by the environment variable PRINT_AGENT_SETTINGS, read once.

Relative paths are relative to the file's folder. Unknown keys are refused::

    terminal = "K-0001"                                  # the terminal id tickets must name
    printer_uri = "ipps://printer.example/ipp/print"     # ipp:// only on loopback
    printer_certificate = "printer.pem"                  # pinned; required for ipps://, absent for ipp://
    socket = "/run/madoguchi/print.sock"
    journal = "journal.sqlite"
    ticket_keys = "ticket-keys.json"                     # {"<kid>": "<PEM public key>"}
    allowed_uids = [990]                                 # who may knock at the socket
    poll_seconds = 0.5                                   # how often the printer is asked
    jam_clock_seconds = 180                              # how long an order waits for a person at the printer
"""

from __future__ import annotations

import ipaddress
import tomllib
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "PRINT_AGENT_SETTINGS"
LONGEST_SOCKET_PATH = 100
"""``sun_path`` holds 108 bytes; a longer path fails at bind with a message nobody understands."""
REQUIRED = {"terminal", "printer_uri", "socket", "journal", "ticket_keys", "allowed_uids"}
OPTIONAL = {"printer_certificate", "poll_seconds", "jam_clock_seconds"}


class SettingsError(Exception):
    """Raised at start when the settings file is missing, unreadable, incomplete or contradicts itself."""


@dataclass(frozen=True)
class Settings:
    """Validated settings; every path is absolute."""

    terminal: str
    printer_uri: str
    printer_certificate: Path | None
    socket: Path
    journal: Path
    ticket_keys: Path
    allowed_uids: frozenset[int]
    poll_seconds: float
    jam_clock_seconds: float


def load(path: Path) -> Settings:
    """Reads and validates. Raises SettingsError."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: {error}") from error
    if unknown := table.keys() - REQUIRED - OPTIONAL:
        raise SettingsError(f"unknown keys: {', '.join(sorted(unknown))}")
    if missing := REQUIRED - table.keys():
        raise SettingsError(f"missing keys: {', '.join(sorted(missing))}")
    reader = _Reader(table, path.resolve().parent)
    settings = Settings(
        terminal=reader.text("terminal"),
        printer_uri=reader.text("printer_uri"),
        printer_certificate=reader.path("printer_certificate") if "printer_certificate" in table else None,
        socket=reader.path("socket"),
        journal=reader.path("journal"),
        ticket_keys=reader.path("ticket_keys"),
        allowed_uids=reader.uids("allowed_uids"),
        poll_seconds=reader.seconds("poll_seconds", 0.5, most=10),
        jam_clock_seconds=reader.seconds("jam_clock_seconds", 180, most=3600),
    )
    _require_a_guarded_link(settings)
    if len(str(settings.socket).encode()) > LONGEST_SOCKET_PATH:
        raise SettingsError(f"socket: the path is longer than {LONGEST_SOCKET_PATH} bytes")
    for name, file in (("socket", settings.socket), ("journal", settings.journal)):
        if not file.parent.is_dir():
            raise SettingsError(f"{name}: there is no folder {file.parent}")
    for name in ("printer_certificate", "ticket_keys"):
        file = getattr(settings, name)
        if file is not None and not file.is_file():
            raise SettingsError(f"{name}: there is no file {file}")
    return settings


class _Reader:
    """Typed reading of the TOML table."""

    def __init__(self, table: dict[str, object], folder: Path) -> None:
        self._table = table
        self._folder = folder

    def text(self, name: str) -> str:
        value = self._table[name]
        if not isinstance(value, str) or not value:
            raise SettingsError(f"{name}: a text is needed")
        return value

    def path(self, name: str) -> Path:
        return self._folder / self.text(name)

    def uids(self, name: str) -> frozenset[int]:
        value = self._table[name]
        if not isinstance(value, list) or not value or not all(type(item) is int and item >= 0 for item in value):
            raise SettingsError(f"{name}: a list of user ids is needed")
        return frozenset(value)

    def seconds(self, name: str, default: float, *, most: float) -> float:
        value = self._table.get(name, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= most:
            raise SettingsError(f"{name}: seconds between 0 and {most} are needed")
        return float(value)


def _require_a_guarded_link(settings: Settings) -> None:
    parts = urllib.parse.urlsplit(settings.printer_uri)
    if parts.scheme not in {"ipp", "ipps"} or not parts.hostname:
        raise SettingsError("printer_uri: ipps://host/path or ipp://host/path is needed")
    if parts.scheme == "ipps" and settings.printer_certificate is None:
        raise SettingsError("printer_certificate: needed for ipps://")
    if parts.scheme == "ipp":
        if settings.printer_certificate is not None:
            raise SettingsError("printer_certificate: has no meaning for ipp://")
        if not _is_loopback(parts.hostname):
            raise SettingsError("printer_uri: ipp:// without TLS is for loopback only")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
