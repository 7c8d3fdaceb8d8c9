"""OCSP answers (RFC 6960) of the simulated authority, and the misbehaviour tests can ask for."""

import hashlib
from datetime import timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from tests.world.jpki import store
from tests.world.jpki.authority import Authority, Root

FRESH_FOR = timedelta(minutes=15)
_HASHES: dict[str, hashes.HashAlgorithm] = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256()}  # noqa: S303


class Mode(StrEnum):
    """How the responder behaves. The control file holds one of these words."""

    NORMAL = "normal"
    SILENT = "silent"
    """The connection is accepted and never answered."""
    STALE = "stale"
    """Signed answers whose nextUpdate passed a day ago."""
    NO_NONCE = "no_nonce"
    WRONG_NONCE = "wrong_nonce"
    IMPOSTOR = "impostor"
    """Signed by a certificate without the right to answer."""
    TRY_LATER = "try_later"


def answer(authority: Authority, request_der: bytes, mode: Mode = Mode.NORMAL) -> bytes:
    """The DER answer to a DER request. A request that cannot be parsed gets ``malformedRequest``."""
    if mode is Mode.TRY_LATER:
        return _unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    try:
        request = ocsp.load_der_ocsp_request(request_der)
    except ValueError:
        return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    root = _asked_root(authority, request)
    if root is None:
        return _unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    return _signed_answer(authority, root, request, mode)


def _asked_root(authority: Authority, request: ocsp.OCSPRequest) -> Root | None:
    """Generations share one name, so only the hash of the issuer's key tells them apart."""
    for root in authority.roots:
        digest = hashlib.new(request.hash_algorithm.name, _key_bits(root.certificate.public_key())).digest()
        if digest == request.issuer_key_hash:
            return root
    return None


def _key_bits(key: CertificatePublicKeyTypes) -> bytes:
    """What the bit string of a key holds (RFC 6960, 4.1.1): the RSA key itself, or the point on the curve."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)


def _signed_answer(authority: Authority, root: Root, request: ocsp.OCSPRequest, mode: Mode) -> bytes:
    status = authority.status(root, request.serial_number)
    this_update = store.now() - (timedelta(days=2) if mode is Mode.STALE else timedelta(0))
    next_update = store.now() - timedelta(days=1) if mode is Mode.STALE else this_update + FRESH_FOR
    signer = authority.impostor(root) if mode is Mode.IMPOSTOR else authority.responder(root)
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            issuer_name_hash=request.issuer_name_hash,
            issuer_key_hash=request.issuer_key_hash,
            serial_number=request.serial_number,
            algorithm=_HASHES[request.hash_algorithm.name],
            cert_status=_certificate_status(status),
            this_update=this_update,
            next_update=next_update,
            revocation_time=status.revoked_at if status else None,
            revocation_reason=status.reason if status else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        .certificates([signer.certificate])
    )
    nonce = _nonce(request, mode)
    if nonce is not None:
        builder = builder.add_extension(nonce, critical=False)
    return builder.sign(signer.key, store.digest_for(signer.key)).public_bytes(Encoding.DER)


def _certificate_status(status: store.Status | None) -> ocsp.OCSPCertStatus:
    if status is None:
        return ocsp.OCSPCertStatus.UNKNOWN
    return ocsp.OCSPCertStatus.GOOD if status.revoked_at is None else ocsp.OCSPCertStatus.REVOKED


def _nonce(request: ocsp.OCSPRequest, mode: Mode) -> x509.OCSPNonce | None:
    if mode is Mode.NO_NONCE:
        return None
    try:
        asked = request.extensions.get_extension_for_class(x509.OCSPNonce).value
    except x509.ExtensionNotFound:
        return None
    return x509.OCSPNonce(asked.nonce[::-1]) if mode is Mode.WRONG_NONCE else asked


def _unsuccessful(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
