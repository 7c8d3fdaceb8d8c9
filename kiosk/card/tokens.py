"""The two tokens of the card, one object each: whatever differs between them stands here and nowhere else.

Sources: OpenSC's emulation of the JPKI application (object ids, one slot for each PIN) and the published rules of
the card (利用者証明用: 4 digits, 3 tries; 署名用: 6 to 16 upper-case letters and digits, 5 tries, certificate
readable only after its password).
"""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

PUBLIC_CERTIFICATE_ID = b"\x01"
"""The 利用者証明用 certificate: readable without a PIN in both tokens, so it is what a card is known by."""

_HERE = Path(__file__).parent
_HALF = string.digits + string.ascii_uppercase
# Full-width digits are folded as the card's own clients do. That they fold letters, too, is unverified; it can only
# save a try, because the card knows no other letters.
_FOLD = str.maketrans(
    "０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ"
    + string.ascii_lowercase,
    _HALF + string.ascii_uppercase * 2,
)


class NotAKeyError(ValueError):
    """Raised for anything but one character that can stand in this token's PIN."""


class TokenKind(StrEnum):
    """Which of the card's two keys is meant."""

    AUTHENTICATION = "authentication"
    """利用者証明用"""
    SIGNATURE = "signature"
    """署名用"""


class Tries(StrEnum):
    """How many tries are left, as far as PKCS#11 tells."""

    FULL = "full"
    REDUCED = "reduced"
    """Some are used, more than one is left."""
    LAST = "last"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class TokenRules:
    """What is particular to one token."""

    kind: TokenKind
    opensc_conf: Path
    """OpenSC reads it when it is loaded and never again: one process serves one token."""
    object_id: bytes
    """PKCS#11's CKA_ID of the private key and of its certificate."""
    alphabet: str
    shortest: int
    longest: int
    certificate_is_public: bool
    numbers: Mapping[Tries, int]
    """The exact number each word stands for; empty where the words leave it open."""

    def fold(self, text: str) -> str:
        """One character as the card knows it: full-width becomes half-width, lower case becomes upper case.
        Raises :class:`NotAKeyError`."""
        folded = text.translate(_FOLD)
        if len(folded) != 1 or folded not in self.alphabet:
            raise NotAKeyError
        return folded

    def fits(self, length: int) -> bool:
        """Whether a PIN of this length can be right. The card is not asked otherwise: it would count a try."""
        return self.shortest <= length <= self.longest


AUTHENTICATION = TokenRules(
    kind=TokenKind.AUTHENTICATION,
    opensc_conf=_HERE / "opensc.conf",
    object_id=PUBLIC_CERTIFICATE_ID,
    alphabet=string.digits,
    shortest=4,
    longest=4,
    certificate_is_public=True,
    numbers=MappingProxyType({Tries.FULL: 3, Tries.REDUCED: 2, Tries.LAST: 1, Tries.BLOCKED: 0}),
)
SIGNATURE = TokenRules(
    kind=TokenKind.SIGNATURE,
    opensc_conf=_HERE / "opensc-signature.conf",
    object_id=b"\x02",
    alphabet=_HALF,
    shortest=6,
    longest=16,
    certificate_is_public=False,
    numbers=MappingProxyType({}),
)
RULES: Mapping[TokenKind, TokenRules] = MappingProxyType({rules.kind: rules for rules in (AUTHENTICATION, SIGNATURE)})
