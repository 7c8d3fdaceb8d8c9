"""The IPP codec: what it writes it reads back, and no bytes can make it do anything but fail by its own name."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from print_agent.ipp import Attribute, Group, MalformedAnswer, Message, Value, codec, decode, encode
from print_agent.ipp.codec import Localized

INT32 = st.integers(-(2**31), 2**31 - 1)
SHORT_TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=20)

PLAIN_VALUES = st.one_of(
    st.builds(Value, st.sampled_from([codec.INTEGER, codec.ENUM]), INT32),
    st.builds(Value, st.just(codec.BOOLEAN), st.booleans()),
    st.builds(Value, st.just(codec.RANGE), st.tuples(INT32, INT32)),
    st.builds(Value, st.just(codec.RESOLUTION), st.tuples(INT32, INT32, st.integers(-128, 127))),
    st.builds(Value, st.sampled_from([codec.OCTETS, codec.DATE_TIME]), st.binary(max_size=40)),
    st.builds(Value, st.sampled_from([codec.TEXT, codec.NAME, codec.KEYWORD, codec.URI]), SHORT_TEXT),
    st.builds(Value, st.just(codec.NAME_WITH_LANGUAGE), st.builds(Localized, SHORT_TEXT, SHORT_TEXT)),
    st.builds(Value, st.sampled_from([0x10, 0x12, 0x13]), st.none()),
)


def attributes(values: st.SearchStrategy[Value]) -> st.SearchStrategy[tuple[Attribute, ...]]:
    one = st.builds(Attribute, NAMES, st.lists(values, min_size=1, max_size=2).map(tuple))
    return st.lists(one, max_size=2).map(tuple)


VALUES = st.recursive(
    PLAIN_VALUES, lambda inner: st.builds(Value, st.just(codec.COLLECTION), attributes(inner)), max_leaves=4
)
MESSAGES = st.builds(
    Message,
    code=st.integers(0, 2**16 - 1),
    request_id=st.integers(0, 2**32 - 1),
    groups=st.lists(st.builds(Group, st.sampled_from([1, 2, 4, 5, 6, 7]), attributes(VALUES)), max_size=2).map(tuple),
)


@given(MESSAGES, st.binary(max_size=20))
def test_a_message_is_read_back_as_it_was_written_whatever_document_follows(message: Message, tail: bytes) -> None:
    assert decode(encode(message) + tail) == message


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_a_message_or_a_malformed_answer(data: bytes) -> None:
    try:
        decode(data)
    except MalformedAnswer:
        return


@given(MESSAGES, st.data())
def test_a_damaged_message_is_a_message_or_a_malformed_answer(message: Message, data: st.DataObject) -> None:
    whole = bytearray(encode(message))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    except MalformedAnswer:
        return


@given(MESSAGES)
def test_a_message_cut_anywhere_is_malformed(message: Message) -> None:
    whole = encode(message)
    for end in {0, len(whole) // 2, len(whole) - 1}:
        with pytest.raises(MalformedAnswer):
            decode(whole[:end])


def test_collections_nested_without_end_are_refused_before_the_stack_ends() -> None:
    head = struct.pack(">BBHI", 2, 0, 0, 1) + b"\x04" + struct.pack(">BH1sH", codec.COLLECTION, 1, b"a", 0)
    deeper = struct.pack(">BHH1s", codec.MEMBER_NAME, 0, 1, b"b") + struct.pack(">BHH", codec.COLLECTION, 0, 0)
    with pytest.raises(MalformedAnswer, match="nested"):
        decode(head + deeper * 100_000)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x21\x00\x01a\x00\x03\x00\x00\x01\x03", "wrong length"),
        (b"\x22\x00\x01a\x00\x02\x00\x01\x03", "wrong length"),
        (b"\x44\x00\x00\x00\x01x\x03", "no name"),
        (b"\x44\x00\x01a\x00\x01\xff\x03", "UTF-8"),
        (b"\x44\x00\x01a\x7f\xffx\x03", "ends inside"),
        (b"\x34\x00\x01a\x00\x00\x21\x00\x00\x00\x04\x00\x00\x00\x01\x37\x00\x00\x00\x00\x03", "not a member"),
    ],
)
def test_each_way_of_being_malformed_is_named(data: bytes, what: str) -> None:
    with pytest.raises(MalformedAnswer, match=what):
        decode(struct.pack(">BBHI", 2, 0, 0, 1) + b"\x04" + data)


def test_a_name_with_a_language_counts_as_a_name() -> None:
    value = Value(codec.NAME_WITH_LANGUAGE, Localized("ja", "token"))
    assert Group(codec.JOB, (Attribute("job-name", (value,)),)).text("job-name") == "token"


def test_a_boolean_is_never_taken_for_an_integer() -> None:
    group = Group(codec.JOB, (Attribute("job-state", (Value(codec.BOOLEAN, True),)),))
    assert group.integer("job-state") is None
