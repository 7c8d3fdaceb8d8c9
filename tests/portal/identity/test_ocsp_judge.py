"""Which answers of a responder prove anything. Nearly all of these do not."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.identity import RevocationUnavailable
from portal.identity.revocation import Standing
from portal.identity.revocation.ocsp import FRESH_FOR
from portal.identity.revocation.standing import CLOCK_SKEW
from tests.portal.identity.cards import Card, MakeCard
from tests.portal.identity.leaves import usage
from tests.portal.identity.ocsp_bench import NONCE, Bench, bench
from tests.world.jpki import profiles, store
from tests.world.jpki.lists import RSA_SHA1, RSA_SHA256, extension, integer, tlv

__all__ = ["bench"]


def test_the_answer_builder_of_these_tests_makes_a_good_answer_when_nothing_is_changed(bench: Bench) -> None:
    assert bench.judge(bench.answer()) is Standing.GOOD
    assert bench.judge(bench.answer(encoding=ocsp.OCSPResponderEncoding.NAME)) is Standing.GOOD


def test_the_root_may_answer_itself(bench: Bench) -> None:
    assert bench.judge(bench.answer(signer=bench.root.pair, certificates=[])) is Standing.GOOD


def test_an_answer_signed_by_the_other_generation_of_the_same_name_proves_nothing(bench: Bench) -> None:
    other = bench.authority.auth_roots[0]

    bench.refuses(bench.answer(signer=other.pair, certificates=[], encoding=ocsp.OCSPResponderEncoding.NAME))
    bench.refuses(bench.answer(signer=bench.authority.responder(other)))


def test_a_responder_that_no_root_appointed_proves_nothing(bench: Bench, card_key: rsa.RSAPrivateKey) -> None:
    root = bench.root.certificate
    forged = profiles.build_responder(root, store.new_key(), card_key.public_key(), 8)

    bench.refuses(bench.answer(signer=store.KeyPair(card_key, forged)))


def test_a_resident_cannot_answer_with_the_key_of_a_card(bench: Bench, card: Card) -> None:
    bench.refuses(bench.answer(signer=store.KeyPair(card.key, bench.certificate)))


def test_a_responder_without_the_right_to_answer_proves_nothing(bench: Bench) -> None:
    bench.refuses(bench.answer(signer=bench.authority.impostor(bench.root)))


def test_a_responder_that_does_not_show_its_certificate_proves_nothing(bench: Bench) -> None:
    bench.refuses(bench.answer(certificates=[]))


def test_a_responder_that_shows_anothers_certificate_proves_nothing(bench: Bench) -> None:
    impostor = bench.authority.impostor(bench.root)

    bench.refuses(bench.answer(certificates=[impostor.certificate]))


def test_two_responders_of_one_name_prove_nothing(bench: Bench) -> None:
    pair = bench.authority.responder(bench.root)

    bench.refuses(bench.answer(certificates=[pair.certificate, pair.certificate]))


def test_a_certificate_beside_the_responders_is_not_minded(bench: Bench) -> None:
    pair = bench.authority.responder(bench.root)

    assert bench.judge(bench.answer(certificates=[bench.root.certificate, pair.certificate])) is Standing.GOOD


@pytest.mark.parametrize(("start", "end"), [(-9, -1), (1, 9)])
def test_a_responder_out_of_its_dates_proves_nothing(
    bench: Bench, card_key: rsa.RSAPrivateKey, start: int, end: int
) -> None:
    pair = bench.responder(card_key, start=timedelta(days=start), end=timedelta(days=end))

    bench.refuses(bench.answer(signer=pair))


def test_a_responder_within_its_dates_may_answer(bench: Bench, card_key: rsa.RSAPrivateKey) -> None:
    pair = bench.responder(card_key, start=timedelta(days=-1), end=timedelta(days=1))

    assert bench.judge(bench.answer(signer=pair)) is Standing.GOOD


@pytest.mark.parametrize(("start", "end"), [(0, 1), (-1, 0)], ids=["first", "last"])
def test_a_responder_may_answer_in_the_first_and_in_the_last_second_of_its_dates(
    bench: Bench, card_key: rsa.RSAPrivateKey, start: int, end: int
) -> None:
    pair = bench.responder(card_key, start=timedelta(days=start), end=timedelta(days=end))

    assert bench.judge(bench.answer(signer=pair)) is Standing.GOOD


@pytest.mark.parametrize(("said", "step"), [(-FRESH_FOR - CLOCK_SKEW, -1), (CLOCK_SKEW, 1)], ids=["old", "new"])
def test_an_answer_counts_in_the_very_last_second_in_which_it_may(bench: Bench, said: timedelta, step: int) -> None:
    assert bench.judge(bench.answer(this_update=said)) is Standing.GOOD

    bench.refuses(bench.answer(this_update=said + timedelta(seconds=step)))


def test_a_responder_whose_own_standing_would_have_to_be_asked_proves_nothing(
    bench: Bench, card_key: rsa.RSAPrivateKey
) -> None:
    pair = bench.responder(card_key, without=x509.OCSPNoCheck)

    with pytest.raises(RevocationUnavailable, match="own standing"):
        bench.judge(bench.answer(signer=pair))


def test_a_responder_without_any_stated_purpose_proves_nothing(bench: Bench, card_key: rsa.RSAPrivateKey) -> None:
    bench.refuses(bench.answer(signer=bench.responder(card_key, without=x509.ExtendedKeyUsage)))


@pytest.mark.parametrize("bits", [("content_commitment",), ("key_cert_sign", "crl_sign")])
def test_a_responder_whose_key_is_for_something_else_proves_nothing(
    bench: Bench, card_key: rsa.RSAPrivateKey, bits: tuple[str, ...]
) -> None:
    pair = bench.responder(card_key, instead=(usage(*bits), True))

    with pytest.raises(RevocationUnavailable, match="may not sign"):
        bench.judge(bench.answer(signer=pair))


def test_a_responder_that_does_not_say_what_its_key_is_for_proves_nothing(
    bench: Bench, card_key: rsa.RSAPrivateKey
) -> None:
    bench.refuses(bench.answer(signer=bench.responder(card_key, without=x509.KeyUsage)))


def test_a_responder_that_is_an_authority_proves_nothing(bench: Bench, card_key: rsa.RSAPrivateKey) -> None:
    pair = bench.responder(card_key, instead=(x509.BasicConstraints(ca=True, path_length=None), True))

    with pytest.raises(RevocationUnavailable, match="authority of its own"):
        bench.judge(bench.answer(signer=pair))


def test_a_responder_that_says_it_is_no_authority_may_answer(bench: Bench, card_key: rsa.RSAPrivateKey) -> None:
    pair = bench.responder(card_key, instead=(x509.BasicConstraints(ca=False, path_length=None), True))

    assert bench.judge(bench.answer(signer=pair)) is Standing.GOOD


UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")


def test_a_responder_with_a_critical_extension_that_nobody_knows_proves_nothing(
    bench: Bench, card_key: rsa.RSAPrivateKey
) -> None:
    bench.refuses(bench.answer(signer=bench.responder(card_key, instead=(UNKNOWN, True))))
    assert bench.judge(bench.answer(signer=bench.responder(card_key, instead=(UNKNOWN, False)))) is Standing.GOOD


def test_an_answer_with_a_critical_extension_that_nobody_knows_proves_nothing(bench: Bench) -> None:
    with pytest.raises(RevocationUnavailable, match="critical extension"):
        bench.judge(bench.answer(extra=UNKNOWN, critical=True))
    assert bench.judge(bench.answer(extra=UNKNOWN)) is Standing.GOOD


def signed_anew(answer: bytes, key: rsa.RSAPrivateKey, digest: hashes.HashAlgorithm, algorithm: bytes) -> bytes:
    """A good answer with another signature under it, as the library's builder would not make it."""
    good = ocsp.load_der_ocsp_response(answer)
    return answer_of(good.tbs_response_bytes, good.certificates, key, digest, algorithm)


def answer_of(
    signed: bytes,
    certificates: list[x509.Certificate],
    key: rsa.RSAPrivateKey,
    digest: hashes.HashAlgorithm | None = None,
    algorithm: bytes = RSA_SHA256,
) -> bytes:
    signature = key.sign(signed, padding.PKCS1v15(), digest or hashes.SHA256())
    shown = tlv(0xA0, tlv(0x30, *(store.der(certificate) for certificate in certificates)))
    basic = tlv(0x30, signed, algorithm, tlv(0x03, b"\x00", signature), shown)
    body = tlv(0x30, tlv(0x06, bytes.fromhex("2b0601050507300101")), tlv(0x04, basic))
    return tlv(0x30, tlv(0x0A, b"\x00"), tlv(0xA0, body))


@pytest.mark.parametrize("critical", [True, False])
def test_a_critical_extension_beside_the_status_that_nobody_knows_proves_nothing(
    bench: Bench, critical: bool
) -> None:
    """The library's builder has no place for it, so the answer is built octet by octet."""
    instant = tlv(0x18, f"{bench.now:%Y%m%d%H%M%SZ}".encode())
    asked, digest = bench.request, bytes.fromhex("300b0609608648016503040201")
    name, key = tlv(0x04, asked.issuer_name_hash), tlv(0x04, asked.issuer_key_hash)
    about = tlv(0x30, digest, name, key, integer(asked.serial_number))
    single = tlv(0x30, about, b"\x80\x00", instant, tlv(0xA1, tlv(0x30, unknown_extension(critical=critical))))
    nonce = tlv(0xA1, tlv(0x30, extension("2b0601050507300102", tlv(0x04, NONCE))))
    signer = bench.authority.responder(bench.root)
    who = tlv(0xA1, signer.certificate.subject.public_bytes())
    made = answer_of(tlv(0x30, who, instant, tlv(0x30, single), nonce), [signer.certificate], store.rsa_key(signer))

    if critical:
        with pytest.raises(RevocationUnavailable, match="critical extension"):
            bench.judge(made)
    else:
        assert bench.judge(made) is Standing.GOOD


def unknown_extension(*, critical: bool) -> bytes:
    return extension("2b0601040184e21f", b"\x05\x00", critical=critical)


def test_an_answer_signed_with_sha1_proves_nothing(bench: Bench) -> None:
    key = store.rsa_key(bench.authority.responder(bench.root))

    assert bench.judge(signed_anew(bench.answer(), key, hashes.SHA256(), RSA_SHA256)) is Standing.GOOD
    with pytest.raises(RevocationUnavailable, match="hash that proves nothing"):
        bench.judge(signed_anew(bench.answer(), key, hashes.SHA1(), RSA_SHA1))  # noqa: S303


def test_an_answer_signed_with_a_hash_that_is_too_short_proves_nothing(bench: Bench) -> None:
    with pytest.raises(RevocationUnavailable, match="hash that proves nothing"):
        bench.judge(bench.answer(digest=hashes.SHA224()))


@pytest.mark.parametrize("digest", [hashes.SHA384(), hashes.SHA512()])
def test_an_answer_signed_with_a_stronger_hash_is_as_good(bench: Bench, digest: hashes.HashAlgorithm) -> None:
    assert bench.judge(bench.answer(digest=digest)) is Standing.GOOD


def test_a_responder_identified_by_the_hash_of_its_key_is_proven_by_its_signature_only(
    bench: Bench, card_key: rsa.RSAPrivateKey
) -> None:
    """The identifier is SHA-1: who finds a second key for it still lacks the one that the root has named."""
    with pytest.raises(RevocationUnavailable, match="not authentic"):
        bench.judge(signed_anew(bench.answer(), card_key, hashes.SHA256(), RSA_SHA256))


def test_an_answer_that_ends_before_it_begins_proves_nothing(bench: Bench) -> None:
    bench.refuses(bench.answer(this_update=timedelta(seconds=30), next_update=timedelta(seconds=-30)))


@pytest.mark.parametrize(("minutes", "good"), [(0, True), (-15, True), (-17, False), (-60 * 24, False)])
def test_an_answer_is_fresh_for_fifteen_minutes_and_a_little(bench: Bench, minutes: int, good: bool) -> None:
    made = bench.answer(this_update=timedelta(minutes=minutes), next_update=timedelta(minutes=30))

    if good:
        assert bench.judge(made) is Standing.GOOD
    else:
        bench.refuses(made)


def test_an_old_answer_without_an_end_is_stale_all_the_same(bench: Bench) -> None:
    bench.refuses(bench.answer(this_update=timedelta(hours=-1), next_update=None))
    assert bench.judge(bench.answer(next_update=None)) is Standing.GOOD


def test_an_answer_of_the_future_proves_nothing(bench: Bench) -> None:
    bench.refuses(bench.answer(this_update=timedelta(minutes=2)))
    assert bench.judge(bench.answer(this_update=timedelta(seconds=59))) is Standing.GOOD


def test_an_answer_past_its_next_update_proves_nothing(bench: Bench) -> None:
    start = timedelta(minutes=-5)

    bench.refuses(bench.answer(this_update=start, next_update=timedelta(seconds=-61)))
    assert bench.judge(bench.answer(this_update=start, next_update=timedelta(seconds=-60))) is Standing.GOOD


def test_an_answer_to_an_earlier_question_proves_nothing(bench: Bench) -> None:
    bench.refuses(bench.answer(nonce=bytes(32)))
    bench.refuses(bench.answer(nonce=NONCE[:16]))
    bench.refuses(bench.answer(nonce=None))


def test_an_answer_about_another_card_proves_nothing(bench: Bench, make_card: MakeCard) -> None:
    other = x509.load_der_x509_certificate(make_card().certificate)

    bench.refuses(bench.answer(about=other))


def test_an_answer_about_the_same_serial_of_another_generation_proves_nothing(bench: Bench) -> None:
    bench.refuses(bench.answer(issuer=bench.authority.auth_roots[0].certificate))


def test_an_answer_that_names_the_card_by_another_hash_proves_nothing(bench: Bench) -> None:
    bench.refuses(bench.answer(identifier=hashes.SHA1()))  # noqa: S303


def test_an_answer_altered_on_the_way_proves_nothing(bench: Bench) -> None:
    made = bench.answer(status=ocsp.OCSPCertStatus.UNKNOWN)
    tampered = bytearray(made)
    tampered[made.index(b"\x82\x00", made.index(bench.request.issuer_key_hash))] = 0x80  # unknown -> good

    bench.refuses(bytes(tampered))


@pytest.mark.parametrize("status", [s for s in ocsp.OCSPResponseStatus if s.name != "SUCCESSFUL"])
def test_a_responder_that_refuses_lets_nobody_in(bench: Bench, status: ocsp.OCSPResponseStatus) -> None:
    refusal = ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)

    with pytest.raises(RevocationUnavailable, match=f"responder says {status.name}"):
        bench.judge(refusal)


@given(st.binary(max_size=600))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_arbitrary_bytes_are_never_an_answer(bench: Bench, noise: bytes) -> None:
    bench.refuses(noise)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
def test_a_good_answer_with_one_changed_byte_never_crashes_the_judge(bench: Bench, data: st.DataObject) -> None:
    made = bytearray(bench.answer())
    place = data.draw(st.integers(0, len(made) - 1))
    made[place] ^= data.draw(st.integers(1, 255))

    try:
        standing = bench.judge(bytes(made))
    except RevocationUnavailable:
        return
    assert standing is Standing.GOOD
