"""Characters on entry: names are kept code point by code point, and only certain variants are rewritten."""

import unicodedata
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal import database, register
from portal.ground import Ground
from portal.register import ChangeReason, CharacterFault, CharacterRefused, as_registered
from portal.register.changes import change, present_record
from portal.register.importing import Refusal, RefusalCode, import_directory
from portal.register.variants import adobe_japan, moji_joho
from tests.conftest import CHECKOUT
from tests.portal.conftest import MORNING, MovableClock
from tests.portal.register.files import household, resident, write
from tests.portal.register.people import TESTER, put_resident

TABLE = CHECKOUT / "portal" / "register" / "variants" / "adobe_japan.txt"
# Pairs of texts that normalisation would make one: composed and decomposed, compatibility ideographs, widths.
UNNORMALISED = ["が", "か\u3099", "é", "e\u0301", "神", "\ufa19", "\u795e", "ｶﾞ", "Ａ", "㈱", "\U0002f868", "ﬁ", "Å"]


def changed(ground: Ground, who: UUID, **fields: str) -> None:
    with database.transaction(ground.engine) as connection:
        change(
            connection, who, fields, valid_from=date(2026, 11, 24), actor=TESTER,
            reason=ChangeReason.CORRECTION, filing_id=None, now=MORNING,
        )  # fmt: skip


@pytest.fixture
def somebody(ground: Ground) -> UUID:
    with database.transaction(ground.engine) as connection:
        return put_resident(connection)


def name_of(ground: Ground, who: UUID) -> str:
    with ground.engine.connect() as connection:
        return present_record(connection, who).name


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn", "Zl", "Zp", "Mn")), max_size=30))
@example("".join(UNNORMALISED))
def test_no_text_is_ever_normalised(text: str) -> None:
    assert as_registered(text) == text


@given(st.lists(st.sampled_from(sorted(moji_joho())), max_size=12))
def test_every_moji_joho_sequence_is_kept_as_it_came(sequences: list[str]) -> None:
    name = "".join(sequences)
    assert as_registered(name) == name


@given(st.lists(st.sampled_from(sorted(adobe_japan().items())), min_size=1, max_size=8))
def test_an_adobe_japan_sequence_of_the_table_is_written_as_moji_joho_in_its_place(
    pairs: list[tuple[str, str]],
) -> None:
    assert as_registered("山".join(theirs for theirs, _ in pairs)) == "山".join(ours for _, ours in pairs)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("葛\U000e0100", "葛\U000e0102"),
        ("葛\U000e0101", "葛\U000e0103"),
        ("辻\U000e0100", "辻\U000e0102"),
        ("祁\U000e0101", "祁\U000e0103"),
        ("祇\U000e0100", "祇\U000e0102"),
        ("渡邉\U000e0100", "渡邉\U000e010f"),
        ("田邊\U000e0100", "田邊\U000e0108"),
    ],
)
def test_well_known_names_are_in_the_table(theirs: str, ours: str) -> None:
    assert as_registered(theirs) == ours


@pytest.mark.parametrize("selector", range(0xE0100, 0xE01F0))
def test_every_selector_after_hen_is_kept_mapped_by_the_table_or_refused_with_its_code_points(selector: int) -> None:
    for base in "邉邊葛辻祁":
        sequence = base + chr(selector)
        if sequence in moji_joho():
            assert as_registered(sequence) == sequence
        elif sequence in adobe_japan():
            assert as_registered(sequence) == adobe_japan()[sequence]
        else:
            with pytest.raises(CharacterRefused) as refused:
                as_registered(f"山{sequence}")
            assert refused.value.fault is CharacterFault.UNKNOWN_VARIANT
            assert refused.value.code_points == f"U+{ord(base):04X} U+{selector:04X}"
            assert base not in str(refused.value)


def test_the_table_leads_from_sequences_outside_moji_joho_to_sequences_inside_and_never_two_to_one() -> None:
    assert all(theirs not in moji_joho() for theirs in adobe_japan())
    assert all(ours in moji_joho() for ours in adobe_japan().values())
    assert all(theirs[0] == ours[0] for theirs, ours in adobe_japan().items())
    assert max(Counter(adobe_japan().values()).values()) == 1


def test_every_line_of_the_table_names_its_evidence() -> None:
    lines = [line.split() for line in TABLE.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert len(lines) == len(adobe_japan())
    for character, code, _, _, margin, seen in lines:
        assert code == f"U+{ord(character):04X}"
        # Where the comparison of pictures cannot tell, they were looked at twice as large.
        assert int(seen) >= 250 if margin == "-" else float(margin) >= 0.02
        assert int(seen) >= 140


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_a_change_keeps_texts_that_normalisation_would_make_one(
    ground: Ground, somebody: UUID, form: "unicodedata._NormalizationForm"
) -> None:
    for text in (f"{one}　一" for one in UNNORMALISED):
        changed(ground, somebody, name=text)
        assert name_of(ground, somebody) == text
    assert any(unicodedata.normalize(form, text) != text for text in UNNORMALISED)


def test_a_change_writes_an_adobe_japan_name_as_moji_joho(ground: Ground, somebody: UUID) -> None:
    changed(ground, somebody, name="葛\U000e0100葉　一", family_head="葛\U000e0102葉　一")
    with ground.engine.connect() as connection:
        record = present_record(connection, somebody)
    assert record.name == record.family_head == "葛\U000e0102葉　一"


@pytest.mark.parametrize(
    ("fields", "fault", "said"),
    [
        ({"name": "邉\U000e0101"}, CharacterFault.UNKNOWN_VARIANT, "name: U+9089 U+E0101"),
        ({"family_head": "山\ue000"}, CharacterFault.PRIVATE_CHARACTER, "family_head: U+E000"),
        ({"address": "港町\u200b1"}, CharacterFault.CONTROL_CHARACTER, "address: U+200B"),
        ({"former_surname": "\U000e0102"}, CharacterFault.LONE_SELECTOR, "former_surname: U+E0102"),
        ({"common_name": "\uffff"}, CharacterFault.UNASSIGNED_CHARACTER, "common_name: U+FFFF"),
    ],
)
def test_a_change_that_cannot_be_registered_is_refused_with_field_and_code_point_and_changes_nothing(
    ground: Ground, somebody: UUID, fields: Mapping[str, str], fault: CharacterFault, said: str
) -> None:
    before = name_of(ground, somebody)
    with pytest.raises(CharacterRefused) as refused:
        changed(ground, somebody, **fields)
    assert (refused.value.fault, str(refused.value)) == (fault, said)
    assert name_of(ground, somebody) == before


def test_an_import_writes_names_as_moji_joho_and_names_field_and_code_points_of_what_it_refuses(
    ground: Ground, tmp_path: Path
) -> None:
    folder = write(
        tmp_path / "in",
        households=[household("H1"), household("H2")],
        residents=[
            resident("1", name="葛\U000e0100葉　か\u3099", family_head="\ufa19"),
            resident("2", name="渡邉\U000e0104　太郎", household_number="H2"),
        ],
    )
    report = import_directory(ground.engine, ground.fields, folder, actor=TESTER, clock=MovableClock())
    [refusal] = [refusal for refusal in report.refusals if refusal.code is RefusalCode.UNKNOWN_VARIANT]
    assert refusal == Refusal("residents.csv", 3, "name", RefusalCode.UNKNOWN_VARIANT)
    assert refusal.code_points == "U+9089 U+E0104"
    with ground.engine.connect() as connection:
        record = present_record(connection, register.resident_id_of(connection, "1"))
    assert (record.name, record.family_head) == ("葛\U000e0102葉　か\u3099", "\ufa19")
