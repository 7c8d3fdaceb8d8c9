"""PKCS#10 requests (RFC 2986) for certificates of keys that never leave their token."""

import base64
from collections.abc import Callable, Mapping

from asn1crypto import algos, csr, keys, x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

_LINE = 64


def certificate_request(public_key: bytes, subject: Mapping[str, str], sign: Callable[[bytes], bytes]) -> str:
    """A request as PEM. `public_key` is a SubjectPublicKeyInfo (DER); `sign` gives r||s, ES256, by its private key.

    `subject` maps names of X.520 attributes, as asn1crypto spells them, to their values, outermost first.
    """
    info = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": x509.Name.build(dict(subject)),
            "subject_pk_info": keys.PublicKeyInfo.load(public_key),
            "attributes": [],
        }
    )
    raw = sign(info.dump())
    half = len(raw) // 2
    request = csr.CertificationRequest(
        {
            "certification_request_info": info,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            "signature": encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:])),
        }
    )
    encoded = base64.b64encode(request.dump()).decode("ascii")
    lines = [encoded[start : start + _LINE] for start in range(0, len(encoded), _LINE)]
    return "\n".join(["-----BEGIN CERTIFICATE REQUEST-----", *lines, "-----END CERTIFICATE REQUEST-----", ""])
