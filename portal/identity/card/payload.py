"""What the card signs. The kiosk and the bridge compute the same 112 bytes; they meet only on the wire.

    tag (16 bytes) + SHA-256(origin) + SHA-256(nonce) + SHA-256(purpose)

Every field has a fixed length, so that no boundary between two fields can slide. The tag keeps the signature from
being valid for anything else; the origin keeps it from being relayed; the purpose keeps a kiosk's log-in from being
used in a browser, and a log-in from linking the card to a person.
"""

import hashlib
from functools import lru_cache

TAG = b"MADOGUCHI-AUTH-1"
NONCE_LENGTH = 32
PAYLOAD_LENGTH = 112
_DIGEST_LENGTH = 32
LOGIN_PURPOSE = "login"
LINK_PURPOSE = "link"
# A visitor shows who they are with the 署名用電子証明書, so that their card can be linked.
IDENTIFY_PURPOSE = "identify"


def kiosk_purpose(terminal_id: str) -> str:
    """The purpose of a log-in at one kiosk."""
    return f"kiosk:{terminal_id}"


def nonce_digest(nonce: bytes) -> bytes:
    """The only form in which a nonce is kept."""
    return hashlib.sha256(nonce).digest()


def payload(*, origin: str, nonce_sha256: bytes, purpose: str) -> bytes:
    """The 112 bytes to be signed, from the digest of the nonce (the portal has forgotten the nonce itself)."""
    if len(nonce_sha256) != _DIGEST_LENGTH:
        raise ValueError("the digest of a nonce has 32 bytes")
    return TAG + _digest(origin) + nonce_sha256 + _digest(purpose)


@lru_cache(maxsize=1024)
def _digest(text: str) -> bytes:
    """Of an origin or a purpose: there are as many as faces and kiosks, and they come again with each log-in."""
    return hashlib.sha256(text.encode()).digest()
