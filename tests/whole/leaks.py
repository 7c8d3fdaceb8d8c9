"""Looks for secrets in everything a run has left on disk: logs, databases, temporary files, rendered pages."""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

# 32 random bytes as the portal writes them into a cookie or an answer (RFC 4648, URL-safe, without padding).
_TOKEN = re.compile(rb"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
_FEWEST_BYTES = 24


@dataclass(frozen=True)
class Leak:
    """One secret where it must not be. The secret itself is not repeated."""

    file: Path
    what: str


@dataclass(frozen=True)
class Secrets:
    """What is looked for: texts by their name, raw key material, and the SHA-256 of living or ended tokens."""

    texts: Mapping[str, str]
    keys: Mapping[str, bytes]
    token_digests: Collection[bytes]


def leaks(files: Iterable[Path], secrets: Secrets) -> Iterator[Leak]:
    """Every secret in every file."""
    names = {text.encode(): name for name, text in secrets.texts.items()}
    words = _alone(*secrets.texts.values())
    digests = frozenset(secrets.token_digests)
    for file in files:
        content = _left_in(file)
        yield from (Leak(file, names[word]) for word in sorted(set(words.findall(content))))
        yield from (Leak(file, name) for name, key in secrets.keys.items() if key in content)
        if any(digest(found.decode()) in digests for found in set(_TOKEN.findall(content))):
            yield Leak(file, "session token")


def digest(token: str) -> bytes:
    """The only form in which the portal keeps a token."""
    return hashlib.sha256(token.encode()).digest()


def files_under(*folders: Path) -> Iterator[Path]:
    """Every regular file below these folders."""
    for folder in folders:
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def key_material(pem: Path) -> bytes:
    """The secret number of a private key as it would stand in any binary form of it."""
    key = serialization.load_pem_private_key(pem.read_bytes(), password=None)
    if isinstance(key, rsa.RSAPrivateKey):
        number = key.private_numbers().d
        material = number.to_bytes((number.bit_length() + 7) // 8, "big")
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        material = key.private_numbers().private_value.to_bytes((key.key_size + 7) // 8, "big")
    elif isinstance(key, ed25519.Ed25519PrivateKey):
        material = key.private_bytes_raw()
    else:
        raise TypeError(type(key).__name__)
    if len(material) < _FEWEST_BYTES:
        raise ValueError("too short to be told from chance")
    return material


def unused_pin(files: Iterable[Path], candidates: Iterable[str]) -> str:
    """The first candidate that stands in none of the files, so that finding it later means something."""
    contents = b"\n".join(_left_in(file) for file in files)
    words = set(re.findall(rb"(?<![0-9A-Za-z])[0-9]{4}(?![0-9A-Za-z])", contents))
    return next(pin for pin in candidates if pin.encode() not in words)


def _left_in(file: Path) -> bytes:
    """What a file holds; one that vanished meanwhile has left nothing."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


def _alone(*texts: str) -> re.Pattern[bytes]:
    """Any of the texts as a word of its own: inside a longer number or hash it is chance."""
    either = b"|".join(re.escape(text.encode()) for text in texts)
    return re.compile(rb"(?<![0-9A-Za-z])(?:" + either + rb")(?![0-9A-Za-z])")
