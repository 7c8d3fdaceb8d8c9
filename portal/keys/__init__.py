"""The only place that signs or encrypts: every key by purpose, signing keys behind PKCS#11."""

from portal.keys.fields import FieldCipher, UndecipherableField
from portal.keys.purposes import Purpose
from portal.keys.signing import KeyUnavailable, OpenedBeforeFork, SigningKeys

__all__ = ["FieldCipher", "KeyUnavailable", "OpenedBeforeFork", "Purpose", "SigningKeys", "UndecipherableField"]
