"""Which certificates pass as a My Number card's 利用者証明用電子証明書. Nearly all of these do not."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from portal.identity import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateUnreadable,
    CertificateUntrusted,
    WrongCertificateKind,
)
from portal.identity.card.chain import TrustedCertificate, TrustStore, parse, validate
from portal.identity.card.profile import RSA_2048, CertificateKind
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, MakeCard
from tests.portal.identity.leaves import Extension, Issuer, good_but, good_extensions, policies, usage
from tests.world.jpki import AUTH_PROFILE, SIGN_PROFILE, Authority, FourItems, Root, profiles, store
from tests.world.jpki.profiles import AUTH_POLICY, SIGN_POLICY

ANY_POLICY = "2.5.29.32.0"


def trusting(*roots: x509.Certificate) -> TrustStore:
    """A 利用者証明用 trust store."""
    return TrustStore(CertificateKind.AUTHENTICATION, roots)


@pytest.fixture
def trust(authority: Authority) -> TrustStore:
    return trusting(*(root.certificate for root in authority.auth_roots))


@pytest.fixture
def issuer(authority: Authority) -> Issuer:
    """The current generation of the authority, free to sign anything."""
    return issuer_of(authority.auth_roots[-1])


def issuer_of(root: Root) -> Issuer:
    return Issuer(root.certificate.subject, root.pair.key)


class Judge:
    """Judges a certificate in DER at the clock's instant."""

    def __init__(self, trust: TrustStore, clock: MovableClock) -> None:
        self._trust = trust
        self._clock = clock

    def __call__(self, der: bytes) -> TrustedCertificate:
        return validate(parse(der), self._trust, at=self._clock.now())


@pytest.fixture
def judge(trust: TrustStore, clock: MovableClock) -> Judge:
    return Judge(trust, clock)


def test_a_good_card_of_either_generation_passes(judge: Judge, make_card: MakeCard, authority: Authority) -> None:
    for root in authority.auth_roots:
        trusted = judge(make_card(root=root).certificate)

        assert trusted.root == root.certificate
        assert trusted.profile is RSA_2048


def test_the_leaf_builder_of_these_tests_makes_a_good_card_when_nothing_is_changed(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    assert judge(issuer.leaf(card_key.public_key(), clock.now()))


def test_generations_of_one_name_are_told_apart_by_signature(make_card: MakeCard, judge: Judge) -> None:
    trusted = judge(make_card().certificate)

    assert trusted.root.subject == trusted.certificate.issuer
    trusted.certificate.verify_directly_issued_by(trusted.root)


def test_the_same_serial_of_two_generations_is_two_cards(
    judge: Judge, authority: Authority, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    old, new = (
        judge(issuer_of(root).leaf(card_key.public_key(), clock.now(), serial=99)) for root in authority.auth_roots
    )

    assert old.serial == new.serial
    assert old.certificate.issuer == new.certificate.issuer
    assert old.issuer_sha256 != new.issuer_sha256


def test_a_generation_that_is_not_pinned_is_untrusted_though_its_name_is(
    make_card: MakeCard, authority: Authority, clock: MovableClock
) -> None:
    card = make_card(root=authority.auth_roots[0])

    with pytest.raises(CertificateUntrusted):
        validate(parse(card.certificate), trusting(authority.auth_roots[1].certificate), at=clock.now())


def test_a_self_made_root_of_the_same_name_convinces_nobody(
    judge: Judge, authority: Authority, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    forger = Issuer(authority.auth_roots[-1].certificate.subject, store.new_key())

    with pytest.raises(CertificateUntrusted):
        judge(forger.leaf(card_key.public_key(), clock.now()))


def test_naming_the_real_authoritys_key_identifier_does_not_help_a_forger(
    judge: Judge, authority: Authority, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    """GHSA-58hw-cg5m-88rp: the signer was believed by its identifier."""
    root = authority.auth_roots[-1].certificate
    identifier = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    claimed = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    forger = Issuer(root.subject, store.new_key())

    with pytest.raises(CertificateUntrusted):
        judge(forger.leaf(card_key.public_key(), clock.now(), extensions=good_but((claimed, False))))


def test_a_self_signed_leaf_is_untrusted(judge: Judge, card_key: rsa.RSAPrivateKey, clock: MovableClock) -> None:
    oneself = Issuer(x509.Name([]), card_key)

    with pytest.raises(CertificateUntrusted):
        judge(oneself.leaf(card_key.public_key(), clock.now()))


def test_a_leaf_issued_by_a_card_is_untrusted(
    judge: Judge, card: Card, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    holder = Issuer(x509.load_der_x509_certificate(card.certificate).subject, card_key)

    with pytest.raises(CertificateUntrusted):
        judge(holder.leaf(card_key.public_key(), clock.now()))


def test_a_root_itself_is_no_card(judge: Judge, trust: TrustStore) -> None:
    with pytest.raises(WrongCertificateKind):
        judge(trust.roots[-1].public_bytes(Encoding.DER))


def test_a_certificate_of_the_signing_hierarchy_is_untrusted(
    judge: Judge, make_card: MakeCard, authority: Authority
) -> None:
    """The stores of 署名用 and 利用者証明用 roots are kept apart."""
    with pytest.raises(CertificateUntrusted):
        judge(make_card(profile=SIGN_PROFILE, root=authority.sign_roots[0]).certificate)


def test_a_signing_certificate_is_refused_even_if_the_right_root_signed_it(
    judge: Judge, make_card: MakeCard, clock: MovableClock
) -> None:
    items = FourItems("渡辺　花子", clock.now().date(), "2", "いずみ県みさき市港町一丁目2番3号")

    with pytest.raises(WrongCertificateKind):
        judge(make_card(profile=SIGN_PROFILE, four_items=items).certificate)


def test_personal_data_in_a_subject_alternative_name_marks_the_signing_certificate(
    judge: Judge, make_card: MakeCard, clock: MovableClock
) -> None:
    items = FourItems("渡辺　花子", clock.now().date(), "2", "いずみ県みさき市港町一丁目2番3号")

    with pytest.raises(WrongCertificateKind):
        judge(make_card(four_items=items).certificate)


def test_a_leaf_that_is_an_authority_is_refused(judge: Judge, make_card: MakeCard) -> None:
    """GHSA-58hw-cg5m-88rp: basic constraints were not looked at."""
    with pytest.raises(WrongCertificateKind):
        judge(make_card(profile=replace(AUTH_PROFILE, certificate_authority=True)).certificate)


@pytest.mark.parametrize("critical", [True, False])
def test_an_authority_is_refused_whether_or_not_it_says_so_critically(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock, critical: bool
) -> None:
    authority = (x509.BasicConstraints(ca=True, path_length=None), critical)

    with pytest.raises(WrongCertificateKind):
        judge(issuer.leaf(card_key.public_key(), clock.now(), extensions=good_but(authority)))


@pytest.mark.parametrize("critical", [True, False])
def test_saying_that_one_is_no_authority_is_fine(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock, critical: bool
) -> None:
    humble = (x509.BasicConstraints(ca=False, path_length=None), critical)

    assert judge(issuer.leaf(card_key.public_key(), clock.now(), extensions=good_but(humble)))


@pytest.mark.parametrize(
    "wrong",
    [
        (usage("content_commitment"), True),
        (usage("digital_signature", "content_commitment"), True),
        (usage("digital_signature", "key_cert_sign"), True),
        (usage("digital_signature", "crl_sign"), True),
        (usage("key_encipherment"), True),
        (usage("digital_signature"), False),
        (policies(SIGN_POLICY), True),
        (policies(ANY_POLICY), True),
        (policies(AUTH_POLICY, SIGN_POLICY), True),
        (policies(SIGN_POLICY, AUTH_POLICY), True),
        (policies(AUTH_POLICY), False),
        (policies("1.2.392.200149.8.5.1.3"), True),
        (policies("1.2.392.200149.8.5.1.3.30.1"), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
        (x509.SubjectAlternativeName([x509.DNSName("misaki.example")]), False),
        (x509.UnrecognizedExtension(ObjectIdentifier("1.2.392.200149.8.5.9"), b"\x05\x00"), True),
    ],
)
def test_a_leaf_of_another_make_is_refused(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock, wrong: Extension
) -> None:
    """GHSA-58hw-cg5m-88rp: key usage was not looked at; and what else a root may have signed."""
    with pytest.raises(WrongCertificateKind):
        judge(issuer.leaf(card_key.public_key(), clock.now(), extensions=good_but(wrong)))


@pytest.mark.parametrize("missing", [x509.KeyUsage, x509.CertificatePolicies, x509.ExtendedKeyUsage])
def test_a_leaf_that_leaves_out_what_it_is_for_is_refused(
    judge: Judge,
    issuer: Issuer,
    card_key: rsa.RSAPrivateKey,
    clock: MovableClock,
    missing: type[x509.ExtensionType],
) -> None:
    with pytest.raises(WrongCertificateKind):
        judge(issuer.leaf(card_key.public_key(), clock.now(), extensions=good_but(without=(missing,))))


def test_a_leaf_without_any_extension_is_refused(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    with pytest.raises(WrongCertificateKind):
        judge(issuer.leaf(card_key.public_key(), clock.now(), extensions=[]))


@pytest.mark.parametrize("size", [1024, 3072, 4096])
def test_an_rsa_key_of_another_size_is_refused(judge: Judge, issuer: Issuer, clock: MovableClock, size: int) -> None:
    key = rsa.generate_private_key(65537, size)

    with pytest.raises(WrongCertificateKind):
        judge(issuer.leaf(key.public_key(), clock.now()))


def test_a_key_of_another_algorithm_is_refused(judge: Judge, issuer: Issuer, clock: MovableClock) -> None:
    key = ec.generate_private_key(ec.SECP256R1())

    with pytest.raises(WrongCertificateKind):
        judge(issuer.leaf(key.public_key(), clock.now()))


def test_a_certificate_signed_with_another_hash_is_refused(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    with pytest.raises(WrongCertificateKind):
        judge(issuer.leaf(card_key.public_key(), clock.now(), digest=hashes.SHA512()))


def test_a_certificate_past_its_dates_is_expired(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    """GHSA-58hw-cg5m-88rp: notAfter was not looked at."""
    with pytest.raises(CertificateExpired):
        judge(issuer.leaf(card_key.public_key(), clock.now(), not_after=timedelta(seconds=-1)))


def test_a_certificate_before_its_dates_is_not_yet_valid(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    """GHSA-58hw-cg5m-88rp: notBefore was not looked at."""
    with pytest.raises(CertificateNotYetValid):
        judge(issuer.leaf(card_key.public_key(), clock.now(), not_before=timedelta(seconds=1)))


def test_the_last_second_of_a_certificate_is_valid(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    der = issuer.leaf(card_key.public_key(), clock.now(), not_after=timedelta(0))
    assert judge(der)

    clock.advance(seconds=1)
    with pytest.raises(CertificateExpired):
        judge(der)


def test_a_root_past_its_dates_signs_nothing_any_more(
    authority: Authority, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    root = authority.auth_roots[0]
    clock.set(root.certificate.not_valid_after_utc + timedelta(days=1))
    der = issuer_of(root).leaf(card_key.public_key(), clock.now())

    with pytest.raises(CertificateUntrusted):
        validate(parse(der), trusting(root.certificate), at=clock.now())


@pytest.mark.parametrize("bits", [("digital_signature",), ("crl_sign",)])
def test_a_pinned_certificate_that_may_not_sign_certificates_is_no_root(
    bits: tuple[str, ...], card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    key = store.new_key()
    name = profiles.root_name("user authentication")
    start, end = clock.now() - timedelta(days=9), clock.now() + timedelta(days=9)
    root = (
        x509.CertificateBuilder(name, name, key.public_key(), 5, start, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage(*bits), critical=True)
        .sign(key, hashes.SHA256())
    )

    with pytest.raises((CertificateUntrusted, WrongCertificateKind)):
        validate(parse(Issuer(name, key).leaf(card_key.public_key(), clock.now())), trusting(root), at=clock.now())


def test_a_certificate_altered_after_it_was_signed_is_untrusted(judge: Judge, card: Card) -> None:
    der = bytearray(card.certificate)
    der[-1] ^= 1

    with pytest.raises(CertificateUntrusted):
        judge(bytes(der))


@pytest.mark.parametrize("der", [b"", b"0", b"\x30\x80", b"\x00" * 100, b"\x30\x82\xff\xff", b"A" * 8193])
def test_what_is_no_certificate_is_unreadable(judge: Judge, der: bytes) -> None:
    with pytest.raises(CertificateUnreadable):
        judge(der)


def test_a_certificate_with_bytes_behind_it_is_unreadable(judge: Judge, card: Card) -> None:
    with pytest.raises(CertificateUnreadable):
        judge(card.certificate + b"\x00")


def test_a_subject_that_is_no_text_is_unreadable(judge: Judge, card: Card) -> None:
    common_name = b"\x06\x03\x55\x04\x03"
    place = card.certificate.rindex(common_name) + len(common_name)
    der = bytearray(card.certificate)
    der[place] = 0x03  # a bit string, where the library raises TypeError

    with pytest.raises(CertificateUnreadable):
        judge(bytes(der))


def test_a_certificate_larger_than_any_cards_is_not_even_parsed(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    padding = (x509.UnrecognizedExtension(ObjectIdentifier("1.2.3"), bytes(9000)), False)
    der = issuer.leaf(card_key.public_key(), clock.now(), extensions=[*good_extensions(), padding])

    with pytest.raises(CertificateUnreadable):
        judge(der)
