"""The portal's side of the ticket wire, with a software key: signs tickets and commands, good ones and bad ones."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from print_agent.ticket import Json
from tests.print_agent import paper

TERMINAL = "K-0001"
KID = "ticket-test-1"


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def canonical(value: Json) -> bytes:
    """Canonical JSON of the wire."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Signer:
    """One P-256 key."""

    def __init__(self, kid: str = KID) -> None:
        self.kid = kid
        self._key = ec.generate_private_key(ec.SECP256R1())

    def write_keys(self, path: Path) -> Path:
        """The key file the agent reads."""
        pem = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        path.write_text(json.dumps({self.kid: pem.decode()}))
        return path

    def sign(self, header: dict[str, Json], payload: bytes) -> str:
        """A JWS over exactly these bytes."""
        signed = f"{b64(canonical(header))}.{b64(payload)}"
        r, s = utils.decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{b64(r.to_bytes(32) + s.to_bytes(32))}"

    def token(self, typ: str, payload: dict[str, Json]) -> str:
        """A JWS of the wire."""
        return self.sign({"alg": "ES256", "typ": typ, "kid": self.kid}, canonical(payload))

    def ticket(
        self, order: str, document: bytes, pages: int = 1, copies: int = 1, changed: dict[str, Json] | None = None
    ) -> str:
        """A ticket for the document; ``changed`` replaces members."""
        return self.token("print-ticket", ticket_payload(order, document, pages, copies) | (changed or {}))

    def unlock(self, order: str, answer: str = "not_printed", changed: dict[str, Json] | None = None) -> str:
        """An unlock command."""
        now = int(time.time())
        payload: dict[str, Json] = {
            "v": 1,
            "id": str(uuid.uuid4()),
            "terminal": TERMINAL,
            "command": "unlock",
            "order": order,
            "answer": answer,
            "issued": now,
            "expires": now + 300,
        }
        return self.token("device-command", payload | (changed or {}))


def ticket_payload(order: str, document: bytes, pages: int = 1, copies: int = 1) -> dict[str, Json]:
    """The claims of a good ticket; pages that are not there have a hash of nothing."""
    nothing = hashlib.sha256().digest()
    page_hashes = [*paper.page_hashes(document), *(nothing,) * pages][:pages]
    now = int(time.time())
    return {
        "v": 1,
        "order": order,
        "terminal": TERMINAL,
        "sha256": hashlib.sha256(document).hexdigest(),
        "pages": pages,
        "copies": copies,
        "media": "iso_a4_210x297mm",
        "sides": "one-sided",
        "issued": now,
        "expires": now + 300,
        "subjects": [str(uuid.uuid4())],
        "record_versions": {},
        "page_hashes": [page.hex() for page in page_hashes],
    }
