"""Pages of ours through WeasyPrint's writer, which makes fonts, metadata, PDF/A-3u and cross references.

The writer asks a page to paint itself and a font for its widths, texts and bytes, whatever class they are of. What
it has made is gone over once more before it is written: shared objects are put in, the signature's place is reserved,
and every stream is compressed once (pydyf would do it for the file and again for its identifier).
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

import pydyf
from weasyprint.css import ColorProfile
from weasyprint.document import Document, Page
from weasyprint.pdf.fonts import build_fonts_dictionary
from weasyprint.pdf.metadata import DocumentMetadata
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from portal.certificates.forms.bits import Bits
from portal.certificates.forms.library import Library, Plain, Raw
from portal.certificates.forms.weasy.exact import ApprovedFonts, Drawn, ExactPage
from portal.certificates.forms.weasy.faults import TypesettingBroken
from portal.certificates.forms.weasy.page_font import PageFont

WIDTH, HEIGHT = 210 / 25.4 * 72, 297 / 25.4 * 72
"""A4 in points."""
_VARIANT = "pdf/a-3u"
_LEVEL = 4
_WORTH_COMPRESSING = 1024


@dataclass(frozen=True)
class Drawing:
    """A picture of one bit a pixel, drawn at a place: the resource's name, and its lower left corner and size."""

    name: str
    bits: Bits
    left: float
    bottom: float
    width: float
    height: float

    def operators(self) -> bytes:
        """What draws it on a page whose origin is the lower left corner."""
        return b"q %.4f 0 0 %.4f %.4f %.4f cm /%s Do Q" % (
            self.width, self.height, self.left, self.bottom, self.name.encode(),
        )  # fmt: skip


@dataclass(frozen=True)
class Shared:
    """What a document takes from the library: places of XObjects and fonts by the names its pages use."""

    library: Library
    x_objects: dict[str, int]
    fonts: dict[str, int]


def keep_font(font: PageFont, library: Library) -> int:
    """Put a finished font into the library; returns its place."""
    pdf = pydyf.PDF()
    fonts = build_fonts_dictionary(pdf, {font.hash: font}, True, True, {"hinting": False, "pdf_version": "1.7"})
    return library.take(pdf.objects, int(fonts[font.hash].split()[0]))


@dataclass(frozen=True, repr=False)
class Written:
    """A finished file, and the content stream of each of its pages before compression."""

    document: bytes
    contents: tuple[bytes, ...]


class OwnPage:
    """A page as the writer wants one, painted by our operators."""

    width, height = WIDTH / 0.75, HEIGHT / 0.75
    bleed = {"top": 0, "right": 0, "bottom": 0, "left": 0}  # noqa: RUF012  # the writer reads it from every page

    def __init__(self, operators: Callable[[], bytes]) -> None:
        self._operators = operators
        self.bookmarks: list[object] = []
        self.links: list[object] = []
        self.anchors: dict[str, object] = {}
        self.forms: dict[None, list[object]] = {None: []}

    def paint(self, stream: pydyf.Stream, scale: float = 1) -> None:  # noqa: ARG002
        """Called by the writer, which has turned the page upside down for its own pages."""
        stream.stream.append(_UPRIGHT)
        stream.stream.append(self._operators())
        stream.stream.append(b"Q")


class _FullPage:
    """A page of WeasyPrint's own layout with our operators before and after."""

    def __init__(self, page: ExactPage, before: bytes, after: bytes) -> None:
        self._page = page
        self._before = before
        self._after = after

    def __getattr__(self, name: str) -> object:
        return getattr(self._page, name)

    def paint(self, stream: pydyf.Stream, scale: float = 1) -> None:
        for part in (_UPRIGHT, self._before, b"Q"):
            stream.stream.append(part)
        self._page.paint(stream, scale)
        for part in (_UPRIGHT, self._after, b"Q"):
            stream.stream.append(part)


_UPRIGHT = b"q 1 0 0 -1 0 %.4f cm" % HEIGHT


def write_own(
    pages: Sequence[OwnPage],
    font: PageFont,
    *,
    title: str,
    created: datetime,
    shared: Shared,
    drawings: Sequence[Drawing],
    signature: bytes | None,
    fonts: FontConfiguration,
) -> Written:
    """PDF/A-3u of pages of ours. `signature` is the body of the signature dictionary to reserve."""
    metadata = DocumentMetadata(title=title, lang="ja", created=created.isoformat("T", "seconds"))
    document = Document(list(pages), metadata, _NOTHING, fonts, {}, "given")
    document.fonts[font.hash] = font
    return _write(document, shared, drawings, signature)


def write_full(
    pages: Sequence[Page],
    font: PageFont,
    glyph_of: Callable[[str], int | None],
    *,
    title: str,
    created: datetime,
    shared: Shared,
    drawings: Sequence[Sequence[Drawing]],
    before: Sequence[bytes],
    signature: bytes | None,
    fonts: FontConfiguration,
) -> Written:
    """PDF/A-3u of pages laid out by WeasyPrint, `before` drawn under each. Raises TypesettingBroken."""
    drawn = Drawn()

    def codes(pairs: Sequence[tuple[int, str]]) -> bytes:
        if any(glyph_of(text) != glyph for glyph, text in pairs):
            raise TypesettingBroken("a glyph was drawn that the font's tables do not give for its text")
        return font.codes(pairs)

    metadata = DocumentMetadata(title=title, lang="ja", created=created.isoformat("T", "seconds"))
    framed = [
        _FullPage(ExactPage(page, drawn, codes), under, b"\n".join(drawing.operators() for drawing in over))
        for page, under, over in zip(pages, before, drawings, strict=True)
    ]
    document = Document(framed, metadata, _NOTHING, fonts, {}, "given")
    document.fonts = ApprovedFonts(drawn, font)
    return _write(document, shared, [drawing for page in drawings for drawing in page], signature)


def _write(
    document: Document,
    shared: Shared,
    drawings: Sequence[Drawing],
    signature: bytes | None,
) -> Written:
    # WeasyPrint would open its colour profile anew for every document and leave the file open.
    document.color_profiles = {"srgb": _colours()}
    contents: list[bytes] = []

    def finish(_: Document, pdf: pydyf.PDF) -> None:
        pages = [entry for entry in pdf.objects if isinstance(entry, dict) and entry.get("Type") == "/Page"]
        resources = _object(pdf, pages[0]["Resources"])
        _share(pdf, resources, shared)
        for drawing in drawings:
            picture = _picture(drawing.bits)
            pdf.add_object(picture)
            resources["XObject"][drawing.name] = picture.reference
        if signature is not None:
            _reserve(pdf, pages[0], signature)
        contents.extend(_joined(_object(pdf, page["Contents"])) for page in pages)
        for number, entry in enumerate(pdf.objects[1:], 1):
            if not isinstance(entry, Raw):
                frozen = _compressed(entry) if isinstance(entry, pydyf.Stream) else Plain(entry.data)
                frozen.number = number
                pdf.objects[number] = frozen

    written: bytes = document.write_pdf(finisher=finish, pdf_variant=_VARIANT, output_intent="given")
    return Written(written, tuple(contents))


def _share(pdf: pydyf.PDF, resources: pydyf.Dictionary, shared: Shared) -> None:
    places = (*shared.x_objects.values(), *shared.fonts.values())
    references = iter(shared.library.put(pdf, places))
    for name in shared.x_objects:
        resources["XObject"][name] = next(references)
    fonts = _object(pdf, resources["Font"])
    for name in shared.fonts:
        fonts[name] = next(references)


def _picture(bits: Bits) -> Raw:
    data, filtered = bits.rows, ""
    if len(data) > _WORTH_COMPRESSING:
        data, filtered = zlib.compress(data, _LEVEL), "/Filter/FlateDecode"
    head = (
        f"<</Type/XObject/Subtype/Image/Width {bits.width}/Height {bits.height}/ColorSpace/DeviceGray"
        f"/BitsPerComponent 1/Decode[1 0]{filtered}/Length {len(data)}>>\nstream\n"
    )
    return Raw(head.encode() + data + b"\nendstream")


def _reserve(pdf: pydyf.PDF, page: pydyf.Dictionary, signature: bytes) -> None:
    """An invisible signature field on the first page (ISO 32000-1, 12.7.4.5), its value the reserved dictionary."""
    value = Raw(signature)
    pdf.add_object(value)
    widget = Raw(
        b"<</FT/Sig/Type/Annot/Subtype/Widget/T(Seal)/F 132/Rect[0 0 0 0]/P "
        + page.reference + b"/V " + value.reference + b">>"
    )  # fmt: skip
    pdf.add_object(widget)
    page["Annots"] = pydyf.Array([widget.reference])
    # 3: signatures exist, and the file may only be appended to.
    form = Raw(b"<</SigFlags 3/Fields[" + widget.reference + b"]>>")
    pdf.add_object(form)
    pdf.catalog["AcroForm"] = form.reference


def _compressed(stream: pydyf.Stream) -> Raw:
    data = _joined(stream)
    extra = pydyf.Dictionary(dict(stream.extra))
    if stream.compress:
        extra["Filter"] = "/FlateDecode"
        data = _deflated(data)
    extra["Length"] = len(data)
    return Raw(extra.data + b"\nstream\n" + data + b"\nendstream")


def _deflated(data: bytes) -> bytes:
    return _deflated_profile() if data is _colours().content else zlib.compress(data, _LEVEL)


@cache
def _deflated_profile() -> bytes:
    return zlib.compress(_colours().content, 9)


def _joined(stream: pydyf.Stream) -> bytes:
    if len(stream.stream) == 1 and isinstance(stream.stream[0], bytes):
        return stream.stream[0]
    return b"\n".join(part if isinstance(part, bytes) else str(part).encode("ascii") for part in stream.stream)


def _object(pdf: pydyf.PDF, reference: bytes) -> pydyf.Object:
    return pdf.objects[int(reference.split()[0])]


@cache
def _colours() -> ColorProfile:
    with (files("weasyprint.pdf") / "sRGB2014.icc").open("rb") as opened:
        return ColorProfile(opened, "sRGB2014.icc", "relative-colorimetric", (["r"], ["g"], ["b"]))


# Metadata ask for nothing, and nothing is ever fetched.
_NOTHING = URLFetcher(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
