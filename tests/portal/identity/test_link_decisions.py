"""Requests to link a card: one open for each card, decided once, by an officer, on the record."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from portal import database
from portal.audit import Action, Actor, ActorKind
from portal.ground import Ground
from portal.identity import (
    AlreadyLinked,
    Authenticated,
    CertificateExpired,
    LinkRequestDecided,
    LinkRequestState,
    LinkRequestUnknown,
    NotLinkable,
    VisitingCard,
    count_open_link_requests,
    latest_request,
    open_link_requests,
)
from portal.identity.tables import link_requests, serial_links
from portal.register import UnknownResident
from portal.register.tables import residents
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, MakeCard, link, log_in
from tests.portal.identity.visitors import (
    HANAKO,
    NOBODY,
    all_of,
    apply,
    deceased,
    decide,
    departed,
    events,
    open_requests,
    person,
    protected,
    visit,
)


def test_a_card_has_one_open_request_however_often_its_holder_asks(
    ground: Ground, visiting: VisitingCard, officer: Actor, clock: MovableClock
) -> None:
    first = apply(ground, visiting)
    clock.advance(minutes=1)

    assert apply(ground, visiting) == first
    assert len(open_requests(ground, officer)) == 1


def test_other_4_items_make_another_request_so_that_nobody_decides_about_a_person_they_never_saw(
    ground: Ground, visiting: VisitingCard, officer: Actor, clock: MovableClock
) -> None:
    apply(ground, visiting, NOBODY)
    (seen,) = open_requests(ground, officer)
    clock.advance(seconds=1)
    apply(ground, visiting, HANAKO)

    (newer,) = open_requests(ground, officer)
    assert newer != seen
    with pytest.raises(LinkRequestDecided):
        decide(ground, seen, person(ground), officer)


def test_the_database_itself_refuses_two_open_requests_of_one_card(ground: Ground, visiting: VisitingCard) -> None:
    apply(ground, visiting)
    (row,) = all_of(ground, link_requests)

    with pytest.raises(sa.exc.IntegrityError), database.transaction(ground.engine) as connection:
        connection.execute(link_requests.insert(), {**row._asdict(), "id": uuid4()})


def test_a_later_fit_makes_the_link_and_closes_the_request(
    ground: Ground, visiting: VisitingCard, officer: Actor
) -> None:
    apply(ground, visiting)
    person(ground)

    linked = apply(ground, visiting)

    assert isinstance(linked, Authenticated)
    (row,) = all_of(ground, link_requests)
    assert (row.state, row.link_id, row.decided_by) == (LinkRequestState.LINKED, linked.link_id, None)


def test_an_officer_reads_the_oldest_request_first_and_each_reading_is_audited(
    ground: Ground, make_card: MakeCard, officer: Actor, clock: MovableClock
) -> None:
    for items in (NOBODY, HANAKO):
        apply(ground, visit(ground, make_card()), items)
        clock.advance(minutes=1)

    with database.transaction(ground.engine) as connection:
        assert count_open_link_requests(connection) == 2
        first, second = open_link_requests(connection, ground, reader=officer, now=clock.now())
    assert (first.four_items, second.four_items) == (NOBODY, HANAKO)
    assert first.made_at < second.made_at
    assert NOBODY.name not in repr(first)
    reading = events(ground, Action.LINK_REQUEST_READ)
    assert [(e.actor_id, e.detail) for e in reading] == [
        (officer.id, f'{{"request":"{request.id}"}}') for request in (first, second)
    ]


def test_an_officer_links_the_card_of_a_request(
    ground: Ground, card: Card, visiting: VisitingCard, officer: Actor
) -> None:
    hanako = person(ground, name="渡邉　花子")
    apply(ground, visiting)
    (request,) = open_requests(ground, officer)

    link_id = decide(ground, request, hanako, officer)

    assert log_in(ground, card).resident_id == hanako
    (row,) = all_of(ground, link_requests)
    assert (row.state, row.link_id, str(row.decided_by)) == (LinkRequestState.LINKED, link_id, officer.id)
    assert row.four_items == b"", "nobody compares them any more"
    (closed,) = events(ground, Action.LINK_REQUEST_CLOSED)
    assert (closed.actor_kind, closed.actor_id) == (ActorKind.STAFF, officer.id)
    (made,) = events(ground, Action.LINK_MADE)
    assert (made.subject, made.actor_id) == (hanako, officer.id)


def test_an_officer_refuses_and_the_holder_may_ask_again(
    ground: Ground, visiting: VisitingCard, officer: Actor, clock: MovableClock
) -> None:
    apply(ground, visiting)
    (request,) = open_requests(ground, officer)

    assert decide(ground, request, None, officer) is None

    assert all_of(ground, serial_links) == []
    (row,) = all_of(ground, link_requests)
    assert (row.state, row.four_items) == (LinkRequestState.REFUSED, b"")
    clock.advance(seconds=1)
    apply(ground, visiting)
    assert len(open_requests(ground, officer)) == 1


def test_a_visitor_sees_how_their_own_last_request_stands(
    ground: Ground, visiting: VisitingCard, officer: Actor, make_card: MakeCard, clock: MovableClock
) -> None:
    other = visit(ground, make_card())

    def state(card: VisitingCard) -> LinkRequestState | None:
        with database.transaction(ground.engine) as connection:
            found = latest_request(connection, ground, card, now=clock.now())
        return None if found is None else found.state

    assert state(visiting) is None
    apply(ground, visiting)
    assert (state(visiting), state(other)) == (LinkRequestState.OPEN, None)
    decide(ground, open_requests(ground, officer)[0], None, officer)
    assert state(visiting) is LinkRequestState.REFUSED


def test_a_request_is_decided_once(ground: Ground, visiting: VisitingCard, officer: Actor) -> None:
    hanako = person(ground, name="渡邉　花子")
    apply(ground, visiting)
    (request,) = open_requests(ground, officer)
    decide(ground, request, None, officer)

    for verdict in (None, hanako):
        with pytest.raises(LinkRequestDecided):
            decide(ground, request, verdict, officer)
    assert all_of(ground, serial_links) == []


def test_a_request_that_does_not_exist_cannot_be_decided(ground: Ground, officer: Actor) -> None:
    with pytest.raises(LinkRequestUnknown):
        decide(ground, uuid4(), None, officer)


def test_a_request_is_not_decided_for_a_resident_who_does_not_exist(
    ground: Ground, visiting: VisitingCard, officer: Actor
) -> None:
    apply(ground, visiting)
    with pytest.raises(UnknownResident):
        decide(ground, open_requests(ground, officer)[0], uuid4(), officer)


@pytest.mark.parametrize("there", [protected, departed, deceased])
def test_an_officer_cannot_link_from_afar_to_the_protected_the_departed_or_the_dead_and_is_not_told_which(
    ground: Ground, visiting: VisitingCard, officer: Actor, there: Callable[[Ground], None]
) -> None:
    there(ground)
    (resident_id,) = (row.id for row in all_of(ground, residents))
    apply(ground, visiting)
    (request,) = open_requests(ground, officer)

    with pytest.raises(NotLinkable) as refusal:
        decide(ground, request, resident_id, officer)

    assert refusal.value.args == ()
    assert open_requests(ground, officer) == (request,)


def test_a_card_that_became_somebody_elses_meanwhile_is_not_taken_from_them(
    ground: Ground, card: Card, visiting: VisitingCard, officer: Actor
) -> None:
    apply(ground, visiting)
    (request,) = open_requests(ground, officer)
    neighbour = link(ground, card, person(ground, name="佐々木　弘"))
    hanako = person(ground)

    with pytest.raises(AlreadyLinked):
        decide(ground, request, hanako, officer)
    with pytest.raises(AlreadyLinked):
        apply(ground, visiting)
    assert log_in(ground, card).resident_id == neighbour


def test_a_certificate_that_expired_after_the_log_in_is_not_linked(
    ground: Ground, make_card: MakeCard, clock: MovableClock
) -> None:
    person(ground)
    soon = visit(ground, make_card(not_after=clock.now() + timedelta(minutes=5)))
    clock.advance(minutes=10)

    with pytest.raises(CertificateExpired):
        apply(ground, soon)
    assert all_of(ground, serial_links) == []
