"""What stands on 印鑑登録証明書, 所得・課税証明書 and 戸籍の附票の写し."""

import io
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from portal.certificates.forms.weasy.faults import DoesNotFit
from portal.certificates.kinds import all_kinds, kind_of
from portal.certificates.paper import Data, Extent, Kind, Layout, Sheet, Subject
from portal.certificates.press import Press
from portal.certificates.values import Text, pictures, texts
from portal.register import ResidentRecord, Sex
from portal.register.domiciles import DomicileEntry, FamilyMember, FamilyRegister
from portal.register.taxes import TaxAssessment
from tests.portal.certificates import pdf_text
from tests.portal.certificates.sheets import ISSUE, NOON, person, software_sealing
from tests.portal.register.belongings import SEAL, TAX, UNTAXED, member

SEAL_KIND, TAX_KIND, DOMICILE_KIND = (
    kind_of(name) for name in ("seal_registration", "income_tax", "domicile_record")
)
SELF = person(name="渡邉\U000e010f　花子")
LONGEST = "MAXIMILIAN ALEXANDER BARTHOLOMEW CHRISTOPHER VON HOHENZOLLER"
LONG_ADDRESS = "いずみ県みさき市港町一丁目2番3号　グランドシティタワーみさきマリーナ弐番館2305号室"


def layout(kind: Kind, record: object, own: ResidentRecord = SELF) -> Layout:
    subject = Subject(
        persons=(own,),
        head=None,
        extent=Extent.PERSON,
        items=frozenset(),
        wanted=frozenset({own.id}),
        data=Data(record),
    )
    return kind.compose(subject)


def said(sheet: Sheet) -> dict[str, str]:
    return {text.path: text.text for text in texts(sheet.values)}


def family(*members: FamilyMember) -> FamilyRegister:
    return FamilyRegister("F1", "いずみ県みさき市港町一丁目2番", "渡邉\U000e010f　花子", 1, members)


def lived(count: int, **values: object) -> FamilyMember:
    entries = tuple(
        DomicileEntry(f"いずみ県みさき市港町{number}番", date(1990 + number, 4, 1)) for number in range(1, count + 1)
    )
    plain = member(None, entries=entries)
    own = {field.name: getattr(plain, field.name) for field in fields(plain)} | {"ref": uuid4(), **values}
    return FamilyMember(**own, lives_here=True, stopped=False)


def record_of(
    register: FamilyRegister,
    wanted: Iterable[UUID] | None = None,
    extent: Extent = Extent.WHOLE,
    items: frozenset[str] = frozenset(),
) -> Layout:
    everybody = frozenset(each.ref for each in register.members) if wanted is None else frozenset(wanted)
    return DOMICILE_KIND.compose(
        Subject(persons=(), head=None, extent=extent, items=items, wanted=everybody, data=Data(register))
    )


def addresses(made: Layout) -> list[tuple[str, str]]:
    """Every address row of all sheets, with 住所を定めた年月日."""
    found = []
    for sheet in made.sheets:
        shown = said(sheet)
        rows = [path for path in shown if path.endswith(".address")]
        found += [(shown[path], shown[path.replace(".address", ".since")]) for path in rows]
    return found


def test_the_seal_certificate_says_whose_seal_it_is_and_since_when() -> None:
    [sheet] = layout(SEAL_KIND, SEAL, replace(SELF, former_surname="小川")).sheets
    shown = said(sheet)
    assert (shown["name"], shown["birth_date"]) == ("渡邉\U000e010f　花子", "昭和60年7月20日")
    assert (shown["other_name.label"], shown["other_name.value"]) == ("旧　氏", "小川")
    assert (shown["seal_number"], shown["registered_on"]) == ("S000001", "令和元年5月1日")
    assert shown["address"] == SELF.address
    assert pictures(sheet.values)["impression"].png == SEAL.picture


def test_the_seal_certificate_of_a_foreign_resident_shows_the_common_name_and_a_western_birth_date() -> None:
    foreign = replace(SELF, foreign=True, name="NGUYEN THI HOA", common_name="中村　花", birth_date="1990-12-24")
    shown = said(layout(SEAL_KIND, SEAL, foreign).sheets[0])
    assert (shown["other_name.label"], shown["other_name.value"]) == ("通　称", "中村　花")
    assert shown["birth_date"] == "1990年12月24日"


def test_the_seal_on_the_paper_is_the_registered_one_dot_for_dot_in_its_true_size(press: Press) -> None:
    made = press.print(SEAL_KIND, layout(SEAL_KIND, SEAL), ISSUE, NOON, software_sealing())
    with pikepdf.open(io.BytesIO(made.document)) as pdf, Image.open(io.BytesIO(SEAL.picture)) as registered:
        [page] = pdf.pages
        drawn = {str(name): each for name, each in page.resources["/XObject"].items()}
        [name] = [name for name, each in drawn.items() if int(each.get("/Width", 0)) == registered.width]
        printed = pikepdf.PdfImage(cast("pikepdf.Stream", drawn[name])).as_pil_image().convert("1")
        assert printed.tobytes() == registered.convert("1").tobytes()
        shown = list(pdf_text.operations(page))
        [place] = [number for number, (op, given) in enumerate(shown) if op == "Do" and str(given[0]) == name]
        matrix = [float(number) for number in next(given for op, given in reversed(shown[:place]) if op == "cm")]
    assert [matrix[0], matrix[3]] == pytest.approx([30 * 72 / 25.4] * 2, abs=0.05)


def test_every_amount_of_the_assessment_stands_in_its_own_place() -> None:
    names = [
        field.name for field in fields(TaxAssessment) if field.name.endswith("_yen") and field.name != "unpaid_yen"
    ]
    told_apart = replace(TAX, **{name: 1_000_000 + place for place, name in enumerate(names)})  # type: ignore[arg-type]
    shown = said(layout(TAX_KIND, told_apart).sheets[0])
    amounts = [text for path, text in shown.items() if path.startswith(("income.", "deductions.", "taxes."))]
    assert sorted(amounts) == sorted(
        [f"{getattr(told_apart, name):,}円" for name in names] + [f"{told_apart.total_tax_yen:,}円"]
    )
    assert shown["income.salary_revenue"] == "1,000,000円"
    assert shown["taxes.municipal_levy"] == f"{told_apart.municipal_levy_yen:,}円"
    assert shown["taxes.prefectural_flat"] == f"{told_apart.prefectural_flat_yen:,}円"


def test_whoever_is_not_taxed_reads_so_in_words() -> None:
    untaxed, taxed = (said(layout(TAX_KIND, each).sheets[0]) for each in (UNTAXED, TAX))
    assert untaxed["standing"].startswith("非課税")
    assert untaxed["taxes.total"] == "0円"
    assert taxed["standing"] == "課税"
    # 均等割 alone is a tax.
    assert said(layout(TAX_KIND, replace(UNTAXED, municipal_flat_yen=3000)).sheets[0])["standing"] == "課税"


@pytest.mark.parametrize(
    ("year", "fiscal_year", "income_year"),
    [(2026, "令和8年度", "令和7年分"), (2020, "令和2年度", "平成31年分"), (2019, "平成31年度", "平成30年分")],
)
def test_the_fiscal_year_and_the_year_of_the_income_are_named(year: int, fiscal_year: str, income_year: str) -> None:
    shown = said(layout(TAX_KIND, replace(TAX, fiscal_year=year)).sheets[0])
    assert (shown["fiscal_year"], shown["income_year"]) == (fiscal_year, income_year)


def test_what_is_unpaid_is_nobodys_business_here() -> None:
    shown = said(layout(TAX_KIND, replace(TAX, unpaid_yen=98_765)).sheets[0])
    assert not any("98,765" in text for text in shown.values())


def test_domicile_and_head_of_the_family_register_are_left_out_unless_asked_for() -> None:
    one = family(lived(2))
    plain = said(record_of(one).sheets[0])
    asked = said(record_of(one, items=frozenset({"domicile"})).sheets[0])
    assert (plain["domicile"], plain["family_head"]) == ("省略", "省略")
    assert (asked["domicile"], asked["family_head"]) == (one.domicile, one.family_head)
    [item] = DOMICILE_KIND.items(())
    assert (item.id, item.default) == ("domicile", False)


def test_addresses_stand_in_order_and_nothing_can_be_written_after_the_last() -> None:
    unknown = DomicileEntry("東京都新宿区西新宿二丁目8番1号", None)
    own = lived(0, entries=(unknown, DomicileEntry("いずみ県みさき市港町1番", date(2015, 4, 1))), sex=Sex.MALE)
    made = record_of(family(own))
    assert addresses(made) == [
        ("東京都新宿区西新宿二丁目8番1号", ""),
        ("いずみ県みさき市港町1番", "平成27年4月1日"),
        ("以下余白", ""),
        *[("", "")] * 3,
    ]
    assert said(made.sheets[0])["blocks.0.sex"] == "男"


@given(st.lists(st.integers(0, 20), min_size=1, max_size=6))
def test_no_address_is_lost_and_nobodys_stands_under_another_name(counts: list[int]) -> None:
    members = [lived(count, name=f"渡辺　{number}子") for number, count in enumerate(counts)]
    made = record_of(family(*members))
    shown = [address for address, _ in addresses(made) if address not in {"", "以下余白"}]
    assert shown == [entry.address for each in members for entry in each.entries]
    for sheet in made.sheets:
        of_sheet = said(sheet)
        for path, address in of_sheet.items():
            if path.endswith(".address") and address not in {"", "以下余白"}:
                owner = next(each for each in members if each.name == of_sheet[f"{path[:8]}.name"])
                assert address in {entry.address for entry in owner.entries}
    assert {sheet.form for sheet in made.sheets[:-1]} <= {"2"}


def test_whoever_goes_on_in_the_next_block_is_marked_there() -> None:
    made = record_of(family(lived(7), lived(1)))
    assert [sheet.form for sheet in made.sheets] == ["2", "1"]
    first, second = (said(sheet) for sheet in made.sheets)
    assert (first["blocks.0.continued"], first["blocks.1.continued"]) == ("", "（続き）")
    assert (first["blocks.0.number"], first["blocks.1.number"], second["blocks.0.number"]) == ("1", "1", "2")
    assert second["blocks.0.continued"] == ""


def test_only_those_asked_for_stand_on_it_and_the_sentence_says_what_is_certified() -> None:
    whole = family(lived(1, name="一"), lived(1, name="二"), lived(1, name="三"))
    refs = [each.ref for each in whole.members]
    names = [said(sheet)["blocks.0.name"] for sheet in record_of(whole, refs[1:2], Extent.PERSON).sheets]
    assert names == ["二"]
    sentences = [
        said(record_of(whole, wanted, extent).sheets[0])["sentence"]
        for wanted, extent in ((refs[:1], Extent.PERSON), (refs[:2], Extent.PART), (refs, Extent.WHOLE))
    ]
    assert ["の一部の" in sentence for sentence in sentences] == [False, True, False]
    assert ["の全部の" in sentence for sentence in sentences] == [False, False, True]


def _made() -> list[tuple[Kind, Layout]]:
    return [
        (SEAL_KIND, layout(SEAL_KIND, SEAL)),
        (TAX_KIND, layout(TAX_KIND, TAX)),
        (DOMICILE_KIND, record_of(family(lived(7), lived(2)), items=frozenset({"domicile"}))),
    ]


@pytest.mark.parametrize(("kind", "made"), _made(), ids=lambda value: getattr(value, "id", ""))
def test_every_text_of_the_sheets_is_on_the_paper(press: Press, tmp_path: Path, kind: Kind, made: Layout) -> None:
    document = press.print(kind, made, ISSUE, NOON, software_sealing()).document
    extracted = pdf_text.poppler(document, tmp_path)
    everything: list[Text] = [text for sheet in made.sheets for text in texts(sheet.values)]
    for text in everything:
        assert "".join(text.text.split()) in extracted, text.path
    for common in (ISSUE.number, "令和8年11月24日", "みさき市長", "契印", ISSUE.verify_address):
        assert common in extracted


@pytest.mark.parametrize("own", [replace(SELF, name=LONGEST), replace(SELF, address=LONG_ADDRESS)])
def test_long_names_and_addresses_stand_whole_on_smaller_lines(
    press: Press, tmp_path: Path, own: ResidentRecord
) -> None:
    register = family(lived(1, name=own.name, entries=(DomicileEntry(own.address, date(2015, 4, 1)),)))
    made = [(SEAL_KIND, layout(SEAL_KIND, SEAL, own)), (TAX_KIND, layout(TAX_KIND, TAX, own))]
    for kind, sheets in [*made, (DOMICILE_KIND, record_of(register))]:
        extracted = pdf_text.poppler(press.print(kind, sheets, ISSUE, NOON, software_sealing()).document, tmp_path)
        for text in (own.name, own.address):
            assert "".join(text.split()) in extracted, kind.id


def test_what_fits_on_no_line_stops_the_certificate_by_the_name_of_its_field(press: Press) -> None:
    with pytest.raises(DoesNotFit, match="name"):
        press.print(
            SEAL_KIND, layout(SEAL_KIND, SEAL, replace(SELF, name="渡" * 200)), ISSUE, NOON, software_sealing()
        )


def test_every_form_of_every_kind_is_one_a_kind_really_makes() -> None:
    used = {(kind.id, sheet.form) for kind, made in _made() for sheet in made.sheets}
    for kind in (SEAL_KIND, TAX_KIND, DOMICILE_KIND):
        assert {form for name, form in used if name == kind.id} <= set(kind.forms)
    for kind in all_kinds().values():
        assert kind.forms
        for values in kind.forms.values():
            assert all(text.text for text in texts(values))
    for kind, made in _made():
        for sheet in made.sheets:
            assert [text.path for text in texts(sheet.values)] == [
                text.path for text in texts(kind.forms[sheet.form])
            ]
