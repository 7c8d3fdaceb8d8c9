"""What one bridge is told at start."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit


class SettingsError(Exception):
    """Raised at start when the settings file is missing, incomplete, or names an origin that is not one."""


@dataclass(frozen=True)
class Settings:
    """The port on 127.0.0.1, and the sites that may ask: exact origin → name shown to the person.

    `ca` (PEM) names authorities trusted beside the machine's own when the bridge calls a site for a second device.
    """

    port: int
    sites: Mapping[str, str]
    ca: Path | None = None


def load(path: Path) -> Settings:
    """Read and check. Raises SettingsError."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"the settings file cannot be read: {error}") from error
    if unknown := table.keys() - {"port", "sites", "ca"}:
        raise SettingsError(f"unknown setting: {min(unknown)}")
    port, sites = table.get("port"), table.get("sites")
    if not isinstance(port, int) or not 0 < port < 65536:
        raise SettingsError("port: a port number is required")
    if not isinstance(sites, list) or not sites:
        raise SettingsError("sites: at least one site is required")
    return Settings(
        port=port, sites=MappingProxyType(dict(_site(site) for site in sites)), ca=_ca(table.get("ca"), path.parent)
    )


def _ca(name: object, base: Path) -> Path | None:
    if name is None:
        return None
    if not isinstance(name, str) or not (base / name).is_file():
        raise SettingsError("ca: the name of a PEM file is required")
    return base / name


def _site(site: object) -> tuple[str, str]:
    if not isinstance(site, dict) or site.keys() != {"origin", "name"}:
        raise SettingsError("sites: each site has an origin and a name")
    origin, name = site["origin"], site["name"]
    if not isinstance(origin, str) or not isinstance(name, str) or not name:
        raise SettingsError("sites: origin and name are texts")
    parts = urlsplit(origin)
    if parts.scheme != "https" or not parts.hostname or origin != f"https://{parts.netloc}":
        raise SettingsError(f"sites: {origin} is not https://host[:port]")
    return origin, name
