"""Files of the simulated authority: keys, certificates and the status of each issued certificate.

Several processes share one directory (the test that issues and revokes, the server that answers), so every
file is replaced in one step and nothing is cached that can change.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


@dataclass(frozen=True)
class KeyPair:
    """A private key with its certificate."""

    key: PrivateKey
    certificate: x509.Certificate


@dataclass(frozen=True)
class Status:
    """What the authority says about one serial number; ``revoked_at`` None means good."""

    serial: int
    revoked_at: datetime | None = None
    reason: x509.ReasonFlags | None = None


def new_key() -> rsa.RSAPrivateKey:
    """An RSA-2048 key, as every JPKI key of today is."""
    return rsa.generate_private_key(65537, 2048)


def rsa_key(pair: KeyPair) -> rsa.RSAPrivateKey:
    """The pair's key where only RSA will do. Raises :class:`TypeError` for a pair of the next generation."""
    if not isinstance(pair.key, rsa.RSAPrivateKey):
        raise TypeError("a key of another generation")
    return pair.key


def new_p384_key() -> ec.EllipticCurvePrivateKey:
    """A P-384 key, as those of the generation announced for fiscal year 2028."""
    return ec.generate_private_key(ec.SECP384R1())


def digest_for(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384:
    """The hash that goes with a key of the authority: SHA-384 beside P-384, else SHA-256."""
    return hashes.SHA384() if isinstance(key, ec.EllipticCurvePrivateKey) else hashes.SHA256()


def replace_file(path: Path, content: bytes) -> None:
    """Write so that a reader sees the old content or the new one, never a half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.write_bytes(content)
    draft.replace(path)


def private_pem(key: PrivateKey) -> bytes:
    """The key as unencrypted PKCS#8 PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def der(certificate: x509.Certificate) -> bytes:
    """The certificate in DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def save_pair(folder: Path, name: str, pair: KeyPair) -> None:
    """Write ``<name>.key``, ``<name>.pem`` and last ``<name>.der``, which marks the pair as complete."""
    replace_file(folder / f"{name}.key", private_pem(pair.key))
    (folder / f"{name}.key").chmod(0o600)
    replace_file(folder / f"{name}.pem", pair.certificate.public_bytes(serialization.Encoding.PEM))
    replace_file(folder / f"{name}.der", der(pair.certificate))


def load_key(path: Path) -> rsa.RSAPrivateKey:
    """An RSA key from PKCS#8 PEM."""
    key = _load_any_key(path)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"not an RSA key: {path.name}")
    return key


def _load_any_key(path: Path) -> PrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, PrivateKey):
        raise TypeError(f"neither an RSA nor an EC key: {path.name}")
    return key


def load_pair(folder: Path, name: str) -> KeyPair | None:
    """The pair saved under ``name``, or None while it does not exist."""
    certificate = folder / f"{name}.der"
    if not certificate.exists():
        return None
    return KeyPair(_load_any_key(folder / f"{name}.key"), x509.load_der_x509_certificate(certificate.read_bytes()))


class StatusBook:
    """The status of every certificate one root has issued, one small file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, status: Status) -> None:
        """Record a new certificate or a change of its status."""
        content = {
            "revoked_at": status.revoked_at.isoformat() if status.revoked_at else None,
            "reason": status.reason.value if status.reason else None,
        }
        replace_file(self.path(status.serial), json.dumps(content).encode())

    def read(self, serial: int) -> Status | None:
        """The status, or None for a serial this root never issued."""
        try:
            return self._parse(self.path(serial))
        except FileNotFoundError:
            return None

    def revoked(self) -> Iterator[Status]:
        """Every certificate that is revoked or on hold now."""
        for path in sorted(self._folder.glob("*.json")):
            status = self._parse(path)
            if status.revoked_at is not None:
                yield status

    def path(self, serial: int) -> Path:
        """Where the status of a serial number is kept."""
        return self._folder / f"{serial:x}.json"

    @staticmethod
    def _parse(path: Path) -> Status:
        content = json.loads(path.read_bytes())
        return Status(
            serial=int(path.stem, 16),
            revoked_at=datetime.fromisoformat(content["revoked_at"]) if content["revoked_at"] else None,
            reason=x509.ReasonFlags(content["reason"]) if content["reason"] else None,
        )


def now() -> datetime:
    """The present in UTC, to the second (X.509 times carry no fractions)."""
    return datetime.now(UTC).replace(microsecond=0)
