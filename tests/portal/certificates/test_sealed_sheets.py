"""Certificates as the press prints them, by both of its ways: one sound file, archivable, and signed."""

import io
import re
import subprocess
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pikepdf
import pytest
from PIL import Image
from pyhanko.sign.validation.status import SignatureCoverageLevel

from portal.certificates.kinds import kind_of
from portal.certificates.paper import Extent, Subject
from portal.certificates.papers.photo.reading import read
from portal.certificates.press import Press, Printed
from portal.certificates.sealing import Sealing
from portal.certificates.sealing.stamp import decode
from print_agent.document import check
from tests.portal.certificates import placed
from tests.portal.certificates.sealing.conftest import sealed_by, sealing
from tests.portal.certificates.sealing.papers import SealKeys, pyhanko
from tests.portal.certificates.sheets import EVERYTHING, ISSUE, NOON, person

__all__ = ["sealed_by", "sealing"]
PERSONS = 5


@pytest.fixture(scope="module", params=[False, True], ids=["compiled", "full layout"])
def made(request: pytest.FixtureRequest, press: Press, sealing: Sealing) -> Printed:
    kind = kind_of("resident_record")
    persons = tuple(person(name=f"渡邉\U000e010f　{number}") for number in range(PERSONS))
    layout = kind.compose(Subject(persons, persons[0], Extent.WHOLE, EVERYTHING))
    return press.print(kind, layout, ISSUE, NOON, sealing, full_layout=request.param)


def test_its_signature_is_valid_and_over_every_byte(made: Printed, sealed_by: SealKeys, tmp_path: Path) -> None:
    status = pyhanko(made.document, sealed_by, NOON)
    assert (status.intact, status.valid, status.trusted) == (True, True, True)
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    file = tmp_path / "certificate.pdf"
    file.write_bytes(made.document)
    said = subprocess.run(["pdfsig", str(file)], capture_output=True, text=True, check=True).stdout
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    check(io.BytesIO(made.document), [bytes.fromhex(page) for page in made.page_hashes])


def test_it_is_a_sound_file_that_needs_nothing_from_outside(made: Printed) -> None:
    with pikepdf.open(io.BytesIO(made.document)) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert pdf.open_metadata().pdfa_status == "3U"
        assert [str(intent.S) for intent in pdf.Root.OutputIntents] == ["/GTS_PDFA1"]
        described = [entry for entry in pdf.objects if _type(entry) == "/FontDescriptor"]
        assert len(described) == 2
        assert all("/FontFile2" in entry for entry in described)
        # ISO 19005-3, 6.2.8 and 6.4.1: no smoothing of pictures, nothing transparent, nothing that acts.
        forbidden = {"/Interpolate", "/SMask", "/JS", "/JavaScript", "/AA", "/OpenAction", "/EmbeddedFiles", "/URI"}
        assert not any(forbidden & set(_keys(entry)) for entry in pdf.objects)
        (widget,) = pdf.pages[0].Annots
        assert (int(widget.F), [float(side) for side in widget.Rect]) == (132, [0, 0, 0, 0])


def test_every_page_says_which_it_is_carries_the_tie_and_hashes_to_what_is_told(made: Printed) -> None:
    pages = placed.pages(made.document)
    ties = []
    for number, page in enumerate(pages, 1):
        text = "".join(character.text for character in page.characters)
        assert f"{number}／2枚" in text
        ties += re.findall(r"契印([2-9A-Z]{5}-[2-9A-Z]{5})$", text)
    assert len(ties) == 2
    assert len(set(ties)) == 1
    with pikepdf.open(io.BytesIO(made.document)) as pdf:
        hashes = [sha256(page.Contents.read_bytes()).hexdigest() for page in pdf.pages]
    assert list(made.page_hashes) == hashes


def test_its_codes_are_read_from_the_picture_of_the_page(made: Printed, tmp_path: Path) -> None:
    file = tmp_path / "certificate.pdf"
    file.write_bytes(made.document)
    subprocess.run(["pdftoppm", "-r", "200", "-png", str(file), str(tmp_path / "page")], check=True)
    stamps = []
    for picture in sorted(tmp_path.glob("page-*.png")):
        with Image.open(picture) as opened:
            (found,) = read(opened.convert("L"))
        stamps.append(decode(found.payload).stamp)
    assert [(stamp.page, stamp.pages) for stamp in stamps] == [(1, 2), (2, 2)]
    assert len({stamp.secret for stamp in stamps}) == 1


def test_the_reading_order_is_that_of_the_form(made: Printed) -> None:
    text = "".join(character.text for character in placed.pages(made.document)[0].characters)
    order = "発行番号 住　民　票 住　所 世帯主 氏　名 生年月日 続　柄 本　籍 相違ない 契印"
    places = [text.index(word) for word in order.split(" ")]
    assert places == sorted(places)
    assert Counter(text)["\U000e010f"] >= 5


def _type(entry: pikepdf.Object) -> str:
    return str(entry.get("/Type")) if isinstance(entry, pikepdf.Dictionary) else ""


def _keys(entry: pikepdf.Object) -> list[str]:
    return list(entry.keys()) if isinstance(entry, pikepdf.Dictionary | pikepdf.Stream) else []
