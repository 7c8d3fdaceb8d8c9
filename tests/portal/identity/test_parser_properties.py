"""Whatever comes from a card or bridge in place of a certificate ends in a named refusal, soon, in little memory.

Real certificates of every kind are cut, stuffed and bent at any place; DER is made of nothing but depth, or claims
lengths that nobody sent. What was changed is never trusted, for its signature covers every byte that counts.
"""

import time
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.identity import CertificateUnreadable, IdentityError
from portal.identity.card.chain import LONGEST_CERTIFICATE, TrustStore, parse, validate
from portal.identity.card.profile import CertificateKind
from tests.portal.identity.leaves import Issuer, good_extensions, policies, usage
from tests.world.jpki import FourItems, profiles, store
from tests.world.jpki.profiles import SIGN_POLICY

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
BOUND_SECONDS = 0.25
BOUND_BYTES = 2 * 1024 * 1024
ITEMS = FourItems("渡辺　花子", NOW.date(), "2", "いずみ県みさき市港町一丁目2番3号")


def root_of(key: store.PrivateKey) -> x509.Certificate:
    name = profiles.root_name("user authentication")
    return profiles.build_root(key, name, 7, NOW - timedelta(days=9), NOW + timedelta(days=3000))


RSA_ROOT, EC_ROOT = store.new_key(), store.new_p384_key()
RSA_CARD, EC_CARD = store.new_key().public_key(), store.new_p384_key().public_key()
ROOTS = (root_of(RSA_ROOT), root_of(EC_ROOT))
STORES = [TrustStore(kind, ROOTS) for kind in CertificateKind]


def leaf(root: store.PrivateKey, card: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, *, signing: bool) -> bytes:
    extensions = good_extensions()
    if signing:
        extensions = [
            (policies(SIGN_POLICY), True),
            (usage("digital_signature", "content_commitment"), True),
            (profiles._alternative_name(ITEMS), False),
        ]
    digest = hashes.SHA384() if isinstance(root, ec.EllipticCurvePrivateKey) else hashes.SHA256()
    return Issuer(ROOTS[0].subject, root).leaf(card, NOW, extensions=extensions, digest=digest)


REAL = [
    leaf(root, card, signing=signing)
    for root, card in ((RSA_ROOT, RSA_CARD), (EC_ROOT, EC_CARD))
    for signing in (False, True)
] + [root.public_bytes(Encoding.DER) for root in ROOTS]
REAL_LEAVES = REAL[:4]


def judged(der: bytes) -> int:
    """In how many of the two stores `der` passes. Anything but a named refusal fails the test."""
    passed = 0
    for trust in STORES:
        try:
            validate(parse(der), trust, at=NOW)
        except IdentityError:
            continue
        passed += 1
    return passed


@pytest.mark.parametrize("der", REAL_LEAVES, ids=["rsa", "rsa-signing", "p384", "p384-signing"])
def test_each_real_certificate_passes_in_exactly_one_store(der: bytes) -> None:
    assert judged(der) == 1


@given(st.binary(max_size=LONGEST_CERTIFICATE + 10))
@settings(deadline=None, max_examples=200)
def test_arbitrary_bytes_are_unreadable(noise: bytes) -> None:
    with pytest.raises(CertificateUnreadable):
        parse(noise)


@given(st.sampled_from(REAL), st.data())
@settings(deadline=None, max_examples=300)
def test_a_certificate_with_bent_bytes_passes_nowhere(der: bytes, data: st.DataObject) -> None:
    bent = bytearray(der)
    for place in data.draw(st.sets(st.integers(0, len(der) - 1), min_size=1, max_size=6)):
        bent[place] ^= data.draw(st.integers(1, 255))

    assert judged(bytes(bent)) == 0


@given(st.sampled_from(REAL), st.data())
@settings(deadline=None, max_examples=100)
def test_a_certificate_cut_anywhere_is_unreadable(der: bytes, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(der)))
    end = data.draw(st.integers(begin, len(der)))

    if end - begin < len(der):
        with pytest.raises(CertificateUnreadable):
            parse(der[begin:end])


@given(st.sampled_from(REAL), st.binary(min_size=1, max_size=64), st.data())
@settings(deadline=None, max_examples=200)
def test_a_certificate_stuffed_anywhere_passes_nowhere(der: bytes, stuffing: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(der)))

    assert judged(der[:place] + stuffing + der[place:]) == 0


@given(st.sampled_from(REAL), st.sampled_from(REAL), st.data())
@settings(deadline=None, max_examples=200)
def test_two_certificates_sewn_together_pass_nowhere(head: bytes, tail: bytes, data: st.DataObject) -> None:
    seam = data.draw(st.integers(1, min(len(head), len(tail)) - 1))
    sewn = head[:seam] + tail[seam:]

    if sewn not in REAL:
        assert judged(sewn) == 0


@given(st.sampled_from(REAL), st.data())
@settings(deadline=None, max_examples=200)
def test_a_tag_or_length_changed_anywhere_passes_nowhere(der: bytes, data: st.DataObject) -> None:
    places = [
        place
        for place in range(len(der) - 1)
        if der[place] in {0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x17, 0x30, 0x31, 0xA0, 0xA3}
    ]
    bent = bytearray(der)
    place = data.draw(st.sampled_from(places))
    bent[place + data.draw(st.integers(0, 1))] = data.draw(
        st.sampled_from([0x00, 0x03, 0x05, 0x0C, 0x18, 0x30, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xFF])
    )

    if bytes(bent) != der:
        assert judged(bytes(bent)) == 0


@given(st.sampled_from([0x30, 0x31, 0xA0, 0xA3, 0x24]), st.integers(1, 4090))
@settings(deadline=None, max_examples=60)
def test_deeply_nested_der_is_unreadable(tag: int, depth: int) -> None:
    nested = b""
    for _ in range(depth):
        size = len(nested)
        length = bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2, "big")
        nested = bytes([tag]) + length + nested
        if len(nested) > LONGEST_CERTIFICATE:
            break

    with pytest.raises(CertificateUnreadable):
        parse(nested)


@given(st.sampled_from([0x30, 0x02, 0x03, 0x04]), st.integers(1, 127), st.binary(max_size=200))
@settings(deadline=None, max_examples=100)
def test_a_length_that_nobody_sent_is_unreadable(tag: int, octets: int, body: bytes) -> None:
    claimed = bytes([0x30, 0x82, 0x05, 0x00, tag, 0x80 | octets]) + b"\x7f" + b"\xff" * (octets - 1) + body

    with pytest.raises(CertificateUnreadable):
        parse(claimed)


def test_the_year_zero_is_unreadable_and_no_crash() -> None:
    """The library loads it and raises only when it is asked for the date."""
    in_2050 = datetime(2050, 1, 1, tzinfo=UTC)
    der = Issuer(ROOTS[0].subject, RSA_ROOT).leaf(RSA_CARD, in_2050, not_before=timedelta(days=5))
    place = der.index(b"20500106")

    assert judged(der[:place] + b"0000" + der[place + 4 :]) == 0


@pytest.mark.parametrize(
    "huge",
    [
        b"\x30" * LONGEST_CERTIFICATE,
        b"\x30\x80" * (LONGEST_CERTIFICATE // 2),
        b"\x30\x82\x1f\xfc" + b"\xa0\x80" * 4094,
        b"\x30\x84\xff\xff\xff\xff" + bytes(8000),
        bytes(50_000_000),
        REAL[0] + bytes(LONGEST_CERTIFICATE - len(REAL[0])),
    ],
    ids=["depth", "indefinite depth", "context depth", "four gigabytes", "fifty megabytes", "tail"],
)
def test_the_worst_that_can_be_sent_costs_little_time_and_memory(huge: bytes) -> None:
    tracemalloc.start()
    begun = time.perf_counter()
    assert judged(huge) == 0
    taken, (_, peak) = time.perf_counter() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert taken < BOUND_SECONDS
    assert peak < BOUND_BYTES


def test_many_names_and_extensions_cost_little_time() -> None:
    """The most that fits into 8 KiB, well formed, signed by nobody we know: decoded only to name the refusal."""
    names = x509.SubjectAlternativeName([x509.DNSName(f"a{number}.jp") for number in range(700)])
    stranger = Issuer(ROOTS[0].subject, store.new_key())
    der = stranger.leaf(RSA_CARD, NOW, extensions=[*good_extensions(), (names, False)])
    assert 5000 < len(der) <= LONGEST_CERTIFICATE
    begun = time.perf_counter()

    assert judged(der) == 0
    assert time.perf_counter() - begun < BOUND_SECONDS
