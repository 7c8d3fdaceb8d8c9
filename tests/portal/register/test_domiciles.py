"""戸籍の附票: who stands in a family register, where they have lived, and who must never be found through it."""

from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa

from portal import register
from portal.audit import Action
from portal.register import ChangeReason, HoldReason, ResidentStatus, UnknownResident
from portal.register.domiciles import (
    DomicileEntry,
    FamilyRegister,
    UsageRegistration,
    family_register_of,
    forget_others,
)
from tests.portal.register.belongings import DOMICILE, NOW, member, put_family
from tests.portal.register.events import subjects
from tests.portal.register.people import TESTER, put_resident


@pytest.fixture
def head(connection: sa.Connection) -> UUID:
    return put_resident(connection)


def _register(connection: sa.Connection, resident_id: UUID) -> FamilyRegister:
    found = family_register_of(connection, resident_id, reader=TESTER, why="test", now=NOW)
    assert found is not None
    return found


def _leave(connection: sa.Connection, resident_id: UUID) -> None:
    register.change(
        connection, resident_id, {"status": ResidentStatus.REMOVED, "ended_on": date(2026, 11, 1)},
        valid_from=date(2026, 11, 1), actor=TESTER, reason=ChangeReason.REMOVAL, filing_id=None, now=NOW,
    )  # fmt: skip


def test_a_register_is_read_with_everybody_in_it_wherever_they_live(connection: sa.Connection, head: UUID) -> None:
    away = member(None, name="渡辺　海", birth_date="2001-03", usage=UsageRegistration(date(2026, 11, 1), None))
    put_family(connection, "F1", [member(head), away])
    found = _register(connection, head)
    assert (found.number, found.domicile, found.family_head) == ("F1", DOMICILE, "渡辺　花子")
    assert [(each.name, each.lives_here, each.stopped) for each in found.members] == [
        ("渡辺　花子", True, False),
        ("渡辺　海", False, False),
    ]
    assert found.members[0].ref == head
    assert found.members[1].usage == UsageRegistration(date(2026, 11, 1), None)
    assert [entry.since for entry in found.members[0].entries] == [None, date(2015, 4, 1)]


def test_whoever_has_their_domicile_elsewhere_stands_in_no_register_here(
    connection: sa.Connection, head: UUID
) -> None:
    put_family(connection, "F1", [member(head)])
    stranger = put_resident(connection)
    assert family_register_of(connection, stranger, reader=TESTER, why="test", now=NOW) is None
    assert subjects(connection, Action.RECORD_READ) == [stranger]


def test_reading_a_register_is_on_record_for_each_resident_in_it(connection: sa.Connection, head: UUID) -> None:
    son = put_resident(connection)
    put_family(connection, "F1", [member(head), member(son), member(None)])
    _register(connection, head)
    assert sorted(map(str, subjects(connection, Action.RECORD_READ))) == sorted(map(str, [head, son, None]))


def test_whoever_moved_away_is_still_in_it_but_lives_elsewhere(connection: sa.Connection, head: UUID) -> None:
    daughter = put_resident(connection)
    put_family(connection, "F1", [member(head), member(daughter)])
    _leave(connection, daughter)
    assert [each.lives_here for each in _register(connection, head).members] == [True, False]


def test_a_victim_who_moved_away_stays_protected(connection: sa.Connection, head: UUID) -> None:
    victim = put_resident(connection)
    put_family(connection, "F1", [member(head), member(victim)])
    register.protect(
        connection, victim, starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), actor=TESTER, now=NOW
    )
    assert [each.stopped for each in _register(connection, head).members] == [False, True]
    _leave(connection, victim)
    assert [each.stopped for each in _register(connection, head).members] == [False, True]


def test_a_protection_told_by_another_municipality_and_any_hold_stop_alike(
    connection: sa.Connection, head: UUID
) -> None:
    held = put_resident(connection)
    put_family(connection, "F1", [member(head), member(None, protected=True), member(held)])
    register.place_hold(connection, [held], reason=HoldReason.OFFICER, source="test", actor=TESTER, now=NOW)
    assert [each.stopped for each in _register(connection, head).members] == [False, True, True]


def test_an_address_that_is_added_makes_another_version_of_the_register(
    connection: sa.Connection, head: UUID
) -> None:
    put_family(connection, "F1", [member(head)])
    before = _register(connection, head).version
    put_family(connection, "F1", [member(head)])
    assert _register(connection, head).version == before
    entries = (*member(head).entries, DomicileEntry("京都府京都市中京区1番", date(2026, 11, 20)))
    put_family(connection, "F1", [member(head, entries=entries)])
    assert _register(connection, head).version > before


def test_somebody_elsewhere_keeps_their_reference_and_nobody_else_ever_gets_it(
    connection: sa.Connection, head: UUID
) -> None:
    son, other = member(None, name="渡辺　海"), member(None, name="渡辺　陸")
    put_family(connection, "F1", [member(head), son])
    ref = _register(connection, head).members[1].ref
    put_family(connection, "F1", [member(head, name="渡邉　花子"), son])
    assert _register(connection, head).members[1].ref == ref
    put_family(connection, "F1", [member(head), other])
    assert _register(connection, head).members[1].ref != ref


def test_who_enters_another_register_leaves_the_one_before_which_thereby_changes(
    connection: sa.Connection, head: UUID
) -> None:
    bride = put_resident(connection)
    put_family(connection, "F1", [member(head), member(bride)])
    before = _register(connection, head).version
    put_family(connection, "F2", [member(bride)])
    assert [each.ref for each in _register(connection, head).members] == [head]
    assert _register(connection, head).version > before
    assert _register(connection, bride).number == "F2"


def test_registers_that_are_named_no_more_are_removed(connection: sa.Connection, head: UUID) -> None:
    other = put_resident(connection)
    put_family(connection, "F1", [member(head)])
    put_family(connection, "F2", [member(other), member(None)])
    assert forget_others(connection, {"F1"}, actor=TESTER, now=NOW) == 1
    assert _register(connection, head).number == "F1"
    assert family_register_of(connection, other, reader=TESTER, why="test", now=NOW) is None
    assert forget_others(connection, set(), actor=TESTER, now=NOW) == 1


def test_nobody_without_a_record_is_entered_as_a_resident(connection: sa.Connection) -> None:
    with pytest.raises(UnknownResident):
        put_family(connection, "F1", [member(UUID(int=7))])
