"""The authority's own responder (OCSP, RFC 6960), asked at each log-in."""

import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import lru_cache

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from portal.identity.card.chain import UNREADABLE
from portal.identity.errors import RevocationUnavailable
from portal.identity.revocation.standing import CLOCK_SKEW, Standing
from portal.identity.revocation.wire import NotReceived, receive

# The national responder renews its answers every 15 minutes.
FRESH_FOR = timedelta(minutes=15)
PATIENCE_SECONDS = 3.0
_LONGEST_ANSWER = 16 * 1024
_NONCE_LENGTH = 32
_ANSWER_EXTENSIONS = (x509.OCSPNonce.oid,)
_RESPONDER_EXTENSIONS = (
    x509.KeyUsage.oid,
    x509.ExtendedKeyUsage.oid,
    x509.BasicConstraints.oid,
    x509.OCSPNoCheck.oid,
)
_HEADERS = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}


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
        _demand_understood(response.extensions, _ANSWER_EXTENSIONS)
        _demand_understood(response.single_extensions, ())
        _demand_authentic(response, root, now)
        _demand_nonce(response, nonce)
        single = _single(response, request)
        _demand_fresh(single, now)
        return _standing(single)
    except (*UNREADABLE, InvalidSignature, x509.ExtensionNotFound) as error:
        raise RevocationUnavailable("answer cannot be read or is not authentic") from error


def _post(url: str, request: bytes) -> bytes:
    try:
        return receive(
            _client(),
            httpx.Request("POST", url, content=request, headers=_HEADERS),
            largest=_LONGEST_ANSWER,
            patience=PATIENCE_SECONDS,
        )
    except NotReceived as error:
        raise RevocationUnavailable(str(error)) from error


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
    _demand_right_to_answer(responder.extensions)
    return responder


def _demand_right_to_answer(extensions: x509.Extensions) -> None:
    """RFC 6960, 4.2.2.2: appointed for this and nothing else, and never to be asked about itself.

    Whether the responder's own certificate was revoked, only the authority could tell: the authority must have said
    that the question need not be asked (id-pkix-ocsp-nocheck), or the responder proves nothing.
    """
    _demand_understood(extensions, _RESPONDER_EXTENSIONS)
    by_oid = {extension.oid: extension.value for extension in extensions}
    usages, usage = by_oid.get(x509.ExtendedKeyUsage.oid), by_oid.get(x509.KeyUsage.oid)
    if not isinstance(usages, x509.ExtendedKeyUsage) or ExtendedKeyUsageOID.OCSP_SIGNING not in usages:
        raise RevocationUnavailable("responder has no right to answer")
    if not isinstance(usage, x509.KeyUsage) or not usage.digital_signature:
        raise RevocationUnavailable("responder's key may not sign answers")
    constraints = by_oid.get(x509.BasicConstraints.oid)
    if isinstance(constraints, x509.BasicConstraints) and constraints.ca:
        raise RevocationUnavailable("responder is an authority of its own")
    if x509.OCSPNoCheck.oid not in by_oid:
        raise RevocationUnavailable("responder's own standing cannot be told")


def _demand_understood(extensions: x509.Extensions, known: Collection[x509.ObjectIdentifier]) -> None:
    if any(extension.critical and extension.oid not in known for extension in extensions):
        raise RevocationUnavailable("a critical extension is not known")


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
    if single.next_update_utc is None:
        return
    if single.next_update_utc + CLOCK_SKEW < now:
        raise RevocationUnavailable("answer has been replaced by a newer one")
    if single.next_update_utc < single.this_update_utc:
        raise RevocationUnavailable("answer ends before it begins")


def _standing(single: ocsp.OCSPSingleResponse) -> Standing:
    if single.certificate_status is ocsp.OCSPCertStatus.GOOD:
        return Standing.GOOD
    if single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        return Standing.UNKNOWN
    if single.revocation_reason is x509.ReasonFlags.certificate_hold:
        return Standing.ON_HOLD
    return Standing.REVOKED
