"""Sealing a certificate: secret, tie and stamps before its sheets are filled, the signature once it is written."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from portal.certificates.eras import in_era
from portal.certificates.numbers import parted
from portal.certificates.paper import Issue, Kind, Layout, Sheet
from portal.certificates.papers.contents import Content, PageContent, Words, enclose
from portal.certificates.sealing import qr, signature, stamp, tie
from portal.certificates.sealing.active import Active
from portal.certificates.sealing.stamp import Stamp
from portal.certificates.values import Text, pictures, texts
from portal.keys import Purpose, SigningKeys


class AnotherMunicipality(Exception):
    """Raised when an issue number is not one of the municipality that seals."""


@dataclass(frozen=True, repr=False)
class Sealed:
    """What the sheets carry: the tie printed on each, a stamp for each; and the words as they will be kept."""

    tie: str
    stamps: tuple[bytes, ...]
    secret: bytes = field(repr=False)
    content: Content


class Sealing:
    """Seals with the keys of one token; one for each process. `active` says which keys are in use (see `active`).

    Nothing is opened before the first certificate, so that a process forked before owns its own session.
    """

    def __init__(self, keys: SigningKeys, active: Callable[[], Active]) -> None:
        self._keys = keys
        self._active = active

    def begin(self, issue: Issue, kind: Kind, layout: Layout, municipality_code: str) -> Sealed:
        """Draw a secret and seal every sheet with it. Raises SealUnavailable, KeyUnavailable, AnotherMunicipality."""
        code, own_number = parted(issue.number)
        if code != municipality_code:
            raise AnotherMunicipality
        secret = os.urandom(stamp.SECRET_BYTES)
        pages = tuple(_page(sheet, issue) for sheet in layout.sheets)
        words = Words(kind=kind.id, name=kind.name, number=issue.number, day=issue.day, pages=pages)
        bound = tie.bind(words, secret)
        key_id = self._active().stamp_key
        stamps = tuple(
            stamp.encode(
                Stamp(code, own_number, number, len(pages), issue.day, link[: stamp.LINK_BYTES], secret),
                key_id,
                lambda words: self._keys.sign_by(Purpose.PAGE_STAMP, key_id, words),
            )
            for number, link in enumerate(bound.links, 1)
        )
        return Sealed(tie=bound.code, stamps=stamps, secret=secret, content=enclose(words, secret))

    def sign(self, pdf: bytes, at: datetime) -> bytes:
        """The document with its signature. Raises SealUnavailable, KeyUnavailable, PlaceMissing, CmsTooLong."""
        document = self._active().document_at(at)
        signer = signature.DocumentSigner(
            document.certificate, lambda words: self._keys.sign_by(Purpose.DOCUMENT_SEAL, document.key_id, words)
        )
        whole = bytearray(pdf)
        signature.complete(whole, signer, at)
        return bytes(whole)

    def warm_up(self) -> None:
        """Prepare what the first certificate would wait for; no key is touched, so this may come before a fork."""
        qr.bits(b"")


def _page(sheet: Sheet, issue: Issue) -> PageContent:
    written = (
        *texts(sheet.values),
        Text("issue.number", "発行番号", issue.number),
        Text("issue.day", "発行年月日", in_era(issue.day)),
        Text("issue.office", "職名", issue.office),
        Text("issue.officer", "氏名", issue.officer),
    )
    shown = tuple((path, picture.png) for path, picture in pictures(sheet.values).items())
    return PageContent(form=sheet.form, texts=written, pictures=shown)
