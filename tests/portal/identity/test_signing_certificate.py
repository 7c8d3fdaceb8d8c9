"""Which certificates pass as a card's 署名用電子証明書: a store, a policy and a usage of its own."""

from collections.abc import Callable
from datetime import date, timedelta

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
from portal.identity.card.profile import RSA_2048_SIGNATURE, CertificateKind
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import MakeCard
from tests.portal.identity.leaves import Extension, Issuer, policies, usage
from tests.world.jpki import AUTH_PROFILE, SIGN_PROFILE, Authority, FourItems, store
from tests.world.jpki.profiles import AUTH_POLICY, FOUR_ITEMS_ARC, SIGN_POLICY

ITEMS = FourItems("渡辺　花子", date(1990, 4, 1), "2", "いずみ県みさき市港町一丁目2番3号")
ALTERNATIVE = x509.SubjectAlternativeName([x509.OtherName(ObjectIdentifier(f"{FOUR_ITEMS_ARC}.1"), b"\x0c\x01A")])
Judge = Callable[[bytes], TrustedCertificate]


@pytest.fixture
def judge(authority: Authority, clock: MovableClock) -> Judge:
    roots = tuple(root.certificate for root in (*authority.sign_roots, authority.next_sign_root))
    return lambda der: validate(parse(der), TrustStore(CertificateKind.SIGNATURE, roots), at=clock.now())


@pytest.fixture
def issuer(authority: Authority) -> Issuer:
    """The 署名用 root, free to sign anything."""
    return Issuer(authority.sign_roots[0].certificate.subject, authority.sign_roots[0].pair.key)


def good(*changed: Extension, without: tuple[type[x509.ExtensionType], ...] = ()) -> list[Extension]:
    """What a good 署名用 leaf carries, with these put in place of their kind, and without those."""
    extensions: list[Extension] = [
        (policies(SIGN_POLICY), True),
        (usage("digital_signature", "content_commitment"), True),
        (ALTERNATIVE, False),
    ]
    replaced = (*(type(extension) for extension, _ in changed), *without)
    return [entry for entry in extensions if not isinstance(entry[0], replaced)] + list(changed)


def test_a_good_signing_certificate_passes(judge: Judge, make_card: MakeCard, authority: Authority) -> None:
    trusted = judge(make_card(SIGN_PROFILE, authority.sign_roots[0], four_items=ITEMS).certificate)

    assert trusted.profile is RSA_2048_SIGNATURE
    assert trusted.root == authority.sign_roots[0].certificate


def test_the_leaf_of_these_tests_is_good_when_nothing_is_changed(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    assert judge(issuer.leaf(card_key.public_key(), clock.now(), extensions=good()))


def test_an_authentication_certificate_does_not_sign(judge: Judge, make_card: MakeCard) -> None:
    with pytest.raises(CertificateUntrusted):
        judge(make_card(AUTH_PROFILE).certificate)


def test_an_authentication_certificate_does_not_sign_even_if_the_signing_root_made_it(
    judge: Judge, make_card: MakeCard, authority: Authority
) -> None:
    with pytest.raises(WrongCertificateKind):
        judge(make_card(AUTH_PROFILE, authority.sign_roots[0]).certificate)


def test_the_signing_certificate_of_the_other_root_is_untrusted(judge: Judge, make_card: MakeCard) -> None:
    with pytest.raises(CertificateUntrusted):
        judge(make_card(SIGN_PROFILE, four_items=ITEMS).certificate)


def test_without_the_four_items_there_is_nobody_to_sign(
    judge: Judge, make_card: MakeCard, authority: Authority
) -> None:
    with pytest.raises(WrongCertificateKind):
        judge(make_card(SIGN_PROFILE, authority.sign_roots[0]).certificate)


@pytest.mark.parametrize(
    "wrong",
    [
        (policies(AUTH_POLICY), True),
        (policies(SIGN_POLICY, AUTH_POLICY), True),
        (policies("2.5.29.32.0"), True),
        # The policies of the authority's own test hierarchy and of the phone.
        (policies("1.2.392.200149.8.5.1.0.20"), True),
        (policies("1.2.392.200149.8.5.1.1.40"), True),
        (policies(SIGN_POLICY), False),
        (usage("digital_signature"), True),
        (usage("content_commitment"), True),
        (usage("digital_signature", "content_commitment", "key_cert_sign"), True),
        (usage("digital_signature", "content_commitment", "key_encipherment"), True),
        (usage("digital_signature", "content_commitment"), False),
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (x509.BasicConstraints(ca=True, path_length=None), False),
        (x509.UnrecognizedExtension(ObjectIdentifier("1.2.392.200149.8.5.9"), b"\x05\x00"), True),
    ],
)
def test_a_signing_leaf_of_another_make_is_refused(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock, wrong: Extension
) -> None:
    with pytest.raises(WrongCertificateKind):
        judge(issuer.leaf(card_key.public_key(), clock.now(), extensions=good(wrong)))


@pytest.mark.parametrize("missing", [x509.KeyUsage, x509.CertificatePolicies, x509.SubjectAlternativeName])
def test_a_signing_leaf_that_leaves_something_out_is_refused(
    judge: Judge,
    issuer: Issuer,
    card_key: rsa.RSAPrivateKey,
    clock: MovableClock,
    missing: type[x509.ExtensionType],
) -> None:
    with pytest.raises(WrongCertificateKind):
        judge(issuer.leaf(card_key.public_key(), clock.now(), extensions=good(without=(missing,))))


def test_client_authentication_is_not_asked_of_a_signing_certificate_and_does_no_harm(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    purpose = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)

    assert judge(issuer.leaf(card_key.public_key(), clock.now(), extensions=good(purpose)))


def test_a_signing_certificate_past_its_dates_is_expired(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    with pytest.raises(CertificateExpired):
        judge(issuer.leaf(card_key.public_key(), clock.now(), extensions=good(), not_after=timedelta(seconds=-1)))


def test_a_signing_certificate_before_its_dates_is_not_yet_valid(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    with pytest.raises(CertificateNotYetValid):
        judge(issuer.leaf(card_key.public_key(), clock.now(), extensions=good(), not_before=timedelta(seconds=1)))


def test_a_signing_certificate_of_a_self_made_root_is_untrusted(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    forger = Issuer(issuer.name, store.new_key())

    with pytest.raises(CertificateUntrusted):
        judge(forger.leaf(card_key.public_key(), clock.now(), extensions=good()))


def test_a_signing_key_on_a_curve_under_todays_root_is_refused(
    judge: Judge, issuer: Issuer, clock: MovableClock
) -> None:
    key = ec.generate_private_key(ec.SECP384R1())

    with pytest.raises(WrongCertificateKind):
        judge(issuer.leaf(key.public_key(), clock.now(), extensions=good()))


def test_a_signing_certificate_with_another_hash_is_refused(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    with pytest.raises(WrongCertificateKind):
        judge(issuer.leaf(card_key.public_key(), clock.now(), extensions=good(), digest=hashes.SHA384()))


def test_the_signing_root_itself_signs_no_declaration(judge: Judge, authority: Authority) -> None:
    with pytest.raises(WrongCertificateKind):
        judge(authority.sign_roots[0].certificate.public_bytes(Encoding.DER))


def test_four_items_that_cannot_be_decoded_are_unreadable_even_if_the_root_signed_them(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    """Who reads the 基本4情報 later may rely on it that they can be read."""
    rotten = (x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.17"), b"\x04\x02no"), False)
    extensions = [*good(without=(x509.SubjectAlternativeName,)), rotten]

    with pytest.raises((CertificateUnreadable, WrongCertificateKind)):
        judge(issuer.leaf(card_key.public_key(), clock.now(), extensions=extensions))


def test_a_rotten_point_beside_the_four_items_is_unreadable_too(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    rotten = (x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.31"), b"\x04\x02no"), False)

    with pytest.raises(CertificateUnreadable):
        judge(issuer.leaf(card_key.public_key(), clock.now(), extensions=[*good(), rotten]))
