"""A key pair in memory, published as the portal publishes those of its token."""

import hashlib
from dataclasses import dataclass
from datetime import date

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from portal.certificates.sealing.key_list import PublishedKey, published
from portal.keys import Purpose

DAY = date(2026, 11, 24)


@dataclass(frozen=True)
class SoftwareKey:
    """Signs as a key of the token would."""

    private: ec.EllipticCurvePrivateKey

    @property
    def spki(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def key_id(self) -> str:
        return hashlib.sha256(self.spki).hexdigest()[:16]

    def sign(self, data: bytes) -> bytes:
        r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    def published(
        self,
        *,
        purpose: str = Purpose.PAGE_STAMP,
        valid_from: date = DAY,
        retired: date | None = None,
        revoked: date | None = None,
    ) -> PublishedKey:
        return published(
            self.spki, key_id=self.key_id, purpose=purpose, valid_from=valid_from, retired=retired, revoked=revoked
        )


def new_key() -> SoftwareKey:
    """Another key each time."""
    return SoftwareKey(ec.generate_private_key(ec.SECP256R1()))
