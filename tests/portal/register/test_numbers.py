"""個人番号 and 住民票コード at rest."""

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from portal import register
from portal.audit import Action
from portal.keys import FieldCipher, UndecipherableField
from portal.register import NumberInvalid, NumberTaken, UnknownResident
from portal.register.numbers import check_digit, is_individual_number
from tests.portal.conftest import MORNING
from tests.portal.register.events import subjects
from tests.portal.register.people import TESTER, put_resident

ELEVEN = st.text("0123456789", min_size=11, max_size=11)
NUMBER, OTHER = "990000001015", "990000002011"
CODE, OTHER_CODE = "00000000101", "00000000201"


def store(connection: sa.Connection, fields: FieldCipher, number: str = NUMBER, code: str = CODE) -> object:
    resident_id = put_resident(connection)
    register.store_numbers(connection, fields, resident_id, number, code, actor=TESTER, now=MORNING)
    return resident_id


def test_the_published_sample_number_has_the_right_check_digit() -> None:
    assert is_individual_number("123456789018")


@given(ELEVEN, st.integers(1, 9))
def test_only_one_twelfth_digit_is_right(eleven: str, off: int) -> None:
    right = check_digit(eleven)
    assert is_individual_number(eleven + right)
    assert not is_individual_number(eleven + str((int(right) + off) % 10))


def test_neither_number_stands_in_the_raw_table(fields: FieldCipher, connection: sa.Connection) -> None:
    store(connection, fields)
    row = connection.execute(sa.text("SELECT * FROM resident_numbers")).one()
    raw = b"".join(
        bytes(value) for value in row if not hasattr(value, "hex") or isinstance(value, (bytes, memoryview))
    )
    assert len(raw) > 64
    assert NUMBER.encode() not in raw
    assert CODE.encode() not in raw


def test_the_number_is_read_back_with_an_event(fields: FieldCipher, connection: sa.Connection) -> None:
    resident_id = put_resident(connection)
    register.store_numbers(connection, fields, resident_id, NUMBER, CODE, actor=TESTER, now=MORNING)
    read = register.individual_number(connection, fields, resident_id, reader=TESTER, why="test", now=MORNING)
    assert read == NUMBER
    assert subjects(connection, Action.NUMBER_READ) == [resident_id]


def test_no_number_is_no_event(fields: FieldCipher, connection: sa.Connection) -> None:
    resident_id = put_resident(connection)
    with pytest.raises(UnknownResident):
        register.individual_number(connection, fields, resident_id, reader=TESTER, why="test", now=MORNING)
    assert subjects(connection, Action.NUMBER_READ) == []


def test_the_blind_index_finds_the_one_resident_and_the_search_is_audited(
    fields: FieldCipher, connection: sa.Connection
) -> None:
    wanted = store(connection, fields)
    store(connection, fields, OTHER, OTHER_CODE)

    def find(number: str) -> object:
        return register.find_by_individual_number(connection, fields, number, reader=TESTER, why="test", now=MORNING)

    assert find(NUMBER) == wanted
    assert find("123456789018") is None
    assert subjects(connection, Action.RECORD_SEARCHED) == [wanted, None]


def test_a_resident_code_finds_its_one_resident_and_the_search_is_audited(
    fields: FieldCipher, connection: sa.Connection
) -> None:
    wanted = store(connection, fields)
    store(connection, fields, OTHER, OTHER_CODE)

    def find(code: str) -> object:
        return register.find_by_resident_code(connection, fields, code, reader=TESTER, why="test", now=MORNING)

    assert find(CODE) == wanted
    assert find("00000000000") is None
    assert find(NUMBER) is None
    assert subjects(connection, Action.RECORD_SEARCHED) == [wanted, None, None]


def test_a_number_copied_to_another_row_cannot_be_read(fields: FieldCipher, connection: sa.Connection) -> None:
    thief = put_resident(connection)
    victim = store(connection, fields)
    register.store_numbers(connection, fields, thief, OTHER, OTHER_CODE, actor=TESTER, now=MORNING)
    connection.execute(
        sa.text(
            "UPDATE resident_numbers SET individual_number = "
            "(SELECT individual_number FROM resident_numbers WHERE resident_id = :victim) WHERE resident_id = :thief"
        ),
        {"victim": victim, "thief": thief},
    )
    with pytest.raises(UndecipherableField):
        register.individual_number(connection, fields, thief, reader=TESTER, why="test", now=MORNING)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("990000001016", CODE),
        ("99000000101", CODE),
        ("９９００００００１０１５", CODE),
        (NUMBER, "1234567890"),
        (NUMBER, "1234567890a"),
    ],
)
def test_a_malformed_number_is_refused_and_not_repeated(
    fields: FieldCipher, connection: sa.Connection, number: str, code: str
) -> None:
    with pytest.raises(NumberInvalid) as refused:
        store(connection, fields, number, code)
    assert number not in str(refused.value)
    assert code not in str(refused.value)


@pytest.mark.parametrize(("number", "code"), [(NUMBER, OTHER_CODE), (OTHER, CODE)])
def test_two_residents_never_share_a_number(
    fields: FieldCipher, connection: sa.Connection, number: str, code: str
) -> None:
    store(connection, fields)
    with pytest.raises(NumberTaken):
        store(connection, fields, number, code)


def test_storing_the_same_numbers_again_changes_nothing(fields: FieldCipher, connection: sa.Connection) -> None:
    resident_id = put_resident(connection)
    changed = [
        register.store_numbers(connection, fields, resident_id, number, CODE, actor=TESTER, now=MORNING)
        for number in (NUMBER, NUMBER, OTHER)
    ]
    assert changed == [True, False, True]
    assert subjects(connection, Action.NUMBER_STORED) == [resident_id, resident_id]
