"""The pages of 記載事項証明書 and 個人票: what is in their values is on the paper, and what has no room stops it."""

from datetime import date

import pytest

from portal.certificates.forms.weasy.faults import DoesNotFit
from portal.certificates.kinds import kind_of
from portal.certificates.paper import Extent, Layout
from portal.certificates.press import Press
from portal.certificates.values import texts
from tests.portal.certificates import pdf_glyphs
from tests.portal.certificates.sheets import ISSUE, NOON, person, software_sealing
from tests.portal.certificates.test_resident_words import FOREIGN, layout, version

LONGEST_ROMAN = "MAXIMILIAN ALEXANDER BARTHOLOMEW CHRISTOPHER VON HOHENZOLLER"
LONG_ADDRESS = "いずみ県みさき市晴海町二丁目12番地の4　メゾン・ド・みさきシーサイドテラス1203号室"


def pages(press: Press, kind: str, paper: Layout) -> list[str]:
    """All that each page says, in drawing order."""
    document = press.print(kind_of(kind), paper, ISSUE, NOON, software_sealing()).document
    return ["".join(code.text for code in page) for page in pdf_glyphs.pages(document)]


def require_all_said(paper: Layout, said: list[str]) -> None:
    for sheet, page in zip(paper.sheets, said, strict=True):
        for text in texts(sheet.values):
            assert text.text in page, text.path


@pytest.mark.parametrize("persons", [1, 2, 24])
def test_a_table_of_items_says_everything_about_everybody(press: Press, persons: int) -> None:
    people = [person(name=f"渡邉\U000e010f　{number}", previous_address=LONG_ADDRESS) for number in range(persons)]
    people[-1] = person(**{**FOREIGN, "name": LONGEST_ROMAN})
    paper = layout("resident_items", *people)
    said = pages(press, "resident_items", paper)
    require_all_said(paper, said)
    assert ["以　下　余　白" in page for page in said] == [len(sheet.values.persons) == 1 for sheet in paper.sheets]  # type: ignore[attr-defined]


@pytest.mark.parametrize("changes", [0, 7, 8, 30])
def test_an_individual_sheet_says_the_whole_history(press: Press, changes: int) -> None:
    records = [person(address=f"{LONG_ADDRESS}{number}") for number in range(changes + 1)]
    history = tuple(version(number, record, date(2020, 1, 1)) for number, record in enumerate(records, 1))
    paper = layout("resident_individual", records[-1], history=history, extent=Extent.PERSON)
    require_all_said(paper, pages(press, "resident_individual", paper))


@pytest.mark.parametrize("kind", ["resident_items", "resident_individual"])
def test_a_foreign_resident_fits_with_the_longest_name_of_a_passport(press: Press, kind: str) -> None:
    paper = layout(kind, person(**{**FOREIGN, "name": LONGEST_ROMAN, "common_name": "山田　マックス太郎左衛門尉"}))
    require_all_said(paper, pages(press, kind, paper))


@pytest.mark.parametrize("kind", ["resident_items", "resident_individual"])
@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": "渡" * 150}, "head"),
        ({"domicile": "あ" * 200}, "origin.value"),
        ({"relationship": "子の" * 40}, "relationship"),
    ],
)
def test_what_has_no_room_stops_the_paper_by_its_place(
    press: Press, kind: str, fields: dict[str, str], path: str
) -> None:
    with pytest.raises(DoesNotFit) as refused:
        pages(press, kind, layout(kind, person(**fields)))
    assert str(refused.value).endswith(path)
