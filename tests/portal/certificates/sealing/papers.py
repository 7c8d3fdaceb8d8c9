"""A PDF with the reserved place, as the press will write one, and keys on the test token that seal it."""

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pydyf
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from portal.certificates.sealing.active import Active, document_key
from portal.certificates.sealing.signature import RESERVED
from portal.keys import Purpose, SigningKeys
from portal.keys.requests import certificate_request
from tests.world.office_authority import OfficeAuthority

SUBJECT = {"country_name": "JP", "organization_name": "みさき市", "common_name": "みさき市長"}
AT = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)


@dataclass(frozen=True)
class SealKeys:
    """The newest keys of a token, the document key certified by `authority`."""

    keys: SigningKeys
    authority: OfficeAuthority
    active: Active


def seal_keys(keys: SigningKeys, folder: Path) -> SealKeys:
    """Certify the token's document key as an authority would."""
    authority = OfficeAuthority(folder)
    key_id, request = requested(keys)
    certificate = der(authority.issue(request))
    return SealKeys(keys, authority, Active(keys.newest(Purpose.PAGE_STAMP), document_key(key_id, certificate)))


def requested(keys: SigningKeys) -> tuple[str, bytes]:
    """(id, PKCS#10 request) of the token's newest document key."""
    key_id = keys.newest(Purpose.DOCUMENT_SEAL)
    request = certificate_request(
        keys.public_keys(Purpose.DOCUMENT_SEAL)[key_id],
        SUBJECT,
        lambda words: keys.sign_by(Purpose.DOCUMENT_SEAL, key_id, words),
    )
    return key_id, request.encode()


def der(pem: bytes) -> bytes:
    """A certificate without its armour."""
    return x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)


class _Written(pydyf.Object):  # type: ignore[misc]  # pydyf is not typed
    """An object with exactly this body."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self._body = body

    @property
    def data(self) -> bytes:
        return self._body


def unsigned(words: bytes = b"0 0 m 100 100 l S") -> bytes:
    """One sheet of A4 with a signature field that holds the reserved place."""
    pdf = pydyf.PDF()
    content = pydyf.Stream([words])
    pdf.add_object(content)
    reserved = _Written(RESERVED)
    pdf.add_object(reserved)
    page = pydyf.Dictionary(
        {
            "Type": "/Page",
            "Parent": pdf.pages.reference,
            "MediaBox": pydyf.Array([0, 0, 595.28, 841.89]),
            "Contents": content.reference,
        }
    )
    pdf.add_page(page)
    field = pydyf.Dictionary(
        {
            "Type": "/Annot", "Subtype": "/Widget", "FT": "/Sig", "T": pydyf.String("Seal"), "F": 132,
            "Rect": pydyf.Array([0, 0, 0, 0]), "P": page.reference, "V": reserved.reference,
        }
    )  # fmt: skip
    pdf.add_object(field)
    page["Annots"] = pydyf.Array([field.reference])
    pdf.catalog["AcroForm"] = pydyf.Dictionary({"Fields": pydyf.Array([field.reference]), "SigFlags": 3})
    written = io.BytesIO()
    pdf.write(written, version=b"1.7", identifier=b"seal")
    return written.getvalue()
