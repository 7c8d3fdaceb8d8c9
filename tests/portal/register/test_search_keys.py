"""Folded forms for searching."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.register.search_keys import address_key, name_key

# What names and addresses are made of: kana of every kind, letters and digits of both widths, variants, separators.
WRITTEN = (
    st.characters(min_codepoint=0x3041, max_codepoint=0x3096)
    | st.characters(min_codepoint=0x30A1, max_codepoint=0x30FC)
    | st.characters(min_codepoint=0xFF10, max_codepoint=0xFF9D)
    | st.sampled_from("Az9- 　・'邉\U000e010f葛\U000e0102﨑髙\ufa19\U00020bb7渡々ケヶ")
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("髙橋　一郎", "高橋一郎"),
        ("渡邉\U000e010f　葛\U000e0102葉", "渡辺 葛葉"),
        ("\U00020bb7野", "吉野"),
        ("\ufa19田", "神田"),
        ("ヴァン・ダイク", "ヴアンダイク"),
        ("やまもと　あや", "ﾔﾏﾓﾄ ｱﾔ"),
        ("ヨシヲカ　ミヅキ", "ヨシオカミズキ"),
        ("オオノ　ヨーコ", "オオノヨコ"),
        ("Nguyen Thi Hoa", "ＮＧＵＹＥＮ ＴＨＩ ＨＯＡ"),
    ],
)
def test_two_ways_of_writing_one_name_have_one_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("みさき市港町一丁目2番3号", "みさき市港町１－２－３"),
        ("みさき市港町三丁目4番地の5", "みさき市港町3-4-5"),
        ("みさき市港町12番地", "みさき市港町12"),
    ],
)
def test_two_ways_of_writing_one_address_have_one_key(one: str, other: str) -> None:
    assert address_key(one) == address_key(other)


def test_house_numbers_do_not_run_together() -> None:
    assert address_key("港町1丁目23番4号") != address_key("港町12丁目3番4号")


def test_different_names_keep_different_keys() -> None:
    assert name_key("高木") != name_key("高本")
    assert name_key("斉藤") != name_key("佐藤")


@given(st.text(WRITTEN))
def test_folding_a_key_again_changes_nothing(text: str) -> None:
    assert name_key(name_key(text)) == name_key(text)
