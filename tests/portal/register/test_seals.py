"""印鑑登録: one seal each, its picture encrypted, and cancelled for good."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa

from portal import register
from portal.audit import Action
from portal.keys import FieldCipher
from portal.register import ChangeReason, ResidentStatus, UnknownResident
from portal.register.seals import Kept, SealNumberTaken, SealRegistration, cancel, seal_of, store
from portal.register.seals.tables import seals
from tests.portal.register.belongings import NOW, SEAL, put_seal
from tests.portal.register.events import subjects
from tests.portal.register.people import TESTER, put_resident


@pytest.fixture
def owner(connection: sa.Connection) -> UUID:
    return put_resident(connection)


def _seal(connection: sa.Connection, fields: FieldCipher, owner: UUID) -> SealRegistration | None:
    return seal_of(connection, fields, owner, reader=TESTER, why="test", now=NOW)


def test_a_stored_seal_is_read_again_picture_and_all(
    connection: sa.Connection, fields: FieldCipher, owner: UUID
) -> None:
    assert store(connection, fields, owner, SEAL, actor=TESTER, now=NOW) is Kept.CHANGED
    assert _seal(connection, fields, owner) == SEAL


def test_the_picture_lies_encrypted_and_bound_to_its_owner(
    connection: sa.Connection, fields: FieldCipher, owner: UUID
) -> None:
    put_seal(connection, fields, owner)
    stored = connection.execute(sa.select(seals.c.picture)).scalar_one()
    assert b"PNG" not in stored
    assert SEAL.picture[60:120] not in stored
    other = put_resident(connection)
    connection.execute(seals.update().values(resident_id=other))
    with pytest.raises(Exception, match=r"seals\.picture"):
        _seal(connection, fields, other)


def test_every_reading_is_in_the_audit_even_where_there_is_no_seal(
    connection: sa.Connection, fields: FieldCipher, owner: UUID
) -> None:
    assert _seal(connection, fields, owner) is None
    assert subjects(connection, Action.RECORD_READ) == [owner]


def test_two_residents_never_have_the_same_number(
    connection: sa.Connection, fields: FieldCipher, owner: UUID
) -> None:
    put_seal(connection, fields, owner, number="S1")
    with pytest.raises(SealNumberTaken):
        put_seal(connection, fields, put_resident(connection), number="S1")


def test_a_cancelled_seal_stays_cancelled_whatever_is_stored_of_it_later(
    connection: sa.Connection, fields: FieldCipher, owner: UUID
) -> None:
    store(connection, fields, owner, SEAL, actor=TESTER, now=NOW)
    assert cancel(connection, owner, on=date(2026, 11, 20), actor=TESTER, now=NOW)
    assert not cancel(connection, owner, on=date(2026, 11, 21), actor=TESTER, now=NOW)
    assert store(connection, fields, owner, SEAL, actor=TESTER, now=NOW) is Kept.STILL_CANCELLED
    found = _seal(connection, fields, owner)
    assert found is not None
    assert found.cancelled_on == date(2026, 11, 20)
    fresh = replace(SEAL, number="S000002")
    assert store(connection, fields, owner, fresh, actor=TESTER, now=NOW) is Kept.CHANGED
    assert _seal(connection, fields, owner) == fresh


@pytest.mark.parametrize("status", [ResidentStatus.REMOVED, ResidentStatus.DECEASED])
def test_the_seal_of_whoever_leaves_the_register_is_cancelled_with_it(
    connection: sa.Connection, fields: FieldCipher, owner: UUID, status: ResidentStatus
) -> None:
    put_seal(connection, fields, owner)
    register.change(
        connection, owner, {"status": status, "ended_on": date(2026, 11, 1)}, valid_from=date(2026, 11, 1),
        actor=TESTER, reason=ChangeReason.REMOVAL, filing_id=None, now=NOW,
    )  # fmt: skip
    found = _seal(connection, fields, owner)
    assert found is not None
    assert found.cancelled_on == date(2026, 11, 1)


def test_no_state_of_a_seal_has_the_version_of_another_even_if_it_was_gone_in_between(
    connection: sa.Connection, fields: FieldCipher, owner: UUID
) -> None:
    seen = []
    for wanted in (SEAL, None, SEAL, replace(SEAL, number="S2"), SEAL):
        store(connection, fields, owner, wanted, actor=TESTER, now=NOW)
        found = _seal(connection, fields, owner)
        seen += [] if found is None else [found.version]
    cancel(connection, owner, on=date(2026, 11, 24), actor=TESTER, now=NOW)
    found = _seal(connection, fields, owner)
    assert found is not None
    assert len({*seen, found.version}) == 5


def test_storing_the_same_again_is_no_change(connection: sa.Connection, fields: FieldCipher, owner: UUID) -> None:
    put_seal(connection, fields, owner)
    before = _seal(connection, fields, owner)
    put_seal(connection, fields, owner)
    after = _seal(connection, fields, owner)
    assert before is not None
    assert after is not None
    assert before.version == after.version


def test_nobody_who_is_not_in_the_register_has_a_seal(connection: sa.Connection, fields: FieldCipher) -> None:
    with pytest.raises(UnknownResident):
        put_seal(connection, fields, UUID(int=7))
