"""Is this the certificate of a My Number card, by a root we pinned? Chosen by signature, never by name."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property, lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from portal.identity.card.profile import PROFILES, CardProfile, CertificateKind, Scheme
from portal.identity.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateUnreadable,
    CertificateUntrusted,
    TrustStoreUnusable,
    WrongCertificateKind,
)
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

    @cached_property
    def by_scheme(self) -> Mapping[Scheme, verification.Store]:
        """The roots that sign in each scheme; a scheme without a root is missing, and so is who may sign nothing.

        What each root is, is looked at here and once: asked at each log-in it would cost a hundredth of it.
        Generations share one name, so the verifier tries one after the other. The newest comes first, as most cards
        are of it: the order costs or saves time and decides nothing.
        """
        authorities = [root for root in self.roots if _is_authority(root)]
        newest_first = sorted(authorities, key=lambda root: root.not_valid_before_utc, reverse=True)
        schemes = {scheme for profile in PROFILES[self.kind] for scheme in profile.issuers}
        found = {scheme: [root for root in newest_first if scheme.fits_key(root.public_key())] for scheme in schemes}
        return {scheme: verification.Store(roots) for scheme, roots in found.items() if roots}


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
    """One certificate from DER. Raises CertificateUnreadable for anything else.

    Names, dates and extensions are left alone here: little is decoded that a pinned root has not signed.
    """
    if not 0 < len(der) <= LONGEST_CERTIFICATE:
        raise CertificateUnreadable
    try:
        certificate = x509.load_der_x509_certificate(der)
        # The key is decoded lazily: what is rotten in it must show here.
        _ = certificate.public_key()
    except UNREADABLE as error:
        raise CertificateUnreadable from error
    return certificate


def validate(certificate: x509.Certificate, trust: TrustStore, *, at: datetime) -> TrustedCertificate:
    """Chain, dates, not a CA, key usage, policy and kind, as they were at the instant `at`.

    Raises CertificateUnreadable, CertificateUntrusted, CertificateNotYetValid, CertificateExpired or
    WrongCertificateKind.
    """
    rules = _rules_for(certificate, trust)
    if rules is None:
        raise _refusal(certificate, trust.roots, at)
    profile, store = rules
    verifier = _demands(profile, store).time(at).build_client_verifier()
    try:
        chain = verifier.verify(certificate, []).chain
    except verification.VerificationError as error:
        raise _refusal(certificate, trust.roots, at) from error
    except UNREADABLE as error:
        raise CertificateUnreadable from error
    begin, end = dates(certificate)
    if end - begin > profile.longest:
        raise WrongCertificateKind
    if profile.names_holder:
        # The 基本4情報 are read by others, who may rely on it that they can be.
        _demand_readable(certificate)
    return TrustedCertificate(certificate, chain[1], profile)


def dates(certificate: x509.Certificate) -> tuple[datetime, datetime]:
    """The first and the last instant of a certificate. Raises CertificateUnreadable for dates that are none."""
    try:
        return certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except ValueError as error:
        raise CertificateUnreadable from error


def _refusal(certificate: x509.Certificate, roots: tuple[x509.Certificate, ...], at: datetime) -> Exception:
    """The cause of a refusal that is already decided, in the order of what the person can do about it."""
    _demand_readable(certificate)
    if not any(_signed_by(certificate, root) for root in roots):
        return CertificateUntrusted()
    begin, end = dates(certificate)
    if at < begin:
        return CertificateNotYetValid()
    if at > end:
        return CertificateExpired()
    if any(_signed_by(certificate, root) and not _in_its_time(root, at) for root in roots):
        return CertificateUntrusted()
    return WrongCertificateKind()


def _demand_readable(certificate: x509.Certificate) -> None:
    try:
        _ = (certificate.extensions, certificate.subject, certificate.issuer)
    except UNREADABLE as error:
        raise CertificateUnreadable from error


def _signed_by(certificate: x509.Certificate, root: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(root)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _in_its_time(root: x509.Certificate, at: datetime) -> bool:
    return root.not_valid_before_utc <= at <= root.not_valid_after_utc


def _rules_for(certificate: x509.Certificate, trust: TrustStore) -> tuple[CardProfile, verification.Store] | None:
    """The profile that the key is of, and the pinned roots that sign as this certificate claims to be signed."""
    key, signed_as = certificate.public_key(), certificate.signature_algorithm_oid
    for profile in PROFILES[trust.kind]:
        for scheme in profile.issuers:
            if profile.scheme.fits_key(key) and scheme.in_certificates == signed_as and scheme in trust.by_scheme:
                return profile, trust.by_scheme[scheme]
    return None


@lru_cache(maxsize=32)
def _demands(profile: CardProfile, store: verification.Store) -> verification.PolicyBuilder:
    return (
        verification.PolicyBuilder()
        .store(store)
        .max_chain_depth(1)
        .extension_policies(ca_policy=_ROOT_POLICY, ee_policy=_card_policy(profile))
    )


@cache
def _card_policy(profile: CardProfile) -> verification.ExtensionPolicy:
    def policy_fits(
        policy: verification.Policy,  # noqa: ARG001
        certificate: x509.Certificate,  # noqa: ARG001
        extension: x509.CertificatePolicies,
    ) -> None:
        if len(extension) != 1 or extension[0].policy_identifier != profile.policy:
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


def _is_authority(root: x509.Certificate) -> bool:
    """Whether a root says, where it must not be overlooked, that it is an authority and signs certificates."""
    try:
        constraints = root.extensions.get_extension_for_class(x509.BasicConstraints)
        usage = root.extensions.get_extension_for_class(x509.KeyUsage)
    except (x509.ExtensionNotFound, *UNREADABLE):
        return False
    return constraints.critical and constraints.value.ca and usage.critical and usage.value.key_cert_sign


# Who is in the store has been looked at; the verifier demands once more that it is an authority at all.
_ROOT_POLICY = verification.ExtensionPolicy.permit_all().require_present(x509.BasicConstraints, _CRITICAL, None)


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
