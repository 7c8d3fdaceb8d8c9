"""Reading what a key of ours has signed: a JWS in compact serialisation (RFC 7515), ES256 and nothing else."""

import base64
import json
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils


class NotGenuine(ValueError):
    """Raised when a token is malformed, of another type, or signed by none of the keys."""


def opened(public_keys: Mapping[str, str], kind: str, token: str) -> Mapping[str, object]:
    """The payload of `token`, of typ `kind`, signed by one of `public_keys` (key id to PEM). Raises NotGenuine."""
    try:
        head, body, mark = token.split(".")
        header = json.loads(_decoded(head))
        key = serialization.load_pem_public_key(public_keys[header["kid"]].encode("ascii"))
        signature = _decoded(mark)
        payload = json.loads(_decoded(body))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotGenuine(type(error).__name__) from error
    if header != {"alg": "ES256", "typ": kind, "kid": header["kid"]} or not isinstance(payload, dict):
        raise NotGenuine("header")
    if not isinstance(key, ec.EllipticCurvePublicKey) or len(signature) != 64:
        raise NotGenuine("signature")
    pair = utils.encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    try:
        key.verify(pair, f"{head}.{body}".encode("ascii"), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise NotGenuine("signature") from None
    return payload


def _decoded(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
