"""Which documents reach the printer, and which are refused by which word."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from hashlib import sha256

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from print_agent.document import UnfitDocument, check
from print_agent.inspection import HASH_BYTES, REASONS, DocumentRefused, Inspector, _Child
from print_agent.vault import HeldDocument
from tests.print_agent.agent import until
from tests.print_agent.paper import page_hashes, paper, rendered, saved

SOUND = rendered(2)
HOLE = bytes(1000)
"""As long as a signature with its certificate; the bytes themselves are nothing to the agent."""


def refusal(data: bytes, pages: int = 2) -> str:
    hashes = [*page_hashes(data), *(bytes(HASH_BYTES),) * pages][:pages]
    with pytest.raises(UnfitDocument) as caught:
        check(io.BytesIO(data), hashes)
    assert str(caught.value) in REASONS
    return str(caught.value)


def changed(change: Callable[[pikepdf.Pdf], object]) -> bytes:
    with pikepdf.open(io.BytesIO(SOUND)) as pdf:
        change(pdf)
        return saved(pdf)


def signature_field(pdf: pikepdf.Pdf) -> pikepdf.Object:
    widget = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T="Seal", Rect=[0, 0, 0, 0])
    return pdf.make_indirect(widget)


def with_form(*fields: pikepdf.Object) -> pikepdf.Object:
    return Dictionary(Fields=Array(fields), SigFlags=3)


def sign(pdf: pikepdf.Pdf) -> None:
    field = signature_field(pdf)
    field.V = pdf.make_indirect(signature())
    pdf.Root.AcroForm = with_form(field)
    pdf.pages[0].Annots = Array([field])


def signature() -> pikepdf.Object:
    return Dictionary(
        Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), SubFilter=Name("/ETSI.CAdES.detached"),
        ByteRange=[0, *[9_999_999_999] * 3], Contents=pikepdf.String(HOLE),
    )  # fmt: skip


def sealed() -> bytes:
    """Signed as the portal signs, over the whole file but the signature."""
    return ranged(changed(sign))


def ranged(data: bytes) -> bytes:
    """The byte range filled in, as long as it was."""
    hole = data.index(b"<" + HOLE.hex().encode())
    rest = hole + 2 * len(HOLE) + 2
    place = re.search(rb"/ByteRange \[[^]]*\]", data)
    assert place is not None
    numbers = b"/ByteRange [0 %d %d %d" % (hole, rest, len(data) - rest)
    return data[: place.start()] + numbers.ljust(len(place[0]) - 1) + b"]" + data[place.end() :]


def two_signatures(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm = with_form(signature_field(pdf), signature_field(pdf))


def text_field(pdf: pikepdf.Pdf) -> None:
    field = signature_field(pdf)
    field.FT = Name.Tx
    pdf.Root.AcroForm = with_form(field)


def signature_with_script(pdf: pikepdf.Pdf) -> None:
    sign(pdf)
    pdf.pages[0].Annots[0].AA = Dictionary(E=Dictionary(S=Name.JavaScript, JS="app.alert(1)"))


def stray_widget(pdf: pikepdf.Pdf) -> None:
    sign(pdf)
    pdf.pages[1].Annots = Array([signature_field(pdf)])


def stray_widgets_without_numbers(pdf: pikepdf.Pdf) -> None:
    widget = Dictionary(Subtype=Name.Widget, FT=Name.Sig, Rect=[0, 0, 0, 0])
    pdf.Root.AcroForm = with_form(widget)
    pdf.pages[1].Annots = Array([widget])


def link(pdf: pikepdf.Pdf) -> None:
    action = Dictionary(S=Name.URI, URI="https://example.invalid")
    pdf.pages[0].Annots = Array([pdf.make_indirect(Dictionary(Subtype=Name.Link, Rect=[0, 0, 9, 9], A=action))])


def note(pdf: pikepdf.Pdf) -> None:
    annotation = Dictionary(Subtype=Name.Text, Rect=[0, 0, 9, 9], Contents="x")
    pdf.pages[0].Annots = Array([pdf.make_indirect(annotation)])


def unreachable_launch(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Somewhere = pdf.make_indirect(Dictionary(Deep=[Dictionary(S=Name.Launch, F="calc")]))


def attach(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["data.xml"] = b"<x/>"


def associate(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AF = Array([])


def script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=[]))


def external_stream(pdf: pikepdf.Pdf) -> None:
    stream = pdf.make_stream(b"")
    stream.F = "somewhere-else"
    pdf.Root.Elsewhere = stream


def font_without_file(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].Resources.Font["/Plain"] = Dictionary(
        Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/Helvetica")
    )


def font_without_type(pdf: pikepdf.Pdf) -> None:
    pdf.pages[1].Resources.Font = Dictionary(Plain=Dictionary(Subtype=Name.Type1, BaseFont=Name("/Helvetica")))


def japanese_font_by_name(pdf: pikepdf.Pdf) -> None:
    descendant = Dictionary(
        Type=Name.Font, Subtype=Name.CIDFontType0, BaseFont=Name("/HeiseiMin-W3"), FontDescriptor=Dictionary()
    )
    pdf.pages[0].Resources.Font["/Plain"] = Dictionary(
        Type=Name.Font, Subtype=Name.Type0, DescendantFonts=[descendant]
    )


def type3_font(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].Resources.Font["/Plain"] = Dictionary(Type=Name.Font, Subtype=Name.Type3, CharProcs=Dictionary())


def font_inside_a_form(pdf: pikepdf.Pdf) -> None:
    form = pdf.make_stream(b"")
    form.Resources = Dictionary(Font=Dictionary(F=Dictionary(Subtype=Name.TrueType, BaseFont=Name.Arial)))
    pdf.pages[0].Resources.XObject = Dictionary(X=form)


def letter_size(pdf: pikepdf.Pdf) -> None:
    pdf.pages[1].MediaBox = Array([0, 0, 612, 792])


def landscape(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].Rotate = 90


def inherited_rotation(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Pages.Rotate = 180


def cropped(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].CropBox = Array([0, 0, 300, 300])


def test_a_certificate_as_the_portal_renders_it_is_fit() -> None:
    check(io.BytesIO(SOUND), page_hashes(SOUND))
    check(io.BytesIO(paper("x", 3)), page_hashes(rendered(3)))


def test_a_page_that_is_not_the_one_signed_for_is_refused() -> None:
    signed = page_hashes(SOUND)
    with pytest.raises(UnfitDocument, match="page_hash"):
        check(io.BytesIO(SOUND), signed[::-1])
    with pytest.raises(UnfitDocument, match="page_hash"):
        check(io.BytesIO(SOUND), [signed[0], bytes(HASH_BYTES)])


def test_a_page_drawn_by_several_streams_is_hashed_as_the_one_it_is_read_as() -> None:
    def split(pdf: pikepdf.Pdf) -> None:
        page = pdf.pages[0]
        drawing = page.obj["/Contents"].read_bytes()
        page.obj["/Contents"] = Array([pdf.make_stream(drawing[:9]), pdf.make_stream(drawing[9:])])
        whole.append(sha256(drawing[:9] + b"\n" + drawing[9:]).digest())

    whole: list[bytes] = []
    check(io.BytesIO(changed(split)), [*whole, page_hashes(SOUND)[1]])


def test_exactly_one_signature_over_the_whole_file_is_fit() -> None:
    check(io.BytesIO(sealed()), page_hashes(SOUND))


def test_a_signature_field_that_nobody_has_signed_is_refused() -> None:
    def unsigned(pdf: pikepdf.Pdf) -> None:
        sign(pdf)
        del pdf.Root.AcroForm.Fields[0].V

    assert refusal(changed(unsigned)) == "form"


def leave_out(data: bytes, *, before: int = 0, after: int = 0, start: int = 0) -> bytes:
    """The sealed file with a range that leaves out more than the signature."""
    _, hole, rest, length = map(int, re.findall(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)", data)[0])
    place = re.search(rb"/ByteRange \[[^]]*\]", data)
    assert place is not None
    numbers = b"/ByteRange [%d %d %d %d" % (start, hole - before, rest + after, length - after)
    return data[: place.start()] + numbers.ljust(len(place[0]) - 1) + b"]" + data[place.end() :]


@pytest.mark.parametrize(
    "changed_file",
    [
        leave_out(sealed(), before=2),
        leave_out(sealed(), after=2),
        leave_out(sealed(), before=-1),
        leave_out(sealed(), after=-1),
        leave_out(sealed(), start=1),
        sealed().rstrip(b"\n") + b"\n\n",
        changed(sign),
    ],
)
def test_a_signature_that_leaves_out_more_than_itself_is_refused(changed_file: bytes) -> None:
    assert refusal(changed_file) == "form"


def second_signature(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Somewhere = pdf.make_indirect(signature())


def field_filled_from_elsewhere(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm.Fields[0].V = pikepdf.String("x")


def timestamp(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm.Fields[0].V.Type = Name.DocTimeStamp


def signature_within_its_field(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm.Fields[0].V = signature()


def appearances_to_be_drawn(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm.NeedAppearances = True


def range_of_two(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm.Fields[0].V.ByteRange = Array([0, 10])


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (second_signature, "form"),
        (field_filled_from_elsewhere, "form"),
        (timestamp, "form"),
        (signature_within_its_field, "form"),
        (appearances_to_be_drawn, "form"),
        (range_of_two, "damaged"),
        (attach, "attachment"),
        (script, "script"),
        (unreachable_launch, "action"),
        (note, "annotation"),
    ],
)
def test_a_seal_excuses_nothing_else(change: Callable[[pikepdf.Pdf], None], word: str) -> None:
    def both(pdf: pikepdf.Pdf) -> None:
        sign(pdf)
        change(pdf)

    data = changed(both)
    # Everything else about the seal is right.
    assert refusal(ranged(data) if HOLE.hex().encode() in data else data) == word


def empty_form(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm = with_form()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (two_signatures, "form"),
        (text_field, "form"),
        (empty_form, "form"),
        (signature_with_script, "action"),
        (stray_widget, "annotation"),
        (stray_widgets_without_numbers, "annotation"),
        (link, "action"),
        (note, "annotation"),
        (unreachable_launch, "action"),
        (attach, "attachment"),
        (associate, "attachment"),
        (external_stream, "attachment"),
        (script, "script"),
        (font_without_file, "font"),
        (font_without_type, "font"),
        (japanese_font_by_name, "font"),
        (type3_font, "font"),
        (font_inside_a_form, "font"),
        (letter_size, "page_size"),
        (landscape, "page_size"),
        (inherited_rotation, "page_size"),
        (cropped, "page_size"),
    ],
)
def test_what_a_certificate_never_has_is_refused_by_name(change: Callable[[pikepdf.Pdf], None], word: str) -> None:
    # A link is refused for its action or as an annotation, whichever is met first.
    assert refusal(changed(change)) in ({word, "annotation"} if change is link else {word})


def test_an_encrypted_document_is_refused() -> None:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(SOUND)) as pdf:
        pdf.save(target, encryption=pikepdf.Encryption(owner="o", user=""))
    assert refusal(target.getvalue()) == "encrypted"


def test_the_page_count_must_be_the_orders() -> None:
    assert refusal(SOUND, pages=1) == "pages"
    assert refusal(SOUND, pages=3) == "pages"


@pytest.mark.parametrize("missing", [7, 30, 200, 5000])
def test_a_cut_off_document_is_not_repaired(missing: int) -> None:
    assert refusal(SOUND[:-missing]) == "damaged"


def test_what_is_no_pdf_is_said_to_be_none() -> None:
    assert refusal(b"") == "not_pdf"
    assert refusal(b"<html>") == "not_pdf"
    assert refusal(b"%PDF-1.7\n") == "damaged"


@pytest.fixture(scope="module")
def inspector() -> Iterator[Inspector]:
    opened = Inspector()
    opened.require_ready()
    yield opened
    opened.close()


def inspect(inspector: Inspector, data: bytes) -> None:
    with HeldDocument(len(data)) as held:
        held.view[:] = data
        inspector.inspect(held, [page.hex() for page in page_hashes(data)])


def waiting_child(inspector: Inspector) -> _Child:
    return until("a child waits", lambda: inspector._waiting)


def test_each_document_has_a_process_of_its_own_and_the_answer_is_one_word(inspector: Inspector) -> None:
    seen = set()
    for _ in range(2):
        seen.add(waiting_child(inspector).process.pid)
        inspect(inspector, SOUND)
    assert len(seen) == 2
    with pytest.raises(DocumentRefused) as caught:
        inspect(inspector, changed(font_without_file))
    assert caught.value.reason == "font"


def test_a_checker_that_dies_on_a_document_refuses_it_and_the_next_is_checked(inspector: Inspector) -> None:
    child = waiting_child(inspector)
    child.await_ready()
    child.process.kill()
    with pytest.raises(DocumentRefused):
        inspect(inspector, SOUND)
    inspect(inspector, SOUND)
