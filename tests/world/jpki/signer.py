"""What a card's chip would sign, computed with the key file: identity tests need no reader."""

from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.world.jpki import store


class SoftwareCard:
    """The 利用者証明用 half of a card folder made by :meth:`Authority.issue_card`."""

    def __init__(self, folder: Path) -> None:
        self.certificate = (folder / "auth.der").read_bytes()
        self._key = store.load_key(folder / "auth.key")

    def sign(self, payload: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256, byte for byte what the chip answers."""
        return self._key.sign(payload, padding.PKCS1v15(), hashes.SHA256())
