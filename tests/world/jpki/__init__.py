"""公的個人認証サービス (JPKI) in software: an authority of our own, its OCSP responder and its CRLs."""

from tests.world.jpki.authority import (
    CURRENT_GENERATION,
    Authority,
    CardOrder,
    IssuedCard,
    Root,
    UnknownIssuerError,
)
from tests.world.jpki.ocsp import Mode
from tests.world.jpki.profiles import AUTH_PROFILE, SIGN_PROFILE, FourItems, LeafProfile
from tests.world.jpki.signer import SoftwareCard

__all__ = [
    "AUTH_PROFILE",
    "CURRENT_GENERATION",
    "SIGN_PROFILE",
    "Authority",
    "CardOrder",
    "FourItems",
    "IssuedCard",
    "LeafProfile",
    "Mode",
    "Root",
    "SoftwareCard",
    "UnknownIssuerError",
]
