"""Every word a printer can say about itself, with every suffix: whether it stops the counter, and what is to do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from print_agent.reasons import (
    FINISHERS,
    LONGEST_KEYWORD,
    MEANINGS,
    MOST_REASONS,
    SUFFIXES,
    Gravity,
    Kind,
    Reason,
    reasons_of,
)

RFC_8011 = """other connecting-to-device cover-open developer-empty developer-low door-open fuser-over-temp
    fuser-under-temp input-tray-missing interlock-open interpreter-resource-unavailable marker-supply-empty
    marker-supply-low marker-waste-almost-full marker-waste-full media-empty media-jam media-low media-needed
    moving-to-paused opc-life-over opc-near-eol output-area-almost-full output-area-full output-tray-missing paused
    shutdown spool-area-full stopped-partly stopping timed-out toner-empty toner-low"""
"""Section 5.4.12, without ``none``."""
PWG_5100_13 = "deactivated hold-new-jobs identify-printer-requested resuming testing"
NEEDS_A_PERSON = """cover-open developer-empty door-open fuser-over-temp input-tray-missing interlock-open
    marker-supply-empty marker-waste-full media-empty media-jam media-needed moving-to-paused opc-life-over
    output-area-full output-tray-missing paused shutdown spool-area-full stopped-partly stopping timed-out toner-empty
    deactivated hold-new-jobs"""
PAPER_STILL_COMES = """developer-low fuser-under-temp marker-supply-low marker-waste-almost-full media-low
    opc-near-eol output-area-almost-full toner-low identify-printer-requested"""


@pytest.mark.parametrize("suffix", ["", *SUFFIXES])
@pytest.mark.parametrize("keyword", sorted(MEANINGS))
def test_a_keyword_has_its_state_under_any_suffix(keyword: str, suffix: str) -> None:
    meaning = MEANINGS[keyword]
    blocks = {
        Gravity.BLOCKS: True,
        Gravity.BLOCKS_AS_ERROR: suffix == "-error",
        Gravity.TOLD: False,
    }[meaning.gravity]
    assert reasons_of((keyword + suffix,), stopped=False) == (Reason(keyword, blocks, meaning.kind),)


@pytest.mark.parametrize("keyword", [*RFC_8011.split(), *PWG_5100_13.split()])
def test_every_keyword_of_the_standards_is_in_the_table(keyword: str) -> None:
    assert keyword in MEANINGS


@pytest.mark.parametrize("suffix", ["", *SUFFIXES])
@pytest.mark.parametrize("keyword", NEEDS_A_PERSON.split())
def test_what_needs_a_person_blocks_under_any_suffix(keyword: str, suffix: str) -> None:
    assert [reason.blocking for reason in reasons_of((keyword + suffix,), stopped=False)] == [True]


@pytest.mark.parametrize("suffix", ["", *SUFFIXES])
@pytest.mark.parametrize("keyword", PAPER_STILL_COMES.split())
def test_what_lets_paper_come_is_told_and_blocks_nothing(keyword: str, suffix: str) -> None:
    assert [reason.blocking for reason in reasons_of((keyword + suffix,), stopped=False)] == [False]


def test_a_keyword_that_ends_like_a_suffix_is_not_cut() -> None:
    for keyword in ("input-media-tray-feed-error", "stapler-unrecoverable-storage-error"):
        assert [reason.keyword for reason in reasons_of((keyword,), stopped=False)] == [keyword]


@pytest.mark.parametrize("device", FINISHERS)
def test_a_jam_or_an_open_cover_in_a_device_behind_the_printer_blocks(device: str) -> None:
    found = reasons_of((f"{device}-jam-report", f"{device}-cover-open-report"), stopped=False)
    assert [(reason.blocking, reason.kind) for reason in found] == [(True, Kind.JAM), (True, Kind.OPEN)]


@pytest.mark.parametrize(
    ("word", "stopped", "blocking"),
    [
        ("toaster-on-fire-error", False, True),
        ("toaster-on-fire-warning", False, False),
        ("toaster-on-fire-report", False, False),
        ("toaster-on-fire", False, False),
        ("toaster-on-fire", True, True),
    ],
)
def test_an_unknown_keyword_blocks_only_as_an_error_or_when_stopped(word: str, stopped: bool, blocking: bool) -> None:
    assert reasons_of((word,), stopped=stopped) == (Reason("toaster-on-fire", blocking, Kind.SERVICE),)


def test_a_word_said_twice_counts_as_its_worse_half() -> None:
    for words in (("other-report", "other-error"), ("other-error", "other-report")):
        assert reasons_of(words, stopped=False) == (Reason("other", blocking=True, kind=Kind.SERVICE),)


@given(st.lists(st.text(max_size=80), max_size=60), st.booleans())
def test_whatever_a_printer_says_is_taken_by_the_portal(words: list[str], stopped: bool) -> None:
    found = reasons_of(tuple(words), stopped=stopped)
    assert len(found) <= MOST_REASONS
    assert all(0 < len(reason.keyword) <= LONGEST_KEYWORD and reason.keyword.isprintable() for reason in found)
    assert not stopped or any(reason.blocking for reason in found)


def test_what_blocks_is_not_lost_among_what_does_not() -> None:
    words = tuple(f"vendor-{number}-report" for number in range(100))
    assert reasons_of((*words, "media-jam"), stopped=False)[0] == Reason("media-jam", blocking=True, kind=Kind.JAM)
