"""What went wrong in the one public implementation of JPKI verification, and that it does not go wrong here.

Both advisories are of 2026 and of `jpki/myna`. Each test names what was left out there.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.ground import Ground
from portal.identity import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateUntrusted,
    IdentityError,
    SignatureWrong,
    WrongCertificateKind,
)
from portal.identity.card.chain import TrustStore, parse, validate
from portal.identity.card.profile import CertificateKind
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, answer, ask, link
from tests.portal.identity.leaves import Extension, Issuer, good_but, usage
from tests.world.jpki import Authority, store

Leaf = Callable[..., bytes]
FORGER = store.new_key()


@pytest.fixture
def judge(authority: Authority, clock: MovableClock) -> Callable[[bytes], object]:
    roots = tuple(root.certificate for root in authority.auth_roots)
    trust = TrustStore(CertificateKind.AUTHENTICATION, roots)
    return lambda der: validate(parse(der), trust, at=clock.now())


@pytest.fixture
def leaf(authority: Authority, card_key: rsa.RSAPrivateKey, clock: MovableClock) -> Leaf:
    root = authority.auth_roots[-1]
    issuer = Issuer(root.certificate.subject, root.pair.key)
    return lambda **changed: issuer.leaf(card_key.public_key(), clock.now(), **changed)


@pytest.mark.parametrize(
    ("dates", "refusal"),
    [
        ({"not_before": timedelta(seconds=1)}, CertificateNotYetValid),
        ({"not_after": timedelta(seconds=-1)}, CertificateExpired),
    ],
)
def test_ghsa_58hw_cg5m_88rp_a_chain_is_not_valid_outside_its_dates(
    judge: Callable[[bytes], object], leaf: Leaf, dates: dict[str, timedelta], refusal: type[Exception]
) -> None:
    """GHSA-58hw-cg5m-88rp: a chain was called valid without a look at notBefore and notAfter."""
    with pytest.raises(refusal):
        judge(leaf(**dates))


@pytest.mark.parametrize(
    "wrong",
    [
        (usage("key_encipherment"), True),
        (usage("digital_signature", "key_cert_sign"), True),
        (x509.BasicConstraints(ca=True, path_length=0), True),
    ],
)
def test_ghsa_58hw_cg5m_88rp_a_certificate_is_only_good_for_what_it_is_for(
    judge: Callable[[bytes], object], leaf: Leaf, wrong: Extension
) -> None:
    """GHSA-58hw-cg5m-88rp: KeyUsage and the cA bit of BasicConstraints were never looked at."""
    with pytest.raises(WrongCertificateKind):
        judge(leaf(extensions=good_but(wrong)))


def test_ghsa_58hw_cg5m_88rp_a_card_cannot_issue_a_second_card(
    judge: Callable[[bytes], object], leaf: Leaf, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    """GHSA-58hw-cg5m-88rp: without the cA bit any holder of a card was an authority for further ones."""
    holder = x509.load_der_x509_certificate(leaf())
    second = Issuer(holder.subject, card_key).leaf(store.new_key().public_key(), clock.now())

    with pytest.raises(CertificateUntrusted):
        judge(second)


def test_ghsa_58hw_cg5m_88rp_no_signer_is_believed_by_its_identifier(
    authority: Authority, judge: Callable[[bytes], object], card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    """GHSA-58hw-cg5m-88rp: the signer was picked by the identifier that the message itself names (SKI)."""
    root = authority.auth_roots[-1].certificate
    identifier = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    claims = [
        (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False),
        (x509.SubjectKeyIdentifier(identifier.digest), False),
    ]
    forged = Issuer(root.subject, FORGER).leaf(card_key.public_key(), clock.now(), extensions=good_but(*claims))

    with pytest.raises(CertificateUntrusted):
        judge(forged)


@pytest.mark.parametrize("arrange", [lambda good, bad: good + bad, lambda good, bad: bad + good])
def test_ghsa_g258_q5gf_7hvx_a_good_signature_does_not_vouch_for_a_second_one(
    ground: Ground, card: Card, arrange: Callable[[bytes, bytes], bytes]
) -> None:
    """GHSA-g258-q5gf-7hvx: of several signatures only the first was verified. An answer holds exactly one here."""
    link(ground, card)
    question = ask(ground)
    pair = arrange(card.sign(question.payload()), card.sign(b"something else"))

    with pytest.raises(SignatureWrong):
        answer(ground, question, card.certificate, pair)


def test_ghsa_g258_q5gf_7hvx_a_good_certificate_does_not_vouch_for_a_second_one(ground: Ground, card: Card) -> None:
    """GHSA-g258-q5gf-7hvx, seen from the certificate: nothing may hide behind the one that is judged."""
    link(ground, card)
    question = ask(ground)

    with pytest.raises(IdentityError) as refusal:
        answer(ground, question, card.certificate * 2, card.sign(question.payload()))
    assert refusal.value.code == "certificate_untrusted"


@given(signature=st.one_of(st.binary(max_size=600), st.text("0123456789abcdefxZ<> ", max_size=600).map(str.encode)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
def test_ghsa_g258_q5gf_7hvx_nothing_in_place_of_a_signature_makes_the_judge_fall_over(
    authority: Authority, leaf: Leaf, judge: Callable[[bytes], object], signature: bytes
) -> None:
    """GHSA-g258-q5gf-7hvx: hexadecimal of the attacker's choice (odd, empty, endless) made the process panic."""
    trusted = validate(
        parse(leaf()),
        TrustStore(CertificateKind.AUTHENTICATION, (authority.auth_roots[-1].certificate,)),
        at=x509.load_der_x509_certificate(leaf()).not_valid_before_utc,
    )

    with pytest.raises(InvalidSignature):
        trusted.profile.verify(trusted.certificate.public_key(), signature, b"payload")


def test_ghsa_g258_q5gf_7hvx_a_signature_counts_only_over_all_of_the_bytes(
    leaf: Leaf, authority: Authority, card: Card, clock: MovableClock
) -> None:
    """GHSA-g258-q5gf-7hvx: what lay outside the signed range was shown as signed. One byte more is refused."""
    trust = TrustStore(CertificateKind.AUTHENTICATION, (authority.auth_roots[-1].certificate,))
    trusted = validate(parse(card.certificate), trust, at=clock.now())
    signature, key = card.sign(b"payload"), trusted.certificate.public_key()
    trusted.profile.verify(key, signature, b"payload")

    for data in (b"payload ", b" payload", b"payloa", b""):
        with pytest.raises(InvalidSignature):
            trusted.profile.verify(key, signature, data)


def test_the_forger_of_these_tests_signs_well_under_its_own_root(
    card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    """So that the refusals above are not for want of a good signature."""
    name = x509.Name([])
    root = (
        x509.CertificateBuilder(
            name, name, FORGER.public_key(), 5, clock.now() - timedelta(days=9), clock.now() + timedelta(days=999)
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage("key_cert_sign"), critical=True)
        .sign(FORGER, hashes.SHA256())
    )
    der = Issuer(name, FORGER).leaf(card_key.public_key(), clock.now())

    parse(der).verify_directly_issued_by(root)
