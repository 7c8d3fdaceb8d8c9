"""基本4情報 out of a 署名用 certificate: six items of one shape, and a named refusal for every other."""

from collections.abc import Sequence
from datetime import date

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from portal.identity import FourItems, FourItemsError, four_items
from portal.identity.card.four_items import (
    BirthDateMalformed,
    FourItemsMissing,
    FourItemsRepeated,
    FourItemsUnexpected,
    ItemNotUtf8String,
    ItemUnfit,
    SexMalformed,
    SubstitutesMalformed,
    utf8_string,
)
from portal.register import Sex
from tests.portal.conftest import MORNING
from tests.portal.identity.cards import MakeCard
from tests.portal.identity.leaves import CERTIFICATE_NAME
from tests.world.jpki import SIGN_PROFILE, Authority, profiles

ARC = "1.2.392.200149.8.5.5"
KEY = ec.generate_private_key(ec.SECP256R1())
NAME, ADDRESS = "渡辺　花子", "いずみ県みさき市港町一丁目2番3号"
GOOD = {1: NAME, 2: "0" * len(NAME), 3: "2", 4: "319850720", 5: ADDRESS, 6: "0" * len(ADDRESS)}


def der(text: str) -> bytes:
    return profiles._utf8_string(text)


def other(number: int, value: bytes) -> x509.OtherName:
    return x509.OtherName(x509.ObjectIdentifier(f"{ARC}.{number}"), value)


def certificate(names: Sequence[x509.GeneralName] | None) -> x509.Certificate:
    builder = x509.CertificateBuilder(CERTIFICATE_NAME, CERTIFICATE_NAME, KEY.public_key(), 1, MORNING, MORNING)
    if names is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(KEY, hashes.SHA256())


def with_items(changed: dict[int, str | None]) -> x509.Certificate:
    items = GOOD | changed
    return certificate([other(number, der(text)) for number, text in items.items() if text is not None])


def test_the_items_are_read_with_their_exact_code_points(make_card: MakeCard, authority: Authority) -> None:
    born = profiles.FourItems("葛\U000e0100城　𠮷子", date(1985, 7, 20), "2", ADDRESS)
    card = make_card(profile=SIGN_PROFILE, root=authority.sign_roots[0], four_items=born)

    assert four_items(x509.load_der_x509_certificate(card.certificate)) == FourItems(
        name="葛\U000e0100城　𠮷子", birth_date="1985-07-20", sex=Sex.FEMALE, address=ADDRESS
    )


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("119000101", "1900-01-01"),
        ("119120730", "1912-07-30"),
        ("219120730", "1912-07-30"),
        ("319261225", "1926-12-25"),
        ("419890108", "1989-01-08"),
        ("520190501", "2019-05-01"),
        ("519000101", None),
        ("319890108", None),
        ("019850720", "1985-07-20"),
        ("000000000", ""),
        ("300000000", ""),
        ("319850000", "1985"),
        ("319850700", "1985-07"),
        ("319890000", "1989"),
        ("419880000", None),
        ("319850020", None),
        ("300000720", None),
        ("319851320", None),
        ("319850230", None),
        ("619850720", None),
        ("19850720", None),
        ("3198507201", None),
        ("31985072a", None),
        ("３１９８５０７２０", None),
        ("319850720\n", None),
        ("", None),
    ],
)
def test_a_birth_date_is_an_era_and_a_day_of_it_as_far_as_it_is_known(text: str, read: str | None) -> None:
    if read is None:
        with pytest.raises(BirthDateMalformed):
            four_items(with_items({4: text}))
    else:
        items = four_items(with_items({4: text}))
        assert (items.birth_date, items.exact) == (read, len(read) == 10)


@pytest.mark.parametrize(("text", "sex"), [("1", Sex.MALE), ("2", Sex.FEMALE), ("3", None)])
def test_the_sex_is_1_2_or_3(text: str, sex: Sex | None) -> None:
    assert four_items(with_items({3: text})).sex is sex


@pytest.mark.parametrize("text", ["0", "4", "", "11", "２", "男", "1 "])
def test_any_other_sex_is_malformed(text: str) -> None:
    with pytest.raises(SexMalformed):
        four_items(with_items({3: text}))


def test_substitute_characters_are_known_by_their_places_and_make_the_items_inexact() -> None:
    in_name = four_items(with_items({2: "01000"}))
    in_address = four_items(with_items({6: "1" + GOOD[6][1:]}))

    assert (in_name.name_substitutes, in_address.address_substitutes) == ((1,), (0,))
    assert not in_name.exact
    assert not in_address.exact
    assert four_items(with_items({})).exact


@pytest.mark.parametrize("flags", ["", "0000", "000000", "0000x", "0000２", "2"])
def test_marks_of_substitutes_that_do_not_fit_their_text_are_malformed(flags: str) -> None:
    for item in (2, 6):
        with pytest.raises(SubstitutesMalformed):
            four_items(with_items({item: flags}))


@pytest.mark.parametrize("text", ["", "　", "渡辺\n花子", "渡辺\u202e花子", "渡辺\x00", "渡辺\u2028花子", "\u200b"])
def test_an_empty_name_and_one_with_control_characters_are_unfit(text: str) -> None:
    for item in (1, 5):
        with pytest.raises(ItemUnfit):
            four_items(with_items({item: text, item + 1: "0" * len(text)}))


@pytest.mark.parametrize("item", GOOD)
def test_a_certificate_without_one_of_the_six_items_is_refused(item: int) -> None:
    with pytest.raises(FourItemsMissing):
        four_items(with_items({item: None}))


def test_a_certificate_without_a_subject_alternative_name_is_refused() -> None:
    with pytest.raises(FourItemsMissing):
        four_items(certificate(None))


@pytest.mark.parametrize("item", GOOD)
def test_an_item_that_stands_there_twice_is_refused_even_when_both_agree(item: int) -> None:
    twice = [other(number, der(text)) for number, text in GOOD.items()]
    with pytest.raises(FourItemsRepeated):
        four_items(certificate([*twice, other(item, der(GOOD[item]))]))


@pytest.mark.parametrize(
    "stranger",
    [
        x509.DNSName("example.invalid"),
        x509.RFC822Name("a@example.invalid"),
        x509.DirectoryName(CERTIFICATE_NAME),
        other(7, der("x")),
        other(0, der("x")),
        x509.OtherName(x509.ObjectIdentifier("1.2.392.200149.8.5.1"), der("x")),
    ],
    ids=str,
)
def test_anything_besides_the_six_items_is_refused(stranger: x509.GeneralName) -> None:
    with pytest.raises(FourItemsUnexpected):
        four_items(certificate([*(other(number, der(text)) for number, text in GOOD.items()), stranger]))


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x0c",
        b"\x0c\x80\x41\x00\x00",
        b"\x0c\x81\x01\x41",
        b"\x0c\x82\x00\x80" + b"a" * 128,
        b"\x0c\x81",
        b"\x0c\xff" + b"a" * 127,
        b"\x0c\x02\x41",
        b"\x0c\x01\x41\x41",
        b"\x13\x01\x41",
        b"\x1e\x02\x00\x41",
        b"\x2c\x03\x0c\x01\x41",
        b"\x0c\x02\xc0\xaf",
        b"\x0c\x03\xed\xa0\x80",
        b"\x0c\x01\xff",
    ],
    ids=[
        "nothing", "a tag alone", "indefinite length", "long form of a short length", "leading zero in the length",
        "no length after all", "a length of 127 bytes", "too short", "something after it", "PrintableString",
        "BMPString", "constructed", "overlong UTF-8", "a surrogate", "not UTF-8",
    ],
)  # fmt: skip
def test_what_is_not_one_utf8_string_in_der_is_refused(value: bytes) -> None:
    with pytest.raises(ItemNotUtf8String):
        utf8_string(value)


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 70_000])
def test_a_utf8_string_of_any_length_is_read_in_its_shortest_form(length: int) -> None:
    assert utf8_string(der("a" * length)) == "a" * length


@given(st.binary(max_size=300))
def test_whatever_bytes_come_as_an_item_are_one_text_or_one_named_refusal(value: bytes) -> None:
    try:
        text = utf8_string(value)
    except ItemNotUtf8String:
        return
    assert der(text) == value


@given(st.text(max_size=200))
def test_every_text_comes_back_from_its_der(text: str) -> None:
    try:
        encoded = der(text)
    except UnicodeEncodeError:
        return
    assert utf8_string(encoded) == text


_NAMES = st.lists(
    st.builds(
        other,
        st.integers(0, 8),
        st.one_of(
            st.sampled_from([*GOOD.values(), "1", "00000", "419990101"]).map(der),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=12).map(der),
        ),
    ),
    max_size=8,
)


@given(_NAMES | st.permutations([other(number, der(text)) for number, text in GOOD.items()]))
def test_whatever_a_certificate_carries_it_is_read_or_refused_by_name(names: list[x509.GeneralName]) -> None:
    made = certificate(names)
    try:
        items = four_items(made)
    except FourItemsError:
        return
    assert FourItems.unpack(items.pack()) == items


def test_the_contents_stand_in_no_repr_and_no_refusal() -> None:
    items = four_items(with_items({}))

    assert not any(part in repr(items) for part in (NAME, ADDRESS, "1985"))
    with pytest.raises(FourItemsError) as refusal:
        four_items(with_items({1: "渡辺\n花子"}))
    assert "渡辺" not in f"{refusal.value!r}{refusal.value.__cause__!r}{refusal.value.__context__!r}"
