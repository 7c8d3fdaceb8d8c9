"""The contract with WeasyPrint's inside: what it asks of our pages and fonts, and where it keeps what we read.

Another version may ask for more, or keep it elsewhere; then this fails and not a certificate.
"""

import io

import pikepdf
import pydyf
import pytest
import weasyprint
from weasyprint import HTML
from weasyprint.document import Document
from weasyprint.pdf.fonts import build_fonts_dictionary
from weasyprint.pdf.metadata import DocumentMetadata

from portal.certificates.forms.weasy import layout, writer
from portal.certificates.forms.weasy.page_font import PageFont
from portal.certificates.press import Press

_ASKED_OF_A_FONT = {
    "ascent", "bitmap", "clean", "descent", "family", "file_content", "flags", "hash", "italic_angle", "missing",
    "name", "stemh", "stemv", "to_unicode", "type", "used_in_forms", "widths",
}  # fmt: skip
_ASKED_OF_A_PAGE = {"anchors", "bleed", "bookmarks", "forms", "height", "links", "paint", "width"}


class Watched:
    """Passes everything on and keeps in mind what was asked for."""

    def __init__(self, inside: object) -> None:
        self.inside = inside
        self.asked: set[str] = set()

    def __getattr__(self, name: str) -> object:
        self.asked.add(name)
        return getattr(self.inside, name)


@pytest.fixture
def font(press: Press) -> PageFont:
    font = PageFont(press._glyphs, "TESTED")
    font.codes(press.coverage.drawn("渡邉\U000e010f"))
    return font


def test_the_versions_are_those_whose_inside_is_known() -> None:
    assert (weasyprint.__version__, pydyf.VERSION) == ("70.0", "0.13.0")


def test_the_writer_asks_of_a_font_what_ours_has_and_nothing_else(font: PageFont) -> None:
    watched, pdf = Watched(font), pydyf.PDF()
    build_fonts_dictionary(pdf, {"TESTED": watched}, True, True, {"hinting": False, "pdf_version": "1.7"})
    assert watched.asked == _ASKED_OF_A_FONT


def test_the_writer_asks_of_a_page_what_ours_has_and_nothing_else(press: Press, font: PageFont) -> None:
    page = Watched(writer.OwnPage(lambda: b"BT /TESTED 9 Tf 1 0 0 1 50 50 Tm <00010002> Tj ET"))
    document = Document([page], DocumentMetadata(), writer._NOTHING, press._fonts, {}, "given")
    document.fonts["TESTED"] = font
    document.color_profiles = {"srgb": writer._colours()}
    written = document.write_pdf(pdf_variant="pdf/a-3u", output_intent="given")
    assert page.asked == _ASKED_OF_A_PAGE
    with pikepdf.open(io.BytesIO(written)) as pdf:
        assert str(pdf.pages[0].resources["/Font"]["/TESTED"]["/BaseFont"]) == "/TESTED+IPAmjMincho"


def test_texts_and_pictures_are_found_where_they_were_put(press: Press) -> None:
    html = """<style>@page { size: A4; margin: 0 } * { margin: 0; font: 12px/20px IPAmjMincho }
      p { position: absolute; left: 100px; top: 40px; width: 60px; text-align: right }</style>
      <p><span data-slot="name">邉</span></p>"""
    page = HTML(string=html).render(font_config=press._fonts).pages[0]
    (piece,) = layout.pieces(page)
    assert (piece.slot, piece.text, piece.align) == ("name", "邉", layout.Align.RIGHT)
    assert piece.left == pytest.approx((100 + 60 - 12) * 0.75)
    assert piece.size == 9
    # Half the leading above, then 0.88 of the size.
    assert piece.baseline == pytest.approx((40 + 4 + 0.88 * 12) * 0.75, abs=0.2)


@pytest.mark.parametrize(
    ("size", "drawn"),
    [("11.2px", 11.19921875 * 0.75), ("8.4pt", 11.19921875 * 0.75), ("9pt", 9), ("6.8pt", 6.7998046875)],
)
def test_a_size_is_the_one_that_is_drawn(press: Press, size: str, drawn: float) -> None:
    html = f"<style>* {{ font: {size} IPAmjMincho }}</style><p>邉</p>"
    document = HTML(string=html).render(font_config=press._fonts)
    (piece,) = layout.pieces(document.pages[0])
    assert piece.size == pytest.approx(drawn, abs=1e-6)
    written = document.write_pdf(uncompressed_pdf=True)
    matrices = [line for line in written.split(b"\n") if line.endswith(b" Tm")]
    sizes = [line for line in written.split(b"\n") if line.endswith(b" Tf")]
    assert float(sizes[0].split()[1]) * abs(float(matrices[0].split()[3])) * 0.75 == pytest.approx(drawn, abs=1e-3)
