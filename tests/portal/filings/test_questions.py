"""What a person types becomes answers, or errors that name their field."""

import contextlib
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.filings import (
    PREFECTURES,
    Answers,
    Candidate,
    ContentRefused,
    Destination,
    Field,
    Mover,
    MovingOut,
    Problem,
    complete,
    parse_destination,
    parse_movers,
    parse_planned_date,
)
from portal.filings.admission import has_reached

TODAY = date(2026, 11, 24)
MISAKI = ("いずみ県", "みさき市")
ICHIRO = Candidate(UUID(int=1), "本間　一郎", "世帯主", movable=True)
SAKURA = Candidate(UUID(int=2), "本間　さくら", "妻", movable=True)
GONE = Candidate(UUID(int=3), "本間　健", "子", movable=False)
HOUSEHOLD = (ICHIRO, SAKURA, GONE)
PLACE = Destination("神奈川県", "横浜市西区", "みなとみらい1-1-1", "2200012")


def problems(refused: pytest.ExceptionInfo[ContentRefused]) -> set[tuple[Field, Problem]]:
    return {(error.field, error.problem) for error in refused.value.errors}


def destination(**typed: str) -> Destination:
    plain = {"postal_code": "", "prefecture": "神奈川県", "municipality": "横浜市西区", "address": "1-1"}
    return parse_destination(**{**plain, **typed}, leaving=MISAKI)


def test_movers_come_in_the_order_of_the_household_and_once() -> None:
    ticked = [str(SAKURA.resident_id), str(ICHIRO.resident_id), str(SAKURA.resident_id)]
    assert parse_movers(ticked, HOUSEHOLD) == (ICHIRO.resident_id, SAKURA.resident_id)


@pytest.mark.parametrize(
    ("ticked", "problem"),
    [
        ([], Problem.MISSING),
        (["nobody"], Problem.UNKNOWN),
        ([str(UUID(int=9))], Problem.UNKNOWN),
        ([str(GONE.resident_id)], Problem.NOT_MOVABLE),
    ],
)
def test_nobody_outside_the_household_and_nobody_gone_can_be_ticked(ticked: list[str], problem: Problem) -> None:
    with pytest.raises(ContentRefused) as refused:
        parse_movers(ticked, HOUSEHOLD)
    assert problems(refused) == {(Field.MOVERS, problem)}


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [
        ("2026", "12", "1"),
        ("２０２６", "１２", "０１"),
        ("令和8", "12", "1"),
        ("令和８年", "12月", "1日"),
        ("R8", "12", "1"),
        ("r8", "12", "1"),
        ("8", " 12 ", "1"),
    ],
)
def test_a_date_may_be_typed_in_either_calendar_and_any_width(year: str, month: str, day: str) -> None:
    assert parse_planned_date(year, month, day, filed_on=TODAY) == date(2026, 12, 1)


def test_the_first_year_of_reiwa_is_gannen() -> None:
    with pytest.raises(ContentRefused) as refused:
        parse_planned_date("令和元年", "5", "1", filed_on=TODAY)
    assert problems(refused) == {(Field.PLANNED_DATE, Problem.TOO_LATE)}


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        (("", " ", ""), Problem.MISSING),
        (("2026", "", "1"), Problem.NOT_A_DATE),
        (("2027", "2", "29"), Problem.NOT_A_DATE),
        (("2026", "13", "1"), Problem.NOT_A_DATE),
        (("0", "12", "1"), Problem.TOO_LATE),
        (("20260", "12", "1"), Problem.NOT_A_DATE),
        (("昭和8", "12", "1"), Problem.NOT_A_DATE),
        (("-8", "12", "1"), Problem.NOT_A_DATE),
        (("2026", "12", "25"), Problem.TOO_EARLY),
        (("2026", "11", "13"), Problem.TOO_LATE),
    ],
)
def test_a_date_that_cannot_be_filed_says_why(typed: tuple[str, str, str], problem: Problem) -> None:
    with pytest.raises(ContentRefused) as refused:
        parse_planned_date(*typed, filed_on=TODAY)
    assert problems(refused) == {(Field.PLANNED_DATE, problem)}


@given(
    st.text(max_size=8) | st.sampled_from(["2026", "令和８年", "8"]),
    st.text(max_size=8) | st.integers(0, 13).map(str),
    st.text(max_size=8) | st.integers(0, 32).map(str),
)
def test_whatever_is_typed_as_a_date_is_a_date_in_the_window_or_refused(year: str, month: str, day: str) -> None:
    with contextlib.suppress(ContentRefused):
        planned = parse_planned_date(year, month, day, filed_on=TODAY)
        assert date(2026, 11, 14) <= planned <= date(2026, 12, 24)


@pytest.mark.parametrize(
    "typed", ["2200012", "220-0012", "〒220-0012", "２２０－００１２", "220ー0012", " 220 - 0012 "]
)
def test_a_postal_code_is_seven_figures_however_it_is_typed(typed: str) -> None:
    assert destination(postal_code=typed).postal_code == "2200012"


def test_the_postal_code_may_stay_empty() -> None:
    assert destination().postal_code is None


@pytest.mark.parametrize(
    ("typed", "field", "problem"),
    [
        ({"postal_code": "22000123"}, Field.POSTAL_CODE, Problem.NOT_A_POSTAL_CODE),
        ({"prefecture": ""}, Field.PREFECTURE, Problem.MISSING),
        ({"prefecture": "カリフォルニア州"}, Field.PREFECTURE, Problem.NOT_A_PREFECTURE),
        ({"municipality": "  "}, Field.MUNICIPALITY, Problem.MISSING),
        ({"municipality": "よこはま"}, Field.MUNICIPALITY, Problem.NOT_A_MUNICIPALITY),
        ({"municipality": "横" * 41 + "市"}, Field.MUNICIPALITY, Problem.TOO_LONG),
        ({"prefecture": "いずみ県", "municipality": "みさき市"}, Field.PREFECTURE, Problem.NOT_A_PREFECTURE),
        ({"address": ""}, Field.ADDRESS, Problem.MISSING),
        ({"address": "あ" * 121}, Field.ADDRESS, Problem.TOO_LONG),
        ({"address": "1-1\x00"}, Field.ADDRESS, Problem.UNREADABLE),
        ({"address": "1-1\n2階"}, Field.ADDRESS, Problem.UNREADABLE),
        ({"address": "1-1\u202e逆"}, Field.ADDRESS, Problem.UNREADABLE),
        ({"address": "1-1\ue000"}, Field.ADDRESS, Problem.UNREADABLE),
        ({"address": "1-1\ud83d"}, Field.ADDRESS, Problem.UNREADABLE),
        ({"address": "渡邉\U000e0101荘"}, Field.ADDRESS, Problem.UNREADABLE),
    ],
)
def test_a_destination_that_no_city_could_use_is_refused(
    typed: dict[str, str], field: Field, problem: Problem
) -> None:
    with pytest.raises(ContentRefused) as refused:
        destination(**typed)
    assert (field, problem) in problems(refused)


def test_every_error_of_a_page_is_named_at_once() -> None:
    with pytest.raises(ContentRefused) as refused:
        destination(postal_code="x", prefecture="", municipality="", address="")
    assert {error.field for error in refused.value.errors} == {
        Field.POSTAL_CODE,
        Field.PREFECTURE,
        Field.MUNICIPALITY,
        Field.ADDRESS,
    }


def test_a_move_within_the_same_city_is_no_moving_out_even_by_its_ward() -> None:
    for place in ("横浜市西区", "横浜市", "神奈川県横浜市中区"):
        with pytest.raises(ContentRefused) as refused:
            parse_destination(
                postal_code="", prefecture="神奈川県", municipality=place, address="1", leaving=("神奈川県", "横浜市")
            )
        assert problems(refused) == {(Field.MUNICIPALITY, Problem.SAME_MUNICIPALITY)}


def test_a_prefecture_typed_again_before_the_city_is_not_kept_twice() -> None:
    assert destination(municipality="神奈川県横浜市西区").line == "神奈川県横浜市西区1-1"


def test_an_address_keeps_its_rare_characters_exactly() -> None:
    rare = "葛\U000e0100飾町﨑𠮷1番地"
    assert destination(address=f"　{rare} ").address == rare


def test_there_are_47_prefectures() -> None:
    assert len(PREFECTURES) == len(set(PREFECTURES)) == 47


def test_an_unfinished_draft_names_every_question_that_is_open() -> None:
    with pytest.raises(ContentRefused) as refused:
        complete(Answers(), HOUSEHOLD, filed_on=TODAY)
    assert problems(refused) == {
        (Field.MOVERS, Problem.MISSING),
        (Field.PLANNED_DATE, Problem.MISSING),
        (Field.ADDRESS, Problem.MISSING),
    }


def test_answers_that_were_right_once_are_judged_again_on_the_day_of_filing() -> None:
    answers = Answers((ICHIRO.resident_id,), date(2026, 12, 1), PLACE)
    content = complete(answers, HOUSEHOLD, filed_on=date(2026, 12, 11))
    assert content.movers == (Mover(ICHIRO.resident_id, "本間　一郎"),)
    with pytest.raises(ContentRefused) as refused:
        complete(answers, (SAKURA,), filed_on=date(2026, 12, 12))
    assert problems(refused) == {(Field.MOVERS, Problem.UNKNOWN), (Field.PLANNED_DATE, Problem.TOO_LATE)}


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
destinations = st.builds(
    Destination, st.sampled_from(PREFECTURES), texts, texts, st.none() | st.from_regex(r"\A\d{7}\Z")
)
movers = st.lists(st.builds(Mover, st.uuids(), texts), min_size=1, max_size=13).map(tuple)


@given(st.builds(MovingOut, movers, st.dates(), destinations))
def test_stored_content_is_read_back_exactly_and_always_has_the_same_bytes(content: MovingOut) -> None:
    text = content.canonical()
    assert MovingOut.from_canonical(text) == content
    assert MovingOut.from_canonical(text).canonical() == text


@given(
    st.builds(
        Answers,
        st.none() | st.lists(st.uuids(), min_size=1).map(tuple),
        st.none() | st.dates(),
        st.none() | destinations,
    )
)
def test_a_draft_is_read_back_exactly(answers: Answers) -> None:
    assert Answers.load(answers.dump()) == answers


@given(
    st.text(max_size=9) | st.from_regex(r"\A\d{3}-\d{4}\Z"),
    st.text(max_size=9) | st.sampled_from(PREFECTURES),
    st.text(max_size=45) | st.text(max_size=45).map("{}市".format),
    st.text(max_size=125),
)
def test_whatever_is_typed_as_a_destination_is_usable_or_refused(
    postal_code: str, prefecture: str, municipality: str, address: str
) -> None:
    with contextlib.suppress(ContentRefused):
        found = parse_destination(
            postal_code=postal_code, prefecture=prefecture, municipality=municipality, address=address, leaving=MISAKI
        )
        assert found.prefecture in PREFECTURES
        found.line.encode()


@pytest.mark.parametrize(
    ("birth_date", "on", "reached"),
    [
        ("2011-11-24", date(2026, 11, 24), True),
        ("2011-11-25", date(2026, 11, 24), False),
        ("2012-02-29", date(2027, 2, 28), False),
        ("2012-02-29", date(2027, 3, 1), True),
        ("2011-11", date(2026, 11, 24), False),
        ("2011-10", date(2026, 11, 24), True),
        ("2011", date(2026, 11, 24), False),
        ("1934", date(2026, 11, 24), True),
    ],
)
def test_an_incomplete_birth_date_counts_as_the_latest_possible_day(birth_date: str, on: date, reached: bool) -> None:
    assert has_reached(15, birth_date, on) is reached
