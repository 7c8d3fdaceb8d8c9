"""Encryption of single columns (個人番号, 住民票コード, documents at rest) and their blind indexes."""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"


class UndecipherableField(Exception):
    """Raised when a stored value was altered, moved to another row or column, or belongs to another key."""


class FieldCipher:
    """AES-256-GCM bound to the place of the value: table, row and column are authenticated with it."""

    def __init__(self, master_key: bytes) -> None:
        self._cipher = AESGCM(_derive(master_key, b"field encryption"))
        self._index_key = _derive(master_key, b"blind index")

    def encrypt(self, plain: bytes, *, table: str, row: str, column: str) -> bytes:
        """Version byte, 12 byte nonce, ciphertext and tag."""
        nonce = os.urandom(12)
        return _VERSION + nonce + self._cipher.encrypt(nonce, plain, _place(table, row, column))

    def decrypt(self, stored: bytes, *, table: str, row: str, column: str) -> bytes:
        """The plain value; raises UndecipherableField when anything does not fit."""
        if stored[:1] != _VERSION:
            raise UndecipherableField(f"{table}.{column}: unknown version")
        try:
            return self._cipher.decrypt(stored[1:13], stored[13:], _place(table, row, column))
        except InvalidTag as error:
            raise UndecipherableField(f"{table}.{column}") from error

    def blind_index(self, value: str, *, column: str) -> bytes:
        """32 bytes that find an encrypted value by equality and tell nothing else about it."""
        return hmac.new(self._index_key, f"{column}\x00{value}".encode(), hashlib.sha256).digest()


def _derive(master_key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(master_key)


def _place(table: str, row: str, column: str) -> bytes:
    return f"{table}\x00{row}\x00{column}".encode()
