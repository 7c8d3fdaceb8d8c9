"""What the card signs to say who is at the reader. This docstring is the contract; the portal computes the
same bytes on its side.

112 bytes, every field of fixed length, so that no boundary can slide::

    16  "MADOGUCHI-AUTH-1"
    32  SHA-256 of the origin, UTF-8        exactly scheme://host[:port] of the face that will verify
    32  SHA-256 of the nonce                32 random bytes the portal gave out and accepts once
    32  SHA-256 of the purpose, UTF-8       one of the purposes below

==========================  ================  ==========================================================
purpose                     key               what the signature says
==========================  ================  ==========================================================
"login"                     利用者証明用      the holder logs in on the resident portal
"link"                      利用者証明用      the holder shows the card to staff, to be linked to a record
"kiosk:<terminal id>"       利用者証明用      the holder stands at this terminal
"identify"                  署名用            the holder hands over the 署名用 certificate with its 4情報
==========================  ================  ==========================================================

The card signs these bytes with RSASSA-PKCS1-v1_5 and SHA-256 (``SHA256_RSA_PKCS``).
"""

import hashlib

TAG = b"MADOGUCHI-AUTH-1"
NONCE_LENGTH = 32
PAYLOAD_LENGTH = 112


class PayloadError(ValueError):
    """Raised when an origin, nonce or purpose cannot be part of a payload."""


def authentication_payload(origin: str, nonce: bytes, purpose: str) -> bytes:
    """The bytes to be signed. Raises :class:`PayloadError` for an empty text or a nonce of other length."""
    if not origin or not purpose:
        raise PayloadError("origin and purpose must not be empty")
    if len(nonce) != NONCE_LENGTH:
        raise PayloadError(f"the nonce must have {NONCE_LENGTH} bytes")
    parts = (origin.encode(), nonce, purpose.encode())
    return TAG + b"".join(hashlib.sha256(part).digest() for part in parts)


def is_authentication_payload(payload: bytes) -> bool:
    """Whether these bytes can be what a portal asked for. The reader signs nothing else."""
    return len(payload) == PAYLOAD_LENGTH and payload.startswith(TAG)
