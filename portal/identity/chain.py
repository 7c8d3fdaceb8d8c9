"""Is this the certificate of a My Number card, by a root we pinned? Chosen by signature, never by name."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from portal.identity.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateUnreadable,
    CertificateUntrusted,
    TrustStoreUnusable,
    WrongCertificateKind,
)
from portal.identity.profile import PROFILES, CardProfile, CertificateKind
from portal.settings import Environment, TrustSettings

# A card's certificate has about 1,400 bytes. Nothing larger is even parsed.
LONGEST_CERTIFICATE = 8192
# Everything the library raises over bytes that are not what they claim to be.
UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    # Where warnings are errors, what the library only warns about is refused too.
    UserWarning,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
_NATIONAL = "JPKI"
_CRITICAL = verification.Criticality.CRITICAL
_EITHER = verification.Criticality.AGNOSTIC


@dataclass(frozen=True)
class TrustStore:
    """The pinned roots of one kind of certificate. A certificate of the other kind finds no root here."""

    kind: CertificateKind
    roots: tuple[x509.Certificate, ...]


@dataclass(frozen=True)
class TrustedCertificate:
    """A card certificate that passed every check that needs no network, with the root that signed it."""

    certificate: x509.Certificate
    root: x509.Certificate
    profile: CardProfile

    @property
    def issuer_sha256(self) -> bytes:
        """Identifies the authority's generation: SHA-256 over its name and its public key, both in DER."""
        key = self.root.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(self.root.subject.public_bytes() + key).digest()

    @property
    def serial(self) -> str:
        """The serial number (発行番号) in hexadecimal."""
        return f"{self.certificate.serial_number:x}"


@lru_cache(maxsize=32)
def trust_store(
    trust: TrustSettings, environment: Environment, kind: CertificateKind = CertificateKind.AUTHENTICATION
) -> TrustStore:
    """Every root in the folder of one trust store, read once. Raises TrustStoreUnusable."""
    folder = trust.authentication_roots if kind is CertificateKind.AUTHENTICATION else trust.signature_roots
    roots = tuple(_root(path) for path in sorted(folder.glob("*.pem")))
    if not roots:
        raise TrustStoreUnusable(f"no root certificate (*.pem) in {folder.name}")
    if environment is Environment.PRODUCTION:
        for root in roots:
            _demand_national(root)
    return TrustStore(kind, roots)


def demand_trust_stores(trust: TrustSettings, environment: Environment) -> None:
    """For the start of a production face: both stores hold national roots. Raises TrustStoreUnusable."""
    if environment is Environment.PRODUCTION:
        for kind in CertificateKind:
            trust_store(trust, environment, kind)


def parse(der: bytes) -> x509.Certificate:
    """One certificate from DER. Raises CertificateUnreadable for anything else."""
    if not 0 < len(der) <= LONGEST_CERTIFICATE:
        raise CertificateUnreadable
    try:
        certificate = x509.load_der_x509_certificate(der)
        # Extensions and key are decoded lazily: what is rotten in them must show here.
        _ = (certificate.extensions, certificate.public_key(), certificate.subject, certificate.issuer)
        _ = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    except UNREADABLE as error:
        raise CertificateUnreadable from error
    return certificate


def validate(certificate: x509.Certificate, trust: TrustStore, *, at: datetime) -> TrustedCertificate:
    """Chain, dates, not a CA, key usage, policy and kind, as they were at the instant `at`.

    Raises CertificateUntrusted, CertificateNotYetValid, CertificateExpired or WrongCertificateKind.
    """
    profile = _profile_of(certificate, trust.kind)
    if profile is None:
        raise _refusal(certificate, trust.roots, at)
    verifier = (
        verification.PolicyBuilder()
        .store(verification.Store(list(trust.roots)))
        .time(at)
        .max_chain_depth(1)
        .extension_policies(ca_policy=_ROOT_POLICY, ee_policy=_card_policy(profile))
        .build_client_verifier()
    )
    try:
        chain = verifier.verify(certificate, []).chain
    except verification.VerificationError as error:
        raise _refusal(certificate, trust.roots, at) from error
    return TrustedCertificate(certificate, chain[1], profile)


def _refusal(certificate: x509.Certificate, roots: tuple[x509.Certificate, ...], at: datetime) -> Exception:
    """The cause of a refusal that is already decided, in the order of what the person can do about it."""
    if not any(_signed_by(certificate, root) for root in roots):
        return CertificateUntrusted()
    if at < certificate.not_valid_before_utc:
        return CertificateNotYetValid()
    if at > certificate.not_valid_after_utc:
        return CertificateExpired()
    if any(_signed_by(certificate, root) and not _in_its_time(root, at) for root in roots):
        return CertificateUntrusted()
    return WrongCertificateKind()


def _signed_by(certificate: x509.Certificate, root: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(root)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _in_its_time(root: x509.Certificate, at: datetime) -> bool:
    return root.not_valid_before_utc <= at <= root.not_valid_after_utc


def _profile_of(certificate: x509.Certificate, kind: CertificateKind) -> CardProfile | None:
    key = certificate.public_key()
    for profile in PROFILES[kind]:
        if profile.fits_key(key) and certificate.signature_algorithm_oid == profile.issuer_signature:
            return profile
    return None


def _card_policy(profile: CardProfile) -> verification.ExtensionPolicy:
    def policy_fits(
        policy: verification.Policy,  # noqa: ARG001
        certificate: x509.Certificate,  # noqa: ARG001
        extension: x509.CertificatePolicies,
    ) -> None:
        if [information.policy_identifier for information in extension] != [profile.policy]:
            raise ValueError("policy")

    def usage_fits(
        policy: verification.Policy,  # noqa: ARG001
        certificate: x509.Certificate,  # noqa: ARG001
        extension: x509.KeyUsage,
    ) -> None:
        if extension != profile.key_usage:
            raise ValueError("key usage")

    # Critical extensions that are not named here make the verifier refuse, permit_all notwithstanding.
    demanded = (
        verification.ExtensionPolicy.permit_all()
        .require_present(x509.CertificatePolicies, _CRITICAL, policy_fits)
        .require_present(x509.KeyUsage, _CRITICAL, usage_fits)
        .may_be_present(x509.BasicConstraints, _EITHER, _is_no_authority)
    )
    if profile.for_clients:
        demanded = demanded.require_present(x509.ExtendedKeyUsage, _EITHER, _authenticates_clients)
    if profile.names_holder:
        return demanded.require_present(x509.SubjectAlternativeName, _EITHER, None)
    # A subjectAltName holds the 基本4情報: that is the 署名用 certificate.
    return demanded.require_not_present(x509.SubjectAlternativeName)


def _authenticates_clients(
    policy: verification.Policy,  # noqa: ARG001
    certificate: x509.Certificate,  # noqa: ARG001
    extension: x509.ExtendedKeyUsage,
) -> None:
    if ExtendedKeyUsageOID.CLIENT_AUTH not in extension:
        raise ValueError("extended key usage")


def _is_no_authority(
    policy: verification.Policy,  # noqa: ARG001
    certificate: x509.Certificate,  # noqa: ARG001
    extension: x509.BasicConstraints | None,
) -> None:
    if extension is not None and extension.ca:
        raise ValueError("basic constraints")


def _is_authority(
    policy: verification.Policy,  # noqa: ARG001
    certificate: x509.Certificate,  # noqa: ARG001
    extension: x509.BasicConstraints,
) -> None:
    if not extension.ca:
        raise ValueError("basic constraints")


def _signs_certificates(
    policy: verification.Policy,  # noqa: ARG001
    certificate: x509.Certificate,  # noqa: ARG001
    extension: x509.KeyUsage,
) -> None:
    if not extension.key_cert_sign:
        raise ValueError("key usage")


_ROOT_POLICY = (
    verification.ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, _CRITICAL, _is_authority)
    .require_present(x509.KeyUsage, _CRITICAL, _signs_certificates)
)


def _root(path: Path) -> x509.Certificate:
    try:
        root = x509.load_pem_x509_certificate(path.read_bytes())
        root.verify_directly_issued_by(root)
    except (OSError, ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
        raise TrustStoreUnusable(f"{path.name} is not a self-signed root certificate") from error
    return root


def _demand_national(root: x509.Certificate) -> None:
    names = [attribute.value for attribute in root.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    if names != [_NATIONAL]:
        raise TrustStoreUnusable("a root of a test or of a simulator has no place in production")
