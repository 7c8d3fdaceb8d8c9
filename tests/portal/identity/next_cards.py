"""Cards of the generation announced for fiscal year 2028, in software: P-384 keys under the P-384 roots."""

from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tests.world.jpki import AUTH_PROFILE, Authority, LeafProfile, Root, store


@dataclass(frozen=True)
class NextCard:
    """What a chip of the next generation holds."""

    certificate: bytes
    key: ec.EllipticCurvePrivateKey

    def sign(self, data: bytes) -> bytes:
        """ECDSA with SHA-384, in DER."""
        return self.key.sign(data, ec.ECDSA(hashes.SHA384()))


def next_card(
    authority: Authority, profile: LeafProfile = AUTH_PROFILE, root: Root | None = None, **details: object
) -> NextCard:
    """A card of the next generation; `root` and `details` as in `Authority.issue_leaf`."""
    key = store.new_p384_key()
    issuer = root or authority.next_auth_root
    leaf = authority.issue_leaf(issuer, profile, key=key.public_key(), **details)  # type: ignore[arg-type]
    return NextCard(leaf.public_bytes(Encoding.DER), key)
