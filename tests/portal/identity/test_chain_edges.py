"""The edges of the judge: the last byte, the last second, the one root among several, each way to be rotten."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ObjectIdentifier

from portal.identity import (
    CertificateUnreadable,
    CertificateUntrusted,
    TrustStoreUnusable,
    WrongCertificateKind,
    demand_trust_stores,
)
from portal.identity.card.chain import LONGEST_CERTIFICATE, TrustStore, parse, validate
from portal.identity.card.profile import CertificateKind
from portal.settings import Environment, TrustSettings
from tests.portal.conftest import MovableClock
from tests.portal.identity.leaves import Extension, Issuer, good_but, good_extensions, usage
from tests.world.jpki import Authority, Root, profiles, store

WRONG_USAGE = good_but((usage("key_encipherment"), True))
Judge = Callable[..., object]


@pytest.fixture
def root(authority: Authority) -> Root:
    return authority.auth_roots[-1]


@pytest.fixture
def issuer(root: Root) -> Issuer:
    return Issuer(root.certificate.subject, root.pair.key)


@pytest.fixture
def judge(root: Root, clock: MovableClock) -> Judge:
    """Trusts one root only, unless told otherwise."""

    def judged(der: bytes, *roots: x509.Certificate) -> object:
        trust = TrustStore(CertificateKind.AUTHENTICATION, roots or (root.certificate,))
        return validate(parse(der), trust, at=clock.now())

    return judged


def stuffed(issuer: Issuer, key: rsa.RSAPublicKey, now: datetime, size: int) -> bytes:
    """A good certificate of exactly this many bytes."""
    filler = ObjectIdentifier("1.2.3.4")

    def made(count: int) -> bytes:
        extension = (x509.UnrecognizedExtension(filler, bytes(count)), False)
        return issuer.leaf(key, now, extensions=[*good_extensions(), extension])

    return made(size - (len(made(7000)) - 7000))


def signed_anew(der: bytes, key: rsa.RSAPrivateKey, old: bytes, new: bytes) -> bytes:
    """The certificate with these bytes of it replaced, and a good signature over what came of it."""
    certificate = x509.load_der_x509_certificate(der)
    assert old in certificate.tbs_certificate_bytes
    assert len(old) == len(new)
    body = certificate.tbs_certificate_bytes.replace(old, new)
    algorithm = bytes.fromhex("300d06092a864886f70d01010b0500")
    signature = b"\x03\x82\x01\x01\x00" + key.sign(body, padding.PKCS1v15(), hashes.SHA256())
    content = body + algorithm + signature
    return b"\x30\x82" + len(content).to_bytes(2, "big") + content


def test_the_last_byte_that_is_allowed_is_read_and_no_more(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    assert LONGEST_CERTIFICATE == 8192
    longest = stuffed(issuer, card_key.public_key(), clock.now(), 8192)
    assert len(longest) == 8192
    assert judge(longest)

    with pytest.raises(CertificateUnreadable):
        judge(stuffed(issuer, card_key.public_key(), clock.now(), 8193))


@pytest.mark.parametrize("dates", [{"not_before": timedelta(0)}, {"not_after": timedelta(0)}])
def test_in_its_first_and_last_second_a_wrong_certificate_is_wrong_and_not_out_of_its_dates(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock, dates: dict[str, timedelta]
) -> None:
    clock.set(clock.now().replace(microsecond=0))

    with pytest.raises(WrongCertificateKind):
        judge(issuer.leaf(card_key.public_key(), clock.now(), extensions=WRONG_USAGE, **dates))  # type: ignore[arg-type]


@pytest.mark.parametrize("at", ["first", "last"])
def test_in_the_roots_first_and_last_second_it_still_signs(
    judge: Judge, root: Root, issuer: Issuer, *, card_key: rsa.RSAPrivateKey, clock: MovableClock, at: str
) -> None:
    certificate = root.certificate
    clock.set(certificate.not_valid_before_utc if at == "first" else certificate.not_valid_after_utc)
    assert judge(issuer.leaf(card_key.public_key(), clock.now()))

    with pytest.raises(WrongCertificateKind):
        judge(issuer.leaf(card_key.public_key(), clock.now(), extensions=WRONG_USAGE))


@pytest.mark.parametrize("seconds", [-1, 1])
def test_a_root_out_of_its_time_is_not_saved_by_another_that_is_in_its(
    judge: Judge, authority: Authority, card_key: rsa.RSAPrivateKey, clock: MovableClock, seconds: int
) -> None:
    old, new = authority.auth_roots
    over, other = (old, new) if seconds > 0 else (new, old)
    edge = over.certificate.not_valid_after_utc if seconds > 0 else over.certificate.not_valid_before_utc
    clock.set(edge + timedelta(seconds=seconds))
    der = Issuer(over.certificate.subject, over.pair.key).leaf(card_key.public_key(), clock.now())

    with pytest.raises(CertificateUntrusted):
        judge(der, over.certificate, other.certificate)


@pytest.mark.parametrize("pinned", [1, 2])
@pytest.mark.parametrize("whose", ["issuer", "subject"])
def test_a_name_that_is_no_text_is_unreadable_however_many_roots_are_pinned(
    judge: Judge,
    authority: Authority,
    issuer: Issuer,
    *,
    card_key: rsa.RSAPrivateKey,
    clock: MovableClock,
    pinned: int,
    whose: str,
) -> None:
    der = bytearray(issuer.leaf(card_key.public_key(), clock.now()))
    attribute = b"\x06\x03\x55\x04\x0a" if whose == "issuer" else b"\x06\x03\x55\x04\x03"
    der[der.index(attribute) + len(attribute)] = 0x03  # a bit string, where the library raises TypeError

    with pytest.raises(CertificateUnreadable):
        judge(bytes(der), *(root.certificate for root in authority.auth_roots[-pinned:]))


def test_a_rotten_name_that_the_root_itself_signed_is_never_a_crash(
    judge: Judge, root: Root, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    """Whatever a root has signed: of the subject nothing is used, and the judge does not fall over it."""
    der = issuer.leaf(card_key.public_key(), clock.now(), extensions=WRONG_USAGE)
    assert isinstance(root.pair.key, rsa.RSAPrivateKey)
    rotten = signed_anew(der, root.pair.key, b"\x06\x03\x55\x04\x03\x0c", b"\x06\x03\x55\x04\x03\x03")

    with pytest.raises(CertificateUnreadable):
        judge(rotten)


def test_a_date_that_is_none_is_unreadable_even_if_the_root_signed_it(
    judge: Judge, root: Root, issuer: Issuer, card_key: rsa.RSAPrivateKey
) -> None:
    """The library compares the year 0 and raises only when it is asked for the date."""
    assert isinstance(root.pair.key, rsa.RSAPrivateKey)
    far = datetime.fromisoformat("2050-01-10T00:00:00+00:00")
    der = issuer.leaf(card_key.public_key(), far)

    with pytest.raises(CertificateUnreadable):
        judge(signed_anew(der, root.pair.key, b"20500109000000Z", b"00000109000000Z"))


def test_signing_anew_makes_a_good_certificate_when_nothing_is_changed(
    judge: Judge, root: Root, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    assert isinstance(root.pair.key, rsa.RSAPrivateKey)

    assert judge(signed_anew(issuer.leaf(card_key.public_key(), clock.now()), root.pair.key, b"TEST", b"TEXT"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # version 6; a serial number below zero; two extensions of one kind
        (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05"),
        (b"\x02\x02\x12\x67", b"\x02\x02\x92\x67"),
        (b"\x06\x03\x55\x1d\x0f", b"\x06\x03\x55\x1d\x25"),
    ],
    ids=["version", "serial", "duplicate"],
)
def test_what_the_standard_forbids_is_unreadable(
    judge: Judge,
    root: Root,
    issuer: Issuer,
    *,
    card_key: rsa.RSAPrivateKey,
    clock: MovableClock,
    old: bytes,
    new: bytes,
) -> None:
    assert isinstance(root.pair.key, rsa.RSAPrivateKey)

    with pytest.raises(CertificateUnreadable):
        judge(signed_anew(issuer.leaf(card_key.public_key(), clock.now()), root.pair.key, old, new))


@pytest.mark.parametrize("name", [b"\xa3\x02\x05\x00", b"\xa5\x02\x05\x00"], ids=["x400", "edi"])
def test_a_kind_of_name_that_nobody_uses_is_unreadable(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock, name: bytes
) -> None:
    alternative = b"\x30" + bytes([len(name)]) + name
    strange: Extension = (x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.17"), alternative), False)

    with pytest.raises(CertificateUnreadable):
        judge(issuer.leaf(card_key.public_key(), clock.now(), extensions=[*good_extensions(), strange]))


def test_a_signature_algorithm_that_nobody_knows_is_untrusted(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    der = issuer.leaf(card_key.public_key(), clock.now())
    known, unknown = bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d01017f")

    with pytest.raises(CertificateUntrusted):
        judge(der.replace(known, unknown))


def test_what_a_log_in_does_not_look_at_is_not_decoded(
    judge: Judge, issuer: Issuer, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    """Less to decode is less to fall over; and half of the time of a check."""
    rotten: Extension = (x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.31"), b"\x04\x02no"), False)

    assert judge(issuer.leaf(card_key.public_key(), clock.now(), extensions=[*good_extensions(), rotten]))


def test_a_pinned_certificate_that_is_no_authority_signs_nothing(
    judge: Judge, card_key: rsa.RSAPrivateKey, clock: MovableClock
) -> None:
    key, name, span = store.new_key(), profiles.root_name("user authentication"), timedelta(days=999)
    humble = (
        x509.CertificateBuilder(name, name, key.public_key(), 5, clock.now() - span, clock.now() + span)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage("key_cert_sign", "crl_sign"), critical=True)
        .sign(key, hashes.SHA256())
    )

    with pytest.raises(WrongCertificateKind):
        judge(Issuer(name, key).leaf(card_key.public_key(), clock.now()), humble)


_CA, _SIGNS = x509.BasicConstraints(ca=True, path_length=None), usage("key_cert_sign", "crl_sign")
UNSURE: dict[str, list[Extension]] = {
    "authority marked so that it may be overlooked": [(_CA, False), (_SIGNS, True)],
    "usage marked so that it may be overlooked": [(_CA, True), (_SIGNS, False)],
    "no usage": [(_CA, True)],
    "no constraints": [(_SIGNS, True)],
    "nothing": [],
    "rotten constraints": [
        (x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.19"), b"\x04\x02no"), True),
        (_SIGNS, True),
    ],
}


@pytest.mark.parametrize("extensions", UNSURE.values(), ids=UNSURE)
def test_a_pinned_certificate_that_does_not_surely_say_that_it_is_an_authority_signs_nothing(
    judge: Judge, card_key: rsa.RSAPrivateKey, clock: MovableClock, extensions: list[Extension]
) -> None:
    key, name, span = store.new_key(), profiles.root_name("user authentication"), timedelta(days=999)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 5, clock.now() - span, clock.now() + span)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    root = builder.sign(key, hashes.SHA256())
    der = Issuer(name, key).leaf(card_key.public_key(), clock.now())

    with pytest.raises(WrongCertificateKind):
        judge(der, root)
    sure = builder_of(name, key, clock).sign(key, hashes.SHA256())
    assert judge(der, sure), "the same with an authority is let in"


def builder_of(name: x509.Name, key: rsa.RSAPrivateKey, clock: MovableClock) -> x509.CertificateBuilder:
    span = timedelta(days=999)
    return (
        x509.CertificateBuilder(name, name, key.public_key(), 5, clock.now() - span, clock.now() + span)
        .add_extension(_CA, critical=True)
        .add_extension(_SIGNS, critical=True)
    )


def test_a_production_face_does_not_start_over_roots_of_a_simulator(authority: Authority, tmp_path: Path) -> None:
    simulator = TrustSettings(authority.auth_trust, authority.sign_trust, "http://127.0.0.1:9/")
    empty = TrustSettings(tmp_path, tmp_path, "http://127.0.0.1:9/")

    demand_trust_stores(simulator, Environment.DEVELOPMENT)
    demand_trust_stores(empty, Environment.DEVELOPMENT)
    for settings in (simulator, empty):
        with pytest.raises(TrustStoreUnusable):
            demand_trust_stores(settings, Environment.PRODUCTION)
