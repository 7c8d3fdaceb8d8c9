"""Names come out codepoint for codepoint, or are refused by name."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

import pytest

from portal.certificates.characters import Coverage, UnprintableCharacter, approved_font, sequences
from portal.certificates.press import Press
from tests.portal.certificates import pdf_text
from tests.portal.certificates.sheets import person, printed

BASES = "邉邊葛辻祁斎﨑渡"


@pytest.fixture(scope="module")
def coverage(press: Press) -> Coverage:
    return press.coverage


Spelling = TypeVar("Spelling")


def _groups(members: Sequence[Spelling], size: int) -> Iterator[Sequence[Spelling]]:
    return (members[start : start + size] for start in range(0, len(members), size))


def _variants(coverage: Coverage, base: str) -> list[str]:
    selectors = [chr(code) for code in range(0xE0100, 0xE01F0)]
    return [base + selector for selector in selectors if coverage.glyph(base + selector) is not None]


@pytest.mark.parametrize(
    "name",
    [
        "渡邉󠄏　龍之介",
        "渡邉󠄏邉󠄐邉邉󠄑　一",
        "葛󠄂葛󠄃葛　辻󠄂辻",
        "𠮷田　𠮟𡈽",
        "髙﨑　德𣘺",
        "MAXIMILIAN ALEXANDER",
        "LÉVÊQUE JOSÉ",
        "NGUYEN VAN A",
        "山田　マックス",
    ],
)
def test_a_name_is_extracted_exactly_as_registered(press: Press, tmp_path: Path, name: str) -> None:
    document = printed(press, person(name=name, former_surname=name, family_head=name)).document
    shown = [text for page in pdf_text.texts(document) for text in page]
    assert shown.count(name) == 4  # head of household, name, 旧氏, 筆頭者
    assert "".join(name.split()) in pdf_text.poppler(document, tmp_path)
    assert pdf_text.fonts(document) == {"IPAmjMincho"}


def test_every_variation_of_hard_characters_keeps_its_selector_on_one_sheet_with_the_bare_one(
    press: Press, coverage: Coverage, tmp_path: Path
) -> None:
    spellings = [spelling for base in BASES for spelling in (base, *_variants(coverage, base))]
    assert len(_variants(coverage, "邉")) == 16
    names = ["".join(group) for group in _groups(spellings, 12)]
    document = printed(press, *(person(name=name) for name in names)).document
    shown = [text for page in pdf_text.texts(document) for text in page]
    assert all(name in shown for name in names)
    extracted = pdf_text.poppler(document, tmp_path)
    assert all(name in extracted for name in names)


def test_spellings_that_share_one_glyph_stay_apart(press: Press, coverage: Coverage) -> None:
    same = (
        (chr(base), chr(base) + chr(selector))
        for base in range(0x4E00, 0x9FA0)
        for selector in (0xE0100, 0xE0101, 0xE0102)
        if coverage.glyph(chr(base)) is not None
        and coverage.glyph(chr(base) + chr(selector)) == coverage.glyph(chr(base))
    )
    names = ["".join(bare + varied for bare, varied in group) for group in _groups(list(islice(same, 160)), 8)]
    assert len(names) == 20
    document = printed(press, *(person(name=name) for name in names)).document
    shown = [text for page in pdf_text.texts(document) for text in page]
    assert [name for name in names if name not in shown] == []


def test_letters_that_the_font_joins_with_their_mark_are_set_by_the_full_layout(
    press: Press, coverage: Coverage, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["".join(group) for group in _groups(sorted(coverage._joined), 8)]
    assert len("".join(names)) >= 2 * 84
    assert all(coverage.shaped(name) for name in names)
    assert not any(coverage.shaped(name) for name in ("渡邉\U000e010f　花子", "ガギグ", "O'BRIEN", "e`", ""))
    # Nothing is left to the compiled form.
    monkeypatch.setattr(Press, "_write", None)
    document = printed(press, *(person(name=name) for name in names)).document
    shown = [text for page in pdf_text.texts(document) for text in page]
    assert [name for name in names if name not in shown] == []


@pytest.mark.parametrize(
    ("name", "code_points"),
    [
        ("渡邉󠄀", "U+9089 U+E0100"),  # Adobe-Japan1 selector, not in the font
        ("山\ue000田", "U+E000"),  # 外字
        ("𰻞", "U+30EDE"),
        ("😀", "U+1F600"),
        ("한", "U+D55C"),
        ("あ\u309a", "U+309A"),  # no ligature in the font; か\u309a has one
        ("e\u0301", "U+0301"),
        ("田\u200b中", "U+200B"),
        ("田\u00ad中", "U+00AD"),
        ("田\u202e中", "U+202E"),
        ("田\n中", "U+000A"),
        ("田\u00a0中", "U+00A0"),
        ("\U000e0101田", "U+E0101"),
        ("邉󠄏󠄐", "U+E0110"),
    ],
)
def test_what_the_font_cannot_print_is_refused_with_field_and_code_point(
    press: Press, name: str, code_points: str
) -> None:
    with pytest.raises(UnprintableCharacter) as refused:
        printed(press, person(), person(name=name))
    assert refused.value.code_points.endswith(code_points)
    assert refused.value.field == "persons.1.name"
    assert name not in str(refused.value)


def test_a_selector_belongs_to_the_character_before_it() -> None:
    assert sequences("渡邉󠄏　a") == ["渡", "邉󠄏", "　", "a"]
    assert sequences("󠄏󠄏") == ["󠄏󠄏"]


def test_the_approved_font_is_ipamj_mincho() -> None:
    assert approved_font().name == "ipamjm.ttf"
