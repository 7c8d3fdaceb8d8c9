"""The signature of a whole document (PAdES), judged by the published key list alone.

Exactly what is issued passes: one signature over every byte of the file but itself, ES256, by a published key that
seals documents. The chain of the signer's certificate is not looked at: the list says whose keys count, and when.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from asn1crypto import cms, x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from portal.certificates.sealing.key_list import PublishedKey
from portal.keys import Purpose

_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]")
_MADE = re.compile(rb"/M\s*\(D:(\d{8})\d{6}")
_HEX = re.compile(rb"<([0-9A-Fa-f]*)>")


class DocumentSignature(StrEnum):
    """What the signature of a PDF is worth."""

    OURS = "ours"
    NONE = "none"
    MALFORMED = "malformed"
    CHANGED = "changed"
    WRONG = "wrong"
    UNKNOWN_SIGNER = "unknown_signer"
    KEY_REVOKED = "key_revoked"
    OUTSIDE_KEY_TIME = "outside_key_time"


class _Malformed(Exception):
    """Raised when a signature is not of the one form that is issued."""


def examine(pdf: bytes, keys: Sequence[PublishedKey]) -> DocumentSignature:
    """Judge the signature of a document; a document without one (a scan) has NONE."""
    ranges = list(_RANGE.finditer(pdf))
    if not ranges:
        return DocumentSignature.NONE
    try:
        signed, encoded = _parts(pdf, ranges)
        signer, certificate = _signer(encoded)
        if _attribute(signer, "message_digest").native != hashlib.sha256(signed).digest():
            return DocumentSignature.CHANGED
        return _judge(signer, certificate, keys, _day(pdf))
    except (_Malformed, ValueError, KeyError, TypeError, IndexError):
        return DocumentSignature.MALFORMED


def _parts(pdf: bytes, ranges: Sequence[re.Match[bytes]]) -> tuple[bytes, bytes]:
    """(the bytes that are signed, the CMS): one range, and nothing of the file outside it but the CMS itself."""
    if len(ranges) != 1:
        raise _Malformed
    start, before, after, rest = (int(number) for number in ranges[0].groups())
    hole = _HEX.fullmatch(pdf[before:after])
    if start != 0 or hole is None or after + rest != len(pdf):
        raise _Malformed
    return pdf[:before] + pdf[after:], bytes.fromhex(hole[1].decode("ascii")).rstrip(b"\0")


def _signer(encoded: bytes) -> tuple[cms.SignerInfo, x509.Certificate]:
    # What stripping the padding took from the end of the CMS itself, the decoder asks for.
    content = cms.ContentInfo.load(_whole(encoded), strict=True)
    if content["content_type"].native != "signed_data":
        raise _Malformed
    signers, certificates = content["content"]["signer_infos"], content["content"]["certificates"]
    if len(signers) != 1 or len(certificates) != 1:
        raise _Malformed
    signer, certificate = signers[0], certificates[0].chosen
    identified = _attribute(signer, "signing_certificate_v2")["certs"][0]["cert_hash"].native
    if (
        signer["digest_algorithm"]["algorithm"].native != "sha256"
        or signer["signature_algorithm"]["algorithm"].native != "sha256_ecdsa"
        or _attribute(signer, "content_type").native != "data"
        or identified != hashlib.sha256(certificate.dump()).digest()
    ):
        raise _Malformed
    return signer, certificate


def _whole(encoded: bytes) -> bytes:
    """The CMS without the zeros behind it: its own length says where it ends."""
    if encoded[:2] != b"\x30\x82":
        raise _Malformed
    length = 4 + int.from_bytes(encoded[2:4])
    return encoded.ljust(length, b"\0") if length - len(encoded) < 4 else encoded


def _attribute(signer: cms.SignerInfo, name: str) -> cms.Any:
    found = [attribute["values"] for attribute in signer["signed_attrs"] if attribute["type"].native == name]
    if len(found) != 1 or len(found[0]) != 1:
        raise _Malformed
    return found[0][0]


def _judge(
    signer: cms.SignerInfo, certificate: x509.Certificate, keys: Sequence[PublishedKey], day: date
) -> DocumentSignature:
    spki = certificate.public_key.dump()
    key_id = hashlib.sha256(spki).hexdigest()[:16]
    known = next((key for key in keys if key.key_id == key_id and key.purpose == Purpose.DOCUMENT_SEAL), None)
    public = load_der_public_key(spki)
    if known is None or not isinstance(public, ec.EllipticCurvePublicKey):
        return DocumentSignature.UNKNOWN_SIGNER
    attributes = signer["signed_attrs"].untag().dump()
    try:
        public.verify(signer["signature"].native, attributes, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return DocumentSignature.WRONG
    if known.revoked is not None:
        return DocumentSignature.KEY_REVOKED
    return DocumentSignature.OURS if known.in_use_on(day) else DocumentSignature.OUTSIDE_KEY_TIME


def _day(pdf: bytes) -> date:
    """The day on which the document says that it was signed (/M, which the signature covers)."""
    found = _MADE.findall(pdf)
    if len(found) != 1:
        raise _Malformed
    return datetime.strptime(found[0].decode("ascii"), "%Y%m%d").replace(tzinfo=None).date()  # noqa: DTZ007
