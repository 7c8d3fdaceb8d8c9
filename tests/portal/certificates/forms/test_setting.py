"""Lines break where a reader expects it, and a text is on its lines whole or nowhere."""

from hypothesis import given
from hypothesis import strategies as st

from portal.certificates.forms.setting import broken

_PIECES = st.lists(st.sampled_from([*"ABC ab1", *"邉山　、（ー", "葛\U000e0103"]), min_size=1, max_size=24).map(tuple)


def _advances(pieces: tuple[str, ...]) -> tuple[float, ...]:
    return tuple(0.5 if ord(piece[0]) < 0x2E80 else 1.0 for piece in pieces)


def _set(text: str, count: int, width: float, *, anywhere: bool = False) -> tuple[str, ...] | None:
    return broken(tuple(text), _advances(tuple(text)), count, width, anywhere=anywhere)


def test_roman_words_stay_whole_where_there_is_room() -> None:
    assert _set("MARIA DE LA CRUZ", 2, 5) == ("MARIA DE ", "LA CRUZ")
    assert _set("MAXIMILIAN", 2, 4) is None
    assert _set("MAXIMILIAN", 2, 4, anywhere=True) == ("MAXIM", "ILIAN")


def test_lines_are_as_even_as_can_be_and_keep_the_rules_of_beginnings_and_ends() -> None:
    assert _set("いずみ県みさき市港町", 2, 8) == ("いずみ県み", "さき市港町")
    assert _set("港町ハイツー二〇五（北）", 2, 7) == ("港町ハイツー", "二〇五（北）")
    assert _set("山田、川田", 2, 4) == ("山田、", "川田")


@given(_PIECES, st.integers(2, 4), st.floats(0.5, 12), st.booleans())
def test_a_text_is_whole_on_its_lines_and_no_line_too_wide(
    pieces: tuple[str, ...], count: int, width: float, anywhere: bool
) -> None:
    lines = broken(pieces, _advances(pieces), count, width, anywhere=anywhere)
    if lines is None:
        return
    assert "".join(lines) == "".join(pieces)
    assert len(lines) == count
    assert all(lines)
    widest = max(sum(0.5 if ord(sign) < 0x2E80 else 1.0 for sign in line if sign < "\U000e0100") for line in lines)
    assert widest <= width + 1e-5


@given(_PIECES, st.integers(2, 4))
def test_with_room_enough_a_text_can_be_broken_anywhere(pieces: tuple[str, ...], count: int) -> None:
    lines = broken(pieces, _advances(pieces), count, 24, anywhere=True)
    assert (lines is None) == (len(pieces) < count)
