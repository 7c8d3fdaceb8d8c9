"""The terminal API of the portal, as this kiosk calls it: JSON over HTTPS, each request signed by the terminal.

Signature: HTTP Message Signatures (RFC 9421), ed25519, key id = terminal id, over method, target URI, content
digest and, when there is one, the session token, which travels only in the header `Kiosk-Session`.
No call waits longer than four seconds for the portal, so that a screen can always say what happened.
"""

from __future__ import annotations

import base64
import json
import logging
import secrets
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

from kiosk.payment.device import Reservation
from kiosk.payment.till import Ended
from kiosk.portal_answers import (
    Bulletin,
    Challenge,
    Issuance,
    IssuanceRequest,
    Outcome,
    PortalSession,
    Released,
    read_bulletin,
    read_challenge,
    read_issuance,
    read_picture,
    read_released,
    read_session,
)
from kiosk.settings import Settings, SettingsError
from kiosk.wire import Table, Unreadable, table_of, text_of, text_or_none, whole_or_none

logger = logging.getLogger(__name__)

VERSION = "0.1.0"
"""Of the kiosk; the same as in pyproject.toml."""
_TIMEOUT = httpx.Timeout(4.0, connect=3.0)
_TAG = "madoguchi-terminal"
Value = TypeVar("Value")


class PortalUnreachable(Exception):
    """Raised when the portal gave no answer in time, or none that the wire contract knows."""


class PortalRefused(Exception):
    """Raised when the portal answered with an error code; `reference` is what staff search for."""

    def __init__(self, code: str, reference: str, wait_seconds: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.reference = reference
        self.wait_seconds = wait_seconds
        """how long those who wait already will take, where the portal says so"""


class TerminalRefused(PortalRefused):
    """Raised when the portal does not accept this terminal or its signature (401)."""


class CardRefused(PortalRefused):
    """Raised when the card, its certificate or its signature is not accepted (422)."""


class IssuanceRefused(PortalRefused):
    """Raised when this paper may not be issued to this person now (409)."""


class PortalBusy(PortalRefused):
    """Raised when the portal cannot do it at this moment but may later (429, 503)."""


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:  # noqa: ARG002  # one terminal, one key
        return self._key

    def resolve_public_key(self, key_id: str) -> bytes:
        raise KeyError(key_id)


class PortalClient:
    """Wire to the portal; safe to be used by several threads."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        """The portal must prove itself with a certificate of `portal_ca`; `transport` replaces the network."""
        key = load_pem_private_key(settings.terminal_key.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise SettingsError("terminal_key must be an Ed25519 private key")
        self._terminal_id = settings.terminal_id
        self._signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_OneKey(key))
        trust = ssl.create_default_context(cafile=str(settings.portal_ca))
        self._http = httpx.Client(
            base_url=settings.portal_url,
            transport=transport,
            verify=trust,
            timeout=_TIMEOUT,
            trust_env=False,
            headers={"User-Agent": f"madoguchi-kiosk/{VERSION}"},
        )

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def heartbeat(
        self, reader: Mapping[str, object], printer: Mapping[str, object], *, started: bool = False
    ) -> Bulletin:
        """Tell the portal the state of reader and printer; learn what can be issued.

        `started`: this program has just begun and serves nobody, so that whatever it had not fetched is abandoned.
        """
        body = {"reader": reader, "printer": printer, "version": VERSION, "started": started}
        answer = self._call("POST", "/v1/heartbeat", body)
        return _reading(read_bulletin, answer)

    def challenge(self) -> Challenge:
        """A nonce for the card to sign."""
        return _reading(read_challenge, self._call("POST", "/v1/challenges", {}))

    def open_session(self, challenge: str, certificate: bytes, signature: bytes) -> PortalSession:
        """Present the card's answer; raises `CardRefused`, `PortalBusy`."""
        body = {"challenge": challenge, "certificate": _b64(certificate), "signature": _b64(signature)}
        return _reading(read_session, self._call("POST", "/v1/sessions", body))

    def close_session(self, token: str) -> None:
        """End the person's session at the portal; harmless when it is already over."""
        self._call("DELETE", "/v1/session", None, token)

    def request_issuance(self, token: str, request: IssuanceRequest) -> Issuance:
        """Ask for one paper; raises `IssuanceRefused`, `PortalBusy`."""
        body = {
            "request": request.request,
            "kind": request.kind,
            "scope": request.scope,
            "persons": list(request.persons),
            "items": dict(request.items),
            "copies": request.copies,
        }
        return _reading(read_issuance, self._call("POST", "/v1/issuances", body, token))

    def issuance(self, token: str, issuance: str) -> Issuance:
        """How far the paper is."""
        return _reading(read_issuance, self._call("GET", f"/v1/issuances/{issuance}", None, token))

    def picture(self, token: str, issuance: str, page: int) -> bytes:
        """One sheet of a paper that is ready, marked as a sample (PNG). Raises `IssuanceRefused`."""
        return _reading(read_picture, self._call("GET", f"/v1/issuances/{issuance}/pages/{page}", None, token))

    def release(self, token: str, issuance: str) -> Released:
        """Fetch ticket and document; the portal decides again whether they may leave. Raises `IssuanceRefused`."""
        return _reading(read_released, self._call("POST", f"/v1/issuances/{issuance}/release", {}, token))

    def report_outcome(self, issuance: str, outcome: Outcome) -> None:
        """Say what became of the paper; may be said again."""
        body = {"outcome": outcome.state, "sheets": outcome.sheets, "of": outcome.of, "detail": outcome.detail}
        self._call("POST", f"/v1/issuances/{issuance}/outcome", body)

    def authorise(self, token: str, issuance: str, means: str, held: Reservation) -> None:
        """The payment device holds the fee; raises `IssuanceRefused`, `PortalBusy`."""
        body = {"means": means, "reference": held.reference, "amount": held.amount}
        self._call("POST", f"/v1/issuances/{issuance}/payment", body, token)

    def end_payment(self, ended: Ended) -> None:
        """The payment device has done what the portal decided; may be said again."""
        body = {"result": ended.result, "reference": ended.reference}
        self._call("POST", f"/v1/issuances/{ended.order}/payment/end", body)

    def abandon(self, issuance: str) -> None:
        """The resident has gone and the document was never fetched; may be said again."""
        self._call("POST", f"/v1/issuances/{issuance}/abandon", {})

    def _call(self, method: str, path: str, body: Mapping[str, object] | None, token: str | None = None) -> Table:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        covered = ["@method", "@target-uri"]
        if token is not None:
            headers["Kiosk-Session"] = token
            covered.append("kiosk-session")
        request = self._http.build_request(method, path, content=content, headers=headers)
        self._signer.sign(
            request,
            key_id=self._terminal_id,
            created=datetime.now(UTC),
            nonce=_b64(secrets.token_bytes(16)),
            tag=_TAG,
            include_alg=False,
            covered_component_ids=covered,
            body=content,
        )
        try:
            response = self._http.send(request)
        except httpx.HTTPError as error:
            # The text of the error may hold a URL, never more.
            logger.warning("portal unreachable: %s %s", method, type(error).__name__)
            raise PortalUnreachable(type(error).__name__) from None
        return _answer(response)


def _reading(read: Callable[[Table], Value], answer: Table) -> Value:
    try:
        return read(answer)
    except (KeyError, Unreadable):
        logger.warning("the portal's answer is not of the contract: %s", read.__name__)
        raise PortalUnreachable("answer not of the contract") from None


def _answer(response: httpx.Response) -> Table:
    if response.status_code == httpx.codes.NO_CONTENT:
        return {}
    try:
        table = table_of(json.loads(response.content))
        if response.is_success:
            return table
        refusal = _refusal(response.status_code, table)
    except (ValueError, Unreadable):
        logger.warning("the portal's answer with status %d is not of the contract", response.status_code)
        raise PortalUnreachable(f"status {response.status_code}") from None
    raise refusal


def _refusal(status: int, answer: Table) -> PortalRefused:
    code, reference = text_of(answer, "error"), text_or_none(answer, "reference") or ""
    families = {401: TerminalRefused, 422: CardRefused, 409: IssuanceRefused, 429: PortalBusy, 503: PortalBusy}
    return families.get(status, PortalRefused)(code, reference, whole_or_none(answer, "wait_seconds"))


def _b64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
