"""Which keys seal now: the newest published one of each purpose that is neither retired nor revoked.

The published list decides, not the token: nothing is ever sealed with a key that nobody can check.
"""

import time
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from cryptography import x509

from portal import database
from portal.certificates.sealing.tables import seal_keys
from portal.clock import Clock
from portal.keys import Purpose

ASKED_EVERY = 10.0
"""Seconds after which a running worker notices that keys have changed."""

_IN_USE = (
    sa.select(seal_keys.c.purpose, seal_keys.c.key_id, seal_keys.c.certificate)
    .where(
        seal_keys.c.valid_from <= sa.bindparam("at"),
        sa.or_(seal_keys.c.retired_at.is_(None), seal_keys.c.retired_at > sa.bindparam("at")),
        seal_keys.c.revoked_at.is_(None),
    )
    .order_by(seal_keys.c.valid_from)
)


class SealUnavailable(Exception):
    """Raised when nothing may be sealed now: every cause has a subclass. The issuance ends as an open case."""


class StampKeyMissing(SealUnavailable):
    """Raised when no stamp key is published that is neither retired nor revoked."""


class DocumentCertificateMissing(SealUnavailable):
    """Raised when no document key with its certificate (職責証明書) is published, or each is retired or revoked."""


class DocumentCertificateNotValid(SealUnavailable):
    """Raised when the certificate of the document key is not valid yet, or not any more."""


@dataclass(frozen=True, repr=False)
class DocumentKey:
    """A key that seals documents, its certificate (DER), and the time for which that was issued."""

    key_id: str
    certificate: bytes
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, repr=False)
class Active:
    """The keys in use; a purpose that has none is None."""

    stamp_key_id: str | None
    document: DocumentKey | None

    @property
    def stamp_key(self) -> str:
        """Id of the key that stamps sheets; raises StampKeyMissing."""
        if self.stamp_key_id is None:
            raise StampKeyMissing
        return self.stamp_key_id

    def document_at(self, at: datetime) -> DocumentKey:
        """The key that seals documents; raises DocumentCertificateMissing, DocumentCertificateNotValid."""
        if self.document is None:
            raise DocumentCertificateMissing
        if not self.document.not_before <= at <= self.document.not_after:
            raise DocumentCertificateNotValid
        return self.document


def active(connection: sa.Connection, at: datetime) -> Active:
    """The keys in use at this moment."""
    # The last one of a purpose stays: the newest.
    found = {row.purpose: row for row in connection.execute(_IN_USE, {"at": at})}
    stamping, sealing = found.get(Purpose.PAGE_STAMP), found.get(Purpose.DOCUMENT_SEAL)
    return Active(
        stamp_key_id=None if stamping is None else stamping.key_id,
        document=None if sealing is None else document_key(sealing.key_id, sealing.certificate),
    )


def document_key(key_id: str, certificate: bytes) -> DocumentKey:
    """A document key with what its certificate says about time."""
    parsed = x509.load_der_x509_certificate(certificate)
    return DocumentKey(key_id, certificate, parsed.not_valid_before_utc, parsed.not_valid_after_utc)


class ActiveKeys:
    """The keys in use, asked of the database anew every ten seconds. Nothing is opened before the first call."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._known: Active | None = None
        self._asked = 0.0

    def __call__(self) -> Active:
        """The keys as of at most ten seconds ago."""
        if self._known is None or time.monotonic() - self._asked >= ASKED_EVERY:
            asked = time.monotonic()
            with database.snapshot(self._engine) as connection:
                self._known = active(connection, self._clock.now())
            self._asked = asked
        return self._known
