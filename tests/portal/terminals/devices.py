"""Kiosks as the portal's tests meet them: keys, enrolment and signed requests."""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

from portal.terminals import SignedRequest

ORIGIN = "https://terminal.test"


@cache
def device_key(name: str) -> Ed25519PrivateKey:
    """The key of the device called `name`, the same at every call."""
    return Ed25519PrivateKey.generate()


def public_pem(name: str = "kiosk-01") -> str:
    """Its public half."""
    return device_key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:
        return self._key


@dataclass(frozen=True)
class Signing:
    """How a request is signed. Every default is right; a test changes what it names."""

    at: datetime
    device: str = "kiosk-01"
    key_of: str | None = None
    tag: str | None = "madoguchi-terminal"
    nonce: str | None = field(default_factory=lambda: base64.b64encode(secrets.token_bytes(16)).decode())
    covered: Sequence[str] = ("@method", "@target-uri")
    digest_covered: bool = True

    def sign(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | bytes | None = None,
        *,
        session: str | None = None,
        origin: str = ORIGIN,
    ) -> SignedRequest:
        """A request as it arrives at the portal."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        request = httpx.Request(method, origin + path, content=content)
        covered = list(self.covered)
        if session is not None:
            request.headers["Kiosk-Session"] = session
            covered.append("kiosk-session")
        signer = HTTPMessageSigner(
            signature_algorithm=algorithms.ED25519, key_resolver=_OneKey(device_key(self.key_of or self.device))
        )
        signer.sign(
            request,
            key_id=self.device,
            created=self.at,
            nonce=self.nonce,
            tag=self.tag,
            include_alg=False,
            covered_component_ids=covered,
            body=content if self.digest_covered else None,
        )
        return SignedRequest(method, origin + path, dict(request.headers), content)
