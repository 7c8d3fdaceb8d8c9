"""The signature of a whole document, judged by the published list."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from portal.certificates.papers.document import DocumentSignature, examine
from portal.certificates.sealing import signature
from portal.certificates.sealing.key_list import PublishedKey, published
from portal.keys import Purpose, SigningKeys
from tests.portal.certificates.sealing.papers import AT, SealKeys, seal_keys, unsigned

Sealed = tuple[bytes, PublishedKey]


@pytest.fixture(scope="session")
def sealed(signing_keys: SigningKeys, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    """A signed document, and its key as it is published."""
    keys = seal_keys(signing_keys, tmp_path_factory.mktemp("office"))
    pdf = bytearray(unsigned())
    signature.complete(pdf, _signer(keys), AT)
    return bytes(pdf), _published(keys)


def _signer(keys: SealKeys) -> signature.DocumentSigner:
    document = keys.active.document_at(AT)
    return signature.DocumentSigner(
        document.certificate, lambda words: keys.keys.sign_by(Purpose.DOCUMENT_SEAL, document.key_id, words)
    )


def _published(keys: SealKeys) -> PublishedKey:
    document = keys.active.document_at(AT)
    public = x509.load_der_x509_certificate(document.certificate).public_key()
    return published(
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        key_id=document.key_id, purpose=Purpose.DOCUMENT_SEAL.value, valid_from=date(2026, 1, 1),
    )  # fmt: skip


def test_a_document_signed_by_a_published_key_is_ours(sealed: Sealed) -> None:
    pdf, key = sealed
    assert examine(pdf, [key]) is DocumentSignature.OURS


def test_a_scan_has_no_signature(sealed: Sealed) -> None:
    assert examine(unsigned().replace(b"/ByteRange", b"/Bytes"), [sealed[1]]) is DocumentSignature.NONE


@pytest.mark.parametrize(
    ("key", "found"),
    [
        (lambda _: [], DocumentSignature.UNKNOWN_SIGNER),
        (lambda key: [replace(key, purpose=Purpose.PAGE_STAMP.value)], DocumentSignature.UNKNOWN_SIGNER),
        (lambda key: [replace(key, revoked=date(2026, 12, 1))], DocumentSignature.KEY_REVOKED),
        (lambda key: [replace(key, retired=date(2026, 11, 23))], DocumentSignature.OUTSIDE_KEY_TIME),
        (lambda key: [replace(key, valid_from=date(2026, 11, 25))], DocumentSignature.OUTSIDE_KEY_TIME),
        (lambda key: [replace(key, retired=date(2026, 11, 24))], DocumentSignature.OURS),
    ],
)
def test_the_list_decides_whose_signature_counts(
    sealed: Sealed, key: Callable[[PublishedKey], list[PublishedKey]], found: DocumentSignature
) -> None:
    pdf, published_key = sealed
    assert examine(pdf, key(published_key)) is found


@pytest.mark.parametrize(
    "change",
    [
        lambda pdf: pdf + b"\n",
        lambda pdf: pdf + b"1 0 obj<</ByteRange [0 1 2 3]>>endobj",
        lambda pdf: pdf.replace(b"/ByteRange [0 ", b"/ByteRange [1 ", 1),
        lambda pdf: pdf.replace(b"/M (D:2026", b"/M (X:2026", 1),
        lambda pdf: pdf[: len(pdf) - 1],
    ],
)
def test_whatever_is_not_exactly_one_signature_over_everything_is_malformed(
    sealed: Sealed, change: Callable[[bytes], bytes]
) -> None:
    pdf, key = sealed
    assert examine(change(pdf), [key]) in {DocumentSignature.MALFORMED, DocumentSignature.CHANGED}


@given(data=st.data())
def test_no_byte_outside_the_signature_itself_can_be_changed(sealed: Sealed, data: st.DataObject) -> None:
    pdf, key = sealed
    hole = pdf.index(b"/Contents<") + len(b"/Contents<")
    place = data.draw(st.integers(0, hole - 1) | st.integers(hole + 2 * signature.MOST_CMS_BYTES, len(pdf) - 1))
    value = data.draw(st.integers(0, 255).filter(lambda value: value != pdf[place]))
    changed = examine(pdf[:place] + bytes([value]) + pdf[place + 1 :], [key])
    assert changed is not DocumentSignature.OURS


@given(data=st.data())
def test_a_broken_signature_is_named_and_never_raises(sealed: Sealed, data: st.DataObject) -> None:
    pdf, key = sealed
    hole = pdf.index(b"/Contents<") + len(b"/Contents<")
    digits = data.draw(st.binary(min_size=8, max_size=900)).hex().encode()
    assert examine(pdf[:hole] + digits + pdf[hole + len(digits) :], [key]) is not DocumentSignature.OURS
