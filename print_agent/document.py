"""Is this PDF something a printer may be given? Run in a child process of its own, which ends with the document.

Nothing is repaired: a file that needs repair was cut off or tampered with. The checks look at every object of the
file, reachable or not. One signature may be there, over the whole file; whether it is genuine is not asked, for the
ticket names the document byte for byte.

Run as ``python -m print_agent.document FD``: the parent (``inspection``) sends one descriptor over the socket FD with
the size and the hashes of the pages it expects, and receives one word: ``ok`` or the reason of the refusal.
"""

from __future__ import annotations

import hashlib
import io
import os
import resource
import socket
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pikepdf

from print_agent.inspection import HASH_BYTES, READY, REQUEST
from print_agent.vault import harden_process

MOST_PAGES = 20
A4_POINTS = (595.276, 841.89)
TOLERANCE_POINTS = 2.0
LAST_BYTES = 16
CPU_SECONDS, MEMORY_BYTES = 5, 1024**3

FORBIDDEN_KEYS = {
    "/AA": "action",
    "/OpenAction": "action",
    "/JS": "script",
    "/JavaScript": "script",
    "/EF": "attachment",
    "/EmbeddedFiles": "attachment",
    "/AF": "attachment",
    "/Collection": "attachment",
    "/XFA": "form",
    "/RichMediaContent": "attachment",
}
FORBIDDEN_ACTIONS = frozenset(
    {
        "/GoTo3DView",
        "/GoToE",
        "/GoToR",
        "/Hide",
        "/ImportData",
        "/JavaScript",
        "/Launch",
        "/Movie",
        "/Named",
        "/Rendition",
        "/ResetForm",
        "/RichMediaExecute",
        "/SetOCGState",
        "/Sound",
        "/SubmitForm",
        "/Thread",
        "/Trans",
        "/URI",
    }
)
"""Every action but GoTo, which is how an outline names its page."""
FORM_KEYS = frozenset({"/Fields", "/SigFlags"})
FONT_FILES = ("/FontFile", "/FontFile2", "/FontFile3")


class UnfitDocument(Exception):
    """Raised when a document must not reach the printer; the message is one word of inspection.REASONS."""


def check(stream: BinaryIO, page_hashes: Sequence[bytes]) -> None:
    """Raises UnfitDocument unless the PDF is whole, A4, inert, has all its fonts and exactly the pages signed for.

    ``page_hashes``: SHA-256 of the content of each page before compression, in page order (invariant 4: each page is
    bound to its document; a document of the right size with somebody else's page in it is none).

    Of forms, one signature field is fit, signed, over every byte of the file but the signature itself.
    """
    if stream.read(5) != b"%PDF-":
        raise UnfitDocument("not_pdf")
    stream.seek(-min(LAST_BYTES, stream.seek(0, io.SEEK_END)), io.SEEK_END)
    if not stream.read().rstrip(b"\r\n").endswith(b"%%EOF"):
        raise UnfitDocument("damaged")
    stream.seek(0)
    try:
        with pikepdf.open(stream, attempt_recovery=False) as pdf:
            if pdf.is_encrypted:
                raise UnfitDocument("encrypted")
            if len(pdf.pages) != len(page_hashes) or not 1 <= len(page_hashes) <= MOST_PAGES:
                raise UnfitDocument("pages")
            if pdf.check_pdf_syntax():
                raise UnfitDocument("damaged")
            _check_pages(pdf, page_hashes)
            _check_objects(pdf, stream)
    except pikepdf.PasswordError as error:
        raise UnfitDocument("encrypted") from error
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, RecursionError) as error:
        # pikepdf answers a malformed object with any of these, depending on what is malformed about it.
        raise UnfitDocument("damaged") from error


def _check_objects(pdf: pikepdf.Pdf, stream: BinaryIO) -> None:
    field = _signature_field(pdf)
    signatures = []
    for dictionary in _dictionaries(pdf):
        _check_inert(dictionary, field)
        _check_fonts(dictionary)
        if "/ByteRange" in dictionary:
            signatures.append(dictionary)
    if field is not None:
        _check_signed(field, signatures)
        _check_covered(signatures[0], stream)
    elif signatures:
        raise UnfitDocument("form")


def _check_pages(pdf: pikepdf.Pdf, page_hashes: Sequence[bytes]) -> None:
    for page, page_hash in zip(pdf.pages, page_hashes, strict=True):
        if hashlib.sha256(_content(page)).digest() != page_hash:
            raise UnfitDocument("page_hash")
        boxes = [page.mediabox, page.cropbox]
        for box in boxes:
            left, bottom, right, top = (float(edge) for edge in box)
            width, height = right - left, top - bottom
            if abs(width - A4_POINTS[0]) > TOLERANCE_POINTS or abs(height - A4_POINTS[1]) > TOLERANCE_POINTS:
                raise UnfitDocument("page_size")
        if _inherited(page.obj, "/Rotate") or "/UserUnit" in page.obj:
            raise UnfitDocument("page_size")


def _content(page: pikepdf.Page) -> bytes:
    """A page's drawing, unpacked: one stream, or several that are read as one (PDF 2.0, 7.8.2)."""
    content = page.obj["/Contents"]
    streams = list(content) if isinstance(content, pikepdf.Array) else [content]
    return b"\n".join(stream.read_bytes() for stream in streams)


def _inherited(node: pikepdf.Object, key: str) -> int:
    for _ in range(64):
        if key in node:
            return int(node[key])
        if "/Parent" not in node:
            return 0
        node = node["/Parent"]
    raise UnfitDocument("damaged")


def _signature_field(pdf: pikepdf.Pdf) -> pikepdf.Object | None:
    """The one signature field that may be there. Any other form is refused."""
    form = pdf.Root.get("/AcroForm")
    if form is None:
        return None
    fields = list(form.get("/Fields", []))
    if len(fields) != 1 or set(form.keys()) - FORM_KEYS:
        raise UnfitDocument("form")
    if fields[0].get("/FT") != "/Sig" or "/Kids" in fields[0]:
        raise UnfitDocument("form")
    return fields[0]


def _check_signed(field: pikepdf.Object, signatures: list[pikepdf.Object]) -> None:
    """The field holds the file's one signature. One that nobody has signed waits for somebody else's."""
    held = field.get("/V")
    if not isinstance(held, pikepdf.Dictionary) or not held.is_indirect or held.get("/Type") != "/Sig":
        raise UnfitDocument("form")
    if [signature.objgen for signature in signatures] != [held.objgen]:
        raise UnfitDocument("form")


def _check_covered(signature: pikepdf.Object, stream: BinaryIO) -> None:
    """The signature's range is all of the file but its own hexadecimal digits (PDF 2.0, 12.8.1)."""
    start, hole, rest, length = (int(number) for number in signature["/ByteRange"])
    size = stream.seek(0, io.SEEK_END)
    if start != 0 or not 0 < hole < rest or rest + length != size:
        raise UnfitDocument("form")
    stream.seek(hole)
    left_out = stream.read(rest - hole)
    contents = bytes(signature["/Contents"]).hex().encode("ascii")
    if left_out.lower() != b"<" + contents + b">":
        raise UnfitDocument("form")


def _dictionaries(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Every dictionary of the file once, streams' own included."""
    yield from _within(pdf.trailer)
    for item in pdf.objects:
        yield from _within(item)


def _within(item: pikepdf.Object) -> Iterator[pikepdf.Object]:
    if isinstance(item, pikepdf.Array):
        children = list(item)
    elif isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        yield item
        children = [item[key] for key in item.keys()]  # noqa: SIM118 - not a dict
    else:
        return
    for child in children:
        # What has a number of its own is visited under that number.
        if isinstance(child, pikepdf.Object) and not child.is_indirect:
            yield from _within(child)


def _check_inert(dictionary: pikepdf.Object, field: pikepdf.Object | None) -> None:
    for key, reason in FORBIDDEN_KEYS.items():
        if key in dictionary:
            raise UnfitDocument(reason)
    if str(dictionary.get("/S", "")) in FORBIDDEN_ACTIONS:
        raise UnfitDocument("action")
    if isinstance(dictionary, pikepdf.Stream) and "/F" in dictionary:
        raise UnfitDocument("attachment")
    for annotation in dictionary.get("/Annots", []) if dictionary.get("/Type") == "/Page" else []:
        # Objects without a number all count as the same one.
        same = field is not None and annotation.is_indirect and annotation.objgen == field.objgen
        if not same or annotation.get("/Subtype") != "/Widget":
            raise UnfitDocument("annotation")


def _check_fonts(dictionary: pikepdf.Object) -> None:
    if dictionary.get("/Type") == "/Font":
        _require_embedded(dictionary)
    named = dictionary.get("/Font")
    if isinstance(named, pikepdf.Dictionary) and dictionary.get("/Type") != "/Font":
        for name in named.keys():  # noqa: SIM118 - not a dict
            _require_embedded(named[name])


def _require_embedded(font: pikepdf.Object) -> None:
    if font.get("/Subtype") == "/Type0":
        font = font["/DescendantFonts"][0]
    descriptor = font.get("/FontDescriptor")
    if descriptor is None or not any(isinstance(descriptor.get(key), pikepdf.Stream) for key in FONT_FILES):
        raise UnfitDocument("font")


def main(channel: socket.socket) -> None:
    """Answers the one question this process lives for; an end of the channel without one ends it as well."""
    harden_process()
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    _warm_up()
    channel.sendall(READY)
    request, descriptors, _, _ = socket.recv_fds(channel, REQUEST.size + MOST_PAGES * HASH_BYTES, 1)
    if len(request) < REQUEST.size or not descriptors:
        return
    size, pages = REQUEST.unpack_from(request)
    if len(request) != REQUEST.size + pages * HASH_BYTES:
        return
    page_hashes = [request[start : start + HASH_BYTES] for start in range(REQUEST.size, len(request), HASH_BYTES)]
    with os.fdopen(descriptors[0], "rb") as file:
        stream = io.BytesIO(file.read(size))
    try:
        check(stream, page_hashes)
    except UnfitDocument as refusal:
        channel.sendall(str(refusal).encode())
    else:
        channel.sendall(b"ok")


def _warm_up() -> None:
    """Checks an empty page: what a library does once, it has done before the first order comes."""
    target = io.BytesIO()
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=A4_POINTS)
        page.obj["/Contents"] = pdf.make_stream(b"")
        pdf.save(target)
    target.seek(0)
    check(target, [hashlib.sha256(b"").digest()])


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as given:
        main(given)
