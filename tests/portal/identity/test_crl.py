"""A list of revoked certificates counts only when a pinned root signed it, and it is whole and of this time."""

import time
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal.identity.revocation import Standing, der
from portal.identity.revocation.crl import ListRefused, RevocationList, read
from portal.identity.revocation.der import NotDer
from tests.portal.conftest import MovableClock
from tests.world.jpki import AUTH_PROFILE, Authority, Root, lists, store
from tests.world.jpki.lists import RSA_SHA1, ListOrder, build, entry, extension, reason, tlv

DELTA_OID, POINT_OID, ISSUER_OID, INVALIDITY_OID = "551d1b", "551d1c", "551d1d", "551d18"
UNKNOWN_OID = "2b0601040184e21f"
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def root(authority: Authority) -> Root:
    """The current generation."""
    return authority.auth_roots[-1]


class Reader:
    """Reads lists with every root that is pinned, at the time of the test."""

    def __init__(self, authority: Authority, clock: MovableClock) -> None:
        self._roots = [root.certificate for root in authority.roots]
        self._clock = clock

    def __call__(self, data: bytes) -> RevocationList:
        return read(data, self._roots, now=self._clock.now())

    def refuses(self, data: bytes, why: str) -> None:
        with pytest.raises(ListRefused, match=why):
            self(data)


@pytest.fixture
def reading(authority: Authority, clock: MovableClock) -> Reader:
    return Reader(authority, clock)


def test_an_honest_list_says_who_is_revoked_and_who_is_on_hold(reading: Reader, root: Root) -> None:
    made = reading(build(root, ListOrder(entry(7, reason(4)) + entry(5, reason(lists.HOLD)) + entry(300), number=12)))

    assert made.entries == {7: Standing.REVOKED, 5: Standing.ON_HOLD, 300: Standing.REVOKED}
    assert (made.number, made.root) == (12, root.certificate)
    assert made.next_update - made.this_update == timedelta(hours=25)


def test_a_list_of_the_authoritys_own_builder_is_read_too(reading: Reader, authority: Authority, root: Root) -> None:
    leaf = authority.issue_leaf(root, AUTH_PROFILE)
    authority.revoke(leaf, x509.ReasonFlags.certificate_hold)

    assert reading(authority.crl(root)).entries[leaf.serial_number] is Standing.ON_HOLD


def test_a_list_on_which_nobody_is_is_a_list(reading: Reader, root: Root) -> None:
    assert reading(build(root)).entries == {}


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 9, 10])
def test_every_reason_but_the_hold_is_revocation(reading: Reader, root: Root, code: int) -> None:
    assert reading(build(root, ListOrder(entry(7, reason(code))))).entries == {7: Standing.REVOKED}


def test_a_list_belongs_to_the_generation_that_signed_it_and_not_to_its_name(
    reading: Reader, authority: Authority
) -> None:
    for root in authority.auth_roots:
        assert reading(build(root)).root == root.certificate


def test_a_list_of_the_signing_certificates_root_is_that_roots_own(reading: Reader, authority: Authority) -> None:
    assert reading(build(authority.sign_roots[0])).root == authority.sign_roots[0].certificate


def test_a_list_of_the_other_generation_proves_nothing_where_only_this_one_is_pinned(
    authority: Authority, clock: MovableClock
) -> None:
    old, current = authority.auth_roots

    with pytest.raises(ListRefused, match="no pinned root has signed it"):
        read(build(old), [current.certificate], now=clock.now())


def test_a_forged_list_is_refused(reading: Reader, root: Root) -> None:
    forger = Root("forged", store.KeyPair(store.new_key(), root.certificate))

    reading.refuses(build(root, signer=forger), "no pinned root has signed it")


def test_a_list_signed_with_one_root_in_the_name_of_another_kind_is_refused(
    reading: Reader, authority: Authority
) -> None:
    reading.refuses(build(authority.auth_roots[0], signer=authority.sign_roots[0]), "another issuer")


def test_the_key_of_a_responder_signs_no_lists(reading: Reader, authority: Authority, root: Root) -> None:
    responder = Root("responder", authority.responder(root))

    reading.refuses(build(root, signer=responder), "no pinned root has signed it")


def test_a_root_without_the_right_to_sign_lists_signs_none(authority: Authority, clock: MovableClock) -> None:
    root = authority.auth_roots[-1]
    name, key = root.certificate.subject, root.pair.key
    usage = x509.KeyUsage(False, False, False, False, False, True, False, False, False)
    plain = x509.CertificateBuilder(
        name, name, key.public_key(), 5, root.certificate.not_valid_before_utc, root.certificate.not_valid_after_utc
    )
    for made in (plain, plain.add_extension(usage, critical=True)):
        with pytest.raises(ListRefused, match="no right to sign lists"):
            read(build(root), [made.sign(key, hashes.SHA256())], now=clock.now())


def test_a_list_signed_with_sha1_proves_nothing(reading: Reader, root: Root) -> None:
    reading.refuses(build(root, ListOrder(algorithm=RSA_SHA1)), "proves nothing")


def test_a_list_that_names_two_algorithms_is_refused(reading: Reader, root: Root) -> None:
    reading.refuses(build(root, ListOrder(inner_algorithm=RSA_SHA1)), "two algorithms")


def test_a_list_of_an_elliptic_root_is_verified_too(clock: MovableClock) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "next generation")])
    now = clock.now().replace(microsecond=0)
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    root = (
        x509.CertificateBuilder(name, name, key.public_key(), 5, now, now + timedelta(days=9))
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA384())
    )
    builder = x509.CertificateRevocationListBuilder(name, now, now + timedelta(hours=1))
    builder = builder.add_extension(x509.CRLNumber(3), critical=False)
    data = builder.sign(key, hashes.SHA384()).public_bytes(Encoding.DER)

    assert read(data, [root], now=now).number == 3
    with pytest.raises(ListRefused):
        read(data[:-1] + bytes([data[-1] ^ 1]), [root], now=now)


def test_a_list_of_the_future_is_refused(reading: Reader, root: Root) -> None:
    ahead = store.now() + timedelta(seconds=61)

    reading.refuses(build(root, ListOrder(this_update=ahead)), "of the future")
    reading(build(root, ListOrder(this_update=ahead - timedelta(seconds=1))))


def test_a_list_whose_next_update_has_passed_is_refused(reading: Reader, root: Root) -> None:
    start, end = store.now() - timedelta(days=1), store.now() - timedelta(seconds=1)

    reading.refuses(build(root, ListOrder(this_update=start, next_update=end)), "next update has passed")
    reading(build(root, ListOrder(this_update=start, next_update=store.now())))


def test_a_list_that_does_not_say_when_the_next_one_comes_is_refused(reading: Reader, root: Root) -> None:
    reading.refuses(build(root, ListOrder(next_update=None)), "nextUpdate")


def test_a_list_by_a_root_out_of_its_dates_is_refused(authority: Authority, clock: MovableClock) -> None:
    root = authority.auth_roots[0]
    clock.set(root.certificate.not_valid_after_utc + timedelta(seconds=1))

    with pytest.raises(ListRefused, match="out of its dates"):
        read(build(root), [root.certificate], now=clock.now())


def test_a_list_of_version_1_is_refused(reading: Reader, root: Root) -> None:
    reading.refuses(build(root, ListOrder(entry(7), version=None, number=None)), "cannot be read|not of version 2")
    reading.refuses(build(root, ListOrder(version=2)), "not of version 2")


def test_a_list_without_a_number_is_refused(reading: Reader, root: Root) -> None:
    reading.refuses(build(root, ListOrder(number=None)), "cRLNumber")


@pytest.mark.parametrize("number", [-1, 1 << 159, 1 << 400])
def test_a_list_with_a_number_out_of_range_is_refused(reading: Reader, root: Root, number: int) -> None:
    reading.refuses(build(root, ListOrder(number=number)), "out of range|cannot be read")


def test_the_largest_number_there_can_be_is_a_number(reading: Reader, root: Root) -> None:
    assert reading(build(root, ListOrder(number=(1 << 159) - 1))).number == (1 << 159) - 1


@pytest.mark.parametrize("critical", [True, False])
def test_a_delta_list_is_refused_by_name(reading: Reader, root: Root, critical: bool) -> None:
    delta = extension(DELTA_OID, lists.integer(1), critical=critical)

    reading.refuses(build(root, ListOrder(extensions=delta)), "deltaCRLIndicator")


@pytest.mark.parametrize("scope", [b"\x84\x01\xff", b"\x81\x01\xff", b"\xa0\x08\xa0\x06\x86\x04abcd"])
def test_a_part_of_the_list_or_an_indirect_one_is_refused_by_name(reading: Reader, root: Root, scope: bytes) -> None:
    point = extension(POINT_OID, tlv(0x30, scope), critical=True)

    reading.refuses(build(root, ListOrder(extensions=point)), "issuingDistributionPoint")


def test_a_critical_extension_that_nobody_knows_refuses_the_list(reading: Reader, root: Root) -> None:
    unknown = extension(UNKNOWN_OID, b"\x05\x00", critical=True)

    reading.refuses(build(root, ListOrder(extensions=unknown)), "critical extension")
    reading(build(root, ListOrder(extensions=extension(UNKNOWN_OID, b"\x05\x00"))))


def test_an_entry_that_takes_back_another_refuses_the_list(reading: Reader, root: Root) -> None:
    reading.refuses(build(root, ListOrder(entry(7, reason(lists.REMOVE)))), "removeFromCRL")


def test_an_entry_of_another_issuer_refuses_the_list(reading: Reader, root: Root) -> None:
    names = tlv(0x30, tlv(0xA4, root.certificate.subject.public_bytes()))
    other = entry(7, reason(1), extension(ISSUER_OID, names, critical=True))

    reading.refuses(build(root, ListOrder(other)), "certificateIssuer")


def test_a_critical_entry_extension_that_nobody_knows_refuses_the_list(reading: Reader, root: Root) -> None:
    unknown = extension(UNKNOWN_OID, b"\x05\x00", critical=True)

    reading.refuses(build(root, ListOrder(entry(7, unknown))), "critical extension")


def test_what_else_an_entry_says_changes_nothing(reading: Reader, root: Root) -> None:
    since = extension(INVALIDITY_OID, tlv(0x18, b"20260101000000Z"))
    note = extension(UNKNOWN_OID, b"\x05\x00")
    made = reading(build(root, ListOrder(entry(7, since, note) + entry(8, note, reason(lists.HOLD), since))))

    assert made.entries == {7: Standing.REVOKED, 8: Standing.ON_HOLD}


@pytest.mark.parametrize(
    "extensions",
    [
        reason(7),
        reason(11),
        reason(255),
        reason(1) + reason(1),
        extension("551d15", b""),
        extension("551d15", tlv(0x02, b"\x01")),
        extension("551d15", tlv(0x0A, b"\x00\x01")),
        extension("551d15", tlv(0x0A, b"\x01") + b"\x00"),
        tlv(0x30, tlv(0x06, bytes.fromhex("551d15"))),
        tlv(0x30, tlv(0x06, bytes.fromhex("551d15")), b"\x01\x01\x01", tlv(0x04, tlv(0x0A, b"\x01"))),
    ],
)
def test_a_reason_that_is_none_refuses_the_list(reading: Reader, root: Root, extensions: bytes) -> None:
    reading.refuses(build(root, ListOrder(entry(7, extensions))), "cannot be read")


def test_an_entry_with_extensions_that_are_none_refuses_the_list(reading: Reader, root: Root) -> None:
    empty = tlv(0x30, lists.integer(7), lists.time(store.now()), tlv(0x30))

    reading.refuses(build(root, ListOrder(empty)), "cannot be read")


def test_entries_need_no_order(reading: Reader, root: Root) -> None:
    made = reading(build(root, ListOrder(entry(9) + entry(2, reason(lists.HOLD)) + entry(5))))

    assert made.entries == {2: Standing.ON_HOLD, 5: Standing.REVOKED, 9: Standing.REVOKED}


@pytest.mark.parametrize("first", [True, False])
def test_of_two_entries_about_one_certificate_the_graver_counts(reading: Reader, root: Root, first: bool) -> None:
    both = [entry(7, reason(lists.HOLD)), entry(7, reason(1))]

    made = reading(build(root, ListOrder(b"".join(both if first else reversed(both)))))
    assert made.entries == {7: Standing.REVOKED}


def test_a_hold_said_twice_is_a_hold(reading: Reader, root: Root) -> None:
    assert reading(build(root, ListOrder(entry(7, reason(6)) * 2))).entries == {7: Standing.ON_HOLD}


def test_serial_numbers_may_have_twenty_octets(reading: Reader, root: Root) -> None:
    numbers = [0, 1, 127, 128, 2**63, 2**64 - 1, 2**64, 2**158, 2**159 - 1]

    assert sorted(reading(build(root, ListOrder(lists.entries(numbers)))).entries) == numbers


@pytest.mark.parametrize("serial", [b"", b"\x80", b"\xff\xff", b"\x00\x01", b"\x7f" * 21, b"\x00" + b"\xff" * 20])
def test_a_serial_number_that_no_certificate_can_have_refuses_the_list(
    reading: Reader, root: Root, serial: bytes
) -> None:
    reading.refuses(build(root, ListOrder(entry(serial))), "cannot be read")


def test_a_list_cut_off_anywhere_is_refused(reading: Reader, root: Root) -> None:
    data = build(root, ListOrder(entry(7, reason(4)) + entry(8)))
    for length in range(len(data)):
        reading.refuses(data[:length], "not whole")


def test_a_list_with_something_behind_it_is_refused(reading: Reader, root: Root) -> None:
    reading.refuses(build(root) + b"\x00", "not whole")


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x80", b"<html>", b"-----BEGIN X509 CRL-----\n", bytes(4096)])
def test_what_is_no_list_is_refused(reading: Reader, data: bytes) -> None:
    reading.refuses(data, "no list in DER")


def test_a_certificate_is_no_list(reading: Reader, root: Root) -> None:
    reading.refuses(store.der(root.certificate), "cannot be read|proves nothing|version")


def test_a_list_with_a_signature_of_odd_bits_is_refused(reading: Reader, root: Root) -> None:
    data = bytearray(build(root))
    data[-257] = 1

    reading.refuses(bytes(data), "not whole octets")


def test_nothing_unsigned_is_parsed_beyond_its_shell(reading: Reader, root: Root) -> None:
    """Half a million entries without a signature cost no more than their hash."""
    hostile = lists.tlv(0x30, tlv(0x30, entry(7) * 500_000), lists.RSA_SHA256, tlv(0x03, b"\x00", bytes(256)))

    began = time.process_time()
    reading.refuses(hostile, "no pinned root has signed it")
    assert time.process_time() - began < 0.5


@given(st.binary(max_size=400))
@settings(SHARED, max_examples=150)
def test_arbitrary_bytes_are_never_a_list(reading: Reader, noise: bytes) -> None:
    with pytest.raises(ListRefused):
        reading(noise)


@given(st.data())
@settings(SHARED, max_examples=150)
def test_no_octet_of_a_list_can_be_changed_on_the_way(reading: Reader, root: Root, data: st.DataObject) -> None:
    made = bytearray(build(root, ListOrder(entry(7, reason(6)) + entry(8))))
    place = data.draw(st.integers(0, len(made) - 1))
    made[place] ^= data.draw(st.integers(1, 255))

    with pytest.raises(ListRefused):
        reading(bytes(made))


@given(st.data())
@settings(SHARED, max_examples=200)
def test_an_authority_that_signs_nonsense_is_refused_or_read_as_the_library_reads_it(
    reading: Reader, root: Root, data: st.DataObject
) -> None:
    """Our walk over the entries and the library's must never tell different stories about the same octets."""
    honest = entry(7, reason(6)) + entry(2**70, reason(1)) + entry(9)
    garbled = bytearray(honest)
    for _ in range(data.draw(st.integers(1, 3))):
        garbled[data.draw(st.integers(0, len(garbled) - 1))] = data.draw(st.integers(0, 255))
    signed = build(root, ListOrder(bytes(garbled)))
    try:
        ours = reading(signed).entries
    except ListRefused:
        return

    theirs = x509.load_der_x509_crl(signed)
    assert set(ours) == {one.serial_number for one in theirs}
    held = {one.serial_number for one in theirs if _reason_of(one) is x509.ReasonFlags.certificate_hold}
    gone = {one.serial_number for one in theirs if _reason_of(one) is not x509.ReasonFlags.certificate_hold}
    assert {serial for serial, said in ours.items() if said is Standing.ON_HOLD} == held - gone


def _reason_of(one: x509.RevokedCertificate) -> x509.ReasonFlags | None:
    try:
        return one.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return None


@given(st.dictionaries(st.integers(0, 2**159 - 1), st.sampled_from([0, 1, 4, 6, 9, None]), max_size=40))
@settings(SHARED, max_examples=60)
def test_whatever_an_authority_lists_is_read_as_it_was_meant(
    reading: Reader, root: Root, meant: dict[int, int | None]
) -> None:
    body = b"".join(entry(serial) if code is None else entry(serial, reason(code)) for serial, code in meant.items())

    assert reading(build(root, ListOrder(body))).entries == {
        serial: Standing.ON_HOLD if code == lists.HOLD else Standing.REVOKED for serial, code in meant.items()
    }


@given(st.binary(max_size=12), st.integers(0, 14), st.integers(0, 14))
@example(b"\x30\x84\xff\xff\xff\xff", 0, 6)
@example(b"\x30\x85\x01\x01\x01\x01\x01", 0, 7)
@example(b"\x30\x81\x05hello", 0, 8)
@settings(deadline=None)
def test_the_walk_over_der_stays_within_its_bounds(data: bytes, at: int, end: int) -> None:
    bound = min(end, len(data))
    try:
        start, stop = der.element(data, at, bound, der.SEQUENCE)
    except NotDer:
        return
    assert at < start <= stop <= bound
    assert data[at:start] == tlv(0x30, bytes(stop - start))[: start - at]


def test_a_root_that_signs_with_another_hash_is_verified_with_that(reading: Reader, root: Root) -> None:
    builder = (
        x509.CertificateRevocationListBuilder(root.certificate.subject, store.now(), store.now() + timedelta(hours=1))
        .add_extension(x509.CRLNumber(3), critical=False)
        .sign(root.pair.key, hashes.SHA512())
    )
    assert reading(builder.public_bytes(Encoding.DER)).number == 3


def test_a_list_signed_with_pss_is_not_one_of_ours(reading: Reader, root: Root) -> None:
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    builder = (
        x509.CertificateRevocationListBuilder(root.certificate.subject, store.now(), store.now() + timedelta(hours=1))
        .add_extension(x509.CRLNumber(3), critical=False)
        .sign(root.pair.key, hashes.SHA256(), rsa_padding=pss)
    )
    reading.refuses(builder.public_bytes(Encoding.DER), "proves nothing")
