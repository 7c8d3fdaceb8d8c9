"""The document's signature, judged by programs that are not ours: pyHanko and poppler's pdfsig."""

import io
import random
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms, x509
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel

from portal.certificates.sealing import Sealing, signature
from portal.certificates.sealing.active import DocumentCertificateNotValid
from portal.certificates.sealing.signature import CmsTooLong, DocumentSigner, PlaceMissing, complete
from print_agent.document import UnfitDocument, check
from tests.portal.certificates.sealing.papers import AT, SealKeys, pyhanko, unsigned
from tests.portal.certificates.sealing.software_keys import new_key
from tests.print_agent.paper import page_hashes


@pytest.fixture(scope="module")
def sealed(sealing: Sealing) -> bytes:
    return sealing.sign(unsigned(), AT)


def judged(document: bytes, keys: SealKeys) -> PdfSignatureStatus:
    return pyhanko(document, keys, AT)


def content_info(document: bytes) -> cms.SignedData:
    hole = document.index(b"/Contents<") + len(b"/Contents<")
    written = bytes.fromhex(document[hole : document.index(b">", hole)].decode())
    return cms.ContentInfo.load(written.rstrip(b"\0"))["content"]


def test_pyhanko_finds_it_whole_valid_trusted_and_over_the_entire_file(sealed: bytes, sealed_by: SealKeys) -> None:
    status = judged(sealed, sealed_by)
    assert status.intact
    assert status.valid
    assert status.trusted
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert status.bottom_line


def test_the_print_agent_takes_a_sealed_document_and_none_that_waits_for_its_seal(sealed: bytes) -> None:
    check(io.BytesIO(sealed), page_hashes(sealed))
    for unfit in (unsigned(), sealed + b"\n"):
        with pytest.raises(UnfitDocument, match="form"):
            check(io.BytesIO(unfit), page_hashes(unfit))


def test_without_the_root_it_is_valid_but_trusted_by_nobody(sealed: bytes, tmp_path: Path) -> None:
    status = pyhanko(sealed, None, AT)
    assert status.valid
    assert not status.trusted


def test_pdfsig_says_the_same(sealed: bytes, tmp_path: Path) -> None:
    file = tmp_path / "sealed.pdf"
    file.write_bytes(sealed)
    said = subprocess.run(["pdfsig", str(file)], capture_output=True, text=True, check=True).stdout
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    assert "CN=みさき市長" in said


def test_it_is_pades_b_b(sealed: bytes) -> None:
    (signer,) = content_info(sealed)["signer_infos"]
    attributes = [attribute["type"].native for attribute in signer["signed_attrs"]]
    assert sorted(attributes) == ["content_type", "message_digest", "signing_certificate_v2"]
    assert signer["signature_algorithm"].native["algorithm"] == "sha256_ecdsa"
    assert len(signer["unsigned_attrs"]) == 0
    assert b"/M (D:20261124100203+09'00')" in sealed


def test_only_the_place_that_was_reserved_is_written(sealed: bytes) -> None:
    before = unsigned()
    start = before.index(signature.RESERVED)
    assert len(sealed) == len(before)
    assert sealed[:start] == before[:start]
    assert sealed[start + len(signature.RESERVED) :] == before[start + len(signature.RESERVED) :]


def test_a_changed_byte_anywhere_is_noticed(sealed: bytes, sealed_by: SealKeys) -> None:
    hole = sealed.index(b"/Contents<") + len(b"/Contents<")
    end = sealed.index(b">", hole)
    content = sealed.index(b"0 0 m 100 100 l S")
    draws = random.Random(7)
    places = [
        *range(content, content + 12),
        *draws.sample(range(hole), 20),
        *draws.sample(range(end, len(sealed)), 20),
    ]
    for place in places:
        changed = bytearray(sealed)
        changed[place] ^= 1
        assert not accepted(bytes(changed), sealed_by), place


def accepted(document: bytes, keys: SealKeys) -> bool:
    try:
        return judged(document, keys).bottom_line
    # A changed byte may as well make the file unreadable, and pyHanko says that in many ways.
    except Exception:  # noqa: BLE001
        return False


def test_something_appended_is_noticed(sealed: bytes, sealed_by: SealKeys) -> None:
    assert judged(sealed + b"\n% more\n", sealed_by).coverage is not SignatureCoverageLevel.ENTIRE_FILE


def test_signatures_of_every_length_are_set_right(sealed_by: SealKeys) -> None:
    document = sealed_by.active.document_at(AT)
    for r, s in ((1, 1), (2**255, 1), (2**255, 2**255), (2**200, 2**255)):
        signer = DocumentSigner(document.certificate, lambda _, r=r, s=s: r.to_bytes(32) + s.to_bytes(32))  # type: ignore[misc]
        parsed = cms.ContentInfo.load(signer.cms(b"d" * 32), strict=True)["content"]
        (info,) = parsed["signer_infos"]
        assert info["signature"].native == _der(r, s)
        digest = next(each for each in info["signed_attrs"] if each["type"].native == "message_digest")
        assert digest["values"][0].native == b"d" * 32


def _der(r: int, s: int) -> bytes:
    body = b"".join(b"\x02" + bytes([n.bit_length() // 8 + 1]) + n.to_bytes(n.bit_length() // 8 + 1) for n in (r, s))
    return b"\x30" + bytes([len(body)]) + body


def test_a_document_without_the_place_or_with_two_is_not_sealed(sealing: Sealing, sealed: bytes) -> None:
    for document in (b"%PDF-1.7 nothing here", unsigned() + signature.RESERVED, sealed):
        with pytest.raises(PlaceMissing):
            sealing.sign(document, AT)


def test_a_certificate_that_is_too_long_is_named_and_not_cut_off(sealed_by: SealKeys) -> None:
    certificate = sealed_by.active.document_at(AT).certificate
    longer = x509.Certificate.load(certificate)
    longer["tbs_certificate"]["issuer"] = x509.Name.build({"organization_name": "長" * 1500, "common_name": "x"})
    signer = DocumentSigner(longer.dump(force=True), new_key().sign)
    with pytest.raises(CmsTooLong):
        complete(bytearray(unsigned()), signer, AT)


@pytest.mark.parametrize("at", [datetime(2024, 12, 31, tzinfo=UTC), AT + timedelta(days=10 * 365)])
def test_nothing_is_sealed_outside_the_time_of_the_certificate(sealing: Sealing, at: datetime) -> None:
    with pytest.raises(DocumentCertificateNotValid):
        sealing.sign(unsigned(), at)
