"""PKCS#10 requests (RFC 2986) for certificates of keys that never leave their token."""

from collections.abc import Callable, Mapping

from asn1crypto import algos, csr, keys, pem, x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature


def certificate_request(public_key: str, subject: Mapping[str, str], sign: Callable[[bytes], bytes]) -> str:
    """A request as PEM. `public_key` is a SubjectPublicKeyInfo (PEM); `sign` gives r||s, ES256, by its private key.

    `subject` maps names of X.520 attributes, as asn1crypto spells them, to their values, outermost first.
    """
    info = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": x509.Name.build(dict(subject)),
            "subject_pk_info": keys.PublicKeyInfo.load(pem.unarmor(public_key.encode("ascii"))[2]),
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
    armoured: bytes = pem.armor("CERTIFICATE REQUEST", request.dump())
    return armoured.decode("ascii")
