"""The PIN buffer counts, folds, hands out once, and forgets."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.card.pin import PinBuffer, PinFullError, PinIncompleteError
from kiosk.card.tokens import AUTHENTICATION, NotAKeyError, TokenRules


def typed(keys: str, rules: TokenRules = AUTHENTICATION) -> PinBuffer:
    buffer = PinBuffer(rules)
    for key in keys:
        buffer.add(key)
    return buffer


def test_full_width_digits_are_the_same_digits() -> None:
    assert [AUTHENTICATION.fold(digit) for digit in "０１２３４５６７８９"] == list("0123456789")


@settings(deadline=None)
@given(st.text(max_size=3).filter(lambda text: text not in set("0123456789０１２３４５６７８９")))
def test_nothing_but_one_digit_is_taken(text: str) -> None:
    buffer = PinBuffer(AUTHENTICATION)
    with pytest.raises(NotAKeyError):
        buffer.add(text)
    assert buffer.erase() == 0


@pytest.mark.parametrize("text", ["①", "४", "²", "", "12", " 1", "一"])
def test_signs_that_only_look_like_digits_are_refused(text: str) -> None:
    with pytest.raises(NotAKeyError):
        AUTHENTICATION.fold(text)


def test_a_fifth_digit_is_refused_and_changes_nothing() -> None:
    buffer = typed("1234")
    with pytest.raises(PinFullError):
        buffer.add("5")
    with buffer.spend() as pin:
        assert bytes(pin.encode("utf-8")) == b"1234"


def test_erasing_takes_back_the_last_digit_and_stops_at_none() -> None:
    buffer = typed("12")
    assert [buffer.erase(), buffer.erase(), buffer.erase()] == [1, 0, 0]


def test_a_pin_is_handed_out_once() -> None:
    buffer = typed("1234")
    with buffer.spend():
        pass
    with pytest.raises(PinIncompleteError), buffer.spend():
        pass


def test_an_incomplete_pin_is_refused_and_wiped() -> None:
    buffer = typed("123")
    with pytest.raises(PinIncompleteError), buffer.spend():
        pass
    assert buffer.add("1") == 1


def test_what_was_handed_out_is_overwritten_even_after_a_failure() -> None:
    kept = []

    def fail_with_the_pin() -> None:
        with typed("1234").spend() as pin:
            kept.append(pin.encode("utf-8"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_with_the_pin()
    assert kept == [bytearray(4)]


def test_wiping_overwrites_the_page() -> None:
    buffer = typed("1234")
    buffer.wipe()
    assert bytes(buffer._page[:8]) == bytes(8)


def test_a_pin_does_not_show_in_a_text() -> None:
    buffer = typed("1234")
    with buffer.spend() as pin:
        assert "1234" not in f"{pin!r} {pin}"


@settings(deadline=None)
@given(st.lists(st.one_of(st.sampled_from("0123456789"), st.just("erase"), st.just("wipe")), max_size=30))
def test_the_buffer_holds_what_a_plain_list_would_hold(keys: list[str]) -> None:
    buffer, expected = PinBuffer(AUTHENTICATION), ""
    for key in keys:
        if key == "erase":
            expected = expected[:-1]
            assert buffer.erase() == len(expected)
        elif key == "wipe":
            expected = ""
            buffer.wipe()
        elif len(expected) < 4:
            expected += key
            assert buffer.add(key) == len(expected)
    if len(expected) == 4:
        with buffer.spend() as pin:
            assert bytes(pin.encode("utf-8")) == expected.encode()
