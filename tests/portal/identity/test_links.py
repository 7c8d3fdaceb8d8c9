"""Serial links: many cards to one resident, one resident to a card, nothing overwritten."""

import re
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
    LinkEnded,
    NotLinked,
    NotLivingHere,
    StopReason,
    WrongCertificateKind,
    cards_of,
    end_link,
    end_links,
    link_card,
    link_of_certificate,
    link_recorded,
    stop_certificate,
)
from portal.identity.tables import serial_links
from portal.register.tables import residents
from tests.conftest import CHECKOUT
from tests.portal.conftest import MovableClock
from tests.portal.identity.cards import Card, MakeCard, link, log_in, show
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


def link_shown(ground: Ground, card: Card, resident: UUID, supersedes: UUID | None = None) -> UUID:
    """The card answers, and is linked."""
    shown = show(ground, card)
    with database.transaction(ground.engine) as connection:
        return link_card(connection, shown, resident, actor=TESTER, now=ground.clock.now(), supersedes=supersedes)


def test_a_card_that_has_just_answered_is_linked_to_the_resident_named(ground: Ground, card: Card) -> None:
    with database.transaction(ground.engine) as connection:
        resident = put_resident(connection)

    made = link_shown(ground, card, resident)

    assert link_shown(ground, card, resident) == made, "showing it twice links it once"
    assert log_in(ground, card).resident_id == resident


def test_a_card_of_somebody_else_is_not_linked_though_it_answers(ground: Ground, card: Card, linked: UUID) -> None:
    with database.transaction(ground.engine) as connection:
        other = put_resident(connection)

    with pytest.raises(AlreadyLinked):
        link_shown(ground, card, other)


@pytest.mark.parametrize("gone", ["removed", "deceased"])
def test_nobody_who_has_gone_gets_a_link(ground: Ground, card: Card, gone: str) -> None:
    with database.transaction(ground.engine) as connection:
        resident = put_resident(connection)
        connection.execute(sa.update(residents).values(status=gone, ended_on=ground.clock.now().date()))

    with pytest.raises(NotLivingHere):
        link_shown(ground, card, resident)
    assert rows(ground) == []


def test_a_shown_card_can_take_the_place_of_the_one_before(
    ground: Ground, card: Card, linked: UUID, make_card: MakeCard, clock: MovableClock
) -> None:
    (old,) = rows(ground)
    clock.advance(seconds=1)
    made = link_shown(ground, make_card(), linked, supersedes=old.id)

    first, second = rows(ground)
    assert (first.ended_reason, second.id, second.supersedes) == (LinkEnd.SUPERSEDED, made, old.id)


def test_one_link_can_be_ended_and_the_other_cards_stay(
    ground: Ground, card: Card, linked: UUID, make_card: MakeCard
) -> None:
    second = make_card()
    link(ground, second, linked)
    (first,) = [row.id for row in rows(ground) if row.serial == _serial(card)]
    with database.transaction(ground.engine) as connection:
        end_link(connection, first, LinkEnd.WITHDRAWN, actor=TESTER, now=ground.clock.now())

    with pytest.raises(LinkEnded):
        log_in(ground, card)
    assert log_in(ground, second).resident_id == linked
    with pytest.raises(NotLinked), database.transaction(ground.engine) as connection:
        end_link(connection, first, LinkEnd.OFFICER, actor=TESTER, now=ground.clock.now())


def test_the_cards_of_a_resident_are_told_by_fingerprint_and_never_by_serial(
    ground: Ground, card: Card, linked: UUID, make_card: MakeCard, clock: MovableClock
) -> None:
    (old,) = rows(ground)
    with database.transaction(ground.engine) as connection:
        end_link(connection, old.id, LinkEnd.WITHDRAWN, actor=TESTER, now=clock.now())
    clock.advance(seconds=1)
    second = make_card()
    link(ground, second, linked)
    with database.transaction(ground.engine) as connection:
        stop_certificate(connection, old.id, StopReason.LOST, actor=TESTER, now=clock.now())
        found = cards_of(connection, ground, linked)

    assert [(each.ended_reason, each.stop_reason) for each in found] == [
        (None, None), (LinkEnd.WITHDRAWN, StopReason.LOST),
    ]  # fmt: skip
    assert found[0].fingerprint == log_in(ground, second).fingerprint
    assert _serial(card) not in repr(found)
    assert _serial(second) not in repr(found)


def test_a_certificate_file_finds_its_open_link_before_those_that_ended(
    ground: Ground, card: Card, linked: UUID, clock: MovableClock
) -> None:
    end(ground, linked)
    clock.advance(seconds=1)
    link(ground, card)
    open_one = next(row.id for row in rows(ground) if row.ended_at is None)

    with database.transaction(ground.engine) as connection:
        assert link_of_certificate(connection, ground, card.certificate, now=clock.now()) == open_one


def test_there_is_no_other_way_to_make_a_link() -> None:
    """`link_recorded` trusts a record instead of a card: whoever calls it is named here."""
    callers: dict[str, set[str]] = {"link_card": set(), "link_recorded": set(), "_INSERT": set()}
    for file in sorted((CHECKOUT / "portal").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        for name in ("link_card", "link_recorded"):
            if re.search(rf"\b{name}\(", text):
                callers[name].add(str(file.relative_to(CHECKOUT)))
        if re.search(r"insert\(serial_links\)|serial_links\.insert\(", text):
            callers["_INSERT"].add(str(file.relative_to(CHECKOUT)))

    assert callers == {
        "link_card": {"portal/identity/linking/links.py", "portal/staff/cards.py"},
        "link_recorded": {
            "portal/identity/linking/links.py",
            "portal/commands/identity.py",
            "portal/identity/linking/link_requests.py",
        },
        "_INSERT": {"portal/identity/linking/links.py"},
    }


def _serial(card: Card) -> str:
    return f"{x509.load_der_x509_certificate(card.certificate).serial_number:x}"
