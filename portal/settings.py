"""What an installation decides, read once from one TOML file and never changed while running."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

ENVIRONMENT_VARIABLE = "PORTAL_SETTINGS"


class SettingsError(Exception):
    """Raised at start when a setting is missing, unknown or unusable; the program does not start."""


class Environment(StrEnum):
    """Production refuses trust anchors that are not the national ones."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


@dataclass(frozen=True, repr=False)
class TokenSettings:
    """The PKCS#11 token (an HSM, SoftHSM in development) that holds every signing key."""

    module: Path
    label: str
    pin: str


class RevocationSource(StrEnum):
    """How the portal learns that a card's certificate is revoked."""

    OCSP = "ocsp"
    """The authority's responder, asked at each log-in."""
    CRL = "crl"
    """The authority's lists, fetched in the background."""


@dataclass(frozen=True)
class TrustSettings:
    """Where card certificates are judged: pinned roots (a folder of PEM files each) and the revocation service.

    The roots of 利用者証明用 and 署名用 are two stores: a certificate of the one kind must never pass as the other.
    `crl_urls` names one address for each root, in any order: which root a list belongs to, its signature says.
    An address that the chosen source does not need may be empty.
    """

    authentication_roots: Path
    signature_roots: Path
    ocsp_url: str = ""
    revocation: RevocationSource = RevocationSource.OCSP
    crl_urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class TlsSettings:
    """Server certificate and key, both PEM."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Origins:
    """The exact origins (`https://host[:port]`) under which the faces are reached.

    `verify` is the one official address for checking certificates; every certificate names it.
    """

    resident: str
    staff: str
    terminal: str
    verify: str
    bridge: str


@dataclass(frozen=True, repr=False)
class Settings:
    """All settings of the portal. `database_url` None means the embedded development database."""

    environment: Environment
    state_dir: Path
    runtime_dir: Path
    database_url: str | None
    secret_key: bytes
    field_key: bytes
    token: TokenSettings
    trust: TrustSettings
    tls: TlsSettings
    origins: Origins
    static_dir: Path

    @property
    def verify_origin(self) -> str:
        """The one official address for checking certificates, as it is printed on them."""
        return self.origins.verify


def load(path: Path | None = None) -> Settings:
    """Read and check the settings file (default: the one named by PORTAL_SETTINGS).

    Raises SettingsError when the file, a key or a secret is missing, or a key is unknown.
    """
    if path is None:
        named = os.environ.get(ENVIRONMENT_VARIABLE)
        if not named:
            raise SettingsError(f"{ENVIRONMENT_VARIABLE} does not name a settings file")
        path = Path(named)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"settings file cannot be read: {error}") from error
    return _settings(_Table(raw, path.resolve().parent, ""))


class _Table:
    """A TOML table whose every key must be taken exactly once."""

    def __init__(self, values: Mapping[str, object], base: Path, name: str) -> None:
        self._values = dict(values)
        self._base = base
        self._name = name

    def text(self, key: str) -> str:
        value = self._values.pop(key, None)
        if not isinstance(value, str) or not value:
            raise SettingsError(f"{self._name}{key}: a text is required")
        return value

    def optional_text(self, key: str) -> str | None:
        return self.text(key) if key in self._values else None

    def path(self, key: str) -> Path:
        return (self._base / self.text(key)).resolve()

    def secret(self, key: str) -> bytes:
        file = self.path(key)
        try:
            content = file.read_bytes()
        except OSError as error:
            raise SettingsError(f"{self._name}{key}: secret file cannot be read") from error
        if len(content) < 4:
            raise SettingsError(f"{self._name}{key}: secret file is empty")
        return content

    def origin(self, key: str) -> str:
        value = self.text(key)
        parts = urlsplit(value)
        if parts.scheme not in {"https", "http"} or not parts.hostname or value != f"{parts.scheme}://{parts.netloc}":
            raise SettingsError(f"{self._name}{key}: must be scheme://host[:port] and nothing else")
        if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "localhost"}:
            raise SettingsError(f"{self._name}{key}: plain http only on the resident's own machine")
        return value

    def secure_origin(self, key: str) -> str:
        value = self.origin(key)
        if not value.startswith("https://"):
            raise SettingsError(f"{self._name}{key}: must be https; without it no browser judges a signature")
        return value

    def addresses(self, key: str, *, required: bool) -> tuple[str, ...]:
        values = self._values.pop(key, [])
        if not isinstance(values, list) or (required and not values):
            raise SettingsError(f"{self._name}{key}: a list of addresses is required")
        for value in values:
            if not isinstance(value, str) or not _is_web_address(value):
                raise SettingsError(f"{self._name}{key}: every address must be http(s)://host…")
        return tuple(values)

    def table(self, key: str) -> "_Table":
        value = self._values.pop(key, None)
        if not isinstance(value, dict):
            raise SettingsError(f"{self._name}{key}: a table is required")
        return _Table(value, self._base, f"{self._name}{key}.")

    def done(self) -> None:
        if self._values:
            raise SettingsError(f"unknown setting: {self._name}{min(self._values)}")


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"https", "http"} and bool(parts.hostname) and value.isascii() and value.isprintable()


def _trust(table: _Table) -> TrustSettings:
    try:
        source = RevocationSource(table.optional_text("revocation") or RevocationSource.OCSP)
    except ValueError as error:
        raise SettingsError(f"trust.revocation: one of {', '.join(RevocationSource)}") from error
    by_ocsp = source is RevocationSource.OCSP
    return TrustSettings(
        authentication_roots=table.path("authentication_roots"),
        signature_roots=table.path("signature_roots"),
        ocsp_url=table.text("ocsp_url") if by_ocsp else table.optional_text("ocsp_url") or "",
        revocation=source,
        crl_urls=table.addresses("crl_urls", required=not by_ocsp),
    )


def _settings(table: _Table) -> Settings:
    token, trust, tls, origins = (table.table(key) for key in ("token", "trust", "tls", "origins"))
    field_key = table.secret("field_key_file")
    if len(field_key) != 32:
        raise SettingsError("field_key_file: exactly 32 bytes are required")
    try:
        environment = Environment(table.text("environment"))
    except ValueError as error:
        raise SettingsError(f"environment: one of {', '.join(Environment)}") from error
    settings = Settings(
        environment=environment,
        state_dir=table.path("state_dir"),
        runtime_dir=table.path("runtime_dir"),
        database_url=table.optional_text("database_url"),
        secret_key=table.secret("secret_key_file"),
        field_key=field_key,
        static_dir=table.path("static_dir"),
        token=TokenSettings(
            module=token.path("module"),
            label=token.text("label"),
            pin=token.secret("pin_file").decode("ascii").strip(),
        ),
        trust=_trust(trust),
        tls=TlsSettings(certificate=tls.path("certificate"), key=tls.path("key")),
        origins=Origins(
            resident=origins.origin("resident"),
            staff=origins.origin("staff"),
            terminal=origins.origin("terminal"),
            verify=origins.secure_origin("verify"),
            bridge=origins.origin("bridge"),
        ),
    )
    for rest in (token, trust, tls, origins, table):
        rest.done()
    return settings
