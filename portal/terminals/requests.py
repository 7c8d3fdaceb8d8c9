"""Is this request from one of our devices, unaltered, of this minute, and for the first time?

HTTP Message Signatures (RFC 9421) with Ed25519 over method, target URI and body digest (RFC 9530), and over the
session token where one travels. Nothing of a request is read before this has been answered.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from http_message_signatures.exceptions import HTTPMessageSignaturesException
from sqlalchemy.dialects.postgresql import insert

from portal.terminals import enrolment
from portal.terminals.enrolment import Terminal
from portal.terminals.errors import RequestReplayed, RequestStale, SignatureInvalid, TerminalError
from portal.terminals.tables import request_nonces

TAG = "madoguchi-terminal"
OLDEST = timedelta(seconds=60)
NEWEST = timedelta(seconds=10)
SESSION_HEADER = "kiosk-session"
_COVERED = ("@method", "@target-uri", "content-digest")
# 16 random bytes in base64, with or without padding.
_NONCE = re.compile(r"[A-Za-z0-9+/_-]{22}(?:==)?")
_KEPT = OLDEST + NEWEST

_SEE = insert(request_nonces).on_conflict_do_nothing().returning(request_nonces.c.nonce)
_OVER = (
    sa.select(request_nonces.c.terminal_id, request_nonces.c.nonce)
    .where(request_nonces.c.seen_at < sa.bindparam("before"))
    .limit(100)
    .with_for_update(skip_locked=True)
)
_SWEEP = sa.delete(request_nonces).where(sa.tuple_(request_nonces.c.terminal_id, request_nonces.c.nonce).in_(_OVER))


@dataclass(frozen=True, repr=False)
class SignedRequest:
    """A request as it came: upper-case method, absolute URL (of our own origin, not of a header), headers, body."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class _SignatureInput(Protocol):
    params: Mapping[str, object]


def verify_request(connection: sa.Connection, request: SignedRequest, *, now: datetime) -> Terminal:
    """The device that signed `request`; its nonce is spent when the caller commits.

    Raises TerminalUnknown, TerminalRevoked, SignatureInvalid, RequestStale or RequestReplayed. A database that goes
    away meanwhile is told as such: the device tries again then, but not when it is said to have signed wrongly.
    """
    keys = _EnrolledKeys(connection)
    verifier = _Verifier(keys, now)
    headers = {name.lower(): value for name, value in request.headers.items()}
    needed = (*_COVERED, SESSION_HEADER) if SESSION_HEADER in headers else _COVERED
    try:
        results = verifier.verify(request, max_age=None, expect_tag=TAG, require_components=needed, body=request.body)
    except HTTPMessageSignaturesException as error:
        if keys.refusal is not None:
            raise keys.refusal from error
        raise SignatureInvalid from error
    if len(results) != 1 or keys.terminal is None:
        raise SignatureInvalid
    _spend(connection, keys.terminal.id, results[0].nonce, now)
    return keys.terminal


def _spend(connection: sa.Connection, terminal_id: str, nonce: str | None, now: datetime) -> None:
    if nonce is None or not _NONCE.fullmatch(nonce):
        raise SignatureInvalid
    connection.execute(_SWEEP, {"before": now - 2 * _KEPT})
    row = {"terminal_id": terminal_id, "nonce": nonce, "seen_at": now}
    if connection.execute(_SEE, row).scalar_one_or_none() is None:
        raise RequestReplayed


class _EnrolledKeys(HTTPSignatureKeyResolver):
    """Finds the key of the device a request names, and remembers why there is none."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.terminal: Terminal | None = None
        self.refusal: TerminalError | sa.exc.SQLAlchemyError | None = None

    def resolve_public_key(self, key_id: str) -> bytes | None:
        try:
            self.terminal = enrolment.terminal(self._connection, key_id)
        except (TerminalError, sa.exc.SQLAlchemyError) as refusal:
            # The verifier would turn whatever is raised here into a signature that is wrong.
            self.refusal = refusal
            return None
        return self.terminal.public_key.encode("ascii")


class _Verifier(HTTPMessageVerifier):
    """Judges the time of a signature by the portal's clock and by limits that are not symmetric."""

    def __init__(self, keys: _EnrolledKeys, now: datetime) -> None:
        super().__init__(signature_algorithm=algorithms.ED25519, key_resolver=keys)
        self._now = now

    def validate_created_and_expires(
        self,
        sig_input: _SignatureInput,
        max_age: timedelta | None = None,  # noqa: ARG002
    ) -> None:
        created = sig_input.params.get("created")
        if not isinstance(created, int):
            raise SignatureInvalid
        if not -NEWEST.total_seconds() <= self._now.timestamp() - created <= OLDEST.total_seconds():
            raise RequestStale
