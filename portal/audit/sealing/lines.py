"""An event as the one text that is hashed: what COPY writes of its row, with times as microseconds.

One text for sealing and for verifying; every column is in it. Pure functions, and the columns for SQL.
"""

import hashlib
import struct
from datetime import UTC, datetime, timedelta

COLUMNS = (
    "e.id, (extract(epoch from e.at) * 1000000)::bigint, e.actor_kind, e.actor_id, e.action, e.subject, e.detail"
)
GENESIS = bytes(32)
_TAG = b"MADOGUCHI-AUDIT1"
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_SEAL = struct.Struct(">QQL")


def leaf(line: bytes) -> bytes:
    """SHA-256 of one event's line, without its newline."""
    return hashlib.sha256(line).digest()


def head(before: bytes, number: int, sealed_at: datetime, leaves: bytes, events: int) -> bytes:
    """The head of the chain after one seal: over the head before it, its number, time, count and all its leaves."""
    body = _SEAL.pack(number, (sealed_at - _EPOCH) // _MICROSECOND, events)
    return hashlib.sha256(_TAG + before + body + hashlib.sha256(leaves).digest()).digest()


def instant(microseconds: int) -> datetime:
    """The time of so many microseconds since 1970, to the microsecond."""
    return _EPOCH + microseconds * _MICROSECOND
