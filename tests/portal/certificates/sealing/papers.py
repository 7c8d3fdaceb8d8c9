"""A PDF with the reserved place, as the press will write one, and keys on the test token that seal it."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pydyf
import sqlalchemy as sa
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from portal.audit import Actor, ActorKind
from portal.certificates.sealing import publishing
from portal.certificates.sealing.active import Active, document_key
from portal.certificates.sealing.signature import RESERVED
from portal.keys import Purpose, SigningKeys
from portal.keys.requests import certificate_request
from tests.world.office_authority import OfficeAuthority

SUBJECT = {"country_name": "JP", "organization_name": "みさき市", "common_name": "みさき市長"}
_ACTOR = Actor(ActorKind.SYSTEM, "test")
AT = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)


@dataclass(frozen=True)
class SealKeys:
    """The newest keys of a token, the document key certified by `authority`."""

    keys: SigningKeys
    authority: OfficeAuthority
    active: Active

    def publish(self, connection: sa.Connection, now: datetime) -> None:
        """Write both keys into the published list, as the commands would."""
        document = self.active.document_at(AT)
        publishing.publish_stamp_key(connection, self.keys, actor=_ACTOR, now=now)
        publishing.publish_document_key(connection, self.keys, document.certificate, actor=_ACTOR, now=now)


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
            "Resources": pydyf.Dictionary(),
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


def pyhanko(document: bytes, keys: "SealKeys | None", moment: datetime) -> PdfSignatureStatus:
    """pyHanko's judgement of the one signature, with the authority of `keys` for its only root, or with none.

    In a thread of its own: it runs an event loop, and a browser's may be running in the thread of the tests.
    """
    roots = [] if keys is None else [keys.authority.root.public_bytes(serialization.Encoding.DER)]
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(root) for root in roots], moment=moment, allow_fetching=False
    )
    (embedded,) = PdfFileReader(io.BytesIO(document)).embedded_signatures
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(validate_pdf_signature, embedded, context).result()
