"""契印: whatever is changed, left out, added, moved or taken from elsewhere, the tie or a link is another."""

import hashlib
import re
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.certificates.numbers import ALPHABET
from portal.certificates.papers.contents import PageContent, Words
from portal.certificates.sealing import tie
from portal.certificates.values import Text

SECRET = bytes(range(16))
texts = st.builds(
    Text, path=st.sampled_from(["name", "persons.0.name"]), label=st.just("氏名"), text=st.text(max_size=8)
)
pages = st.builds(
    PageContent,
    form=st.just("1"),
    texts=st.lists(texts, min_size=1, max_size=3).map(tuple),
    pictures=st.sampled_from([(), (("impression", b"\x89PNG"),)]),
)
words = st.builds(
    Words,
    kind=st.just("resident_record"),
    name=st.just("住民票の写し"),
    number=st.just("982016-ABCDE-23456"),
    day=st.just(date(2026, 11, 24)),
    pages=st.lists(pages, min_size=2, max_size=4).map(tuple),
)


def bound(content: Words, secret: bytes = SECRET) -> tie.Tie:
    made = tie.bind(content, secret)
    assert len(made.links) == len(content.pages)
    return made


def assert_other(content: Words, changed: Words, secret: bytes = SECRET) -> None:
    before, after = bound(content), bound(changed, secret)
    assert before.code != after.code
    assert not set(before.links) & set(after.links)


@given(words, st.data())
@settings(max_examples=60)
def test_another_text_anywhere_ties_other_sheets(content: Words, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(content.pages) - 1))
    page = content.pages[number]
    place = data.draw(st.integers(0, len(page.texts) - 1))
    other = page.texts[place]._replace(text=page.texts[place].text + "\U000e0100")
    changed = replace(page, texts=(*page.texts[:place], other, *page.texts[place + 1 :]))
    assert_other(content, replace(content, pages=(*content.pages[:number], changed, *content.pages[number + 1 :])))


@given(words)
@settings(max_examples=30)
def test_a_sheet_dropped_added_or_moved_ties_other_sheets(content: Words) -> None:
    assert_other(content, replace(content, pages=content.pages[:-1]))
    assert_other(content, replace(content, pages=content.pages[1:]))
    assert_other(content, replace(content, pages=(*content.pages, content.pages[0])))
    turned = content.pages[::-1]
    if turned != content.pages:
        assert_other(content, replace(content, pages=turned))


@given(words)
@settings(max_examples=20)
def test_number_kind_day_place_of_a_text_picture_and_secret_all_count(content: Words) -> None:
    first = content.pages[0]
    moved = replace(first, texts=(first.texts[0]._replace(path="other"), *first.texts[1:]))
    stamped = replace(first, pictures=(("impression", b"another"),))
    for changed in (
        replace(content, number="982016-ABCDE-23457"),
        replace(content, number="982024-ABCDE-23456"),
        replace(content, kind="income_tax"),
        replace(content, day=content.day + timedelta(days=1)),
        replace(content, pages=(moved, *content.pages[1:])),
        replace(content, pages=(stamped, *content.pages[1:])),
    ):
        assert_other(content, changed)
    assert_other(content, content, secret=SECRET[::-1])


def test_a_foreign_sheet_has_no_link_among_ours() -> None:
    ours = [tie.digest(number, 3, [("name", "岬　はじめ")]) for number in (1, 2, 3)]
    theirs = [tie.digest(number, 3, [("name", "別　の人")]) for number in (1, 2, 3)]
    assert not set(tie.links(b"r" * 32, ours)) & set(tie.links(b"r" * 32, [ours[0], theirs[1], ours[2]])[1:])


def test_the_definition_is_the_documented_one() -> None:
    digest = tie.digest(1, 2, [("name", "邉󠄀")])
    assert digest == hashlib.sha256('[1,2,[["name","邉󠄀"]]]'.encode()).digest()
    root = tie.root(
        SECRET,
        municipality_code="982016",
        number="982016-ABCDE-23456",
        kind="resident_record",
        day=date(2026, 11, 24),
        digests=[digest],
    )
    listed = f'[1,"982016","982016-ABCDE-23456","resident_record","2026-11-24",["{digest.hex()}"]]'
    assert root == hashlib.sha256(SECRET + listed.encode()).digest()
    first = hashlib.sha256(root + digest).digest()
    assert tie.links(root, [digest, digest]) == (first, hashlib.sha256(root + first + digest).digest())


@given(st.binary(min_size=32, max_size=32))
def test_the_printed_tie_is_the_first_fifty_bits(root: bytes) -> None:
    printed = tie.code(root)
    assert re.fullmatch(rf"[{ALPHABET}]{{5}}-[{ALPHABET}]{{5}}", printed)
    number = 0
    for sign in printed.replace("-", ""):
        number = number * 32 + ALPHABET.index(sign)
    assert number == int.from_bytes(root) >> 206
