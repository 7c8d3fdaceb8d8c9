"""The edges of the OCSP judge: responders of the generation to come, weak hashes, the words for a standing."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from portal.identity import RevocationUnavailable
from portal.identity.revocation import Standing
from portal.identity.revocation.ocsp import judge
from tests.portal.conftest import MovableClock
from tests.portal.identity.next_cards import next_card
from tests.world.jpki import Authority, Root

NONCE = bytes(range(32))


class NextBench:
    """A card of the generation to come, and answers about it."""

    def __init__(self, authority: Authority, clock: MovableClock) -> None:
        self.root: Root = authority.next_auth_root
        self.responder = authority.responder(self.root)
        self.certificate = x509.load_der_x509_certificate(next_card(authority).certificate)
        self.now = clock.now().replace(microsecond=0)
        self.request = (
            ocsp.OCSPRequestBuilder()
            .add_certificate(self.certificate, self.root.certificate, hashes.SHA256())
            .add_extension(x509.OCSPNonce(NONCE), critical=False)
            .build()
        )

    def answer(self, digest: hashes.HashAlgorithm) -> bytes:
        builder = ocsp.OCSPResponseBuilder().add_response(
            self.certificate,
            self.root.certificate,
            hashes.SHA256(),
            ocsp.OCSPCertStatus.GOOD,
            self.now,
            self.now + timedelta(minutes=15),
            None,
            None,
        )
        named = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self.responder.certificate)
        sent = named.certificates([self.responder.certificate]).add_extension(x509.OCSPNonce(NONCE), critical=False)
        return sent.sign(self.responder.key, digest).public_bytes(Encoding.DER)

    def judge(self, answer: bytes) -> Standing:
        return judge(answer, self.request, self.root.certificate, nonce=NONCE, now=self.now)


@pytest.fixture
def next_bench(authority: Authority, clock: MovableClock) -> NextBench:
    return NextBench(authority, clock)


@pytest.mark.parametrize("digest", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_a_responder_of_the_generation_to_come_is_believed(
    next_bench: NextBench, digest: hashes.HashAlgorithm
) -> None:
    assert isinstance(next_bench.responder.key, ec.EllipticCurvePrivateKey)

    assert next_bench.judge(next_bench.answer(digest)) is Standing.GOOD


@pytest.mark.parametrize("digest", [hashes.SHA1(), hashes.SHA224()])  # noqa: S303
def test_an_answer_signed_with_a_weak_hash_proves_nothing(
    next_bench: NextBench, digest: hashes.HashAlgorithm
) -> None:
    with pytest.raises(RevocationUnavailable):
        next_bench.judge(next_bench.answer(hashes.SHA224()))


def test_an_answer_of_the_generation_to_come_altered_on_the_way_proves_nothing(next_bench: NextBench) -> None:
    answer = bytearray(next_bench.answer(hashes.SHA384()))
    # The second in which it was made, which alone would still be fresh.
    minute = f"{next_bench.now:%Y%m%d%H%M%S}Z".encode()
    answer[answer.index(minute) + len(minute) - 2] ^= 1

    with pytest.raises(RevocationUnavailable):
        next_bench.judge(bytes(answer))


def test_the_standings_are_named_as_the_record_names_them() -> None:
    assert [str(standing) for standing in Standing] == ["good", "revoked", "on_hold", "unknown"]
