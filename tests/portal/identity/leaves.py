"""Certificates as no authority would issue them: each differs from a good one in what a test names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from tests.world.jpki.profiles import AUTH_POLICY

CERTIFICATE_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TEST0123456789")])
Extension = tuple[x509.ExtensionType, bool]


def usage(*bits: str) -> x509.KeyUsage:
    """Key usage with exactly these bits."""
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: name in bits for name in names})


def policies(*identifiers: str | ObjectIdentifier) -> x509.CertificatePolicies:
    """A policy extension naming these policies."""
    return x509.CertificatePolicies(
        [
            x509.PolicyInformation(i if isinstance(i, ObjectIdentifier) else ObjectIdentifier(i), None)
            for i in identifiers
        ]
    )


def good_extensions() -> list[Extension]:
    """What a good leaf carries, as far as a verifier looks."""
    return [
        (policies(AUTH_POLICY), True),
        (usage("digital_signature"), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
    ]


def good_but(*changed: Extension, without: Sequence[type[x509.ExtensionType]] = ()) -> list[Extension]:
    """Good extensions, with these put in place of their kind (or added), and without those."""
    replaced = (*(type(extension) for extension, _ in changed), *without)
    return [entry for entry in good_extensions() if not isinstance(entry[0], replaced)] + list(changed)


@dataclass(frozen=True)
class Issuer:
    """Whoever signs a leaf: name and key."""

    name: x509.Name
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    def leaf(
        self,
        key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
        now: datetime,
        *,
        extensions: Sequence[Extension] | None = None,
        not_before: timedelta = timedelta(days=-1),
        not_after: timedelta = timedelta(days=365),
        digest: hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None = None,
        serial: int = 4711,
    ) -> bytes:
        """A leaf in DER."""
        builder = x509.CertificateBuilder(self.name, CERTIFICATE_NAME, key, serial, now + not_before, now + not_after)
        for extension, critical in good_extensions() if extensions is None else extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self.key, digest or hashes.SHA256()).public_bytes(Encoding.DER)
