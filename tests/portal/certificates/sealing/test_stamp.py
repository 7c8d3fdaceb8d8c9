"""The stamp: every legal one fits and comes back, and nothing but a stamp is taken for one."""

from collections.abc import Callable
from datetime import date, timedelta

import cbor2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.certificates.numbers import ALPHABET
from portal.certificates.sealing import qr, stamp
from portal.certificates.sealing.cbor import (
    NotCanonical,
    StampUnreadable,
    Tagged,
    TrailingBytes,
    Truncated,
    WrongShape,
)
from portal.certificates.sealing.key_list import PublishedKey
from portal.certificates.sealing.stamp import OutOfRange, Stamp, WrongAlgorithm, WrongVersion
from portal.keys import Purpose
from tests.portal.certificates.sealing.software_keys import DAY, new_key

KEY = new_key()
NUMBER = "ABCDE-23456"
PLAIN = Stamp("982016", NUMBER, 1, 2, DAY, b"l" * 24, b"s" * 16)
halves = st.text(ALPHABET, min_size=5, max_size=5)


@st.composite
def stamps(draw: st.DrawFn) -> Stamp:
    pages = draw(st.integers(1, stamp.MOST_PAGES))
    return Stamp(
        municipality_code=f"{draw(st.integers(1, 999_999)):06}",
        number=f"{draw(halves)}-{draw(halves)}",
        page=draw(st.integers(1, pages)),
        pages=pages,
        day=draw(st.dates(stamp.FIRST_DAY, stamp.LAST_DAY)),
        link=draw(st.binary(min_size=24, max_size=24)),
        secret=draw(st.binary(min_size=16, max_size=16)),
    )


LARGEST = Stamp("999999", "ZZZZZ-ZZZZZ", 99, 99, stamp.LAST_DAY, b"\xff" * 24, b"\xff" * 16)


def written(what: Stamp = PLAIN) -> bytes:
    return stamp.encode(what, KEY.key_id, KEY.sign)


@given(stamps())
@example(LARGEST)
@settings(max_examples=80, deadline=None)
def test_every_legal_stamp_fits_its_code_and_comes_back_as_it_was(what: Stamp) -> None:
    data = written(what)
    assert len(data) <= stamp.MOST_BYTES <= qr.MOST_BYTES
    assert stamp.decode(data).stamp == what
    assert stamp.verify(data, [KEY.published(valid_from=what.day)]) == what
    assert what.issue_number == f"{what.municipality_code}-{what.number}"


def test_it_is_a_cose_sign1_that_any_decoder_reads() -> None:
    protected, unprotected, payload, signature = cbor2.loads(written())
    assert cbor2.loads(protected) == {1: -7}
    assert unprotected == {4: bytes.fromhex(KEY.key_id)[:4]}
    assert cbor2.loads(payload) == [1, 982016, NUMBER, 1, 2, (DAY - date(1970, 1, 1)).days, b"l" * 24, b"s" * 16]
    assert len(signature) == 64


@given(stamps(), st.data())
@settings(max_examples=150, deadline=None)
def test_a_stamp_with_any_byte_changed_is_refused(what: Stamp, data: st.DataObject) -> None:
    whole = bytearray(written(what))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises((StampUnreadable, stamp.StampUntrusted)):
        stamp.verify(bytes(whole), [KEY.published(valid_from=date.min)])


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_no_bytes_from_outside_raise_anything_but_their_name(data: bytes) -> None:
    with pytest.raises(StampUnreadable):
        stamp.decode(data)


@given(stamps(), st.integers(0, 149))
@settings(max_examples=60, deadline=None)
def test_a_stamp_cut_off_anywhere_is_refused(what: Stamp, length: int) -> None:
    data = written(what)[:-1]
    with pytest.raises(Truncated):
        stamp.decode(data[:length])


def envelope(
    protected: object = cbor2.dumps({1: -7}),
    unprotected: object = None,
    payload: object = None,
    signature: object = b"z" * 64,
) -> bytes:
    fields = [protected, {4: b"abcd"} if unprotected is None else unprotected, payload or PAYLOAD, signature]
    return cbor2.dumps(fields)


def said(*changes: tuple[int, object]) -> bytes:
    items: list[object] = [1, 982016, NUMBER, 1, 2, 20000, b"l" * 24, b"s" * 16]
    for place, value in changes:
        items[place] = value
    return cbor2.dumps(items)


PAYLOAD = said()
SHORT_PAYLOAD = said((6, b""))
EIGHT_BYTES = b"\x1b" + (982016).to_bytes(8)


def payload(*changes: tuple[int, object]) -> bytes:
    return envelope(payload=said(*changes))


def longer_head(data: bytes, place: int) -> bytes:
    """The number or length at `place` written with one byte more than need be."""
    return data[:place] + bytes([data[place] & 0xE0 | 24, data[place] & 31]) + data[place + 1 :]


SOUND = envelope()
SHORT = envelope(payload=cbor2.dumps([1]), signature=b"z")

MALFORMED: dict[str, tuple[bytes, type[StampUnreadable]]] = {
    "nothing": (b"", Truncated),
    "151 bytes": (b"\x84" + b"\x00" * 150, stamp.TooManyBytes),
    "something behind it": (SOUND + b"\x00", TrailingBytes),
    "a second stamp behind it": (SHORT + SHORT, StampUnreadable),
    "tagged as COSE_Sign1": (cbor2.dumps(cbor2.CBORTag(18, cbor2.loads(SOUND))), Tagged),
    "a tag within": (payload((1, cbor2.CBORTag(1, 5))), Tagged),
    "a date": (payload((5, cbor2.CBORTag(100, 5))), Tagged),
    "an array of five": (cbor2.dumps([*cbor2.loads(SOUND), 0]), WrongShape),
    "an array of three": (cbor2.dumps(cbor2.loads(SOUND)[:3]), WrongShape),
    "a map": (b"\xa4" + SOUND[1:], WrongShape),
    "a text for the protected header": (envelope(protected="abc"), WrongShape),
    "EdDSA": (envelope(protected=cbor2.dumps({1: -8})), WrongAlgorithm),
    "no algorithm": (envelope(protected=b""), WrongAlgorithm),
    "a header beside the algorithm": (envelope(protected=cbor2.dumps({1: -7, 2: [3]})), WrongAlgorithm),
    "an algorithm spelled longer": (envelope(protected=b"\xa1\x01\x38\x06"), WrongAlgorithm),
    "a header beside the key id": (envelope(unprotected={4: b"abcd", 5: b""}), WrongShape),
    "another header": (envelope(unprotected={5: b"abcd"}), OutOfRange),
    "a negative header": (envelope(unprotected={-1: b"abcd"}), WrongShape),
    "a long key id": (envelope(unprotected={4: b"abcde"}), OutOfRange),
    "a text for the key id": (envelope(unprotected={4: "abcd"}), WrongShape),
    "no payload": (cbor2.dumps([cbor2.dumps({1: -7}), {4: b"abcd"}, None, b"z" * 64]), WrongShape),
    "a short signature": (envelope(signature=b"z" * 63), OutOfRange),
    "a long payload": (envelope(payload=PAYLOAD + b"\x00"), TrailingBytes),
    "an indefinite array": (b"\x9f" + SOUND[1:] + b"\xff", NotCanonical),
    "a reserved head": (b"\x9c" + SOUND[1:], NotCanonical),
    "an array length in two bytes": (longer_head(SHORT, 0), NotCanonical),
    "nine items": (envelope(payload=cbor2.dumps([*cbor2.loads(PAYLOAD), 0])), WrongShape),
    "seven items": (envelope(payload=cbor2.dumps(cbor2.loads(PAYLOAD)[:7])), WrongShape),
    "version 2": (payload((0, 2)), WrongVersion),
    "a version spelled longer": (envelope(payload=longer_head(SHORT_PAYLOAD, 1)), NotCanonical),
    "a code in eight bytes": (
        envelope(payload=SHORT_PAYLOAD.replace(cbor2.dumps(982016), EIGHT_BYTES)),
        NotCanonical,
    ),
    "a code of seven digits": (payload((1, 1_000_000)), OutOfRange),
    "no code": (payload((1, 0)), OutOfRange),
    "a negative code": (payload((1, -5)), WrongShape),
    "a fractional code": (payload((1, 1.5), (6, b"")), WrongShape),
    "a number with letters like figures": (payload((2, "ABCDE-2345O")), OutOfRange),
    "a number in small letters": (payload((2, "abcde-23456")), OutOfRange),
    "a number with a line break": (payload((2, NUMBER + "\n")), OutOfRange),
    "a number that is no UTF-8": (envelope(payload=said().replace(b"ABCDE", b"\xff\xfe\xfdDE")), WrongShape),
    "a number in bytes": (payload((2, NUMBER.encode())), WrongShape),
    "page 0": (payload((3, 0)), OutOfRange),
    "page 3 of 2": (payload((3, 3)), OutOfRange),
    "page 1 of 0": (payload((4, 0)), OutOfRange),
    "100 pages": (payload((4, 100)), OutOfRange),
    "true for a page": (payload((3, True)), WrongShape),
    "a day after the last": (payload((5, 65536)), OutOfRange),
    "a short link": (payload((6, b"l" * 23)), OutOfRange),
    "a long secret": (payload((7, b"s" * 17), (6, b"l" * 23)), OutOfRange),
}


@pytest.mark.parametrize("shape", MALFORMED)
def test_each_malformed_shape_has_its_name(shape: str) -> None:
    data, name = MALFORMED[shape]
    with pytest.raises(name):
        stamp.decode(data)


def test_the_sound_shape_that_the_malformed_ones_are_made_from_is_one() -> None:
    assert stamp.decode(SOUND).stamp.pages == 2


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (new_key().published(), stamp.UnknownKey),
        (KEY.published(purpose=Purpose.DOCUMENT_SEAL), stamp.UnknownKey),
        (KEY.published(valid_from=DAY + timedelta(days=1)), stamp.KeyNotInUse),
        (KEY.published(valid_from=DAY - timedelta(days=9), retired=DAY - timedelta(days=1)), stamp.KeyNotInUse),
        (KEY.published(revoked=DAY + timedelta(days=100)), stamp.KeyRevoked),
    ],
)
def test_a_key_that_does_not_count_proves_nothing(key: PublishedKey, name: type[Exception]) -> None:
    with pytest.raises(name):
        stamp.verify(written(), [key])


def test_a_key_counts_on_its_first_and_on_its_last_day() -> None:
    assert stamp.verify(written(), [KEY.published(valid_from=DAY, retired=DAY)]) == PLAIN


def test_another_key_with_the_same_first_bytes_does_not_stand_in_the_way() -> None:
    other = new_key()
    alike = PublishedKey(KEY.key_id, Purpose.PAGE_STAMP, other.published().x, other.published().y, DAY, None, None)
    assert stamp.verify(written(), [alike, KEY.published()]) == PLAIN
    with pytest.raises(stamp.WrongSignature):
        stamp.verify(written(), [alike])


@pytest.mark.parametrize("changed", [b"\0" * 64, b"\xff" * 64])
def test_a_signature_of_impossible_numbers_is_a_wrong_one(changed: bytes) -> None:
    with pytest.raises(stamp.WrongSignature):
        stamp.verify(written()[:-64] + changed, [KEY.published()])


def test_the_secret_is_not_shown_where_a_stamp_is() -> None:
    assert "secret" not in repr(PLAIN)
    assert "ssss" not in repr(stamp.decode(written()))


def signing(seen: list[bytes]) -> Callable[[bytes], bytes]:
    def sign(words: bytes) -> bytes:
        seen.append(words)
        return KEY.sign(words)

    return sign


def test_what_is_signed_is_the_cose_structure() -> None:
    seen: list[bytes] = []
    data = stamp.encode(PLAIN, KEY.key_id, signing(seen))
    protected, _, words, _ = cbor2.loads(data)
    assert seen == [cbor2.dumps(["Signature1", protected, b"", words])]
