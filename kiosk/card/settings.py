"""Settings of the reader process, from one TOML file.

Keys: ``socket`` (path of the Unix socket to listen on; required), ``token`` ("authentication", the default, or
"signature"), ``module`` (PKCS#11 module, default OpenSC's), ``pcsc_socket`` (pcscd's socket where it is not the
compiled-in one). Relative paths are meant from the file's own folder. A kiosk's reader never has "signature": the
kiosk app takes no answer from one that has.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from kiosk.card.tokens import TokenKind

OPENSC_MODULE = "opensc-pkcs11.so"
_KEYS = frozenset({"socket", "token", "module", "pcsc_socket"})


class SettingsError(Exception):
    """Raised when the settings file is unreadable, lacks a key, or has one that does not exist."""


@dataclass(frozen=True)
class Settings:
    """What the reader process must know."""

    socket: Path
    token: TokenKind = TokenKind.AUTHENTICATION
    module: str = OPENSC_MODULE
    pcsc_socket: Path | None = None


def load(path: Path) -> Settings:
    """Read and check the file. Raises :class:`SettingsError`."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path.name}: {error}") from error
    if unknown := sorted(set(content) - _KEYS):
        raise SettingsError(f"{path.name}: unknown settings {', '.join(unknown)}")
    if wrong := sorted(key for key, value in content.items() if not isinstance(value, str) or not value):
        raise SettingsError(f"{path.name}: not a text: {', '.join(wrong)}")
    if "socket" not in content:
        raise SettingsError(f"{path.name}: socket is missing")
    token = content.get("token", TokenKind.AUTHENTICATION)
    if token not in set(TokenKind):
        raise SettingsError(f"{path.name}: token is neither {' nor '.join(TokenKind)}")
    folder = path.resolve().parent
    pcsc_socket = content.get("pcsc_socket")
    return Settings(
        socket=folder / content["socket"],
        token=TokenKind(token),
        module=content.get("module", OPENSC_MODULE),
        pcsc_socket=folder / pcsc_socket if pcsc_socket else None,
    )
