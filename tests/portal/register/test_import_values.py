"""What one cell of an import may hold."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.register.importing.columns import FILES, RESIDENTS, ValueRefused, registrable
from portal.register.importing.parsing import parse_file
from portal.register.importing.report import RefusalCode
from tests.conftest import CHECKOUT
from tests.portal.register.files import child, household, resident, write

COLUMNS = {column.name: column for column in RESIDENTS.columns}


@pytest.mark.parametrize(
    ("column", "raw", "code"),
    [
        ("birth_date", "1980-02-30", RefusalCode.BAD_DATE),
        ("birth_date", "1980/02/03", RefusalCode.BAD_DATE),
        ("birth_date", "昭和55年", RefusalCode.BAD_DATE),
        ("birth_date", "1980-13", RefusalCode.BAD_DATE),
        ("birth_date", "0000", RefusalCode.BAD_DATE),
        ("became_resident_on", "2010-04", RefusalCode.BAD_DATE),
        ("became_resident_on", "２０１０-04-01", RefusalCode.BAD_DATE),
        ("became_resident_on", "20100401", RefusalCode.BAD_DATE),
        ("name", "", RefusalCode.REQUIRED),
        ("name", "あ" * 501, RefusalCode.TOO_LONG),
        ("name", "山田\n太郎", RefusalCode.CONTROL_CHARACTER),
        ("name", "山田\x00太郎", RefusalCode.CONTROL_CHARACTER),
        ("name", "山田\x7f", RefusalCode.CONTROL_CHARACTER),
        ("name", "山田\u200b太郎", RefusalCode.CONTROL_CHARACTER),
        ("name", "\u202e山田", RefusalCode.CONTROL_CHARACTER),
        ("name", "山田\ufeff", RefusalCode.CONTROL_CHARACTER),
        ("name", "山田\u2028太郎", RefusalCode.CONTROL_CHARACTER),
        ("name", "\ue000田", RefusalCode.PRIVATE_CHARACTER),
        ("name", "\U000f0000田", RefusalCode.PRIVATE_CHARACTER),
        ("name", "\ufdd0田", RefusalCode.UNASSIGNED_CHARACTER),
        ("name", "\U000e0100田", RefusalCode.LONE_SELECTOR),
        ("name", "田　\U000e0100", RefusalCode.LONE_SELECTOR),
        ("name", "\u908a\U000e0101", RefusalCode.UNKNOWN_VARIANT),
        ("name", "田\U000e01ef", RefusalCode.UNKNOWN_VARIANT),
        ("name", " 山田", RefusalCode.SURROUNDING_SPACE),
        ("name", "山田　", RefusalCode.SURROUNDING_SPACE),
        ("resident_number", "12 3", RefusalCode.BAD_NUMBER),
        ("resident_number", "１２３", RefusalCode.BAD_NUMBER),
        ("resident_number", "1" * 21, RefusalCode.BAD_NUMBER),
        ("individual_number", "123456789017", RefusalCode.BAD_CHECK_DIGIT),
        ("individual_number", "12345678901", RefusalCode.BAD_NUMBER),
        ("resident_code", "1234567890", RefusalCode.BAD_NUMBER),
        ("status", "alive", RefusalCode.BAD_CHOICE),
        ("sex", "男", RefusalCode.BAD_CHOICE),
        ("is_head", "true", RefusalCode.BAD_CHOICE),
    ],
)
def test_a_value_that_is_not_what_its_column_holds_is_refused_by_code(
    column: str, raw: str, code: RefusalCode
) -> None:
    with pytest.raises(ValueRefused) as refused:
        COLUMNS[column].value(raw)
    assert refused.value.code is code
    assert not raw or raw not in str(refused.value)


@pytest.mark.parametrize(
    "name",
    [
        "渡邉\U000e010f　葛\U000e0102葉",
        "\U00020bb7野",
        "\ufa19",
        "\U0002f868",
        "O’BRIEN-ÉTIENNE",
        "が\u3099",
        "神\ufe00",
    ],
)
def test_a_name_of_unusual_characters_passes_untouched(name: str) -> None:
    assert COLUMNS["name"].value(name) == name


@pytest.mark.parametrize("born", ["1980-05-05", "1980-05", "1980"])
def test_a_birth_date_may_be_known_only_in_part(born: str) -> None:
    assert COLUMNS["birth_date"].value(born) == born


@given(st.dates())
def test_every_real_day_is_understood(day: date) -> None:
    assert COLUMNS["stay_expires_on"].value(day.isoformat()) == day


@given(st.text(max_size=40))
def test_any_text_is_kept_or_refused_but_never_changed(text: str) -> None:
    try:
        value = COLUMNS["name"].value(text)
    except ValueRefused:
        return
    assert value == text
    assert registrable(text) == text


@given(st.text(max_size=20))
def test_no_text_makes_a_column_fail_in_another_way(text: str) -> None:
    for column in (column for file in FILES for column in file.columns):
        try:
            column.value(text)
        except ValueRefused as refused:
            assert refused.code in RefusalCode  # noqa: PT017


@pytest.mark.parametrize(("mark", "end"), [("", "\n"), ("\ufeff", "\n"), ("", "\r\n"), ("\ufeff", "\r\n")])
def test_byte_order_mark_and_line_ends_make_no_difference(tmp_path: Path, mark: str, end: str) -> None:
    folder = write(tmp_path / "in", households=[household()], residents=[resident("1"), child("2")])
    plain = parse_file(folder, RESIDENTS)
    path = folder / "residents.csv"
    path.write_bytes((mark + path.read_text("utf-8").replace("\n", end)).encode())
    marked = parse_file(folder, RESIDENTS)
    assert [row.values for row in marked.rows] == [row.values for row in plain.rows]
    assert not marked.unusable


def test_every_file_and_column_is_documented() -> None:
    document = (CHECKOUT / "docs" / "register-import.md").read_text(encoding="utf-8")
    chapters = {chapter.split()[0]: chapter for chapter in document.split("\n## ")[1:]}
    for file in FILES:
        for column in file.columns:
            assert f"| `{column.name}` |" in chapters[file.name], (file.name, column.name)
    for code in RefusalCode:
        assert f"`{code.value}`" in document, code
