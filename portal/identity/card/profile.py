"""What belongs to one generation of the card: policy, key, signature, validity. The next one is one more object."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ObjectIdentifier, SignatureAlgorithmOID


class CertificateKind(StrEnum):
    """The two certificates of a card. Each has roots, policy and PIN of its own."""

    AUTHENTICATION = "authentication"
    """利用者証明用電子証明書: says that the same card is back; carries no personal data."""
    SIGNATURE = "signature"
    """署名用電子証明書: signs what its holder declares; carries the 基本4情報."""


@dataclass(frozen=True, eq=False)
class Scheme:
    """One way to sign, of cards and of roots alike.

    `name` is stored with each link, `in_certificates` is its identifier there (RFC 5280, 4.1.1.2). `fits_key` says
    whether a public key is of this scheme; `verify` raises InvalidSignature for every other key, too.
    """

    name: str
    in_certificates: ObjectIdentifier
    fits_key: Callable[[CertificatePublicKeyTypes], bool]
    verify: Callable[[CertificatePublicKeyTypes, bytes, bytes], None]


@dataclass(frozen=True, eq=False)
class CardProfile:
    """The rules of one card generation for one of its two certificates.

    `issuers` are the schemes in which a root may have signed it: a root of another generation counts for nothing.
    `names_holder` says whether the certificate carries the 基本4情報 (in its subjectAltName), `for_clients` whether
    it must be meant for client authentication. None is valid for more than `longest`. `published` says whether the
    shape of this generation is out in the world or only assumed here.
    """

    scheme: Scheme
    issuers: tuple[Scheme, ...]
    policy: ObjectIdentifier
    key_usage: x509.KeyUsage
    names_holder: bool
    for_clients: bool
    longest: timedelta
    published: bool

    @property
    def algorithm(self) -> str:
        """The name of the scheme, as it is stored with each link."""
        return self.scheme.name

    def verify(self, key: CertificatePublicKeyTypes, signature: bytes, data: bytes) -> None:
        """Raises InvalidSignature unless this is the signature over `data`, in the one form the scheme allows."""
        self.scheme.verify(key, signature, data)


# Made once: making them anew costs a log-in a twentieth of the time that checking the signature takes.
_PKCS1_V15, _HASHED, _ECDSA_SHA_384 = padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()), ec.ECDSA(hashes.SHA384())


def _is_rsa_2048(key: CertificatePublicKeyTypes) -> bool:
    return isinstance(key, rsa.RSAPublicKey) and key.key_size == 2048 and key.public_numbers().e == 65537


def _verify_rsa_sha256(key: CertificatePublicKeyTypes, signature: bytes, data: bytes) -> None:
    if not isinstance(key, rsa.RSAPublicKey):
        raise InvalidSignature
    # Hashed here: a digest set up inside the signature's context costs a twentieth of the whole check.
    key.verify(signature, hashlib.sha256(data).digest(), _PKCS1_V15, _HASHED)


def _is_p_384(key: CertificatePublicKeyTypes) -> bool:
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP384R1)


def _verify_ecdsa_sha384(key: CertificatePublicKeyTypes, signature: bytes, data: bytes) -> None:
    """DER of (r, s) and nothing else. Of s and its mirror n - s both pass, for no card is known to choose one:
    somebody on the wire may swap them and gains nothing, as the challenge is spent with either."""
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise InvalidSignature
    key.verify(signature, data, _ECDSA_SHA_384)


RSASSA_2048_SHA256 = Scheme(
    "RSASSA-PKCS1-v1_5-2048-SHA256", SignatureAlgorithmOID.RSA_WITH_SHA256, _is_rsa_2048, _verify_rsa_sha256
)
ECDSA_P384_SHA384 = Scheme(
    "ECDSA-P384-SHA384", SignatureAlgorithmOID.ECDSA_WITH_SHA384, _is_p_384, _verify_ecdsa_sha384
)


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


# 公的個人認証サービス: policies of the two certificates on the card.
_AUTHENTICATION_POLICY = ObjectIdentifier("1.2.392.200149.8.5.1.3.30")
_SIGNATURE_POLICY = ObjectIdentifier("1.2.392.200149.8.5.1.1.20")
# To the fifth (tenth) birthday, counted from the end of the one before when renewed up to three months early.
_FIVE_BIRTHDAYS = timedelta(days=5 * 365 + 2 + 92)
_TEN_BIRTHDAYS = timedelta(days=10 * 365 + 3 + 92)

RSA_2048 = CardProfile(
    scheme=RSASSA_2048_SHA256,
    issuers=(RSASSA_2048_SHA256,),
    policy=_AUTHENTICATION_POLICY,
    # Exactly digitalSignature: nonRepudiation beside it marks the 署名用 certificate.
    key_usage=_usage(non_repudiation=False),
    names_holder=False,
    for_clients=True,
    longest=_FIVE_BIRTHDAYS,
    published=True,
)
RSA_2048_SIGNATURE = CardProfile(
    scheme=RSASSA_2048_SHA256,
    issuers=(RSASSA_2048_SHA256,),
    policy=_SIGNATURE_POLICY,
    key_usage=_usage(non_repudiation=True),
    names_holder=True,
    for_clients=False,
    longest=_FIVE_BIRTHDAYS,
    published=True,
)
# The card of fiscal year 2028. Only algorithm and validity are announced; the rest is taken over from today's card
# and unverified until the authority publishes the profile.
P_384 = CardProfile(
    scheme=ECDSA_P384_SHA384,
    issuers=(ECDSA_P384_SHA384,),
    policy=_AUTHENTICATION_POLICY,
    key_usage=_usage(non_repudiation=False),
    names_holder=False,
    for_clients=True,
    longest=_TEN_BIRTHDAYS,
    published=False,
)
P_384_SIGNATURE = CardProfile(
    scheme=ECDSA_P384_SHA384,
    issuers=(ECDSA_P384_SHA384,),
    policy=_SIGNATURE_POLICY,
    key_usage=_usage(non_repudiation=True),
    names_holder=True,
    for_clients=False,
    longest=_TEN_BIRTHDAYS,
    published=False,
)

PROFILES: Mapping[CertificateKind, tuple[CardProfile, ...]] = {
    CertificateKind.AUTHENTICATION: (RSA_2048, P_384),
    CertificateKind.SIGNATURE: (RSA_2048_SIGNATURE, P_384_SIGNATURE),
}
