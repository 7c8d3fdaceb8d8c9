"""The sheets of 住民票の写し: what stands on them, and that nothing is ever cut off."""

import io
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pikepdf
import pytest
import weasyprint
from weasyprint.urls import FatalURLFetchingError

from portal.certificates.forms.weasy import exact, faults, layout
from portal.certificates.forms.weasy.faults import DoesNotFit
from portal.certificates.kinds import all_kinds, kind_of
from portal.certificates.kinds.resident_record.content import compose
from portal.certificates.paper import Extent, Subject
from portal.certificates.press import Press
from portal.certificates.seal import SealMissing, seal_of
from portal.register import Sex
from tests.portal.certificates import pdf_text
from tests.portal.certificates.sheets import ISSUE, NOON, person, printed, software_sealing

FOREIGN = {
    "foreign": True,
    "domicile": None,
    "family_head": None,
    "nationality": "ドイツ",
    "residence_status": "永住者の配偶者等",
    "period_of_stay": "5年",
    "stay_expires_on": date(2029, 5, 1),
    "residence_card_number": "AB12345678CD",
    "birth_date": "1990-12-24",
    "reading": "ミュラー",
    "common_name": "山田　マックス",
}
LONGEST_ROMAN = "MAXIMILIAN ALEXANDER BARTHOLOMEW CHRISTOPHER VON HOHENZOLLER"


@pytest.mark.parametrize(("persons", "sheets"), [(1, 1), (4, 1), (5, 2), (13, 4), (24, 6)])
def test_four_persons_stand_on_a_sheet_and_every_sheet_says_which_of_how_many(
    press: Press, persons: int, sheets: int
) -> None:
    made = printed(press, *(person(name=f"渡辺　{number}") for number in range(1, persons + 1)))
    pages = pdf_text.texts(made.document)
    assert len(pages) == len(made.page_hashes) == len(set(made.page_hashes)) == sheets
    for number, page in enumerate(pages, 1):
        assert f"{number}／{sheets}枚" in page
        assert page.count(ISSUE.number) == 1
        assert any("相違ないことを証明する。" in text for text in page)
        assert "令和8年11月24日" in page
        assert {"みさき市長", "岬　進"} <= set(page)
    names = [text for page in pages for text in page if re.fullmatch(r"渡辺　\d+", text)]
    assert set(names) == {f"渡辺　{number}" for number in range(1, persons + 1)}
    assert sum(text == "以　下　余　白" for page in pages for text in page) == (1 if persons % 4 else 0)


@pytest.mark.parametrize(
    ("extent", "words"),
    [
        (Extent.PERSON, "この写しは、住民票の原本と相違ないことを証明する。"),
        (Extent.PART, "この写しは、世帯の一部の住民票の原本と相違ないことを証明する。"),
        (Extent.WHOLE, "この写しは、世帯全員の住民票の原本と相違ないことを証明する。"),
    ],
)
def test_the_certifying_sentence_says_how_much_of_the_household_is_on_the_paper(
    press: Press, extent: Extent, words: str
) -> None:
    assert words in pdf_text.texts(printed(press, person(), extent=extent).document)[0]


def test_items_not_asked_for_are_omitted_and_numbers_are_never_printed(press: Press) -> None:
    resident = person(family_head="筆頭　者")
    [without] = pdf_text.texts(printed(press, resident, items=frozenset()).document)
    assert without.count("省略") == 6  # 世帯主, 続柄, 本籍, 筆頭者, 個人番号, 住民票コード
    assert resident.domicile not in without
    assert "筆頭　者" not in without
    [with_all] = pdf_text.texts(printed(press, resident).document)
    assert with_all.count("省略") == 2
    assert resident.domicile in with_all
    assert "筆頭　者" in with_all


def test_a_foreign_resident_has_western_birth_date_common_name_and_status_only_when_chosen(press: Press) -> None:
    [page] = pdf_text.texts(printed(press, person(name="MUELLER MAX", **FOREIGN)).document)
    for words in ("1990年12月24日", "通　称", "山田　マックス", "ドイツ", "永住者の配偶者等", "AB12345678CD"):
        assert words in page
    assert "5年（2029年5月1日まで）" in page
    assert "ミュラー" not in page
    assert "".join(page).count("外国人住民となった年月日") == 1
    [plain] = pdf_text.texts(printed(press, person(name="MUELLER MAX", **FOREIGN), items=frozenset()).document)
    assert not {"ドイツ", "永住者の配偶者等", "AB12345678CD"} & set(plain)


def test_an_unregistered_reading_stays_blank_and_a_day_of_settling_without_a_move_is_marked(press: Press) -> None:
    settled = person(reading_registered=False, address_since=date(2015, 4, 1))
    [page] = pdf_text.texts(printed(press, settled).document)
    assert settled.reading not in page
    assert "【空欄】" in page


@pytest.mark.parametrize(
    "fields",
    [
        {"name": LONGEST_ROMAN, **FOREIGN},
        {"name": "A" * 60, **FOREIGN},
        {"name": "寿限無寿限無五劫の擦り切れ海砂利水魚の水行末雲来末風来末"},
        {"name": "渡" * 17},
        {"name": "渡" * 18},
        {"previous_address": "東京都千代田区神田神保町三丁目12番地の4神保町ハイツ203号室" + "あ" * 8},
        {"domicile": "鹿児島県大島郡大和村大字大和浜字大和浜番外地十二番地の三十四番地の五" * 2},
    ],
)
def test_a_long_value_takes_another_line_and_is_whole(press: Press, fields: dict[str, object]) -> None:
    resident = person(**fields)
    [page] = pdf_text.texts(printed(press, resident, person(), person(), person()).document)
    whole = "".join("".join(page).split())
    for value in fields.values():
        if isinstance(value, str) and value not in {resident.reading, resident.birth_date}:
            assert "".join(value.split()) in whole


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "渡" * 100},
        {"name": "A" * 200},
        {"previous_address": "東京都千代田区神田神保町三丁目" * 20},
        {"address": "いずみ県みさき市港町一丁目" * 12},
        {"relationship": "世帯主" * 40},
        {"birth_date": "慶応" * 30},
    ],
)
def test_a_value_that_does_not_fit_stops_the_paper_instead_of_being_cut(
    press: Press, fields: dict[str, object]
) -> None:
    with pytest.raises(DoesNotFit) as refused:
        printed(press, person(**fields), person(), person(), person())
    assert not any(str(value) in str(refused.value) for value in fields.values())


def test_the_seal_is_drawn_on_every_sheet_in_its_own_red(press: Press) -> None:
    made = printed(press, *(person() for _ in range(5)))
    with pikepdf.open(io.BytesIO(made.document)) as pdf:
        for page in pdf.pages:
            colours = [
                tuple(round(float(part), 2) for part in operands)
                for operator, operands in pdf_text.operations(page.resources["/XObject"]["/Form4"])
                if operator in {"rg", "sc", "scn"} and len(operands) == 3
            ]
            assert (0.7, 0.13, 0.16) in colours


def test_without_a_seal_there_is_nothing_to_print_with() -> None:
    with pytest.raises(SealMissing):
        seal_of("999999")
    with pytest.raises(SealMissing):
        seal_of("../982016")


def test_a_page_can_reach_neither_network_nor_files(press: Press) -> None:
    resident = person(name="<img src='file:///etc/passwd'>", former_surname="{{ 7*7 }}")
    [page] = pdf_text.texts(printed(press, resident).document)
    assert "{{ 7*7 }}" in page
    assert "<img src='file:///etc/passwd'>" in "".join(page)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x.png", "file:///etc/passwd", "data:text/plain,x", "press:x"])
def test_whatever_a_page_asks_for_besides_the_seal_stops_the_paper(press: Press, url: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(f"<img src='press:qr' alt=''><img src='{url}' alt=''>")
    (tmp_path / "page.css").write_text("")
    kind = replace(kind_of("resident_record"), id="test", folder=tmp_path)
    layout = kind.compose(Subject((person(),), None, Extent.PART, frozenset()))
    with pytest.raises(FatalURLFetchingError):
        press.print(kind, layout, ISSUE, NOON, software_sealing())


def test_a_press_without_the_subsetter_does_not_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "harfbuzz_subset", None)
    with pytest.raises(faults.SubsetterMissing):
        Press(tmp_path)


def test_a_glyph_or_font_that_was_not_asked_for_stops_the_paper(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exact, "FONT_FAMILY", "Another Font")
    with pytest.raises(faults.TypesettingBroken):
        printed(press, person(), full_layout=True)
    monkeypatch.undo()
    one = person(name="岬　はな")
    printed(press, one, full_layout=True)
    monkeypatch.setattr(press.coverage, "glyph", lambda _: 7)
    with pytest.raises(faults.TypesettingBroken):
        printed(press, one, full_layout=True)


def test_the_weasyprint_whose_inside_is_used_is_the_pinned_one() -> None:
    assert weasyprint.__version__ == "70.0"


def test_the_same_content_gives_the_same_bytes(press: Press) -> None:
    kind, resident = kind_of("resident_record"), person()
    layout = kind.compose(Subject((resident,), resident, Extent.WHOLE, frozenset()))
    assert press.unsigned(kind, layout, ISSUE, NOON) == press.unsigned(kind, layout, ISSUE, NOON)


def test_the_document_declares_itself_archivable_and_carries_japanese(press: Press) -> None:
    with pikepdf.open(io.BytesIO(printed(press, person()).document)) as pdf:
        assert pdf.pdf_version == "1.7"
        assert str(pdf.Root.Lang) == "ja"
        assert pdf.open_metadata().pdfa_status == "3U"
        assert [float(part) for part in pdf.pages[0].MediaBox] == pytest.approx([0, 0, 595.28, 841.89], abs=0.01)


def test_the_items_offered_follow_who_is_in_the_household() -> None:
    kind = kind_of("resident_record")
    assert [item.id for item in kind.items((person(),))] == ["relationship", "domicile"]
    assert [item.id for item in kind.items((person(**FOREIGN),))] == ["relationship", "nationality"]
    assert not any(item.default for item in kind.items((person(), person(**FOREIGN))))


def test_a_person_without_registered_sex_has_a_blank_one() -> None:
    made = compose(Subject((person(sex=None), person(sex=Sex.MALE)), None, Extent.PART, frozenset()))
    assert [block.sex for block in made.sheets[0].values.persons] == ["", "男"]  # type: ignore[attr-defined]


def test_every_folder_of_kinds_is_a_kind() -> None:
    assert {"resident_record", "seal_registration", "income_tax", "domicile_record"} <= set(all_kinds())
