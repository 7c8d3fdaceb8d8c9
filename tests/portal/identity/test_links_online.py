"""Cards of residents who come online: several to one person, never by name, never of somebody who is gone."""

from datetime import timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

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
from tests.portal.conftest import MORNING, MovableClock
from tests.portal.identity.cards import Card, MakeCard, link, log_in
from tests.portal.identity.visitors import all_of, apply, events, person, proven, visit
from tests.portal.register.people import TESTER
from tests.world.jpki import AUTH_PROFILE, Authority, Root, profiles, store


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


def known_to(
    authority: Authority, root: Root, key: rsa.RSAPrivateKey, *, serial: int, name: str = "TEST0001"
) -> Card:
    """A card of this very serial number and common name, on record as good."""
    leaf = profiles.build_leaf(
        root.certificate, root.pair.key, key.public_key(), profile=AUTH_PROFILE, common_name=name, serial=serial,
        not_before=MORNING - timedelta(days=1), not_after=MORNING + timedelta(days=365), four_items=None,
    )  # fmt: skip
    authority._book(root).write(store.Status(serial))
    return Card(leaf.public_bytes(Encoding.DER), key)


def test_two_certificates_of_one_common_name_are_two_cards(
    ground: Ground, authority: Authority, card_key: rsa.RSAPrivateKey
) -> None:
    root = authority.auth_roots[-1]
    hers, unlinked = (known_to(authority, root, card_key, serial=number) for number in (7001, 7002))
    link(ground, hers)

    with pytest.raises(NotLinked):
        log_in(ground, unlinked)


def test_one_serial_number_of_two_generations_is_two_cards(
    ground: Ground, authority: Authority, card_key: rsa.RSAPrivateKey
) -> None:
    old, new = (known_to(authority, root, card_key, serial=7003) for root in authority.auth_roots)
    hers = link(ground, old)
    with pytest.raises(NotLinked):
        log_in(ground, new)
    his = link(ground, new, person(ground, name="佐々木　弘"))

    assert (log_in(ground, old).resident_id, log_in(ground, new).resident_id) == (hers, his)
    issuers = {row.issuer for row in all_of(ground, serial_links)}
    assert len(issuers) == 1, "both generations have one name"
