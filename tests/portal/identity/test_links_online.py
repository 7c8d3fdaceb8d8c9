"""Cards of residents who come online: several to one person, never by name, never of somebody who is gone."""

from uuid import UUID

import pytest

from portal import database
from portal.audit import Action, ActorKind
from portal.ground import Ground
from portal.identity import (
    Authenticated,
    LinkEnd,
    LinkEnded,
    NotLinked,
    VisitingCard,
    admit,
    end_links,
)
from portal.identity.tables import serial_links
from portal.register import ResidentStatus
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, MakeCard, link, log_in
from tests.portal.identity.visitors import all_of, apply, events, person, proven, visit
from tests.portal.register.people import TESTER

# Links


def test_a_second_certificate_of_a_person_ends_no_other_link(
    ground: Ground, make_card: MakeCard, clock: MovableClock
) -> None:
    hanako = person(ground)
    cards = [make_card(), make_card(), make_card()]
    for one in cards:
        linked = apply(ground, visit(ground, one))
        assert isinstance(linked, Authenticated)
        clock.advance(seconds=1)

    assert [log_in(ground, one).resident_id for one in cards] == [hanako] * 3
    assert [(row.supersedes, row.ended_at) for row in all_of(ground, serial_links)] == [(None, None)] * 3


def test_a_card_whose_resident_has_died_or_left_lets_nobody_in_online_even_before_its_link_is_ended(
    ground: Ground, make_card: MakeCard
) -> None:
    for status in (ResidentStatus.REMOVED, ResidentStatus.DECEASED):
        card = make_card()
        link(ground, card, person(ground, status=status))
        with pytest.raises(LinkEnded), database.transaction(ground.engine) as connection:
            admit(connection, proven(ground, card), now=ground.clock.now())


def test_online_a_linked_card_is_its_residents_and_an_unlinked_one_nobodys(
    ground: Ground, card: Card, linked: UUID, make_card: MakeCard
) -> None:
    with database.transaction(ground.engine) as connection:
        assert admit(connection, proven(ground, card), now=ground.clock.now()).resident_id == linked
        with pytest.raises(NotLinked):
            admit(connection, proven(ground, make_card()), now=ground.clock.now())
        end_links(connection, linked, LinkEnd.OFFICER, actor=TESTER, now=ground.clock.now())
        with pytest.raises(LinkEnded):
            admit(connection, proven(ground, card), now=ground.clock.now())


@pytest.mark.parametrize(
    ("status", "reason"),
    [(ResidentStatus.REMOVED, LinkEnd.MOVED_OUT), (ResidentStatus.DECEASED, LinkEnd.DECEASED)],
)
def test_the_open_link_of_somebody_who_is_gone_ends_with_its_reason_when_the_card_is_linked_anew(
    ground: Ground, card: Card, visiting: VisitingCard, status: ResidentStatus, reason: LinkEnd
) -> None:
    link(ground, card, person(ground, status=status, name="渡辺　前"))
    hanako = person(ground)

    linked = apply(ground, visiting)

    assert isinstance(linked, Authenticated)
    assert log_in(ground, card).resident_id == hanako
    ended = {row.resident_id: row.ended_reason for row in all_of(ground, serial_links)}
    assert ended[hanako] is None
    assert set(ended.values()) == {None, reason}


def test_linking_writes_the_making_and_the_log_in_into_the_audit_of_the_resident(
    ground: Ground, visiting: VisitingCard
) -> None:
    hanako = person(ground)
    apply(ground, visiting)

    made, logged_in = events(ground, Action.LINK_MADE, Action.LOGGED_IN)
    assert (made.subject, made.actor_kind, made.actor_id) == (hanako, ActorKind.VISITOR, visiting.fingerprint)
    assert (logged_in.subject, logged_in.actor_kind) == (hanako, ActorKind.RESIDENT)
