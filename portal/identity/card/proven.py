"""A card that has just answered, and the name under which it may be spoken of."""

from dataclasses import dataclass

from portal.ground import Ground
from portal.identity.card.chain import TrustedCertificate


@dataclass(frozen=True)
class ProvenCard:
    """A genuine card of this moment whose holder knew the PIN. Whose card it is has not been asked.

    The fingerprint tells cards apart in a log and reveals no serial number.
    """

    trusted: TrustedCertificate
    fingerprint: str


def fingerprint_of(ground: Ground, issuer_sha256: bytes, serial: str) -> str:
    """16 hexadecimal digits that stand for the pair of authority and serial number, in logs and on screens."""
    card = f"{issuer_sha256.hex()}:{serial}"
    return ground.fields.blind_index(card, column="serial_links.serial").hex()[:16]
