"""A certification authority for the keys of public offices (職責証明書), in software: PKCS#10 in, X.509 out.

Stands in for the authority that issues a municipality the certificate of its document key. Its policy is that of such
an authority: the request's own signature must prove possession of the key, and what the certificate may be used for
is the authority's decision.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_NAME = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Demo Offices"),
        x509.NameAttribute(NameOID.COMMON_NAME, "Demo Office CA"),
    ]
)
_COMMENT = x509.ObjectIdentifier("2.16.840.1.113730.1.13")
# Long enough for every day on which tests or a demo may happen; a real one lives three to five years.
LIFE = timedelta(days=10 * 365)
_DEMO_START = datetime(2025, 1, 1, tzinfo=UTC)


class RequestRefused(Exception):
    """Raised when a request does not prove possession of its key, or the key is not one on P-256."""


class OfficeAuthority:
    """One root that issues directly. Its key and certificate live in `folder` and are made on first use."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        key, root = folder / "root.key", folder / "root.pem"
        if not root.exists():
            _make(key, root)
        self.root_file = root
        loaded = serialization.load_pem_private_key(key.read_bytes(), None)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise TypeError("the authority's key is one on P-256")
        self._key = loaded
        self.root = x509.load_pem_x509_certificate(root.read_bytes())

    def issue(
        self,
        request: bytes,
        *,
        not_before: datetime = _DEMO_START,
        not_after: datetime | None = None,
        usages: frozenset[str] = frozenset({"digital_signature", "content_commitment"}),
        authority: bool = False,
        ballast: int = 1,
    ) -> bytes:
        """The certificate (PEM) for a PKCS#10 request (PEM); raises RequestRefused. The rest spoils it for tests."""
        parsed = x509.load_pem_x509_csr(request)
        public = parsed.public_key()
        if not parsed.is_signature_valid or not isinstance(public, ec.EllipticCurvePublicKey):
            raise RequestRefused
        certificate = (
            x509.CertificateBuilder()
            .subject_name(parsed.subject)
            .issuer_name(self.root.subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(not_before)
            .not_valid_after(not_after or not_before + LIFE)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(_key_usage(usages), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.UnrecognizedExtension(_COMMENT, bytes(ballast)), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)


def _make(key_file: Path, root_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    root = (
        x509.CertificateBuilder()
        .subject_name(_NAME)
        .issuer_name(_NAME)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_DEMO_START)
        .not_valid_after(_DEMO_START + 2 * LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(frozenset({"key_cert_sign", "crl_sign"})), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_file.touch(mode=0o600)
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    root_file.write_bytes(root.public_bytes(serialization.Encoding.PEM))


def _key_usage(wanted: frozenset[str]) -> x509.KeyUsage:
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: name in wanted for name in names})
