"""What may be said about sheets of paper, as pure rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.certificates.papers.judging import Comparison, Reason, Standing, Status, Verdict, judge
from portal.certificates.papers.lookalike import AddressKind, address_kind
from portal.certificates.papers.tables import WithdrawalReason
from tests.portal.certificates.papers.cases import ADDRESSES, Case, cases
from tests.portal.certificates.papers.making import ORIGIN, Sealer, key_list, paper

CASES = cases()
OURS = Sealer()
KEYS = key_list(OURS)
SETS = [paper(pages, number=f"982016-AAAAA-BBBB{pages + 1}") for pages in (1, 2, 3, 4)]
WHOLE = [one.codes(OURS) for one in SETS]
CODES = [code for codes in WHOLE for code in codes]
STANDINGS = [None, *(Standing(status, WithdrawalReason.OFFICER) for status in Status)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_case_ends_with_its_verdict_and_its_reason(case: Case) -> None:
    found = case.judged()
    assert (found.verdict, found.reason) == (case.verdict, case.reason)


def test_every_verdict_and_every_reason_is_among_the_cases() -> None:
    assert {case.verdict for case in CASES} == set(Verdict)
    assert {case.reason for case in CASES} == set(Reason)


def test_a_judgement_says_which_pages_were_seen_are_missing_or_came_twice() -> None:
    three = paper(3)
    first, _, third = three.codes(OURS)
    found = judge([[first], [third], [first]], KEYS)
    assert (found.present, found.missing, found.double) == ((1, 3), (2,), (1,))
    assert (found.number, found.day, found.pages) == (three.number, three.words.day, 3)


def test_nothing_is_said_of_a_set_that_is_not_ours() -> None:
    found = judge([[code] for code in paper(2).codes(Sealer())], KEYS)
    assert (found.number, found.day, found.pages, found.present) == (None, None, 0, ())


@given(st.lists(st.sampled_from(CODES), min_size=1, max_size=8), st.sampled_from(STANDINGS))
def test_genuine_and_current_is_said_of_exactly_one_whole_set_that_stands(
    codes: list[bytes], standing: Standing | None
) -> None:
    found = judge([[code] for code in codes], KEYS, standing=standing)
    whole = any(set(codes) == set(one) for one in WHOLE)
    stands = standing is not None and standing.status is Status.CURRENT
    assert (found.verdict is Verdict.GENUINE_CURRENT) == (whole and stands)


@given(st.binary(max_size=160), st.sampled_from([None, *Comparison]))
def test_whatever_a_code_holds_only_a_stamp_is_ours(code: bytes, comparison: Comparison | None) -> None:
    found = judge([[code]], KEYS, standing=Standing(Status.CURRENT), comparison=comparison)
    assert found.verdict is Verdict.UNKNOWN_ISSUER


@given(st.integers(0, len(CODES[0]) * 8 - 1))
def test_no_single_bit_of_a_stamp_can_be_turned(bit: int) -> None:
    turned = bytearray(CODES[0])
    turned[bit // 8] ^= 1 << bit % 8
    assert judge([[bytes(turned)]], KEYS, standing=Standing(Status.CURRENT)).verdict is Verdict.UNKNOWN_ISSUER


@pytest.mark.parametrize(("text", "kind"), ADDRESSES.items(), ids=ADDRESSES.keys())
def test_an_address_is_told_from_ours_and_from_those_that_pretend(text: str, kind: AddressKind) -> None:
    assert address_kind(text, ORIGIN) is kind
