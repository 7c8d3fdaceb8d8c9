"""The card of fiscal year 2028 is a second profile: P-384 under a P-384 root, for both kinds of certificate."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils

from portal import database
from portal.ground import Ground
from portal.identity import (
    CertificateExpired,
    CertificateOnHold,
    CertificateRevoked,
    CertificateUnknown,
    CertificateUntrusted,
    SignatureWrong,
    WrongCertificateKind,
    link_recorded,
)
from portal.identity.card import chain, profile
from portal.identity.card.chain import TrustStore, parse, validate
from portal.identity.card.profile import (
    P_384,
    P_384_SIGNATURE,
    PROFILES,
    RSA_2048,
    RSA_2048_SIGNATURE,
    RSASSA_2048_SHA256,
    CertificateKind,
)
from portal.identity.tables import serial_links
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, answer, ask, log_in
from tests.portal.identity.leaves import Issuer, good_but, policies, usage
from tests.portal.identity.next_cards import NextCard, next_card
from tests.portal.register.people import TESTER, put_resident
from tests.world.jpki import SIGN_PROFILE, Authority, FourItems, Root, store
from tests.world.jpki.profiles import SIGN_POLICY

Judge = Callable[[bytes], chain.TrustedCertificate]


@pytest.fixture
def roots(authority: Authority) -> tuple[x509.Certificate, ...]:
    """Every generation, as in the folder of an installation."""
    return tuple(root.certificate for root in (*authority.auth_roots, authority.next_auth_root))


@pytest.fixture
def judge(roots: tuple[x509.Certificate, ...], clock: MovableClock) -> Judge:
    trust = TrustStore(CertificateKind.AUTHENTICATION, roots)
    return lambda der: validate(parse(der), trust, at=clock.now())


@pytest.fixture
def new_card(authority: Authority) -> NextCard:
    return next_card(authority)


@pytest.fixture
def linked_to(ground: Ground, new_card: NextCard) -> UUID:
    with database.transaction(ground.engine) as connection:
        resident = put_resident(connection)
        link_recorded(connection, ground, new_card.certificate, resident, actor=TESTER, now=ground.clock.now())
    return resident


def issuer_of(root: Root) -> Issuer:
    return Issuer(root.certificate.subject, root.pair.key)


def signed_by_new_root(authority: Authority, clock: MovableClock, **details: object) -> bytes:
    root, key = authority.next_auth_root, store.new_p384_key()
    made: bytes = issuer_of(root).leaf(key.public_key(), clock.now(), digest=hashes.SHA384(), **details)  # type: ignore[arg-type]
    return made


def test_a_card_of_the_next_generation_logs_in(ground: Ground, new_card: NextCard, linked_to: UUID) -> None:
    question = ask(ground)

    assert answer(ground, question, new_card.certificate, new_card.sign(question.payload())).resident_id == linked_to


def test_todays_card_logs_in_beside_it(ground: Ground, card: Card, linked: UUID, linked_to: UUID) -> None:
    assert log_in(ground, card).resident_id == linked != linked_to


def test_its_profile_and_root_are_its_own(judge: Judge, authority: Authority, new_card: NextCard) -> None:
    trusted = judge(new_card.certificate)

    assert trusted.profile is P_384
    assert trusted.root == authority.next_auth_root.certificate


def test_its_algorithm_is_kept_with_its_link(ground: Ground, linked_to: UUID) -> None:
    with database.transaction(ground.engine) as connection:
        (algorithm,) = connection.execute(sa.select(serial_links.c.algorithm)).scalars()

    assert algorithm == "ECDSA-P384-SHA384"


@pytest.mark.parametrize(
    ("reason", "refusal"),
    [
        (x509.ReasonFlags.superseded, CertificateRevoked),
        (x509.ReasonFlags.certificate_hold, CertificateOnHold),
        (None, CertificateUnknown),
    ],
)
@pytest.mark.usefixtures("linked_to")
def test_its_revocation_is_asked_of_its_own_responder(
    ground: Ground,
    authority: Authority,
    new_card: NextCard,
    reason: x509.ReasonFlags | None,
    refusal: type[Exception],
) -> None:
    certificate = x509.load_der_x509_certificate(new_card.certificate)
    if reason is None:
        authority.forget(certificate)
    else:
        authority.revoke(certificate, reason)
    question = ask(ground)

    with pytest.raises(refusal):
        answer(ground, question, new_card.certificate, new_card.sign(question.payload()))


def test_a_raw_pair_of_numbers_is_no_signature_of_it(ground: Ground, new_card: NextCard, linked_to: UUID) -> None:
    question = ask(ground)
    r, s = utils.decode_dss_signature(new_card.sign(question.payload()))

    with pytest.raises(SignatureWrong):
        answer(ground, question, new_card.certificate, r.to_bytes(48, "big") + s.to_bytes(48, "big"))


@pytest.mark.parametrize("digest", [hashes.SHA256(), hashes.SHA512(), hashes.SHA3_384()])
def test_a_signature_with_another_hash_is_wrong(
    ground: Ground, new_card: NextCard, linked_to: UUID, digest: hashes.HashAlgorithm
) -> None:
    question = ask(ground)

    with pytest.raises(SignatureWrong):
        answer(ground, question, new_card.certificate, new_card.key.sign(question.payload(), ec.ECDSA(digest)))


def test_the_signature_of_another_card_is_wrong(
    ground: Ground, authority: Authority, new_card: NextCard, linked_to: UUID
) -> None:
    question = ask(ground)

    with pytest.raises(SignatureWrong):
        answer(ground, question, new_card.certificate, next_card(authority).sign(question.payload()))


def test_an_rsa_signature_does_not_open_a_card_on_the_curve(
    ground: Ground, card: Card, new_card: NextCard, linked_to: UUID
) -> None:
    question = ask(ground)

    with pytest.raises(SignatureWrong):
        answer(ground, question, new_card.certificate, card.sign(question.payload()))


def test_todays_root_cannot_issue_a_card_of_the_next_generation(judge: Judge, authority: Authority) -> None:
    with pytest.raises(WrongCertificateKind):
        judge(next_card(authority, root=authority.auth_roots[-1]).certificate)


def test_the_next_root_cannot_issue_todays_card(
    judge: Judge, authority: Authority, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    mixed = issuer_of(authority.next_auth_root)

    with pytest.raises(WrongCertificateKind):
        judge(mixed.leaf(card_key.public_key(), clock.now(), digest=hashes.SHA384()))


def test_a_profile_may_allow_the_root_of_another_generation(
    authority: Authority, roots: tuple[x509.Certificate, ...], clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One field of the profile, should the authority decide so: no rewrite."""
    lenient = replace(P_384, issuers=(*P_384.issuers, RSASSA_2048_SHA256))
    monkeypatch.setattr(chain, "PROFILES", {**PROFILES, CertificateKind.AUTHENTICATION: (RSA_2048, lenient)})
    trust = TrustStore(CertificateKind.AUTHENTICATION, roots)

    trusted = validate(parse(next_card(authority, root=authority.auth_roots[-1]).certificate), trust, at=clock.now())

    assert trusted.profile is lenient
    assert trusted.root == authority.auth_roots[-1].certificate


def test_without_its_root_in_the_folder_it_is_untrusted(
    authority: Authority, new_card: NextCard, clock: MovableClock
) -> None:
    trust = TrustStore(CertificateKind.AUTHENTICATION, tuple(root.certificate for root in authority.auth_roots))

    with pytest.raises(CertificateUntrusted):
        validate(parse(new_card.certificate), trust, at=clock.now())


def test_a_self_made_p_384_root_of_the_same_name_convinces_nobody(
    judge: Judge, authority: Authority, clock: MovableClock
) -> None:
    forger = Issuer(authority.next_auth_root.certificate.subject, store.new_p384_key())

    with pytest.raises(CertificateUntrusted):
        judge(forger.leaf(store.new_p384_key().public_key(), clock.now(), digest=hashes.SHA384()))


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP521R1(), ec.SECP256K1(), ec.BrainpoolP384R1()])
def test_a_key_on_another_curve_is_refused(
    judge: Judge, authority: Authority, clock: MovableClock, curve: ec.EllipticCurve
) -> None:
    key = ec.generate_private_key(curve)

    with pytest.raises(WrongCertificateKind):
        judge(issuer_of(authority.next_auth_root).leaf(key.public_key(), clock.now(), digest=hashes.SHA384()))


@pytest.mark.parametrize("digest", [hashes.SHA256(), hashes.SHA512()])
def test_a_certificate_its_root_signed_with_another_hash_is_refused(
    judge: Judge, authority: Authority, clock: MovableClock, digest: hashes.SHA256 | hashes.SHA512
) -> None:
    key = store.new_p384_key().public_key()

    with pytest.raises(WrongCertificateKind):
        judge(issuer_of(authority.next_auth_root).leaf(key, clock.now(), digest=digest))


def test_a_root_on_another_curve_signs_for_no_generation(authority: Authority, clock: MovableClock) -> None:
    """It is pinned by mistake: the scheme of the profile names the curve, not only the algorithm."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = authority.next_auth_root.certificate.subject
    start, end = clock.now() - timedelta(days=9), clock.now() + timedelta(days=9)
    root = (
        x509.CertificateBuilder(name, name, key.public_key(), 5, start, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage("key_cert_sign", "crl_sign"), critical=True)
        .sign(key, hashes.SHA384())
    )
    der = Issuer(name, key).leaf(store.new_p384_key().public_key(), clock.now(), digest=hashes.SHA384())

    with pytest.raises(WrongCertificateKind):
        validate(parse(der), TrustStore(CertificateKind.AUTHENTICATION, (root,)), at=clock.now())


def test_ten_years_are_its_span_and_todays_card_never_has_it(
    judge: Judge, authority: Authority, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    ten_years = timedelta(days=3652)

    assert judge(signed_by_new_root(authority, clock, not_after=ten_years))
    with pytest.raises(WrongCertificateKind):
        judge(issuer_of(authority.auth_roots[-1]).leaf(card_key.public_key(), clock.now(), not_after=ten_years))


@pytest.mark.parametrize(("one", "longest"), [(P_384, 3745), (P_384_SIGNATURE, 3745), (RSA_2048, 1919)])
def test_the_longest_span_is_birthdays_and_three_months(one: profile.CardProfile, longest: int) -> None:
    """A renewal counts from the end of the certificate before, and may be made three months early."""
    assert one.longest == timedelta(days=longest)


def test_a_span_of_one_second_more_is_refused(judge: Judge, authority: Authority, clock: MovableClock) -> None:
    before = timedelta(days=-1)
    longest = P_384.longest + before
    assert judge(signed_by_new_root(authority, clock, not_before=before, not_after=longest))

    with pytest.raises(WrongCertificateKind):
        judge(signed_by_new_root(authority, clock, not_before=before, not_after=longest + timedelta(seconds=1)))


def test_it_expires_all_the_same(judge: Judge, authority: Authority, clock: MovableClock) -> None:
    with pytest.raises(CertificateExpired):
        judge(signed_by_new_root(authority, clock, not_after=timedelta(seconds=-1)))


@pytest.mark.parametrize(
    "wrong",
    [
        (usage("digital_signature", "content_commitment"), True),
        (usage("digital_signature", "key_agreement"), True),
        (policies(SIGN_POLICY), True),
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (x509.SubjectAlternativeName([x509.DNSName("misaki.example")]), False),
    ],
)
def test_a_leaf_of_another_make_is_refused_in_the_next_generation_too(
    judge: Judge, authority: Authority, clock: MovableClock, wrong: tuple[x509.ExtensionType, bool]
) -> None:
    with pytest.raises(WrongCertificateKind):
        judge(signed_by_new_root(authority, clock, extensions=good_but(wrong)))


def test_a_leaf_that_is_not_for_clients_is_refused_in_the_next_generation_too(
    judge: Judge, authority: Authority, clock: MovableClock
) -> None:
    with pytest.raises(WrongCertificateKind):
        judge(signed_by_new_root(authority, clock, extensions=good_but(without=(x509.ExtendedKeyUsage,))))


def test_its_signing_certificate_is_judged_by_its_signing_root(authority: Authority, clock: MovableClock) -> None:
    items = FourItems("渡辺　花子", clock.now().date(), "2", "いずみ県みさき市港町一丁目2番3号")
    signer = next_card(authority, SIGN_PROFILE, authority.next_sign_root, four_items=items)
    roots = tuple(root.certificate for root in (*authority.sign_roots, authority.next_sign_root))

    trusted = validate(parse(signer.certificate), TrustStore(CertificateKind.SIGNATURE, roots), at=clock.now())

    assert trusted.profile is P_384_SIGNATURE
    trusted.profile.verify(trusted.certificate.public_key(), signer.sign(b"declared"), b"declared")


def test_its_signing_certificate_does_not_log_in(judge: Judge, authority: Authority, clock: MovableClock) -> None:
    items = FourItems("渡辺　花子", clock.now().date(), "2", "いずみ県みさき市港町一丁目2番3号")

    with pytest.raises(CertificateUntrusted):
        judge(next_card(authority, SIGN_PROFILE, authority.next_sign_root, four_items=items).certificate)
    with pytest.raises(WrongCertificateKind):
        judge(next_card(authority, SIGN_PROFILE, four_items=items).certificate)


def test_what_is_assumed_about_it_is_marked_as_unverified() -> None:
    assert not P_384.published
    assert not P_384_SIGNATURE.published
    assert RSA_2048.published
    assert not RSA_2048_SIGNATURE.for_clients
    assert not P_384_SIGNATURE.for_clients
    assert RSA_2048_SIGNATURE.published


def test_the_names_kept_with_each_link_never_change() -> None:
    """Links of years ago are found by nothing else, should an algorithm have to be withdrawn one day."""
    assert {one.algorithm for one in (RSA_2048, RSA_2048_SIGNATURE)} == {"RSASSA-PKCS1-v1_5-2048-SHA256"}
    assert {one.algorithm for one in (P_384, P_384_SIGNATURE)} == {"ECDSA-P384-SHA384"}
