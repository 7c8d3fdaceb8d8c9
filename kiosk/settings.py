"""What one terminal is told at start: read once from the TOML file named by KIOSK_SETTINGS, then never changed."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from kiosk.payment.wire import Address

ENVIRONMENT_VARIABLE = "KIOSK_SETTINGS"


class SettingsError(Exception):
    """Raised at start when the settings file is missing, holds a wrong value, or names a file that is absent."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the kiosk waits for a person, in seconds (WCAG 2.2.1: warn for at least 20 s, one press extends)."""

    choose: int = 60
    """on a screen that asks for one choice"""
    read: int = 120
    """on the PIN pad and on the page that shows everything before printing"""
    warning: int = 30
    """the warning page, before the session is ended"""
    take_card: int = 60
    """until a card left in the reader calls for staff"""
    farewell: int = 20
    """the last page, and a failure page once the card is gone"""


@dataclass(frozen=True, slots=True)
class Settings:
    """One kiosk terminal (証明書交付端末)."""

    terminal_id: str
    portal_url: str
    """origin of the portal's terminal face, `https://host[:port]`; also the origin the card signs"""
    portal_ca: Path
    """PEM file of the authority that issued the portal's server certificate"""
    terminal_key: Path
    """PEM file (PKCS#8) of this terminal's Ed25519 private key"""
    reader_socket: Path
    agent_socket: Path
    listen_port: int
    px_per_mm: float = 4.03
    """of the built-in display; 21.5 inch at 1080x1920 is 4.03"""
    help_place: str = ""
    """where a person helps, shown on every failure page, e.g. 市民課 1番窓口"""
    help_phone: str = ""
    payment_device: Address | None = None
    """where the payment device listens, `host:port`; without one only what costs nothing can be issued"""
    command_keys: Path | None = None
    """JSON file of the keys with which the portal signs commands, the one the print agent has too"""
    limits: Limits = Limits()


class _Payment(TypedDict):
    payment_device: Address | None
    command_keys: Path | None


_REQUIRED = ("terminal_id", "portal_url", "portal_ca", "terminal_key", "reader_socket", "agent_socket", "listen_port")
_OPTIONAL = ("px_per_mm", "help_place", "help_phone", "payment_device", "command_keys", "limits")
_LIMITS = ("choose", "read", "warning", "take_card", "farewell")


def path_from_environment() -> Path:
    """The settings file this process was started with.

    Raises `SettingsError` when KIOSK_SETTINGS is not set.
    """
    name = os.environ.get(ENVIRONMENT_VARIABLE)
    if not name:
        raise SettingsError(f"{ENVIRONMENT_VARIABLE} must name the settings file of this terminal")
    return Path(name)


def load(path: Path) -> Settings:
    """Read and check one settings file; paths in it are relative to its own folder.

    Raises `SettingsError` for anything missing, unknown or out of range.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"the settings file cannot be read: {error}") from error
    _refuse_unknown(table, (*_REQUIRED, *_OPTIONAL), "")
    for key in _REQUIRED:
        if key not in table:
            raise SettingsError(f"{key} is missing")
    base = path.resolve().parent
    return Settings(
        terminal_id=_text(table, "terminal_id"),
        portal_url=_origin(_text(table, "portal_url")),
        portal_ca=_file(base, _text(table, "portal_ca"), "portal_ca"),
        terminal_key=_file(base, _text(table, "terminal_key"), "terminal_key"),
        reader_socket=base / _text(table, "reader_socket"),
        agent_socket=base / _text(table, "agent_socket"),
        listen_port=_whole(table, "listen_port", None, 1, 65535),
        px_per_mm=_density(table.get("px_per_mm", 4.03)),
        help_place=_text(table, "help_place", ""),
        help_phone=_text(table, "help_phone", ""),
        **_payment(base, table),
        limits=_limits(table.get("limits", {})),
    )


def _payment(base: Path, table: dict[str, object]) -> _Payment:
    """Device and keys come together: a command about money that nobody can check is of no use."""
    if "payment_device" not in table and "command_keys" not in table:
        return {"payment_device": None, "command_keys": None}
    host, _, port = _text(table, "payment_device").rpartition(":")
    if not host or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise SettingsError("payment_device must be host:port")
    keys = _file(base, _text(table, "command_keys"), "command_keys")
    return {"payment_device": Address(host, int(port)), "command_keys": keys}


def _limits(table: object) -> Limits:
    if not isinstance(table, dict):
        raise SettingsError("limits must be a table")
    _refuse_unknown(table, _LIMITS, "limits.")
    usual = Limits()
    return Limits(
        choose=_whole(table, "choose", usual.choose, 20, 600),
        read=_whole(table, "read", usual.read, 20, 600),
        warning=_whole(table, "warning", usual.warning, 20, 120),
        take_card=_whole(table, "take_card", usual.take_card, 20, 600),
        farewell=_whole(table, "farewell", usual.farewell, 5, 120),
    )


def _refuse_unknown(table: dict[str, object], known: tuple[str, ...], prefix: str) -> None:
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise SettingsError(f"unknown settings: {', '.join(prefix + key for key in unknown)}")


def _text(table: dict[str, object], key: str, usual: str | None = None) -> str:
    value = table.get(key, usual)
    if not isinstance(value, str) or (usual is None and not value.strip()):
        raise SettingsError(f"{key} must be text")
    return value


def _whole(table: dict[str, object], key: str, usual: int | None, low: int, high: int) -> int:
    value = table.get(key, usual)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise SettingsError(f"{key} must be a whole number from {low} to {high}")
    return value


def _density(value: object) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 1.0 <= value <= 20.0:
        raise SettingsError("px_per_mm must be a number from 1 to 20")
    return float(value)


def _origin(value: str) -> str:
    if not value.startswith("https://") or value.rstrip("/").count("/") != 2:
        raise SettingsError("portal_url must be an https origin without a path")
    return value.rstrip("/")


def _file(base: Path, name: str, key: str) -> Path:
    path = base / name
    if not path.is_file():
        raise SettingsError(f"{key} names a file that is not there")
    return path
