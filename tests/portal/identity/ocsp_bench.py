"""One certificate in question, and answers of a responder about it."""

from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from portal.identity import RevocationUnavailable
from portal.identity.revocation import Standing
from portal.identity.revocation.ocsp import judge
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card
from tests.world.jpki import Authority, profiles, store

NONCE = bytes(range(32))


class Bench:
    """One certificate in question, and answers about it that differ from a good one in what a test names."""

    def __init__(self, authority: Authority, card: Card, now: datetime) -> None:
        self.authority = authority
        self.root = authority.auth_roots[-1]
        self.certificate = x509.load_der_x509_certificate(card.certificate)
        self.now = now.replace(microsecond=0)
        self.request = (
            ocsp.OCSPRequestBuilder()
            .add_certificate(self.certificate, self.root.certificate, hashes.SHA256())
            .add_extension(x509.OCSPNonce(NONCE), critical=False)
            .build()
        )

    def answer(
        self,
        *,
        signer: store.KeyPair | None = None,
        certificates: list[x509.Certificate] | None = None,
        about: x509.Certificate | None = None,
        issuer: x509.Certificate | None = None,
        this_update: timedelta = timedelta(0),
        next_update: timedelta | None = timedelta(minutes=15),
        nonce: bytes | None = NONCE,
        status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
        reason: x509.ReasonFlags | None = None,
        encoding: ocsp.OCSPResponderEncoding = ocsp.OCSPResponderEncoding.HASH,
        identifier: hashes.HashAlgorithm | None = None,
        digest: hashes.HashAlgorithm | None = None,
        extra: x509.ExtensionType | None = None,
        critical: bool = False,
    ) -> bytes:
        by = signer or self.authority.responder(self.root)
        revoked = status is ocsp.OCSPCertStatus.REVOKED
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                about or self.certificate,
                issuer or self.root.certificate,
                identifier or hashes.SHA256(),
                status,
                self.now + this_update,
                None if next_update is None else self.now + next_update,
                self.now - timedelta(days=1) if revoked else None,
                reason,
            )
            .responder_id(encoding, by.certificate)
        )
        sent = [by.certificate] if certificates is None else certificates
        if sent:
            builder = builder.certificates(sent)
        if nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        if extra is not None:
            builder = builder.add_extension(extra, critical=critical)
        return builder.sign(by.key, digest or hashes.SHA256()).public_bytes(Encoding.DER)

    def judge(self, answer: bytes) -> Standing:
        return judge(answer, self.request, self.root.certificate, nonce=NONCE, now=self.now)

    def refuses(self, answer: bytes) -> None:
        with pytest.raises(RevocationUnavailable):
            self.judge(answer)

    def responder(
        self,
        key: rsa.RSAPrivateKey,
        *,
        start: timedelta = timedelta(days=-1),
        end: timedelta = timedelta(days=1),
        without: type[x509.ExtensionType] | None = None,
        instead: tuple[x509.ExtensionType, bool] | None = None,
    ) -> store.KeyPair:
        """A delegated responder with other dates, without one of its extensions, or with another in its place."""
        root = self.root.pair
        good = profiles.build_responder(root.certificate, root.key, key.public_key(), 77)
        builder = x509.CertificateBuilder(
            root.certificate.subject, good.subject, key.public_key(), 77, self.now + start, self.now + end
        )
        left_out = tuple(kind for kind in (without, instead and type(instead[0])) if kind)
        for kept in good.extensions:
            if not isinstance(kept.value, left_out):
                builder = builder.add_extension(kept.value, critical=kept.critical)
        if instead is not None:
            builder = builder.add_extension(instead[0], critical=instead[1])
        return store.KeyPair(key, builder.sign(root.key, hashes.SHA256()))


@pytest.fixture
def bench(authority: Authority, card: Card, clock: MovableClock) -> Bench:
    return Bench(authority, card, clock.now())
