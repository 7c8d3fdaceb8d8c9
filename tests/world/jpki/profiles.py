"""What the certificates of the simulated 公的個人認証サービス look like.

Shape after the published facts about JPKI (RSA-2048, sha256WithRSAEncryption, self-signed roots without
intermediates, every generation of a root under one distinguished name; for the generation announced for fiscal year
2028 P-384 and ecdsa-with-SHA384); the organisation is always ``JPKI-SIM`` so that nothing made here can be mistaken
for the real service.
"""

import datetime as dt
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    NameOID,
    ObjectIdentifier,
)

from tests.world.jpki.store import PrivateKey, PublicKey, digest_for

OCSP_URL = "http://ocsp.jpki-sim.invalid/"
CPS_URL = "http://www.jpki-sim.invalid/cps.html"
AUTH_POLICY = ObjectIdentifier("1.2.392.200149.8.5.1.3.30")
SIGN_POLICY = ObjectIdentifier("1.2.392.200149.8.5.1.1.20")
FOUR_ITEMS_ARC = "1.2.392.200149.8.5.5"
ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class FourItems:
    """基本4情報 as a 署名用 certificate carries them. ``sex`` is "1" 男, "2" 女, "3" 不明."""

    name: str
    birth_date: dt.date
    sex: str
    address: str


@dataclass(frozen=True)
class LeafProfile:
    """One kind of leaf. Replace a field to make the malformed certificates that negative tests need."""

    policy: ObjectIdentifier
    non_repudiation: bool
    digital_signature: bool = True
    client_auth: bool = True
    certificate_authority: bool = False


AUTH_PROFILE = LeafProfile(policy=AUTH_POLICY, non_repudiation=False)
SIGN_PROFILE = LeafProfile(policy=SIGN_POLICY, non_repudiation=True, client_auth=False)


def root_name(purpose: str) -> x509.Name:
    """The distinguished name of a root; ``purpose`` is ``user authentication`` or ``digital signature``."""
    return _name(
        (NameOID.COUNTRY_NAME, "JP"),
        (NameOID.ORGANIZATION_NAME, "JPKI-SIM"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, f"JPKI-SIM for {purpose}"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "Simulator of the public counter, not a real authority"),
    )


def leaf_name(common_name: str) -> x509.Name:
    """Subject of a leaf: no personal data, only an opaque common name."""
    return _name((NameOID.COUNTRY_NAME, "JP"), (NameOID.COMMON_NAME, common_name))


def build_root(
    key: PrivateKey,
    name: x509.Name,
    serial: int,
    not_before: dt.datetime,
    not_after: dt.datetime,
) -> x509.Certificate:
    """A self-signed root of one generation."""
    return (
        x509.CertificateBuilder(name, name, key.public_key(), serial, not_before, not_after)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_key_usage(certificate_sign=True), critical=True)
        .add_extension(_agency_name(), critical=False)
        .add_extension(_revocation_point(name), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, digest_for(key))
    )


def build_leaf(
    root: x509.Certificate,
    root_key: PrivateKey,
    key: PublicKey,
    *,
    profile: LeafProfile,
    common_name: str,
    serial: int,
    not_before: dt.datetime,
    not_after: dt.datetime,
    four_items: FourItems | None,
) -> x509.Certificate:
    """A card's certificate; ``four_items`` only for 署名用 (they travel in subjectAltName)."""
    builder = (
        x509.CertificateBuilder(root.subject, leaf_name(common_name), key, serial, not_before, not_after)
        .add_extension(
            _key_usage(digital_signature=profile.digital_signature, non_repudiation=profile.non_repudiation),
            critical=True,
        )
        .add_extension(x509.CertificatePolicies([x509.PolicyInformation(profile.policy, [CPS_URL])]), critical=True)
        .add_extension(_agency_name(), critical=False)
        .add_extension(_revocation_point(root.subject), critical=False)
        .add_extension(_ocsp_location(), critical=False)
        .add_extension(_authority_key(root), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
    if profile.client_auth:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    if profile.certificate_authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if four_items is not None:
        builder = builder.add_extension(_alternative_name(four_items), critical=False)
    return builder.sign(root_key, digest_for(root_key))


def build_responder(
    root: x509.Certificate,
    root_key: PrivateKey,
    key: PublicKey,
    serial: int,
    *,
    delegated: bool = True,
) -> x509.Certificate:
    """The certificate of an OCSP responder (RFC 6960, 4.2.2.2). ``delegated=False`` leaves out the right
    to answer, for the test that such an answer is refused."""
    usage = ExtendedKeyUsageOID.OCSP_SIGNING if delegated else ExtendedKeyUsageOID.CLIENT_AUTH
    name = _name(
        (NameOID.COUNTRY_NAME, "JP"),
        (NameOID.ORGANIZATION_NAME, "JPKI-SIM"),
        (NameOID.COMMON_NAME, "OCSP responder of the simulator"),
    )
    return (
        x509.CertificateBuilder(root.subject, name, key, serial, root.not_valid_before_utc, root.not_valid_after_utc)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(x509.OCSPNoCheck(), critical=False)
        .add_extension(_authority_key(root), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .sign(root_key, digest_for(root_key))
    )


def _name(*parts: tuple[ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _key_usage(
    *, digital_signature: bool = False, non_repudiation: bool = False, certificate_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=non_repudiation,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificate_sign,
        crl_sign=certificate_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _agency_name() -> x509.IssuerAlternativeName:
    name = _name((NameOID.COUNTRY_NAME, "JP"), (NameOID.ORGANIZATION_NAME, "模擬公的個人認証サービス"))
    return x509.IssuerAlternativeName([x509.DirectoryName(name)])


def _revocation_point(name: x509.Name) -> x509.CRLDistributionPoints:
    point = x509.DistributionPoint([x509.DirectoryName(name)], None, None, None)
    return x509.CRLDistributionPoints([point])


def _ocsp_location() -> x509.AuthorityInformationAccess:
    location = x509.UniformResourceIdentifier(OCSP_URL)
    return x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, location)])


def _authority_key(root: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier(identifier.digest, [x509.DirectoryName(root.subject)], root.serial_number)


def _alternative_name(items: FourItems) -> x509.SubjectAlternativeName:
    substitutes = "0" * len(items.name), "0" * len(items.address)
    values = (items.name, substitutes[0], items.sex, _era_date(items.birth_date), items.address, substitutes[1])
    return x509.SubjectAlternativeName(
        [
            x509.OtherName(ObjectIdentifier(f"{FOUR_ITEMS_ARC}.{number}"), _utf8_string(value))
            for number, value in enumerate(values, start=1)
        ]
    )


def _era_date(day: dt.date) -> str:
    """生年月日 as EYYYYMMDD: 1 明治, 2 大正, 3 昭和, 4 平成, 5 令和, then the Gregorian date."""
    starts = ((2019, 5, 1), (1989, 1, 8), (1926, 12, 25), (1912, 7, 30))
    era = 5
    for start in starts:
        if day >= dt.date(*start):
            break
        era -= 1
    return f"{era}{day:%Y%m%d}"


def _utf8_string(text: str) -> bytes:
    body = text.encode()
    if len(body) < 0x80:
        length = bytes([len(body)])
    else:
        size = (len(body).bit_length() + 7) // 8
        length = bytes([0x80 | size]) + len(body).to_bytes(size, "big")
    return b"\x0c" + length + body
