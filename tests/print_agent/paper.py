"""PDFs for the tests: a sound certificate-like one, made by the renderer the portal uses, and marked per order."""

from __future__ import annotations

import hashlib
import io
import warnings
from functools import lru_cache

import pikepdf
import weasyprint

PAGE = "<h1>住民票の写し</h1><p>見本 𠮷田 はな子 (page {number})</p>"
SHEET = "@page { size: A4; margin: 20mm } body { font-family: 'Noto Serif CJK JP' } h1 + p { break-after: page }"


@lru_cache
def rendered(pages: int) -> bytes:
    """An A4 PDF/A-3u with embedded subset fonts, an outline and this many pages."""
    body = "".join(PAGE.format(number=number + 1) for number in range(pages))
    html = f'<html lang="ja"><head><title>見本</title><style>{SHEET}</style></head><body>{body}</body></html>'
    with warnings.catch_warnings():
        # The renderer leaves its colour profile open.
        warnings.simplefilter("ignore", ResourceWarning)
        written = weasyprint.HTML(string=html).write_pdf(pdf_variant="pdf/a-3u")
    assert isinstance(written, bytes)
    return written


def paper(mark: str, pages: int = 1, padding: int = 0) -> bytes:
    """A document unlike any other; ``padding`` makes it this many bytes longer."""
    with pikepdf.open(io.BytesIO(rendered(pages))) as pdf:
        pdf.docinfo["/Mark"] = mark
        if padding:
            pdf.Root.Padding = pdf.make_stream(mark.encode() * (padding // len(mark.encode())))
        return saved(pdf)


def saved(pdf: pikepdf.Pdf) -> bytes:
    """The document as a file."""
    target = io.BytesIO()
    with warnings.catch_warnings():
        # Some documents are wrong on purpose.
        warnings.simplefilter("ignore", pikepdf.exceptions.PageCopyWarning)
        pdf.save(target, compress_streams=False)
    return target.getvalue()


def page_hashes(document: bytes) -> list[bytes]:
    """SHA-256 of each page's content before compression; none of what is no PDF."""
    try:
        with pikepdf.open(io.BytesIO(document)) as pdf:
            return [hashlib.sha256(_content(page)).digest() for page in pdf.pages]
    except pikepdf.PdfError:
        return []


def _content(page: pikepdf.Page) -> bytes:
    content = page.obj.get("/Contents")
    return content.read_bytes() if isinstance(content, pikepdf.Stream) else b""
