"""What belongs to one generation of the card: policy, key and signature. The next generation is one more object."""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ObjectIdentifier, SignatureAlgorithmOID

# Exactly digitalSignature: nonRepudiation beside it marks the 署名用 certificate.
_DIGITAL_SIGNATURE_ONLY = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
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
    """The rules of one card generation for its 利用者証明用電子証明書.

    `algorithm` is stored with each link. `fits_key` says whether a public key is of this generation; `verify` raises
    InvalidSignature.
    """

    algorithm: str
    policy: ObjectIdentifier
    key_usage: x509.KeyUsage
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
    key_usage=_DIGITAL_SIGNATURE_ONLY,
    issuer_signature=SignatureAlgorithmOID.RSA_WITH_SHA256,
    fits_key=_is_rsa_2048,
    verify=_verify_rsa_sha256,
)

PROFILES = (RSA_2048,)
