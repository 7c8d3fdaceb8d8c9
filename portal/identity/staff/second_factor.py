"""One-time codes (TOTP, RFC 6238): six digits, 30 seconds, each usable once."""

import binascii
import hmac
import unicodedata
from datetime import datetime
from uuid import UUID

import pyotp

from portal.identity.errors import AccountInvalid
from portal.keys import FieldCipher

STEP_SECONDS = 30
# A phone's clock may be half a minute off.
_TOLERATED_STEPS = (-1, 0, 1)
_SHORTEST_SECRET = 16


def demand_secret(secret: str) -> None:
    """Raises AccountInvalid unless `secret` is base32 of at least 128 bits."""
    try:
        key = pyotp.TOTP(secret).byte_secret()
    except (binascii.Error, ValueError) as error:
        raise AccountInvalid("the secret of the second factor is not base32") from error
    if len(key) < _SHORTEST_SECRET:
        raise AccountInvalid("the secret of the second factor is too short")


def seal(fields: FieldCipher, account_id: UUID, secret: str) -> bytes:
    """The secret as the account keeps it."""
    return fields.encrypt(secret.encode(), table="staff_accounts", row=str(account_id), column="totp_secret")


def unseal(fields: FieldCipher, account_id: UUID, sealed: bytes) -> str:
    """The secret in clear."""
    return fields.decrypt(sealed, table="staff_accounts", row=str(account_id), column="totp_secret").decode()


def step_of(secret: str, code: str, *, now: datetime) -> int | None:
    """The number of the 30 second step whose code this is, or None. Every step costs the same work.

    Full-width digits and spaces between the digits are what a Japanese keyboard writes; they are folded.
    """
    typed = "".join(unicodedata.normalize("NFKC", code).split())
    present = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    found = None
    for offset in _TOLERATED_STEPS:
        if hmac.compare_digest(totp.generate_otp(present + offset).encode(), typed.encode()):
            found = present + offset
    return found
