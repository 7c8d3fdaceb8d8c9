"""Where WeasyPrint has put texts and pictures, and what it draws besides texts. In points, from the top left."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import pydyf
import weasyprint
from weasyprint.document import Document, Page
from weasyprint.formatting_structure import boxes
from weasyprint.text.ffi import harfbuzz_subset, pango

from portal.certificates.forms.library import Library
from portal.certificates.forms.weasy.faults import FormBroken, SubsetterMissing

POINTS = 0.75
"""A CSS pixel in points."""
# Pango counts in these parts of a pixel: what WeasyPrint draws is so much smaller than what the style says.
_PANGO_UNITS = 1024
# How far a box may reach beyond its frame before it counts; rounding of lengths adds up to less.
_TOLERANCE = 0.45
# The line box is taller than the glyphs: the em square decides whether ink can leave the frame.
_BELOW_BASELINE = 0.12


class Align(StrEnum):
    """How the lines of a place stand in it."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


_ALIGNS = {"start": Align.LEFT, "left": Align.LEFT, "center": Align.CENTER, "right": Align.RIGHT, "end": Align.RIGHT}


@dataclass(frozen=True)
class Rectangle:
    """Left, top, width, height."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Piece:
    """One line of text on a page. `slot` is the path of the value it belongs to, None for what the form itself says.

    `frame` is the inside of the cell or block that holds it; `bottom` of the tightest frame ends what ink may reach.
    """

    slot: str | None
    text: str
    left: float
    baseline: float
    size: float
    colour: tuple[float, float, float]
    align: Align
    frame: Rectangle
    inside: bool


def require_subsetter() -> None:
    """Raises SubsetterMissing unless WeasyPrint found libharfbuzz-subset."""
    if harfbuzz_subset is None:
        raise SubsetterMissing("libharfbuzz-subset")


def engines() -> str:
    """Names and versions of all that decides where a text comes to stand and what is drawn."""
    return f"WeasyPrint {weasyprint.__version__}, pydyf {pydyf.VERSION}, Pango {pango.pango_version()}"


def pieces(page: Page) -> list[Piece]:
    """Every line of text on the page in the order of the template. Raises FormBroken."""
    return [_piece(text, block, frames) for text, block, frames in _texts(page._page_box, None, ())]  # noqa: SLF001


def images(page: Page) -> Iterator[tuple[str, Rectangle]]:
    """The source of every image on the page with the place it fills."""
    yield from _images(page._page_box)  # noqa: SLF001


def take_art(document: Document, library: Library) -> list[int]:
    """Keep all that is drawn on each page besides texts, as forms of the library; returns their places in it."""
    taken: list[int] = []

    def finish(_: Document, pdf: pydyf.PDF) -> None:
        pages = [entry for entry in pdf.objects if isinstance(entry, dict) and entry.get("Type") == "/Page"]
        for page in pages:
            resources = pydyf.Dictionary(_object(pdf, page["Resources"]))
            # Colours are given as RGB and texts are left out: neither profiles nor fonts are needed.
            del resources["ColorSpace"], resources["Font"]
            extra = {"Type": "/XObject", "Subtype": "/Form", "BBox": page["MediaBox"], "Resources": resources}
            form = pydyf.Stream(_object(pdf, page["Contents"]).stream, extra, compress=True)
            pdf.add_object(form)
            taken.append(library.take(pdf.objects, form.number))

    document.pages = [_Wordless(page) for page in document.pages]
    document.write_pdf(finisher=finish)
    return taken


class _Wordless:
    """A page that paints everything but its texts."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def __getattr__(self, name: str) -> object:
        return getattr(self._page, name)

    def paint(self, stream: pydyf.Stream, scale: float = 1) -> None:
        self._page.paint(stream, scale)
        kept, inside = [], False
        for part in stream.stream:
            inside = inside or part == b"BT"
            if not inside:
                kept.append(part)
            inside = inside and part != b"ET"
        stream.stream[:] = kept


def _object(pdf: pydyf.PDF, reference: bytes) -> pydyf.Object:
    return pdf.objects[int(reference.split()[0])]


def _texts(
    box: boxes.Box, block: boxes.Box | None, frames: tuple[boxes.Box, ...]
) -> Iterator[tuple[boxes.TextBox, boxes.Box, tuple[boxes.Box, ...]]]:
    inner = getattr(box, "_box", box)
    if isinstance(inner, boxes.TextBox):
        if inner.text.strip():
            if block is None:
                raise FormBroken("text outside every block")
            yield inner, block, frames
        return
    if isinstance(inner, boxes.BlockContainerBox):
        block = inner
    # A cell grows with its text, so the fixed frame around the table has to hold as well.
    if isinstance(inner, boxes.TableCellBox | boxes.PageBox) or inner.style["overflow"] == "hidden":
        frames = (*frames, inner)
    for child in _children(inner):
        yield from _texts(child, block, frames)


def _images(box: boxes.Box) -> Iterator[tuple[str, Rectangle]]:
    inner = getattr(box, "_box", box)
    if isinstance(inner, boxes.ReplacedBox) and inner.element is not None and inner.element.get("src"):
        yield inner.element.get("src"), _inside(inner)
        return
    for child in _children(inner):
        yield from _images(child)


def _children(box: boxes.Box) -> Iterator[boxes.Box]:
    yield from box.all_children() if hasattr(box, "all_children") else getattr(box, "children", ())


def _piece(text: boxes.TextBox, block: boxes.Box, frames: tuple[boxes.Box, ...]) -> Piece:
    style = text.style
    slot = text.element.get("data-slot") if text.element is not None else None
    name = slot or text.text
    if style["letter_spacing"] not in {"normal", 0}:
        raise FormBroken(f"{name}: letters are spaced by the style")
    align = _ALIGNS.get(style["text_align_all"])
    if align is None:
        raise FormBroken(f"{name}: neither left, right nor centred")
    red, green, blue = style["color"].to("srgb").coordinates
    return Piece(
        slot=slot,
        text=text.text,
        left=text.position_x * POINTS,
        baseline=(text.position_y + text.baseline) * POINTS,
        size=int(style["font_size"] * _PANGO_UNITS) / _PANGO_UNITS * POINTS,
        colour=(red, green, blue),
        align=align,
        frame=_inside(block),
        inside=all(_holds(frame, text) for frame in frames),
    )


def _inside(box: boxes.Box) -> Rectangle:
    left, top = box.content_box_x(), box.content_box_y()
    return Rectangle(left * POINTS, top * POINTS, box.width * POINTS, box.height * POINTS)


def _holds(frame: boxes.Box, text: boxes.TextBox) -> bool:
    right = text.position_x + text.width
    bottom = text.position_y + text.baseline + text.style["font_size"] * _BELOW_BASELINE
    return bool(
        right <= frame.position_x + frame.border_width() + _TOLERANCE / POINTS
        and bottom <= frame.position_y + frame.border_height() + _TOLERANCE / POINTS
    )
