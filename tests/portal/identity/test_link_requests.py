"""Whose card is it? Linked by 4情報 that fit one living resident; a request to an officer in every other case."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from portal import database
from portal.audit import Action, Actor, ActorKind, audit_events
from portal.ground import Ground
from portal.identity import (
    Authenticated,
    CertificateKind,
    CertificateRevoked,
    FourItems,
    LinkRequestState,
    Requested,
    VisitingCard,
    record_identified,
)
from portal.identity.linking.link_requests import fit_of
from portal.identity.tables import link_requests, serial_links
from portal.register import Fit, ResidentStatus, Sex
from tests.portal.identity.cards import Card, MakeCard, log_in
from tests.portal.identity.visitors import (
    HANAKO,
    NOBODY,
    all_of,
    apply,
    deceased,
    departed,
    events,
    nobody,
    open_requests,
    person,
    protect,
    protected,
    proven,
    read,
    signing_card,
    two,
    visit,
)
from tests.world.jpki import Authority


def test_the_4_items_of_one_living_resident_make_the_link(
    ground: Ground, card: Card, visiting: VisitingCard, make_card: MakeCard, authority: Authority
) -> None:
    hanako = person(ground)
    person(ground, name="渡辺　次郎", sex=Sex.MALE)
    signing = proven(ground, signing_card(make_card, authority), CertificateKind.SIGNATURE)

    linked = apply(ground, visiting, read(signing))

    assert isinstance(linked, Authenticated)
    assert (linked.resident_id, linked.fingerprint) == (hanako, visiting.fingerprint)
    assert log_in(ground, card).link_id == linked.link_id
    assert all_of(ground, link_requests) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "渡邉　花子"},
        {"name": "渡辺 花子"},
        {"name": "渡辺\U000e0100　花子"},
        {"name": "渡辺　花"},
        {"address": "いずみ県みさき市港町一丁目2番3号 "},
        {"address": "いずみ県みさき市港町1丁目2番3号"},
        {"birth_date": "1985-07-21"},
        {"sex": Sex.MALE},
        {"sex": None},
        {"birth_date": "1985-07"},
        {"birth_date": ""},
        {"name_substitutes": (0,)},
        {"address_substitutes": (3,)},
    ],
    ids=str,
)
def test_items_that_differ_in_one_code_point_are_for_an_officer(
    ground: Ground, visiting: VisitingCard, changed: dict[str, object]
) -> None:
    person(ground)

    asked = apply(ground, visiting, replace(HANAKO, **changed))  # type: ignore[arg-type]

    assert asked == Requested(LinkRequestState.OPEN, ground.clock.now())
    assert all_of(ground, serial_links) == []


def test_a_card_revoked_since_its_log_in_is_not_linked(
    ground: Ground, card: Card, visiting: VisitingCard, authority: Authority
) -> None:
    person(ground)
    authority.revoke(x509.load_der_x509_certificate(card.certificate))

    with pytest.raises(CertificateRevoked):
        apply(ground, visiting, HANAKO)
    assert all_of(ground, serial_links) == []
    assert all_of(ground, link_requests) == []


def test_a_resident_without_a_registered_sex_fits_a_certificate_that_says_unknown(
    ground: Ground, visiting: VisitingCard
) -> None:
    somebody = person(ground, sex=None)

    linked = apply(ground, visiting, replace(HANAKO, sex=None))

    assert isinstance(linked, Authenticated)
    assert linked.resident_id == somebody


@pytest.mark.parametrize("living", [0, 2])
def test_nobody_or_two_people_of_the_same_4_items_are_for_an_officer(
    ground: Ground, visiting: VisitingCard, living: int
) -> None:
    for _ in range(living):
        person(ground)

    assert isinstance(apply(ground, visiting), Requested)


@pytest.mark.parametrize("status", [ResidentStatus.REMOVED, ResidentStatus.DECEASED])
def test_the_4_items_of_somebody_who_has_died_or_left_make_no_link(
    ground: Ground, visiting: VisitingCard, status: ResidentStatus
) -> None:
    person(ground, status=status)

    assert isinstance(apply(ground, visiting), Requested)


def test_somebody_who_came_back_is_the_living_one_of_two_records(ground: Ground, visiting: VisitingCard) -> None:
    person(ground, status=ResidentStatus.REMOVED)
    back = person(ground)

    linked = apply(ground, visiting)

    assert isinstance(linked, Authenticated)
    assert linked.resident_id == back


def test_a_person_who_will_move_is_a_resident_until_then(ground: Ground, visiting: VisitingCard) -> None:
    leaving = person(ground, status=ResidentStatus.PLANNED_DEPARTURE)

    linked = apply(ground, visiting)

    assert isinstance(linked, Authenticated)
    assert linked.resident_id == leaving


def test_a_person_under_protection_is_never_linked_from_afar(ground: Ground, visiting: VisitingCard) -> None:
    protect(ground, person(ground))

    assert isinstance(apply(ground, visiting), Requested)


def test_a_protected_record_of_the_same_items_stops_the_link_of_the_other(
    ground: Ground, visiting: VisitingCard
) -> None:
    person(ground)
    protect(ground, person(ground, status=ResidentStatus.REMOVED))

    assert isinstance(apply(ground, visiting), Requested)


@given(
    st.lists(st.builds(Fit, st.uuids(), st.booleans(), st.booleans()), max_size=4),
    st.sampled_from([HANAKO, replace(HANAKO, name_substitutes=(1,)), replace(HANAKO, birth_date="1985")]),
)
def test_the_rule_names_only_the_one_living_unprotected_resident_of_exact_items(
    found: list[Fit], items: FourItems
) -> None:
    chosen = fit_of(items, found)
    possible = [fit.resident_id for fit in found if fit.living]

    if chosen is None:
        assert len(possible) != 1 or any(fit.protected for fit in found) or items is not HANAKO
    else:
        assert (possible, items) == ([chosen], HANAKO)
        assert not any(fit.protected for fit in found)


# What a visitor may learn


@contextmanager
def statements(ground: Ground) -> Iterator[list[str]]:
    """Every SQL statement that the portal sends meanwhile."""
    sent: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        sent.append(statement)

    sa.event.listen(ground.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(ground.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("there", [nobody, protected, departed, deceased, two])
def test_no_answer_and_no_amount_of_work_tells_whether_such_a_person_exists(
    ground: Ground, make_card: MakeCard, there: Callable[[Ground], None]
) -> None:
    stranger, own = visit(ground, make_card()), visit(ground, make_card())
    with statements(ground) as for_nobody:
        about_nobody = apply(ground, stranger, NOBODY)
    there(ground)

    with statements(ground) as for_somebody:
        about_somebody = apply(ground, own)

    assert about_somebody == about_nobody
    assert for_somebody == for_nobody


def test_the_4_items_stand_nowhere_in_the_database_but_encrypted(
    ground: Ground, visiting: VisitingCard, officer: Actor
) -> None:
    apply(ground, visiting, NOBODY)
    open_requests(ground, officer)

    (row,) = all_of(ground, link_requests)
    kept = [repr(tuple(event)) for event in all_of(ground, audit_events)]
    for item in (NOBODY.name, NOBODY.address, NOBODY.birth_date):
        assert item.encode() not in row.four_items
        assert not any(item in event for event in kept)


def test_a_visitor_is_in_the_audit_by_the_fingerprint_of_the_card(
    ground: Ground, visiting: VisitingCard, make_card: MakeCard, authority: Authority
) -> None:
    signing = proven(ground, signing_card(make_card, authority), CertificateKind.SIGNATURE)
    with database.transaction(ground.engine) as connection:
        record_identified(connection, visiting, signing, now=ground.clock.now())

    admitted, identified = events(ground, Action.VISITOR_ADMITTED, Action.VISITOR_IDENTIFIED)
    assert (admitted.actor_kind, admitted.actor_id) == (ActorKind.VISITOR, visiting.fingerprint)
    assert identified.detail == f'{{"signing_certificate":"{signing.fingerprint}"}}'
