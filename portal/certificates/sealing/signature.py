"""The document's own signature: PAdES B-B (ETSI EN 319 142-1), ES256, written in one pass into a reserved place.

The CMS holds content type, message digest and signing-certificate-v2, and no signing time: PAdES wants that in the
dictionary (/M). It is a DER template into which digest and signature are set: building it from its parts takes many
times as long.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache
from hashlib import sha256

from asn1crypto import algos, cms, tsp, x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from portal.clock import JAPAN

MOST_CMS_BYTES = 3072
_DATE = b"(D:00000000000000+09'00')"
_RANGE = b"[0 0000000000 0000000000 0000000000]"
_HOLE = b"<" + b"0" * (2 * MOST_CMS_BYTES) + b">"
_BEFORE = b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M "
RESERVED = _BEFORE + _DATE + b"/ByteRange " + _RANGE + b"/Contents" + _HOLE + b">>"
"""The body of the signature dictionary, to be written as an object of its own, outside any object stream."""
_DIGEST = b"\xaa" * 32


class PlaceMissing(Exception):
    """Raised when a document does not hold the reserved place exactly once."""


class CmsTooLong(Exception):
    """Raised when the signature with its certificate is longer than the reserved place."""


class DocumentSigner:
    """The certificate of a document key (DER) and what its key signs: 64 bytes r‖s over SHA-256."""

    def __init__(self, certificate: bytes, sign: Callable[[bytes], bytes]) -> None:
        self._certificate = certificate
        self._sign = sign

    def cms(self, digest: bytes) -> bytes:
        """The detached CMS over a document with this SHA-256."""
        before, after = _attributes(self._certificate)
        raw = self._sign(before + digest + after)
        signature = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        start, middle, end = _template(self._certificate, len(signature))
        return start + digest + middle + signature + end


def complete(pdf: bytearray, signer: DocumentSigner, at: datetime) -> None:
    """Fill the reserved place of `pdf`: the time `at`, the range of all other bytes, the signature over them.

    Raises PlaceMissing, CmsTooLong.
    """
    place = pdf.find(RESERVED)
    if place < 0 or pdf.find(RESERVED, place + 1) >= 0:
        raise PlaceMissing
    date = place + len(_BEFORE)
    hole = place + len(RESERVED) - len(_HOLE) - 2
    rest = hole + len(_HOLE)
    pdf[date : date + len(_DATE)] = at.astimezone(JAPAN).strftime("(D:%Y%m%d%H%M%S+09'00')").encode()
    ranges = b"[0 %010d %010d %010d]" % (hole, rest, len(pdf) - rest)
    pdf[hole - len(b"/Contents") - len(_RANGE) : hole - len(b"/Contents")] = ranges
    with memoryview(pdf) as view:
        hashed = sha256(view[:hole])
        hashed.update(view[rest:])
    written = signer.cms(hashed.digest()).hex().encode("ascii")
    if len(written) > 2 * MOST_CMS_BYTES:
        raise CmsTooLong(f"{len(written) // 2} bytes")
    pdf[hole + 1 : hole + 1 + len(written)] = written


@cache
def _attributes(certificate: bytes) -> tuple[bytes, bytes]:
    """The signed attributes as they are signed (a SET OF), cut where the digest stands."""
    before, after = _attribute_set(certificate).dump().split(_DIGEST)
    return before, after


def _attribute_set(certificate: bytes) -> cms.CMSAttributes:
    identified = tsp.ESSCertIDv2({"cert_hash": sha256(certificate).digest()})
    return cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "message_digest", "values": [_DIGEST]}),
            cms.CMSAttribute(
                {
                    "type": "signing_certificate_v2",
                    "values": [tsp.SigningCertificateV2({"certs": [identified]})],
                }
            ),
        ]
    )


@lru_cache(maxsize=32)
def _template(certificate: bytes, signature_length: int) -> tuple[bytes, bytes, bytes]:
    """The CMS cut where digest and signature stand; an ECDSA signature in DER has 70 to 72 bytes, rarely fewer."""
    parsed = x509.Certificate.load(certificate)
    placeholder = b"\x55" * signature_length
    sha = algos.DigestAlgorithm({"algorithm": "sha256"})
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                        {"issuer": parsed.issuer, "serial_number": parsed.serial_number}
                    )
                }
            ),
            "digest_algorithm": sha,
            "signed_attrs": _attribute_set(certificate),
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            "signature": placeholder,
        }
    )
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [sha],
            "encap_content_info": {"content_type": "data"},
            "certificates": [parsed],
            "signer_infos": [signer],
        }
    )
    whole: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    start, rest = whole.split(_DIGEST)
    middle, end = rest.split(placeholder)
    return start, middle, end
