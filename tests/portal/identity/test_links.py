"""Serial links: many cards to one resident, one resident to a card, nothing overwritten."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from cryptography import x509

from portal import database
from portal.audit import Action, audit_events
from portal.ground import Ground
from portal.identity import (
    AlreadyLinked,
    CertificateUntrusted,
    LinkEnd,
    NotLinked,
    WrongCertificateKind,
    end_links,
    link_recorded,
)
from portal.identity.tables import serial_links
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, MakeCard, link, log_in
from tests.portal.register.people import TESTER, put_resident
from tests.world.jpki import SIGN_PROFILE, Authority


def rows(ground: Ground) -> list[sa.Row[tuple[object, ...]]]:
    with database.transaction(ground.engine) as connection:
        return list(connection.execute(sa.select(serial_links).order_by(serial_links.c.valid_from)))


def end(ground: Ground, resident: UUID, reason: LinkEnd = LinkEnd.MOVED_OUT) -> int:
    with database.transaction(ground.engine) as connection:
        return end_links(connection, resident, reason, actor=TESTER, now=ground.clock.now())


def test_a_resident_may_have_several_cards(ground: Ground, card: Card, linked: UUID, make_card: MakeCard) -> None:
    second = make_card()
    link(ground, second, linked)

    assert log_in(ground, card).resident_id == log_in(ground, second).resident_id == linked


def test_a_card_never_stands_for_two_residents(ground: Ground, card: Card, linked: UUID) -> None:
    with pytest.raises(AlreadyLinked):
        link(ground, card)

    assert log_in(ground, card).resident_id == linked


def test_linking_twice_changes_nothing(ground: Ground, card: Card, linked: UUID) -> None:
    link(ground, card, linked)

    assert len(rows(ground)) == 1


def test_a_card_whose_link_ended_can_be_linked_to_somebody_else_and_the_old_row_stays(
    ground: Ground, card: Card, linked: UUID, clock: MovableClock
) -> None:
    end(ground, linked)
    clock.advance(seconds=1)
    heir = link(ground, card)

    assert log_in(ground, card).resident_id == heir
    assert [(row.resident_id, row.ended_reason) for row in rows(ground)] == [
        (linked, LinkEnd.MOVED_OUT),
        (heir, None),
    ]


def test_ending_links_ends_all_of_a_resident_and_nobody_elses(
    ground: Ground, card: Card, linked: UUID, make_card: MakeCard
) -> None:
    link(ground, make_card(), linked)
    neighbour = make_card()
    other = link(ground, neighbour)

    assert end(ground, linked, LinkEnd.DECEASED) == 2
    assert end(ground, linked, LinkEnd.DECEASED) == 0
    assert log_in(ground, neighbour).resident_id == other


def test_a_renewed_certificate_supersedes_the_old_one(
    ground: Ground, card: Card, linked: UUID, make_card: MakeCard, clock: MovableClock
) -> None:
    (old,) = rows(ground)
    clock.advance(seconds=1)
    with database.transaction(ground.engine) as connection:
        link_recorded(
            connection, ground, make_card().certificate, linked, actor=TESTER, now=clock.now(), supersedes=old.id
        )

    first, second = rows(ground)
    assert (first.ended_reason, second.supersedes, second.ended_reason) == (LinkEnd.SUPERSEDED, old.id, None)


def test_nobody_elses_link_can_be_superseded(ground: Ground, card: Card, linked: UUID, make_card: MakeCard) -> None:
    (old,) = rows(ground)

    with database.transaction(ground.engine) as connection:
        stranger = put_resident(connection)
    with pytest.raises(NotLinked), database.transaction(ground.engine) as connection:
        link_recorded(
            connection, ground, make_card().certificate, stranger, actor=TESTER, now=ground.clock.now(),
            supersedes=old.id,
        )  # fmt: skip

    assert len(rows(ground)) == 1


def test_a_forged_certificate_is_never_linked(ground: Ground, authority: Authority, make_card: MakeCard) -> None:
    with pytest.raises(CertificateUntrusted):
        link(ground, make_card(profile=SIGN_PROFILE, root=authority.sign_roots[0]))
    with pytest.raises(WrongCertificateKind):
        link(ground, make_card(profile=SIGN_PROFILE))


@pytest.mark.parametrize(("start", "end_"), [(-400, -30), (30, 400)])
def test_a_card_out_of_its_dates_can_be_recorded(
    ground: Ground, make_card: MakeCard, clock: MovableClock, start: int, end_: int
) -> None:
    card = make_card(not_before=clock.now() + timedelta(days=start), not_after=clock.now() + timedelta(days=end_))

    assert link(ground, card)


def test_the_database_itself_refuses_two_open_links_of_one_card(ground: Ground, card: Card, linked: UUID) -> None:
    (row,) = rows(ground)
    with database.transaction(ground.engine) as connection:
        other = put_resident(connection)

    with pytest.raises(sa.exc.IntegrityError), database.transaction(ground.engine) as connection:
        connection.execute(
            serial_links.insert(), {**row._asdict(), "id": uuid4(), "resident_id": other, "supersedes": None}
        )


def test_the_database_refuses_an_end_without_a_reason(ground: Ground, card: Card, linked: UUID) -> None:
    with pytest.raises(sa.exc.IntegrityError), database.transaction(ground.engine) as connection:
        connection.execute(sa.update(serial_links).values(ended_at=ground.clock.now()))


@pytest.mark.parametrize(
    "change",
    [
        sa.delete(serial_links),
        sa.update(serial_links).values(serial="0"),
        sa.update(serial_links).values(valid_from=datetime(2020, 1, 1, tzinfo=UTC)),
    ],
    ids=["deleted", "another serial", "another beginning"],
)
def test_the_database_refuses_to_overwrite_a_link(ground: Ground, linked: UUID, change: sa.Executable) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="only ever ended"), database.transaction(ground.engine) as connection:
        connection.execute(change)


def test_a_link_ends_only_once(ground: Ground, linked: UUID) -> None:
    end(ground, linked)

    with pytest.raises(sa.exc.DBAPIError, match="only ever ended"), database.transaction(ground.engine) as connection:
        connection.execute(sa.update(serial_links).values(ended_reason=LinkEnd.DECEASED))


def test_making_and_ending_a_link_are_audited(ground: Ground, card: Card, linked: UUID) -> None:
    end(ground, linked)

    with database.transaction(ground.engine) as connection:
        actions = connection.execute(
            sa.select(audit_events.c.action).where(audit_events.c.subject == linked).order_by(audit_events.c.id)
        ).scalars()
        assert [a for a in actions if a.startswith("link.")] == [Action.LINK_MADE, Action.LINK_ENDED]


def test_the_algorithm_of_the_card_is_kept_with_its_link(ground: Ground, card: Card, linked: UUID) -> None:
    (row,) = rows(ground)

    assert row.algorithm == "RSASSA-PKCS1-v1_5-2048-SHA256"
    assert row.issuer == x509.load_der_x509_certificate(card.certificate).issuer.public_bytes()
