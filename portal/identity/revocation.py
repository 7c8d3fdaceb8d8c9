"""Is the certificate still good? Asked every time, of the authority's own responder (OCSP, RFC 6960), fail closed."""

import hmac
import secrets
import time
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from portal.identity.chain import UNREADABLE
from portal.identity.errors import RevocationUnavailable

# The national responder renews its answers every 15 minutes.
FRESH_FOR = timedelta(minutes=15)
CLOCK_SKEW = timedelta(seconds=60)
PATIENCE_SECONDS = 3.0
_LONGEST_ANSWER = 16 * 1024
_NONCE_LENGTH = 32
_HEADERS = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}


class Standing(StrEnum):
    """What the authority says about a certificate. A certificate past its dates is never asked about."""

    GOOD = "good"
    REVOKED = "revoked"
    ON_HOLD = "on_hold"
    UNKNOWN = "unknown"


def ask(url: str, certificate: x509.Certificate, root: x509.Certificate, *, now: datetime) -> Standing:
    """The authority's answer of this moment about `certificate`, issued by `root`.

    Raises RevocationUnavailable when there is no answer within three seconds, or the answer is not fresh, not about
    this question, or not signed by `root` or a responder that `root` has appointed.
    """
    nonce = secrets.token_bytes(_NONCE_LENGTH)
    request = (
        ocsp.OCSPRequestBuilder()
        .add_certificate(certificate, root, hashes.SHA256())
        .add_extension(x509.OCSPNonce(nonce), critical=False)
        .build()
    )
    return judge(_post(url, request.public_bytes(Encoding.DER)), request, root, nonce=nonce, now=now)


def judge(
    answer: bytes, request: ocsp.OCSPRequest, root: x509.Certificate, *, nonce: bytes, now: datetime
) -> Standing:
    """What an answer in DER says to `request`. Raises RevocationUnavailable for an answer that proves nothing."""
    try:
        response = ocsp.load_der_ocsp_response(answer)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise RevocationUnavailable(f"responder says {response.response_status.name}")
        _demand_authentic(response, root, now)
        _demand_nonce(response, nonce)
        single = _single(response, request)
        _demand_fresh(single, now)
        return _standing(single)
    except (*UNREADABLE, InvalidSignature, x509.ExtensionNotFound) as error:
        raise RevocationUnavailable("answer cannot be read or is not authentic") from error


def _post(url: str, request: bytes) -> bytes:
    deadline = time.monotonic() + PATIENCE_SECONDS
    received = bytearray()
    try:
        with _client().stream("POST", url, content=request, headers=_HEADERS) as response:
            if response.status_code != httpx.codes.OK:
                raise RevocationUnavailable(f"HTTP status {response.status_code}")
            # A timeout bounds each read; the deadline bounds a responder that sends byte by byte.
            for chunk in response.iter_raw():
                received += chunk
                if len(received) > _LONGEST_ANSWER or time.monotonic() > deadline:
                    raise RevocationUnavailable("answer too long or too slow")
    except httpx.HTTPError as error:
        raise RevocationUnavailable(type(error).__name__) from error
    return bytes(received)


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    """One client a process: connections are kept, the environment's proxies are not asked."""
    return httpx.Client(timeout=PATIENCE_SECONDS, follow_redirects=False, trust_env=False)


def _demand_authentic(response: ocsp.OCSPResponse, root: x509.Certificate, now: datetime) -> None:
    signer = _signer(response, root, now)
    algorithm = response.signature_hash_algorithm
    if not isinstance(algorithm, hashes.SHA256 | hashes.SHA384 | hashes.SHA512):
        raise RevocationUnavailable("answer is signed with a hash that proves nothing")
    key = signer.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(algorithm))
    else:
        raise RevocationUnavailable("responder's key is of an unknown kind")


def _signer(response: ocsp.OCSPResponse, root: x509.Certificate, now: datetime) -> x509.Certificate:
    """The certificate the responder names: the root itself or exactly one appointed by it."""
    if _names(response, root):
        return root
    named = [certificate for certificate in response.certificates if _names(response, certificate)]
    if len(named) != 1:
        raise RevocationUnavailable("responder cannot be told")
    responder = named[0]
    responder.verify_directly_issued_by(root)
    if not responder.not_valid_before_utc <= now <= responder.not_valid_after_utc:
        raise RevocationUnavailable("responder's certificate is out of its dates")
    usages = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    if ExtendedKeyUsageOID.OCSP_SIGNING not in usages:
        raise RevocationUnavailable("responder has no right to answer")
    return responder


def _names(response: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    if response.responder_key_hash is not None:
        # RFC 6960, 4.2.1: the responder's key hash is SHA-1 by definition; the signature is what proves.
        identifier = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
        return hmac.compare_digest(identifier.digest, response.responder_key_hash)
    return response.responder_name == certificate.subject


def _demand_nonce(response: ocsp.OCSPResponse, nonce: bytes) -> None:
    answered = response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    if not hmac.compare_digest(answered, nonce):
        raise RevocationUnavailable("answer belongs to another question")


def _single(response: ocsp.OCSPResponse, request: ocsp.OCSPRequest) -> ocsp.OCSPSingleResponse:
    singles = list(response.responses)
    if len(singles) != 1:
        raise RevocationUnavailable("answer is not about one certificate")
    single = singles[0]
    asked = (request.serial_number, request.issuer_key_hash, request.issuer_name_hash)
    if asked != (single.serial_number, single.issuer_key_hash, single.issuer_name_hash):
        raise RevocationUnavailable("answer is about another certificate")
    return single


def _demand_fresh(single: ocsp.OCSPSingleResponse, now: datetime) -> None:
    if not now - FRESH_FOR - CLOCK_SKEW <= single.this_update_utc <= now + CLOCK_SKEW:
        raise RevocationUnavailable("answer is not of this moment")
    if single.next_update_utc is not None and single.next_update_utc + CLOCK_SKEW < now:
        raise RevocationUnavailable("answer has been replaced by a newer one")


def _standing(single: ocsp.OCSPSingleResponse) -> Standing:
    if single.certificate_status is ocsp.OCSPCertStatus.GOOD:
        return Standing.GOOD
    if single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        return Standing.UNKNOWN
    if single.revocation_reason is x509.ReasonFlags.certificate_hold:
        return Standing.ON_HOLD
    return Standing.REVOKED
