"""Sheets typeset straight from records, without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import cast
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

from portal.certificates.kinds import kind_of
from portal.certificates.paper import Extent, Issue, Subject
from portal.certificates.press import Press, Printed
from portal.certificates.seal import seal_of
from portal.certificates.sealing.active import Active, DocumentKey
from portal.certificates.sealing.sealer import Sealing
from portal.keys import Purpose, SigningKeys
from portal.register import ResidentRecord
from tests.portal.register.people import PLAIN

NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
ISSUE = Issue(
    number="982016-7K3MA-2Q9XT",
    day=date(2026, 11, 24),
    office="みさき市長",
    officer="岬　進",
    seal=seal_of("982016"),
    municipality_code="982016",
    verify_address="https://verify.misaki.example/",
)
EVERYTHING = frozenset({"relationship", "domicile", "nationality"})
_MOVED_INSIDE = replace(PLAIN, address_since=date(2019, 5, 1), notified_on=date(2019, 5, 3), family_head="渡辺　太郎")


class _SoftwareKeys:
    """Signs like a token, with a key in memory: for tests that are not about keys."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    def sign_by(self, _purpose: Purpose, _key_id: str, data: bytes) -> bytes:
        r, s = decode_dss_signature(self._key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    def certificate(self) -> bytes:
        return self_signed(self._key)


@cache
def software_sealing() -> Sealing:
    """A sealing whose keys live in memory."""
    keys = _SoftwareKeys()
    document = DocumentKey("0" * 16, keys.certificate(), NOON.replace(year=2020), NOON.replace(year=2040))
    active = Active(stamp_key_id="ab" * 8, document=document)
    return Sealing(cast("SigningKeys", keys), lambda: active)


def self_signed(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A certificate of `key` by itself, DER."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "試験")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(NOON.replace(year=2020))
    signed = builder.not_valid_after(NOON.replace(year=2040)).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


def person(**fields: object) -> ResidentRecord:
    """A plain resident with these fields instead."""
    return replace(_MOVED_INSIDE, **{"id": uuid4(), **fields})  # type: ignore[arg-type]


def printed(
    press: Press,
    *persons: ResidentRecord,
    extent: Extent = Extent.WHOLE,
    items: frozenset[str] = EVERYTHING,
    full_layout: bool = False,
) -> Printed:
    """These persons on paper."""
    kind = kind_of("resident_record")
    subject = Subject(persons=persons, head=persons[0], extent=extent, items=items)
    return press.print(kind, kind.compose(subject), ISSUE, NOON, software_sealing(), full_layout=full_layout)
