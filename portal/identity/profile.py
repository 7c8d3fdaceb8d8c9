"""What belongs to one generation of the card: policy, key and signature. The next generation is one more object."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ObjectIdentifier, SignatureAlgorithmOID


class CertificateKind(StrEnum):
    """The two certificates of a card. Each has roots, policy and PIN of its own."""

    AUTHENTICATION = "authentication"
    """利用者証明用電子証明書: says that the same card is back; carries no personal data."""
    SIGNATURE = "signature"
    """署名用電子証明書: signs what its holder declares; carries the 基本4情報."""


def _usage(*, non_repudiation: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=non_repudiation,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True)
class CardProfile:
    """The rules of one card generation for one of its two certificates.

    `algorithm` is stored with each link. `names_holder` says whether the certificate carries the 基本4情報 (in its
    subjectAltName), `for_clients` whether it must be meant for client authentication. `fits_key` says whether a
    public key is of this generation; `verify` raises InvalidSignature.
    """

    algorithm: str
    policy: ObjectIdentifier
    key_usage: x509.KeyUsage
    names_holder: bool
    for_clients: bool
    issuer_signature: ObjectIdentifier
    fits_key: Callable[[CertificatePublicKeyTypes], bool]
    verify: Callable[[CertificatePublicKeyTypes, bytes, bytes], None]


def _is_rsa_2048(key: CertificatePublicKeyTypes) -> bool:
    return isinstance(key, rsa.RSAPublicKey) and key.key_size == 2048


def _verify_rsa_sha256(key: CertificatePublicKeyTypes, signature: bytes, data: bytes) -> None:
    if not isinstance(key, rsa.RSAPublicKey):
        raise InvalidSignature
    key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())


RSA_2048 = CardProfile(
    algorithm="RSASSA-PKCS1-v1_5-2048-SHA256",
    # 公的個人認証サービス: policy of the 利用者証明用 certificate on the card.
    policy=ObjectIdentifier("1.2.392.200149.8.5.1.3.30"),
    # Exactly digitalSignature: nonRepudiation beside it marks the 署名用 certificate.
    key_usage=_usage(non_repudiation=False),
    names_holder=False,
    for_clients=True,
    issuer_signature=SignatureAlgorithmOID.RSA_WITH_SHA256,
    fits_key=_is_rsa_2048,
    verify=_verify_rsa_sha256,
)
RSA_2048_SIGNATURE = CardProfile(
    algorithm="RSASSA-PKCS1-v1_5-2048-SHA256",
    policy=ObjectIdentifier("1.2.392.200149.8.5.1.1.20"),
    key_usage=_usage(non_repudiation=True),
    names_holder=True,
    for_clients=False,
    issuer_signature=SignatureAlgorithmOID.RSA_WITH_SHA256,
    fits_key=_is_rsa_2048,
    verify=_verify_rsa_sha256,
)

PROFILES: Mapping[CertificateKind, tuple[CardProfile, ...]] = {
    CertificateKind.AUTHENTICATION: (RSA_2048,),
    CertificateKind.SIGNATURE: (RSA_2048_SIGNATURE,),
}
